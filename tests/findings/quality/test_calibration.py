"""Whether probabilities can be believed: figures against plain ones, silence where they are
right."""

import numpy as np
import pytest
from helpers.cases import some_of

from reportgen.findings import Booleans, Calibration, Floats
from reportgen.findings.quality import Scored
from reportgen.findings.quality.calibration import calibration


def of(chances: Floats, right: Booleans) -> Calibration | None:
    rows = np.arange(len(chances))
    return calibration(Scored("texts", rows, 1.0 - right, chances=chances, right=right), rows)


def drawn(n: int, too_sure: float, seed: int = 0) -> Calibration:
    random = np.random.default_rng(seed)
    chances = random.beta(4, 1.5, n)
    found = of(chances, random.random(n) < chances - too_sure * (chances > 0.3))
    assert found is not None
    return found


def test_the_error_is_that_of_ten_bins_of_as_many_predictions() -> None:
    random = np.random.default_rng(3)
    chances = random.random(200)
    right = random.random(200) < chances**2
    found = of(chances, right)
    assert found is not None
    order = np.argsort(chances)
    bins = [order[i : i + 20] for i in range(0, 200, 20)]
    plain = [abs(chances[own].mean() - right[own].mean()) for own in bins]
    assert found.plain_error == pytest.approx(np.mean(plain))
    assert [own.chance for own in found.bins] == pytest.approx([chances[o].mean() for o in bins])
    assert [own.right.mean for own in found.bins] == pytest.approx([right[o].mean() for o in bins])
    assert found.gap.mean == pytest.approx(chances.mean() - right.mean())
    # With right probabilities the error would be, on average over the plain drawing of outcomes:
    by_chance = [
        np.mean([abs((chances[own] - (random.random(20) < chances[own])).mean()) for own in bins])
        for _ in range(2000)
    ]
    assert found.noise == pytest.approx(np.mean(by_chance), rel=0.03)
    left = found.plain_error**2 - found.noise**2
    assert found.p < 0.05
    assert found.error.mean == pytest.approx(max(left**0.5, abs(found.gap.mean)), rel=1e-6)


def test_the_error_lies_in_its_interval_and_is_no_smaller_than_a_sure_gap() -> None:
    n_sure = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        chances = random.uniform(0.75, 0.95, 30)
        right = random.random(30) < (0.98 if seed % 2 else chances.mean())
        found = of(chances, right)
        assert found is not None
        assert found.error.interval is not None
        low, high = found.error.interval
        assert low <= found.error.mean <= high
        if found.verdict in ("over", "under"):
            n_sure += 1
            assert found.gap.interval is not None
            assert found.error.mean >= abs(found.gap.mean)
            assert low >= min(map(abs, found.gap.interval))
            assert high >= max(map(abs, found.gap.interval))
    assert n_sure


def test_a_text_with_many_words_counts_once_in_intervals() -> None:
    random = np.random.default_rng(0)
    texts = np.repeat(np.arange(6), 50)
    right = np.repeat(random.random(6) < 0.6, 50)
    words = Scored("words", texts, 1.0 - right, chances=np.full(300, 0.9), right=right)
    found = calibration(words, np.arange(6))
    assert found is not None
    assert (found.n_items, found.n_texts) == (300, 6)
    assert found.gap.interval is not None
    assert found.gap.interval.high - found.gap.interval.low > 0.5


@pytest.mark.parametrize("n", some_of([12, 60, 400], 12, 60))
def test_right_probabilities_are_seldom_called_wrong(n: int) -> None:
    verdicts = [drawn(n, 0.0, seed).verdict for seed in range(100)]
    assert sum(verdict is not None for verdict in verdicts) <= 8


def test_all_right_with_high_probabilities_is_no_lack_of_confidence() -> None:
    found = of(np.full(20, 0.97), np.ones(20, np.bool_))
    assert found is not None
    assert found.verdict is None
    assert found.gap.interval is not None
    assert found.gap.interval.high > 0


def test_too_sure_and_not_sure_enough_are_told() -> None:
    assert drawn(300, 0.2).verdict == "over"
    assert drawn(300, -0.2).verdict == "under"


def test_the_interval_of_the_error_holds_the_truth_with_few_texts_too() -> None:
    """The plain error of right probabilities is .1 with 50 texts; its interval must hold 0."""
    for too_sure in (0.0, 0.1):
        truth = too_sure * float((np.random.default_rng(0).beta(4, 1.5, 100_000) > 0.3).mean())
        held = 0
        for seed in range(100):
            ends = drawn(50, too_sure, seed).error.interval
            assert ends is not None
            held += ends.low <= truth + 1e-9 <= ends.high + 1e-9
        assert held >= 93


def test_too_few_texts_and_outputs_without_probabilities_have_none() -> None:
    assert of(np.full(4, 0.9), np.ones(4, np.bool_)) is None
    assert calibration(Scored("distance", np.arange(9), np.ones(9)), np.arange(9)) is None
    assert calibration(None, np.arange(9)) is None
