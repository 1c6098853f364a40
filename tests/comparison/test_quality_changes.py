"""How well two models fit the labels: every figure against a plain computation, and the verdict."""

import numpy as np
import pandas as pd
import pytest
from helpers.cases import some_of
from helpers.made_up.factories import LABELS as NAMES
from helpers.made_up.factories import changed
from helpers.made_up.number_items import number_fits
from helpers.plain import plain_bootstrap
from helpers.plain.plain_ranks import spearman
from helpers.real.two_models import LABELS, TEXTS, pair_of
from scipy.stats import binom, t, ttest_1samp

from reportgen.comparison import compare_runs, worse
from reportgen.comparison.change import certain_change
from reportgen.comparison.figures import comparison_figures
from reportgen.comparison.quality import FitFigure, Outputs, holm, judged, metric_fits, p_value
from reportgen.findings import Findings, Interval, Judging, SmallestChange, resampled_means
from reportgen.report import CompareWords, load_language
from reportgen.report.sections import verdict
from reportgen.results import OutputInfo
from reportgen.tasks import TASKS


def quality_of(fits, kind="number", *, moved=True, same=False, quality=None, **smallest):
    outputs = Outputs(OutputInfo(kind, "score"), moved, same)
    return judged(fits, outputs, Judging(quality, SmallestChange(**smallest)))


def number_quality(*sides, **options):
    return quality_of(number_fits(*sides), **options)


def class_quality(base, head, labels, **options):
    items = [
        pd.DataFrame(
            {
                "text": range(len(labels)),
                "predicted": side.astype(str),
                "label": labels.astype(str),
                "score": (side == labels) * 1.0,
            }
        )
        for side in (base, head)
    ]
    return quality_of(metric_fits(TASKS["class"].metrics, *items), "class", **options)


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


def test_one_figure_decides_and_the_others_are_listed():
    """A better ranking with a bias: the error, which decides, is as large as before."""
    own, other, labels = numbers(200)
    quality = number_quality(own, other + 0.75, labels)
    gains = {each.name: each.gain for each in quality.figures}
    assert (gains["mae"], gains["rank"], gains["bias"]) == ("unclear", "better", "worse")
    assert quality.deciding.name == "mae"
    assert quality.verdict == "unclear"
    assert [each.name for each in quality.with_gain("worse")] == ["bias"]
    by_rank = number_quality(own, other + 0.75, labels, quality="rank")
    assert (by_rank.deciding.name, by_rank.verdict) == ("rank", "better")


def test_a_shift_by_a_thousandth_that_all_texts_share_is_no_news():
    """The interval leaves out 0, and every text moved the same way: still the same within 5 %."""
    random = np.random.default_rng(5)
    labels = random.normal(0, 1, 40)
    own = labels + random.normal(0.5, 0.1, 40)
    quality = number_quality(own, own + 0.001, labels)
    mae = quality.figure("mae")
    assert mae.change.is_certain
    assert {each.gain for each in quality.figures} == {"same"}
    assert number_quality(own, own + 0.001, labels, of_error=0.001).verdict == "worse"


def test_nothing_is_better_or_worse_where_no_prediction_moved():
    """As seen: "the new model is worse: RMSE 0.101 → 0.102" with 0 of 40 predictions moved."""
    random = np.random.default_rng(6)
    labels = random.normal(0, 0.5, 40)
    own = labels + random.normal(0, 0.1, 40)
    other = labels + 1.3 * (own - labels)
    assert number_quality(own, other, labels).verdict == "worse"
    unmoved = number_quality(own, other, labels, moved=False)
    assert {each.gain for each in unmoved.figures} == {"same"}
    assert unmoved.is_unmoved


def plain_verdict(own, other, labels, limit=0.05):
    """By Student's t of the paired differences of the absolute errors."""
    gains = np.abs(own - labels) - np.abs(other - labels)
    error, n = gains.std(ddof=1) / len(gains) ** 0.5, len(gains)
    wide, narrow = (error * t.ppf((1 + level) / 2, n - 1) for level in (0.95, 0.90))
    least = limit * np.abs(own - labels).mean()
    if abs(gains.mean()) + narrow <= least:
        return "same"
    if abs(gains.mean()) > max(wide, least):
        return "better" if gains.mean() > 0 else "worse"
    return "unclear"


@pytest.mark.parametrize("noise", some_of([0.01, 0.05, 0.1, 0.5], 0.05, 0.5))
def test_the_verdict_is_that_of_plain_t_tests(noise):
    """Better or worse by the paired t-test, the same by two one-sided ones (Lakens 2017)."""
    random, agree = np.random.default_rng(7), 0
    for _ in range(20):
        labels = random.normal(0, 1, 60)
        own = labels + random.normal(0, 0.4, 60)
        other = own + random.normal(0, noise, 60)
        agree += number_quality(own, other, labels).verdict == plain_verdict(own, other, labels)
    assert agree >= 18


def fit_of(name, base, gain, spread, n=40):
    """A figure whose change in resamples is normal."""
    drawn = np.random.default_rng(8).normal(gain, spread, 4000)
    return FitFigure(
        name, base, base + gain, np.stack([np.full(4000, base), base + drawn], axis=1), n
    )


