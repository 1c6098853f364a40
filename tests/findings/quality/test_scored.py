"""Errors of predictions, item by item, and whether a constant answer would do as well."""

from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.tagged import tagged_results
from helpers.plain.plain_bootstrap import plain_interval
from scipy.stats import rankdata

from reportgen.findings import Findings, Floats
from reportgen.findings.quality import Scored, rank_correlation
from reportgen.findings.resampling import GROUPS

LABELS = (1.0, 2.0, 1.5, 1.1, 0.4, 2.2)


def numbers(predictions: Floats, labels: Floats) -> Scored:
    constant = abs(labels - np.median(labels))
    return Scored("distance", np.arange(len(labels)), abs(predictions - labels), constant)


def classes(predicted: Floats, labels: Floats) -> Scored:
    counts = np.bincount(labels)
    constant = (labels != counts.argmax()) * 1.0
    wrong = (predicted != labels) * 1.0
    return Scored("texts", np.arange(len(labels)), wrong, constant, int((counts > 0).sum()))


def test_a_number_is_off_by_its_distance_and_a_constant_by_that_of_the_median(
    tmp_path: Path,
) -> None:
    results = make_results(tmp_path, labels=LABELS)
    found = Findings(results).scored
    assert found is not None
    predicted = results.texts["prediction"].tolist()
    assert found.errors.tolist() == [abs(p - y) for p, y in zip(predicted, LABELS, strict=True)]
    assert found.constant is not None
    assert found.constant == pytest.approx([abs(y - 1.3) for y in LABELS])


def test_a_class_is_wrong_or_right_and_has_the_probability_of_the_predicted_one(
    tmp_path: Path,
) -> None:
    made = make_results(tmp_path, kind="class")
    labels = ["good", "bad", "good", None, "good", "bad"]
    results = changed(made, texts=made.texts.assign(label=labels))
    found = Findings(results).scored
    assert found is not None
    assert found.chances is not None
    assert found.constant is not None
    rows = [row for row in range(6) if labels[row]]
    assert found.texts.tolist() == rows
    predicted = made.texts["prediction_label"]
    assert found.errors.tolist() == [float(predicted[row] != labels[row]) for row in rows]
    assert found.constant.tolist() == [float(labels[row] != "good") for row in rows]
    for row, chance in zip(rows, found.chances, strict=True):
        shares = np.exp(made.texts["scores"][row])
        assert chance == pytest.approx(max(shares) / sum(shares))


def test_words_are_items_and_the_error_of_a_text_is_their_mean(tmp_path: Path) -> None:
    texts = ("ab cd ef gh ij", "kl mn op qr st uv")
    tags = [own.split() for own in tagged_results(tmp_path / "a", texts).texts["prediction_label"]]
    labels = [["O"] * len(own) for own in tags]
    results = tagged_results(tmp_path / "b", texts, [" ".join(own) for own in labels])
    found = Findings(results).scored
    assert found is not None
    rows, errors = found.of_text
    assert rows.tolist() == [0, 1]
    assert errors.tolist() == [sum(tag != "O" for tag in own) / len(own) for own in tags]


def test_of_equal_texts_the_first_counts(tmp_path: Path) -> None:
    found = Scored("texts", np.array([0, 2, 2, 3, 5]), np.array([1.0, 0, 1, 1, 0]))
    once = found.once(np.array([0, 1, 2, 0, 4, 2]))
    assert once.texts.tolist() == [0, 2, 2]
    assert once.errors.tolist() == [1.0, 0.0, 1.0]


def test_what_has_no_right_answers_has_no_errors(tmp_path: Path) -> None:
    assert Findings(make_results(tmp_path)).scored is None
    assert Findings(make_results(tmp_path / "e", kind="embedding")).scored is None


