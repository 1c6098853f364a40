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
from scipy.stats import hypergeom

from reportgen.findings import Findings, HeadEffects, HeadsOfSink, SinkHeads
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
    return " ".join(heads.sentences)


def test_figures_are_plain_means_over_texts(made: Results) -> None:
    findings = of(made, noise)
    effects, drawn = effects_of(findings), noise((24, *SHAPE))
    for i, j in ((0, 0), (11, 3)):
        assert effects.sizes[i][j].mean == pytest.approx(abs(drawn[:, i, j]).mean())
        assert effects.effects[i][j].mean == pytest.approx(drawn[:, i, j].mean())
    order = np.argsort(-abs(drawn).mean(0).ravel())[:5]
    assert [(h.layer, h.head) for h in effects.top] == [(k // 12 + 1, k % 12 + 1) for k in order]
    halves = abs(drawn).reshape(24, -1)
    above = 0.0
    for half, other in ((halves[::2], halves[1::2]), (halves[1::2], halves[::2])):
        above += half[:, np.argsort(-other.mean(0))[:5]].sum()
    assert effects.share is not None
    assert effects.share.mean == pytest.approx(above / halves.sum())


def test_one_head_that_carries_all_is_named_alone(made: Results) -> None:
    findings = of(made, one_head)
    effects = effects_of(findings)
    assert [(head.layer, head.head) for head in effects.named] == [(2, 3)]
    assert effects.is_uneven
    assert effects.n_directed == 1
    assert "L2H3 (0.310) surely" in told(findings)
    assert "L2H3（0.310）は" in told(findings, "ja")
    figures = findings.figures
    assert figures["head_effect_max"] == pytest.approx(effects.top[0].size.mean, rel=1e-5)
    assert figures["head_effects_n_named"] == 1
    assert figures["head_effects_n_texts"] == 24


def test_under_noise_no_head_is_named(made: Results) -> None:
    """In 40 runs with all heads alike; each side may be wrong in one of forty."""
    n_named = n_uneven = 0
    for seed in range(40):
        findings = of(made, lambda shape, seed=seed: noise(shape, seed))
        effects = effects_of(findings)
        n_named += bool(effects.named)
        n_uneven += effects.is_uneven
        if not effects.named and not effects.is_uneven:
            assert "No head stands out" in told(findings)
            assert "half of the texts" not in told(findings)
            assert "listed heads" not in told(findings)
    assert n_named <= 2
    assert n_uneven <= 3


def test_heads_without_any_effect_are_exactly_that(made: Results) -> None:
    findings = of(made, np.zeros)
    effects = effects_of(findings)
    assert effects.is_still
    assert effects.largest.interval == (0.0, 0.0)
    assert effects.share is None
    assert told(findings).startswith("No head matters on its own")
    heads = make_heads(findings, load_language("en"))
    assert not any(cell.is_strong for _, row in heads.grid.rows for cell in row)


@pytest.mark.parametrize(("n", "words"), [(1, "One text is too few"), (3, "3 texts are too few")])
def test_of_few_texts_nothing_is_said(n: int, words: str, tmp_path: Path) -> None:
    made = make_results(tmp_path, TEXTS[:n], n_layers=2, n_heads=2, evidence="full")
    findings = of(made, one_place)
    effects = effects_of(findings)
    assert told(findings).startswith(words)
    assert not effects.named
    assert effects.share is None
    assert effects.top[0].size.interval is None


@pytest.mark.parametrize(("n_sink", "n_shared"), [(12, 0), (12, 3), (100, 2), (30, 5), (5, 1)])
def test_an_overlap_with_the_sink_is_held_against_chance(n_sink: int, n_shared: int) -> None:
    overlap = HeadsOfSink("cls", n_sink, 144, 5, n_shared, None)
    chance = hypergeom(144, n_sink, 5)
    wanted = "chance"
    if chance.sf(n_shared - 1) <= 0.025:
        wanted = "more"
    elif chance.cdf(n_shared) <= 0.025:
        wanted = "fewer"
    assert overlap.overlap == wanted
    assert overlap.expected == pytest.approx(chance.mean())


def test_heads_of_the_sink_are_compared_with_the_others(made: Results) -> None:
    is_sink = np.random.default_rng(3).random(SHAPE) < 0.3
    results = with_heads(made, lambda shape: noise(shape) * np.where(is_sink, 0.2, 1.0))
    excess = np.where(is_sink, 0.6, 0.1)
    findings = Findings(results)
    findings.__dict__["sink_heads"] = {"cls": SinkHeads(excess, excess - 0.1)}
    sink = effects_of(findings).sink
    drawn = abs(noise((24, *SHAPE))) * np.where(is_sink, 0.2, 1.0)
    assert sink.ratio.mean == pytest.approx(drawn[:, is_sink].mean() / drawn[:, ~is_sink].mean())
    assert sink.n_sink == is_sink.sum()
    assert "make [CLS] a sink matter less than the others" in told(findings)
    alike = Findings(with_heads(made, noise))
    alike.__dict__["sink_heads"] = findings.sink_heads
    assert "sink" not in told(alike)


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
