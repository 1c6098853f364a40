"""Which measure colours texts first: where the model looks; and its agreement with effects."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.made_up.factories import changed, make_results

from reportgen.findings import Findings
from reportgen.findings.colouring import choose_colouring
from reportgen.results import BY_ID, MIN_TEXTS, Results

TEXTS = tuple(f"{i:02} a line of words number {i}" for i in range(24))
N = len(TEXTS)


def with_agreement(results: Results, **views: list[float]) -> Results:
    """`results` whose agreement is that of `views` by text, for those with a sign by size."""
    rows = [
        (text, view, "spearman_size" if view in ("attention_gradient", "ig") else "spearman", value)
        for view, values in views.items()
        for text, value in enumerate(values)
    ]
    return changed(results, agreement=pd.DataFrame(rows, columns=results.agreement.columns))


@pytest.fixture(scope="module")
def basic(tmp_path_factory) -> Results:
    folder = tmp_path_factory.mktemp("basic")
    return make_results(folder, TEXTS, evidence="basic", later=True)


def reading_several_rows(results: Results) -> Results:
    """`results` of a model whose output is read from all rows of the last layer."""
    evidence = results.evidence.copy()
    evidence["live_rows"] = evidence["n_rows"]
    evidence["reads_cls_only"] = False
    return changed(results, evidence=evidence)


def test_the_row_that_the_output_reads_comes_first_however_it_agrees(basic) -> None:
    views = {"cls_row_last": [0.1] * N, "gradient": [0.9] * N, "rarity": [0.4] * N}
    found = choose_colouring(with_agreement(basic, **views))
    assert (found.view, found.way, found.n_texts) == ("cls_row_last", "row", N)
    assert found.agreement is not None
    assert found.rarity is not None
    assert found.agreement.mean == pytest.approx(0.1)
    assert found.rarity.mean == pytest.approx(0.4)
    assert found.judgement is not None
    assert (found.judgement.verdict, found.judgement.baseline) == ("worse", "rarity")
    assert found.judgement.n_judged == 1  # it was not picked from several


def test_attention_received_comes_first_where_the_output_reads_several_rows(basic) -> None:
    views = {"cls_row_last": [0.9] * N, "gradient": [0.9] * N, "received_all": [0.2] * N}
    found = choose_colouring(reading_several_rows(with_agreement(basic, **views)))
    assert (found.view, found.way) == ("received_all", "received")
    assert found.agreement is not None
    assert found.agreement.mean == pytest.approx(0.2)


def test_what_a_decoder_looks_at_in_the_text_comes_before_what_its_encoder_does(basic) -> None:
    tokens = basic.tokens.copy()
    tokens[BY_ID["cross_received"].column or "cross_received"] = tokens["received_all"]
    found = choose_colouring(reading_several_rows(changed(basic, tokens=tokens)))
    assert (found.view, found.way) == ("cross_received", "cross")


def test_without_evidence_it_is_attention_received(tmp_path: Path) -> None:
    found = choose_colouring(make_results(tmp_path, TEXTS))
    assert (found.view, found.way) == ("received_all", "received")
    assert (found.judgement, found.agreement, found.n_texts) == (None, None, 0)


def test_the_agreement_is_that_of_the_measure_in_the_texts_that_have_it(basic) -> None:
    random = np.random.default_rng(0)
    own, rarity = random.normal(0.3, 0.3, N), random.normal(0.4, 0.2, N)
    own[::3] = np.nan
    found = choose_colouring(with_agreement(basic, cls_row_last=list(own), rarity=list(rarity)))
    has_own = ~np.isnan(own)
    assert found.agreement is not None
    assert found.rarity is not None
    assert found.agreement.mean == pytest.approx(own[has_own].mean())
    assert found.rarity.mean == pytest.approx(rarity[has_own].mean())
    assert found.n_texts == has_own.sum()


@pytest.mark.parametrize("n", [0, 1, MIN_TEXTS - 1])
def test_too_few_texts_have_no_agreement(basic, n: int) -> None:
    views = {"cls_row_last": [0.9] * n, "rarity": [0.0] * n}
    found = choose_colouring(with_agreement(basic, **views))
    assert (found.view, found.agreement, found.rarity) == ("cls_row_last", None, None)
    assert found.n_texts == n


def test_what_was_asked_for_comes_first_and_what_was_not_measured_is_named(basic) -> None:
    views = {"gradient": [0.5] * N, "received_all": [0.2] * N, "rarity": [0.3] * N}
    results = with_agreement(basic, **views)
    asked = choose_colouring(results, "received_all")
    assert (asked.view, asked.way) == ("received_all", "asked")
    assert asked.judgement is not None
    assert (asked.judgement.verdict, asked.judgement.baseline) == ("worse", "rarity")
    assert asked.agreement is not None
    assert asked.agreement.mean == pytest.approx(0.2)
    part = choose_colouring(results, "effect")
    assert (part.view, part.way, part.agreement) == ("effect", "asked", None)
    missing = choose_colouring(results, "jacobian")
    assert (missing.view, missing.way, missing.missing) == ("cls_row_last", "row", "jacobian")


def test_everything_that_follows_the_colours_follows_what_is_asked_for(basic) -> None:
    views = {"gradient": list(np.linspace(0.2, 0.9, N)), "received_all": [0.1] * N}
    results = with_agreement(basic, **views, rarity=[0.0] * N)
    found = Findings(results, "gradient")
    assert found.shown_first == "gradient"
    assert found.text_figures["agreement"].tolist() == pytest.approx(views["gradient"])
    assert found.shown_attention == "received_norm_all"  # lists of what draws attention
    assert Findings(results).shown_first == "cls_row_last"


def test_the_offset_of_deletion_is_the_mean_over_the_spread_of_units(tmp_path: Path) -> None:
    results = make_results(tmp_path / "n", TEXTS[:6], evidence="basic", later=True)
    offset = Findings(results).deletion_offset
    plain = []
    for text in range(6):
        effects = results.effects_of(text)
        assert effects is not None
        own = [value for value in effects["deletion"].tolist() if value == value]
        plain.append(abs(np.mean(own)) / np.std(own))
    assert offset is not None
    assert offset.mean == pytest.approx(np.mean(plain))
    embedding = make_results(tmp_path / "e", TEXTS[:6], evidence="basic", kind="embedding")
    assert Findings(embedding).deletion_offset is None
