"""Which measure colours texts first: by measured agreement, told with its figure."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.made_up.factories import changed, make_results
from helpers.places import GOLD

from reportgen.findings import MIN_CHOICE, Findings
from reportgen.findings.colouring import choose_colouring
from reportgen.results import MIN_TEXTS, Results, open_results

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


def test_what_agrees_best_is_chosen_and_scored_on_texts_it_was_not_chosen_on(basic) -> None:
    random = np.random.default_rng(0)
    views = {
        "received_norm_all": random.normal(0.3, 0.3, N),
        "cls_row_last": random.normal(0.45, 0.4, N),
        "gradient": random.normal(0.45, 0.4, N),
        "attention_gradient": random.normal(0.45, 0.4, N),
    }
    rarity = random.normal(0.4, 0.2, N)
    given = {view: list(values) for view, values in views.items()}
    found = choose_colouring(with_agreement(basic, **given, rarity=list(rarity), alti=[0.99] * N))
    assert found.view == max(views, key=lambda view: views[view].mean())
    assert (found.way, found.n_views, found.n_texts) == ("best", len(views), N)
    scores = []
    for text in range(N):
        others = [other for other in range(N) if other % 5 != text % 5]
        best = max(views, key=lambda view: views[view][others].mean())
        scores.append(views[best][text])
    assert found.agreement is not None
    assert found.rarity is not None
    assert found.agreement.mean == pytest.approx(np.mean(scores))
    assert found.rarity.mean == pytest.approx(rarity.mean())
    assert np.mean(scores) < views[found.view].mean()  # the choice itself raises that


def test_of_equals_the_first_in_the_register_is_chosen(basic) -> None:
    same = list(np.linspace(0.1, 0.9, N))
    views = {"attention_gradient": same, "gradient": same, "received_all": same}
    found = choose_colouring(with_agreement(basic, **views, rarity=same))
    assert found.view == "received_all"
    assert found.judgement is not None
    assert found.judgement.verdict == "no_more"  # as well is not better


@pytest.mark.parametrize("n", [0, MIN_TEXTS - 1])
def test_too_few_texts_give_gradient_size(basic, n: int) -> None:
    views = {"gradient": [0.1] * n, "received_all": [0.9] * n, "rarity": [0.0] * n}
    found = choose_colouring(with_agreement(basic, **views))
    assert (found.view, found.way, found.agreement) == ("gradient", "few", None)
    assert (found.judgement, found.ahead_of) == (None, None)
    views = {"gradient": [0.1] * 8, "received_all": [0.9] * 8, "rarity": [0.0] * 8}
    assert choose_colouring(with_agreement(basic, **views)).view == "received_all"


@pytest.mark.parametrize("n", range(MIN_TEXTS, MIN_CHOICE))
def test_few_texts_have_gradient_size_unless_another_is_far_ahead(basic, n: int) -> None:
    """A model that reverses words, with five to seven texts: gradient size at −.08 was chosen
    beside attention × value at .70."""
    spread = np.linspace(-0.3, 0.3, n)
    views = {"gradient": -0.08 - spread, "received_norm_all": 0.7 + spread, "rarity": 0.0 * spread}
    found = choose_colouring(with_agreement(basic, **{k: list(v) for k, v in views.items()}))
    assert (found.view, found.way, found.ahead_of) == ("received_norm_all", "few", "gradient")
    assert found.agreement is None
    assert found.judgement is not None
    assert found.judgement.agreement.mean == pytest.approx(0.7)
    assert found.judgement.n_judged == 2  # picked by it, so that its interval is that of one of two
    close = np.where(np.arange(n) % 2, 0.9, -0.6)  # ahead, but not in every text
    views = {"gradient": 0.3 + spread, "received_norm_all": 0.3 + spread + close}
    found = choose_colouring(with_agreement(basic, **{k: list(v) for k, v in views.items()}))
    assert (found.view, found.ahead_of) == ("gradient", None)
    assert found.judgement is not None
    assert found.judgement.n_judged == 1


def test_where_no_agreement_is_a_number_nothing_is_chosen_by_it(basic) -> None:
    nothing = [np.nan] * N
    found = choose_colouring(with_agreement(basic, gradient=nothing, received_all=nothing))
    assert (found.view, found.way, found.n_texts) == ("gradient", "few", 0)


def test_without_it_norms_come_next_then_attention_received(tmp_path: Path) -> None:
    embedding = make_results(tmp_path / "a", TEXTS[:5], evidence="basic", kind="embedding")
    assert choose_colouring(embedding).view == "received_norm_all"
    withheld = {"received_norm_all": "values_unproven", "gradient": "no_gradient"}
    plain = make_results(tmp_path / "b", TEXTS[:5], evidence="basic", withheld=withheld)
    assert choose_colouring(plain).view == "received_all"
    none = choose_colouring(make_results(tmp_path / "c", TEXTS))
    assert (none.view, none.way) == ("received_all", "unmeasured")


def test_embeddings_are_compared_as_sizes_alone(tmp_path: Path) -> None:
    results = make_results(tmp_path, TEXTS, evidence="full", kind="embedding")
    rows = results.agreement.copy()
    rows.loc[rows["view"] == "ig", "value"] = 0.97
    found = choose_colouring(changed(results, agreement=rows))
    assert (found.view, found.way) == ("ig", "best")  # its "spearman" is by size


def test_integrated_gradients_that_are_not_complete_everywhere_are_not_chosen(
    tmp_path: Path,
) -> None:
    results = make_results(tmp_path, TEXTS, evidence="full", later=True)
    views = {"ig": [0.9] * N, "gradient": [0.5] * N, "rarity": [0.1] * N}
    best = with_agreement(results, **views)
    assert choose_colouring(best).view == "ig"
    evidence = results.evidence.copy()
    evidence.loc[3, "ig_complete"] = False
    assert choose_colouring(changed(best, evidence=evidence)).view == "gradient"
    asked = choose_colouring(changed(best, evidence=evidence), "ig")
    assert (asked.view, asked.way) == ("ig", "asked")


def test_what_part_of_the_texts_has_does_not_take_texts_from_the_others(basic) -> None:
    views = {"cls_row_last": [0.9] * 5, "gradient": [0.5] * N, "received_all": [0.4] * N}
    found = choose_colouring(with_agreement(basic, **views, rarity=[0.1] * N))
    assert (found.view, found.n_texts) == ("gradient", N)


def test_what_was_asked_for_comes_first_and_what_was_not_measured_is_named(basic) -> None:
    views = {"gradient": [0.5] * N, "received_all": [0.2] * N, "rarity": [0.3] * N}
    results = with_agreement(basic, **views)
    asked = choose_colouring(results, "received_all")
    assert (asked.view, asked.way) == ("received_all", "asked")
    assert asked.judgement is not None
    assert (asked.judgement.verdict, asked.judgement.baseline) == ("worse", "rarity")
    assert asked.agreement is not None
    assert asked.agreement.mean == pytest.approx(0.2)
    part = choose_colouring(results, "deletion")
    assert (part.view, part.way, part.agreement) == ("effect", "asked", None)
    missing = choose_colouring(results, "jacobian")
    assert (missing.view, missing.way, missing.missing) == ("gradient", "best", "jacobian")


def test_everything_that_follows_the_colours_follows_the_choice(basic) -> None:
    views = {"gradient": list(np.linspace(0.2, 0.9, N)), "received_all": [0.1] * N}
    results = with_agreement(basic, **views, rarity=[0.0] * N)
    found = Findings(results)
    assert found.shown_first == "gradient"
    assert found.text_figures["agreement"].tolist() == pytest.approx(views["gradient"])
    assert found.shown_attention == "received_norm_all"  # lists of what draws attention
    assert Findings(results, "received_all").shown_first == "received_all"


def test_results_of_the_first_version_are_compared_with_deletion_alone() -> None:
    results = open_results(GOLD / "results_1")
    found = Findings(results)
    assert not found.has_joint
    assert (found.shown_first, found.colouring.way) == ("gradient", "few")
    assert not Findings(open_results(GOLD / "results_2")).has_joint


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
