"""Whether predictions lie too close together: slopes against plain ones, and what follows."""

import numpy as np
import pytest
from scipy.stats import linregress

from reportgen.findings import Fit, Floats, Slopes
from reportgen.findings.quality.slopes import slopes


def of(predictions: Floats, labels: Floats) -> Slopes | None:
    rows = np.arange(len(labels))
    return slopes(Fit(rows, predictions, labels), rows)


def drawn(n: int, squeeze: float, seed: int = 0) -> Slopes:
    known, rest = np.random.default_rng(seed).normal(size=(2, n))
    found = of(squeeze * known, known + rest)
    assert found is not None
    return found


def test_slopes_are_those_of_least_squares() -> None:
    labels = np.array([1.0, 2, 4, 3, 7, 5, 6])
    predictions = np.array([2.0, 2.5, 3, 3.5, 4, 3, 4.5])
    found = of(predictions, labels)
    assert found is not None
    assert found.of_predictions.mean == pytest.approx(linregress(labels, predictions).slope)
    assert found.of_labels.mean == pytest.approx(linregress(predictions, labels).slope)


def test_a_model_that_answers_the_best_it_can_is_cautious_and_not_at_fault() -> None:
    """Its slope of predictions on right answers is R², here one half."""
    found = drawn(400, 1.0)
    assert found.of_predictions.mean == pytest.approx(0.5, abs=0.1)
    assert found.verdict == "cautious"


def test_predictions_that_are_squeezed_or_spread_are_told() -> None:
    assert drawn(400, 0.4).verdict == "too_close"
    assert drawn(400, 2.5).verdict == "too_far"


@pytest.mark.parametrize("n", [8, 24, 100])
def test_the_best_predictions_are_seldom_called_too_close_or_too_far(n: int) -> None:
    verdicts = [drawn(n, 1.0, seed).verdict for seed in range(150)]
    assert sum(verdict in ("too_close", "too_far") for verdict in verdicts) <= 0.08 * 150


def test_of_few_constant_or_boundless_numbers_nothing_follows() -> None:
    few = of(np.array([1.0, 2, 3]), np.array([1.0, 3, 2]))
    assert few is not None
    assert few.verdict is None
    assert of(np.ones(9), np.arange(9.0)) is None
    assert of(np.arange(9.0), np.ones(9)) is None
    equal = slopes(
        Fit(np.arange(9), np.arange(9.0), np.arange(9.0)),
        np.zeros(9, np.intp),
    )
    assert equal is None
