"""What is said of the heads that matter follows from figures, and stays silent under noise."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.made_up.ablated import with_heads
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.unlisted import without_manifest

from reportgen.findings import Findings, HeadEffects
from reportgen.report import load_language, redacted
from reportgen.report.sections import make_heads, why_no_heads
from reportgen.results import Floats, Results, open_results

TEXTS = tuple(f"{i:02}{text}" for i, text in enumerate(HEADLINES * 4))[:30]
SHAPE = (12, 12)  # layers and heads


def noise(shape: tuple[int, ...], seed: int = 0) -> Floats:
    """All heads alike; texts differ widely."""
    random = np.random.default_rng(seed)
    return random.normal(0, 0.01, shape) * np.exp(random.normal(0, 0.7, (shape[0], 1, 1)))


def one_head(shape: tuple[int, ...]) -> Floats:
    """One head, the third of the second layer, carries all; the others do next to nothing."""
    effects = noise(shape)
    effects[:, 1, 2] = 0.3 * np.random.default_rng(1).normal(1, 0.3, shape[0])
    return effects


def one_place(shape: tuple[int, ...]) -> Floats:
    """The first head does all."""
    effects = np.zeros(shape)
    effects[:, 0, 0] = 1
    return effects


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("r")
    return make_results(folder, TEXTS, n_layers=12, n_heads=12, evidence="full")


def of(made: Results, draw: Callable[[tuple[int, int, int]], Floats]) -> Findings:
    return Findings(with_heads(made, draw))


def effects_of(findings: Findings) -> HeadEffects:
    assert findings.head_effects is not None
    return findings.head_effects


def told(findings: Findings, lang: str = "en") -> str:
    heads = make_heads(findings, load_language(lang))
    assert heads is not None
    return heads.sentence


def test_figures_are_plain_means_over_texts(made: Results) -> None:
    effects, drawn = effects_of(of(made, one_head)), one_head((24, *SHAPE))
    assert effects.largest.mean == pytest.approx(abs(drawn).mean(0).max())
    assert effects.named[0].size.mean == effects.largest.mean
    assert effects.named[0].effect.mean == pytest.approx(drawn[:, 1, 2].mean())


def test_one_head_that_carries_all_is_named_alone(made: Results) -> None:
    findings = of(made, one_head)
    effects = effects_of(findings)
    assert [(head.layer, head.head) for head in effects.named] == [(2, 3)]
    assert "L2H3 surely" in told(findings)
    assert "L2H3は" in told(findings, "ja")
    heads = make_heads(findings, load_language("en"))
    assert [row[1].text for row in heads.named.rows] == ["0.310"]
    figures = findings.figures
    assert figures["head_effect_max"] == pytest.approx(effects.largest.mean, rel=1e-5)
    assert figures["head_effects_n_named"] == 1
    assert figures["head_effects_n_texts"] == 24


def test_under_noise_no_head_is_named(made: Results) -> None:
    """In 40 runs with all heads alike; each side may be wrong in one of forty."""
    n_named = 0
    for seed in range(40):
        findings = of(made, lambda shape, seed=seed: noise(shape, seed))
        n_named += bool(effects_of(findings).named)
    assert n_named <= 2


@pytest.mark.parametrize("draw", [noise, np.zeros])
def test_that_none_is_sure_is_one_sentence(
    made: Results, draw: Callable[[tuple[int, int, int]], Floats]
) -> None:
    heads = make_heads(of(made, draw), load_language("en"))
    assert heads.sentence.startswith("No head stands out")
    assert heads.named is None


@pytest.mark.parametrize(("n", "words"), [(1, "One text is too few"), (3, "3 texts are too few")])
def test_of_few_texts_nothing_is_said(n: int, words: str, tmp_path: Path) -> None:
    made = make_results(tmp_path, TEXTS[:n], n_layers=2, n_heads=2, evidence="full")
    findings = of(made, one_place)
    effects = effects_of(findings)
    assert told(findings).startswith(words)
    assert not effects.named
    assert effects.largest.interval is None


def test_what_was_not_measured_is_told_in_one_line(made: Results) -> None:
    findings = Findings(made)
    assert findings.head_effects is None
    assert make_heads(findings, load_language("en")) is None
    assert why_no_heads(findings, load_language("en")).startswith("The change without single heads")
    assert why_no_heads(of(made, noise), load_language("en")) == ""


def test_redacted_copies_leave_them_out_and_say_so(tmp_path: Path) -> None:
    texts = tuple(f"the cat sat on mat {i}" for i in range(6))
    made = make_results(tmp_path, texts, n_layers=2, n_heads=2, evidence="full")
    rows = with_heads(made, noise).head_effects
    pq.write_table(pa.Table.from_pandas(rows), tmp_path / "head_effects.parquet")
    without_manifest(tmp_path)
    results = open_results(tmp_path)
    assert len(results.head_effects) == 24
    with redacted(results, "en", wanted=True) as copy:
        findings = Findings(copy)
        assert copy.head_effects.empty
        assert make_heads(findings, load_language("en")) is None
        assert "left out of redacted copies" in why_no_heads(findings, load_language("en"))
