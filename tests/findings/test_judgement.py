"""Whether a ranking says more than rankings that need no model: verdicts with intervals."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from reportgen.findings import ABOVE_ALL, Estimate, Interval
from reportgen.findings.agreement_verdict import judge
from reportgen.findings.notes import TRUST_LARGELY, TRUST_PARTLY
from reportgen.findings.statistics import estimate, widened

N = 40
RANDOM = np.random.default_rng(7)
NOISE = RANDOM.normal(0, 0.05, N)
OTHER = RANDOM.normal(0, 0.05, N)


def series(mean: float, noise: np.ndarray = NOISE) -> "pd.Series[float]":
    return pd.Series(mean + noise - noise.mean(), range(len(noise)))


@pytest.mark.parametrize(
    ("own", "baselines", "verdict", "baseline"),
    [
        (0.7, {"rarity": 0.1, "late": 0.3}, "largely", "late"),
        (0.4, {"rarity": 0.1, "late": 0.3}, "partly", "late"),
        (0.15, {"rarity": 0.05, "late": -0.3}, "little", "rarity"),
        (0.4, {"rarity": 0.4, "late": 0.3}, "no_more", "rarity"),
        (0.4, {"rarity": 0.4, "late": 0.6}, "worse", "late"),
        (0.0, {"rarity": -0.3}, "chance", "rarity"),
        (0.0, {"rarity": 0.3}, "worse", "rarity"),
        (-0.4, {"rarity": 0.3}, "opposite", "rarity"),
        (0.4, {}, "partly", None),
    ],
)
def test_each_verdict_is_about_the_baseline_that_calls_for_it(
    own: float, baselines: dict[str, float], verdict: str, baseline: str | None
) -> None:
    found = judge(series(own), {view: series(at, OTHER) for view, at in baselines.items()})
    assert found is not None
    assert (found.verdict, found.baseline) == (verdict, baseline)
    assert found.is_above_all == (verdict in ABOVE_ALL)
    assert found.agreement.mean == pytest.approx(own)
    if baseline is not None:
        assert found.over is not None
        assert found.over.mean == pytest.approx(own - baselines[baseline])


def test_it_is_the_difference_in_each_text_that_counts() -> None:
    """Both vary widely, but the ranking is ahead in every text: their own intervals overlap."""
    wide = RANDOM.normal(0, 0.5, N)
    found = judge(series(0.5, wide), {"rarity": series(0.4, wide)})
    assert found is not None
    assert found.verdict in ABOVE_ALL
    apart = judge(series(0.5, wide), {"rarity": series(0.4, RANDOM.normal(0, 0.5, N))})
    assert apart is not None
    assert apart.verdict == "no_more"


def test_the_words_go_by_the_lower_end_of_the_interval() -> None:
    for limit, below, above in (
        (TRUST_PARTLY, "little", "partly"),
        (TRUST_LARGELY, "partly", "largely"),
    ):
        for shift, verdict in ((-0.001, below), (0.001, above)):
            own = series(limit)
            low = estimate(own).interval.low  # type: ignore[union-attr]
            found = judge(own + (limit - low) + shift, {"rarity": series(-0.5)})
            assert found is not None
            assert found.verdict == verdict


def test_what_is_printed_of_the_difference_is_on_the_side_that_the_verdict_says() -> None:
    random = np.random.default_rng(1)
    verdicts = set()
    for _ in range(100):
        texts = int(random.integers(5, 40))
        own = pd.Series(random.normal(random.choice([0, 0.2, 0.5]), 0.3, texts))
        plain = {
            view: pd.Series(random.normal(random.choice([0, 0.2, 0.5]), 0.3, texts))
            for view in ("rarity", "late", "characters")
        }
        found = judge(own, plain, n_judged=int(random.integers(1, 9)))
        assert found is not None
        assert found.over is not None
        assert found.over.interval is not None
        low, high = found.over.interval
        verdicts.add(found.verdict)
        if found.verdict == "worse":
            assert high < 0
        if found.verdict == "no_more":
            assert low <= 0 <= high
        if found.is_above_all:
            assert low > 0
            assert found.agreement.low is not None
            assert found.agreement.low > 0
    assert {"worse", "no_more", "chance"} < verdicts


def test_noise_is_hardly_ever_better_or_worse_than_noise() -> None:
    """Eight rankings and six baselines that all say the same about effects, 100 times."""
    random, n_better, n_worse, times = np.random.default_rng(2), 0, 0, 100
    views = [f"view{i}" for i in range(8)]
    for _ in range(times):
        base = random.normal(0.3, 0.3, (24, 1))
        table = pd.DataFrame(base + random.normal(0, 0.2, (24, 14)))
        plain = {str(i): table[i] for i in range(6)}
        found = [judge(table[6 + i], plain, len(views)) for i in range(len(views))]
        verdicts = {own.verdict for own in found if own is not None}
        n_better += bool(verdicts & {*ABOVE_ALL})
        n_worse += "worse" in verdicts
    assert n_better <= 0.05 * times
    assert n_worse <= 0.075 * times  # 5 %, and twice the error of that share


@pytest.mark.parametrize("texts", [0, 1, 4])
def test_too_few_texts_have_no_verdict(texts: int) -> None:
    own = pd.Series(np.linspace(0.5, 0.9, texts), dtype=float)
    assert judge(own, {"rarity": own * 0}) is None


def test_where_all_texts_are_alike_the_interval_has_no_width() -> None:
    found = judge(pd.Series([0.5] * 6), {"rarity": pd.Series([0.5] * 6)}, 5)
    assert found is not None
    assert (found.verdict, found.over) == ("no_more", Estimate(0.0, Interval(0.0, 0.0), 6))


def test_a_baseline_that_is_missing_in_a_text_says_nothing_there() -> None:
    own = series(0.3)
    part = series(0.6).iloc[: N // 2]
    found = judge(own, {"unit_tokens": part})
    assert found is not None
    assert found.over is not None
    assert found.over.mean == pytest.approx(own.mean() - part.sum() / N)


def test_an_interval_for_several_figures_is_further_out_by_students_t() -> None:
    found = Estimate(0.3, Interval(0.2, 0.5), 8)
    grown = student.ppf(1 - 0.025 / 6, 7) / student.ppf(0.975, 7)
    ends = widened(found, 6, 2.0).interval
    assert ends == pytest.approx((0.3 - 0.1 * grown, 0.3 + 0.2 * grown))
    assert widened(found, 1, 2.0) is found
    few = Estimate(0.3, None, 3)
    assert widened(few, 6, 2.0) is few


def test_an_interval_for_several_figures_holds_nothing_that_cannot_be() -> None:
    found = estimate(np.array([-1.0, 2.0, 2.0, 2.0, 1.0]))
    assert found is not None
    assert widened(found, 40, 10.0).high > 2.0
    assert widened(found, 40, 2.0).interval == (-2.0, 2.0)
