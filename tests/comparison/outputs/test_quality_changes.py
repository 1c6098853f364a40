"""How well two models fit the labels: every figure against a plain computation, and the verdict."""

import numpy as np
import pytest
from helpers.made_up.factories import LABELS as NAMES
from helpers.made_up.factories import changed
from helpers.plain import plain_bootstrap
from helpers.plain.plain_ranks import spearman
from helpers.real.two_models import LABELS, TEXTS, pair_of
from scipy.stats import binom

from reportgen.comparison.change import Change
from reportgen.comparison.compare import compare
from reportgen.comparison.figures import comparison_figures
from reportgen.comparison.outputs.quality import (
    Quality,
    QualityFigure,
    class_quality,
    completion_quality,
    number_quality,
)
from reportgen.findings.findings import Findings
from reportgen.findings.statistics import Interval, certain_change
from reportgen.report.compare_sections.predictions import verdict
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.language import load_language
from reportgen.report.options import CompareOptions
from reportgen.report.worse_texts.found import regressions


def numbers(n, seed=0):
    """Predictions of two models, the second of which ranks better but is biased; and labels that
    hold ties."""
    random = np.random.default_rng(seed)
    labels = random.integers(1, 6, n).astype(float)
    return labels + random.normal(0, 2, n), labels + 0.8 + random.normal(0, 0.7, n), labels


PLAIN = {
    "mae": lambda p, y: np.abs(p - y).sum() / len(y),
    "rmse": lambda p, y: (((p - y) ** 2).sum() / len(y)) ** 0.5,
    "bias": lambda p, y: (p - y).sum() / len(y),
    "rank": spearman,
    "r2": lambda p, y: 1 - ((p - y) ** 2).sum() / ((y - y.mean()) ** 2).sum(),
}


def plain_f1(predicted, labels):
    scores = []
    for name in sorted(set(labels.tolist())):
        hit = ((predicted == name) & (labels == name)).sum()
        made = (predicted == name).sum() + (labels == name).sum()
        scores.append(2 * hit / made)
    return sum(scores) / len(scores)


def plain_interval(statistic, own, other, labels, size=lambda value: value):
    random, found = np.random.default_rng(11), []
    for _ in range(3000):
        drawn = random.integers(0, len(labels), len(labels))
        ends = [size(statistic(side[drawn], labels[drawn])) for side in (own, other)]
        found.append(ends[1] - ends[0])
    return np.quantile(found, [0.025, 0.975])


@pytest.mark.parametrize("name", PLAIN)
def test_every_figure_of_numbers_is_the_plain_one_in_both_models(name):
    own, other, labels = numbers(80)
    given = labels.copy()
    given[[3, 50]] = np.nan  # texts without a label count on neither side
    known = np.isfinite(given)
    change = number_quality(own, other, given).change(name)
    ends = [PLAIN[name](side[known], labels[known]) for side in (own, other)]
    assert (change.base, change.head) == pytest.approx(tuple(ends), abs=1e-9)
    assert change.difference == pytest.approx(ends[1] - ends[0], abs=1e-9)
    assert change.n_texts == 78
    low, high = plain_interval(PLAIN[name], own[known], other[known], labels[known])
    assert tuple(change.interval) == pytest.approx((low, high), abs=0.2 * (high - low))


def test_accuracy_and_macro_f1_are_the_plain_ones():
    random = np.random.default_rng(4)
    labels = random.choice(4, 90, p=(0.6, 0.2, 0.15, 0.05))
    own, other = (
        np.where(random.random(90) < p, labels, random.integers(0, 4, 90)) for p in (0.5, 0.8)
    )
    quality = class_quality(own, other, labels)
    for name, plain in (("accuracy", lambda p, y: np.mean(p == y)), ("macro_f1", plain_f1)):
        change = quality.change(name)
        assert (change.base, change.head) == pytest.approx(
            (plain(own, labels), plain(other, labels))
        )
        low, high = plain_interval(plain, own, other, labels)
        assert tuple(change.interval) == pytest.approx((low, high), abs=0.2 * (high - low))


def test_a_bias_is_better_the_nearer_it_is_to_nothing():
    labels = np.linspace(0, 1, 40)
    random = np.random.default_rng(2)
    far, near = labels - 0.5 + random.normal(0, 0.05, 40), labels + 0.1 + random.normal(0, 0.05, 40)
    there, back = number_quality(far, near, labels), number_quality(near, far, labels)
    gains = [{f.name: f.gain for f in side.figures}["bias"] for side in (there, back)]
    assert there.change("bias").difference > 0.5
    assert gains == ["better", "worse"]


