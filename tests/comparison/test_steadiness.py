"""How far edits change the predictions of two models, against plain sums."""

import numpy as np
import pytest
from helpers.made_up.factories import make_results

from reportgen.comparison import compare_runs
from reportgen.findings import Findings
from reportgen.report import CompareOptions
from reportgen.report.short_form import markdown

N = 12
TEXTS = tuple(f"plain words number {i:02} of them" for i in range(3 * N))
VARIANTS = tuple(
    (N * kind + i, str(i + 1), ("case", "typo")[kind - 1]) for kind in (1, 2) for i in range(N)
)


@pytest.mark.parametrize("kind", ["number", "class", "tags"])
def test_both_are_compared_on_the_same_pairs(tmp_path, kind):
    sides = [
        make_results(tmp_path / str(seed), TEXTS, kind=kind, variants=VARIANTS, seed=seed)
        for seed in (1, 2)
    ]
    comparison = compare_runs(*map(Findings, sides))
    steadiness = comparison.steadiness
    assert {each.name for each in steadiness.kinds} == {"case", "typo"}
    # A text counts once, with the mean of both of its variants.
    what_ifs = [Findings(side).what_if for side in sides]
    expected = [np.zeros(N), np.zeros(N)]
    for side, what_if in zip(expected, what_ifs, strict=True):
        for change in what_if.changes:
            size = abs(change.change) if kind == "number" else change.flip
            side[change.text] += size / 2
    change = steadiness.deciding
    assert (change.base, change.head) == pytest.approx([side.mean() for side in expected])
    assert change.difference == pytest.approx((expected[1] - expected[0]).mean())
    assert (change.n_texts, steadiness.every.n_texts) == (N, N)
    name = "variant_size_change" if kind == "number" else "variant_flips_change"
    assert comparison.figures[name] == pytest.approx(change.difference, rel=1e-5)
    # Variants count in no other figure.
    pairing = comparison.pairing
    assert (pairing.n_analysed, pairing.n_variants, pairing.n_independent) == (N, 2 * N, N)
    assert len(comparison.predictions.texts) == N
    assert comparison.figures["texts_not_comparable"] == 0
    text = markdown.write(comparison.runs, CompareOptions(lang="ja")).text
    assert "テキストを変えるとどうなるか" in text


def test_a_model_against_itself_does_not_differ(tmp_path):
    made = make_results(tmp_path, TEXTS, variants=VARIANTS)
    comparison = compare_runs(Findings(made), Findings(made))
    assert comparison.steadiness.every.size.interval == (0.0, 0.0)
    assert comparison.is_same


@pytest.mark.parametrize("kind", ["number", "class"])
def test_of_many_models_each_has_its_own_figure(tmp_path, kind):
    sides = [
        Findings(make_results(tmp_path / str(seed), TEXTS, kind=kind, variants=VARIANTS, seed=seed))
        for seed in (1, 2, 3)
    ]
    comparison = compare_runs(sides[0], sides[2], between=sides[1:2])
    key = "edit_size" if kind == "number" else "edit_flips"
    (row,) = (row for row in comparison.all_models.rows if row.key == key)
    for value, side in zip(row.values, sides, strict=True):
        if kind == "number":
            sizes = [np.mean([abs(c.change) for c in side.what_if.of(i)]) for i in range(N)]
            assert value.value == pytest.approx(np.mean(sizes))
        else:
            assert value.value == pytest.approx(side.what_if.flips.mean)
    assert row.values[0].change is None
    text = markdown.write(comparison.runs, CompareOptions()).text
    assert "edits" in text
