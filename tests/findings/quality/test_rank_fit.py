"""Similarities are compared with labels by their order alone."""

from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.number_items import number_fits
from helpers.plain.plain_bootstrap import plain_interval
from helpers.plain.plain_ranks import spearman
from scipy.stats import rankdata, spearmanr

from reportgen.findings import Findings
from reportgen.findings.figures import RUN_FIGURES, measure
from reportgen.results import Results

LABELS = tuple(float(number % 6) for number in range(len(HEADLINES)))


def similar(folder: Path, labels: tuple[float, ...] | None = LABELS) -> Results:
    return make_results(folder, labels=labels, similarity="cosine")


def both(results: Results) -> tuple[np.ndarray, np.ndarray]:
    table = results.texts[["prediction", "label_value"]].to_numpy(np.float64)
    return table[:, 0], table[:, 1]


def test_the_correlation_is_spearmans_and_its_interval_a_plain_bootstraps(tmp_path: Path) -> None:
    texts = tuple(f"{text}{number}" for number in range(5) for text in HEADLINES)
    labels = tuple(float(number * 7 % 11) for number in range(len(texts)))
    results = make_results(tmp_path, texts, labels=labels, similarity="cosine")
    fit = Findings(results).rank_fit
    assert fit is not None
    predictions, given = both(results)
    assert fit.correlation == pytest.approx(spearmanr(predictions, given).statistic, abs=1e-12)
    assert fit.predictions.tolist() == rankdata(predictions).tolist()
    assert fit.labels.tolist() == rankdata(given).tolist()

    def drawn(rows: list[int]) -> float:
        return spearman(predictions[rows], given[rows])

    plain = plain_interval(drawn, len(texts))
    assert fit.interval is not None
    assert tuple(fit.interval) == pytest.approx(plain, abs=0.03)


def test_nothing_is_subtracted_from_a_label_of_another_scale(tmp_path: Path) -> None:
    findings = Findings(similar(tmp_path))
    assert findings.label_fit is None
    assert findings.label_errors.isna().all()
    predictions, given = both(findings.results)
    away = np.abs(rankdata(predictions) - rankdata(given))
    assert findings.text_figures["error"].tolist() == away.tolist()
    found = measure(RUN_FIGURES, findings)
    assert found["label_rank_correlation"] == pytest.approx(
        spearmanr(predictions, given).statistic, abs=1e-6
    )
    assert found["n_labelled"] == len(LABELS)
    assert found["label_mae"] is None


@pytest.mark.parametrize("labels", [None, (3.0,) * len(HEADLINES)])
def test_without_labels_that_vary_there_is_no_fit(
    tmp_path: Path, labels: tuple[float, ...] | None
) -> None:
    assert Findings(similar(tmp_path, labels)).rank_fit is None


def test_other_numbers_have_no_rank_fit(tmp_path: Path) -> None:
    findings = Findings(make_results(tmp_path, labels=LABELS))
    assert findings.rank_fit is None
    assert findings.label_fit is not None
    assert findings.figures["label_rank_correlation"] is not None


def test_two_models_are_compared_by_order_alone() -> None:
    labels = np.array([0.0, 1, 2, 3, 4, 5, np.nan])
    base = np.array([0.1, 0.3, 0.2, 0.4, 0.5, 0.6, 9.0])
    head = base[::-1].copy()
    (figure,) = number_fits(base, head, labels, "cosine")
    known = np.isfinite(labels)
    assert figure.name == "rank"
    assert figure.base == pytest.approx(spearmanr(base[known], labels[known]).statistic)
    assert figure.head == pytest.approx(spearmanr(head[known], labels[known]).statistic)
    assert number_fits(base, np.ones(7), labels, "cosine") == ()
    assert number_fits(base, head, np.full(7, np.nan), "cosine") == ()