def figure(name, low, high):
    interval = None if low is None else Interval(low, high)
    return QualityFigure(name, Change(0.0, 0.1, 0.1, interval, 9), interval)


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        ([("mae", -0.2, -0.1), ("rank", -0.1, 0.1)], "better"),
        ([("mae", 0.1, 0.2), ("rank", -0.1, 0.1)], "worse"),
        ([("mae", 0.1, 0.2), ("rank", 0.1, 0.2)], "mixed"),
        ([("mae", -0.1, 0.2), ("rank", 0.0, 0.2)], "none"),
        ([("mae", None, None)], "few"),
        ([("mae", -0.1, 0.2), ("r2", 0.1, 0.2)], "none"),  # the RMSE stands for R²
        ([("accuracy", 0.01, 0.2), ("macro_f1", 0.0, 0.2)], "better"),
    ],
)
def test_the_verdict_is_that_of_the_intervals(figures, verdict):
    assert Quality(tuple(figure(*each) for each in figures), 9).verdict == verdict


def test_a_better_ranking_with_a_bias_is_mixed():
    """Seen on fine-tuned models: the rank correlation rose, the error stayed, a bias came."""
    own, other, labels = numbers(200)
    quality = number_quality(own, other + 0.3, labels)
    assert quality.verdict == "mixed"
    assert "rank" in {each.name for each in quality.with_gain("better")}
    assert [each.name for each in quality.with_gain("worse")] == ["bias"]


def test_what_is_not_defined_is_left_out():
    labels = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    quality = number_quality(labels + 1, labels, labels)
    assert [each.name for each in quality.figures] == ["mae", "rmse", "bias"]
    assert number_quality(labels, labels, labels * np.nan) is None
    few = number_quality(*numbers(3))
    assert few.verdict == "few"
    assert all(each.change.interval is None for each in few.figures)


def test_flips_are_sorted_by_what_became_of_them(tmp_path):
    base, head = pair_of(tmp_path, kind="class", evidence="basic")
    good, bad = NAMES["class"][:2]
    own = [good] * 12
    other = [bad] * 6 + [good] * 6
    labels = [good, bad, good, bad, None, good, *[good] * 6]
    sides = []
    for side, predicted in ((base, own), (head, other)):
        texts = side.texts.assign(prediction_label=predicted, label=labels)
        sides.append(changed(side, texts=texts))
    found = compare(*map(Findings, sides))
    predictions = found.predictions
    assert predictions.order == [0, 2, 5, 1, 3, 4]
    assert [predictions.outcomes[i] for i in predictions.order] == [
        *["broken"] * 3,
        *["fixed"] * 2,
        "unknown",
    ]
    assert (predictions.n_flips("broken"), predictions.n_flips("fixed")) == (3, 2)
    assert found.figures["texts_broken"] == 3
    assert found.figures["texts_wrong_to_wrong"] == 0
    assert found.changed_texts[:6] == predictions.flipped == [0, 2, 5, 1, 3, 4]


def test_where_no_prediction_changed_other_texts_may(tmp_path):
    """By the tails of the binomial distribution; no doubt where all scores are the same."""
    names = NAMES["class"][:1] * 12
    sides = []
    for side in pair_of(tmp_path, kind="class"):
        texts = side.texts.assign(prediction_label=names, label=names)
        sides.append(changed(side, texts=texts))
    base, head = map(Findings, sides)
    figures, same = compare(base, head).figures, compare(base, base).figures
    most = figures["accuracy_drop_high"]
    assert binom.cdf(0, 12, most) == pytest.approx(0.025, rel=1e-3)
    for name, times in (("accuracy_drop", 1), ("macro_f1_drop", 1), ("texts_broken", 12)):
        assert (figures[name], same[name]) == (0, 0)
        low = -most if name.endswith("drop") else 0
        ends = (figures[f"{name}_low"], figures[f"{name}_high"])
        assert ends == pytest.approx((low, times * most), rel=1e-4)
        assert (same[f"{name}_low"], same[f"{name}_high"]) == (0, 0)
    assert (figures["prediction_changed_low"], figures["prediction_changed_high"]) == (0, most)
    assert same["prediction_changed_high"] == 0
    assert figures["macro_f1_base_low"] == pytest.approx(1 - most)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_change_in_all_texts_is_not_certain(sign):
    """As many texts as can be may change the other way round."""
    low, high = sorted(sign * end for end in certain_change(Interval(sign, sign), 12))
    assert high == 1
    assert binom.sf(11, 12, (low + 1) / 2) == pytest.approx(0.025)