def test_the_other_figures_are_corrected_for_their_number_and_the_one_that_decides_is_not():
    """Holm: of three others with p of about .02, none is told; alone it is."""
    fits = [fit_of(name, 1.0, -0.24, 0.1) for name in ("rmse", "mae")]
    others = [fit_of("rank", 0.5, 0.24, 0.1), fit_of("bias", 1.0, -0.24, 0.1)]
    quality = quality_of([*fits, *others])
    assert {each.name: each.gain for each in quality.figures} == {
        "mae": "better",
        "rmse": "unclear",
        "rank": "unclear",
        "bias": "unclear",
    }
    assert quality_of(fits).figure("rmse").gain == "better"


def test_holm_is_the_plain_one():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_p_value_is_that_of_a_t_test():
    random = np.random.default_rng(9)
    for shift in (0.1, 0.3, 0.6):
        values = random.normal(shift, 1, 40)
        (means,) = resampled_means(values[:, None]).T
        plain = ttest_1samp(values, 0).pvalue
        assert p_value(means, 40) == pytest.approx(plain, rel=0.35, abs=0.006)


def test_where_every_prediction_is_right_in_both_models_they_may_still_differ():
    """No text changed its class, but one whose probability moved might have: by the exact interval
    40 texts do not show that models are the same within one point, 400 do."""
    for n, expected in ((40, "unclear"), (400, "same")):
        right = np.zeros(n, np.intp)
        assert class_quality(right, right, right).verdict == expected
        assert class_quality(right, right, right, moved=False).verdict == "same"
        assert class_quality(right, right, right, same=True).verdict == "same"


def test_r2_has_the_verdict_of_the_rmse():
    own, other, labels = numbers(80)
    quality = number_quality(own, other, labels)
    assert quality.figure("r2").gain == quality.figure("rmse").gain


def test_labels_that_are_all_the_same_have_an_error_but_no_order():
    labels = np.ones(12)
    own, other = labels + np.linspace(0.5, 1, 12), labels + np.linspace(0.1, 0.2, 12)
    quality = number_quality(own, other, labels)
    assert [each.name for each in quality.figures] == ["mae", "rmse", "bias"]
    assert quality.verdict == "better"


def test_a_model_without_errors_is_the_same_as_itself_alone():
    labels = np.linspace(0, 1, 12)
    assert number_quality(labels, labels, labels).verdict == "same"
    assert number_quality(labels, labels + 0.1, labels).verdict == "worse"


@pytest.mark.parametrize("n", [1, 4])
def test_there_is_no_verdict_from_few_texts(n):
    quality = number_quality(*numbers(n), moved=False)
    assert {each.gain for each in quality.figures} == {"few"}


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
    found = compare_runs(*map(Findings, sides))
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
    figures, same = compare_runs(base, head).figures, compare_runs(base, base).figures
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
    predictions = compare_runs(*map(Findings, sides)).predictions
    own, other = (side.texts["prediction"].to_numpy(float) for side in sides)
    growth = [abs(b - y) - abs(a - y) for a, b, y in zip(own, other, LABELS, strict=True)]
    expected = sorted((i for i in range(len(TEXTS)) if growth[i] > 0), key=lambda i: -growth[i])
    assert predictions.regressions == expected


def test_how_much_probability_the_old_class_lost_is_told(tmp_path):
    base, head = pair_of(tmp_path, kind="class")
    found = compare_runs(Findings(base), Findings(head)).predictions
    lost = []
    for own, other in zip(base.texts["scores"], head.texts["scores"], strict=True):
        first = int(np.argmax(own))
        chances = [np.exp(side[first]) / np.exp(side).sum() for side in (own, other)]
        if first != int(np.argmax(other)):
            lost.append(chances[0] - chances[1])
    assert len(lost) == found.n_moved > 0
    assert found.lost_chances == pytest.approx((np.median(lost), max(lost)))
    same = compare_runs(Findings(base), Findings(base)).predictions
    assert same.lost_chances is None


def test_the_perplexity_is_over_all_tokens_and_its_interval_is_paired():
    random = np.random.default_rng(0)
    base = [-random.gamma(2, 1, size) for size in random.integers(1, 9, 30)]
    head = [own * random.uniform(0.6, 1.1) for own in base]
    items = [
        pd.DataFrame(
            {
                "text": np.repeat(np.arange(len(side)), [len(own) for own in side]),
                "probability": np.nan,
                "label_probability": np.exp(np.concatenate(side)),
            }
        )
        for side in (base, head)
    ]
    quality = quality_of(metric_fits(TASKS["completion"].metrics, *items), "completion")
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
    found = compare_runs(*map(Findings, sides))
    change = ends[1] - ends[0]
    fell = change < -0.05 * ends[0].std()
    assert 1 < fell.sum() < len(fell)
    assert worse(found.predictions) == [i for i in np.argsort(change).tolist() if fell[i]]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_completions_of_two_models_are_compared_by_perplexity(tmp_path, language):
    base, head = pair_of(tmp_path, kind="completion")
    found = compare_runs(Findings(base), Findings(head))
    quality = found.predictions.quality
    for side, end in ((base, "base"), (head, "head")):
        scores = np.concatenate(list(side.texts["scores"]))
        assert comparison_figures(found)[f"perplexity_{end}"] == pytest.approx(
            np.exp(-scores.mean()), rel=1e-5
        )
    said = verdict(quality, CompareWords(found, load_language(language)))
    assert ("補完" if language == "ja" else "the completions") in said