def test_a_model_that_is_surely_farther_off_than_a_constant_is_worse() -> None:
    random = np.random.default_rng(0)
    labels = random.normal(3, 1.3, 40)
    shifted = numbers(labels + random.normal(2, 0.5, 40), labels)  # 2.0 against about 1.0
    assert shifted.against_constant == "worse"
    assert numbers(np.full(40, 3.0), labels).against_constant in ("not_better", "unclear")
    assert numbers(labels + random.normal(0, 0.1, 40), labels).against_constant == "better"
    assert numbers(labels[:4] + 9, labels[:4]).against_constant == "few"
    assert numbers(np.full(9, 2.5), np.full(9, 2.0)).against_constant == "not_better"
    assert numbers(np.full(9, 2.0), np.full(9, 2.0)).against_constant == "better"


@pytest.mark.parametrize("n_classes", [2, 10])
@pytest.mark.parametrize("n", [8, 24, 100])
def test_a_model_that_guesses_is_seldom_called_worse_than_the_most_frequent_class(
    n_classes: int, n: int
) -> None:
    """Of all fixed answers the best is good by luck: without the correction 10 % of ten classes."""
    random = np.random.default_rng(1)
    drawn = [random.integers(0, n_classes, (2, n)) for _ in range(150)]
    verdicts = [classes(*own).against_constant for own in drawn]
    assert verdicts.count("worse") <= 0.08 * len(verdicts)
    assert verdicts.count("better") <= 0.05 * len(verdicts)


def test_r2_and_rank_correlation_have_the_intervals_of_a_plain_bootstrap(tmp_path: Path) -> None:
    texts = tuple(f"{text}{number}" for number in range(5) for text in HEADLINES)
    labels = tuple(float(number * 7 % 11) for number in range(len(texts)))
    results = make_results(tmp_path, texts, labels=labels)
    fit = Findings(results).label_fit
    assert fit is not None
    fits = Findings(results).fits
    predicted, given = fit.predictions, fit.labels

    def r2(rows: list[int]) -> float:
        errors, own = predicted[rows] - given[rows], given[rows]
        return float(1 - (errors**2).mean() / own.var())

    def rank_correlation_of(rows: list[int]) -> float:
        return float(np.corrcoef(rankdata(predicted[rows]), rankdata(given[rows]))[0, 1])

    for found, plain, within in (
        (fits.known("r2"), plain_interval(r2, len(texts)), 0.15),
        (
            fits.known("rank"),
            plain_interval(rank_correlation_of, len(texts)),
            0.03,
        ),
    ):
        assert found.interval is not None
        assert tuple(found.interval) == pytest.approx(plain, abs=within)
    figures = Findings(results).figures
    assert figures["label_r2_low"] == pytest.approx(fits.known("r2").low, rel=1e-5)
    assert figures["label_rank_correlation_high"] == pytest.approx(
        fits.known("rank").high, rel=1e-5
    )


def test_of_very_many_texts_the_rank_correlation_has_nearly_the_bootstraps_interval() -> None:
    random = np.random.default_rng(2)
    labels = random.normal(size=GROUPS + 1)
    predictions = labels + random.normal(size=len(labels))
    few = rank_correlation(predictions[:-1], labels[:-1])
    many = rank_correlation(predictions, labels)
    assert few is not None
    assert many is not None
    assert few.interval
    assert many.interval
    assert tuple(many.interval) == pytest.approx(tuple(few.interval), abs=2e-3)


@pytest.mark.parametrize(("label", "n"), [(2.0, 6), (1.6, 12)])  # the mean of 12 is off by 2e-16
def test_without_labels_that_vary_there_is_neither_r2_nor_rank_correlation(
    tmp_path: Path, label: float, n: int
) -> None:
    """As seen: an R² of −3.5e27 where all right answers are 1.6."""
    texts = tuple(f"text {i:02}" for i in range(n))
    fits = Findings(make_results(tmp_path, texts, labels=(label,) * n)).fits
    assert fits["mae"] is not None
    assert (fits["r2"], fits["rank"]) == (None, None)