def test_the_texts_whose_error_grew_most_come_first(tmp_path):
    sides = pair_of(tmp_path, labels=LABELS)
    predictions = compare(*map(Findings, sides)).predictions
    own, other = (side.texts["prediction"].to_numpy(float) for side in sides)
    growth = [abs(b - y) - abs(a - y) for a, b, y in zip(own, other, LABELS, strict=True)]
    expected = sorted((i for i in range(len(TEXTS)) if growth[i] > 0), key=lambda i: -growth[i])
    assert predictions.regressions == expected


def test_how_much_probability_the_old_class_lost_is_told(tmp_path):
    base, head = pair_of(tmp_path, kind="class")
    found = compare(Findings(base), Findings(head)).predictions
    lost = []
    for own, other in zip(base.texts["scores"], head.texts["scores"], strict=True):
        first = int(np.argmax(own))
        chances = [np.exp(side[first]) / np.exp(side).sum() for side in (own, other)]
        if first != int(np.argmax(other)):
            lost.append(chances[0] - chances[1])
    assert len(lost) == found.n_moved > 0
    assert found.lost_chances == pytest.approx((np.median(lost), max(lost)))
    same = compare(Findings(base), Findings(base)).predictions
    assert same.lost_chances is None


def test_the_perplexity_is_over_all_tokens_and_its_interval_is_paired():
    random = np.random.default_rng(0)
    base = [-random.gamma(2, 1, size) for size in random.integers(1, 9, 30)]
    head = [own * random.uniform(0.6, 1.1) for own in base]
    quality = completion_quality(base, head)
    (figure,) = quality.figures
    plain = [np.exp(-np.concatenate(side).mean()) for side in (base, head)]
    assert (figure.change.base, figure.change.head) == pytest.approx(plain)

    def difference(rows):
        ends = [np.exp(-np.concatenate([side[i] for i in rows]).mean()) for side in (base, head)]
        return float(ends[1] - ends[0])

    assert tuple(figure.change.interval) == pytest.approx(
        plain_bootstrap.plain_interval(difference, 30), abs=0.15
    )
    assert figure.gain == quality.verdict == "better"
    assert quality.of_completions


def test_completions_that_became_less_likely_are_those_that_got_worse(tmp_path):
    random, sides, ends = np.random.default_rng(4), [], []
    for made in pair_of(tmp_path, kind="completion"):
        scores = -random.exponential(size=(len(made.texts), 2))
        ends.append(scores.sum(axis=1))
        texts = made.texts.assign(scores=scores.tolist(), prediction=ends[-1])
        sides.append(changed(made, texts=texts))
    found = compare(*map(Findings, sides))
    change = ends[1] - ends[0]
    fell = change < -0.05 * ends[0].std()
    listed = list(regressions(found, CompareOptions()))
    assert 1 < fell.sum() < len(fell)
    assert [own.text_id for own in listed] == [str(i + 1) for i in np.argsort(change) if fell[i]]
    for own in listed:
        base, head = own.said.removeprefix("log-probability of the completion ").split(" → ")
        at = int(own.text_id) - 1
        shown = [float(end.replace("−", "-")) for end in (base, head)]
        assert shown == pytest.approx([ends[0][at], ends[1][at]], abs=0.006)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_completions_of_two_models_are_compared_by_perplexity(tmp_path, language):
    base, head = pair_of(tmp_path, kind="completion")
    found = compare(Findings(base), Findings(head))
    quality = found.predictions.quality
    for side, end in ((base, "base"), (head, "head")):
        scores = np.concatenate(list(side.texts["scores"]))
        assert comparison_figures(found)[f"perplexity_{end}"] == pytest.approx(
            np.exp(-scores.mean()), rel=1e-5
        )
    said = verdict(quality, CompareWords(found, load_language(language)))
    assert ("補完" if language == "ja" else "Against the completions") in said
