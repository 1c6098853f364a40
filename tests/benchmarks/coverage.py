"""How often 95 % intervals hold the truth, by number of texts and kind of data.

    python tests/benchmarks/coverage.py

Each row is one kind of data, each column a number of texts; a cell is the share of RUNS intervals
that hold the truth. The first table is that of the intervals of reports. The others are those of
the alternatives: the plain percentile interval, the expanded one alone (Hesterberg 2015), BCa
(Efron 1987), Student's t with a standard error by linearisation, the bootstrap t, and Hall's
transformation for skewed means (1992). The last columns are the median widths at 5, 8 and 24 texts,
as multiples of those of the expanded interval alone.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from reportgen.findings import RoleFigures, mean_intervals
from reportgen.findings.attention import layer_figures
from reportgen.findings.notes import verdict
from reportgen.findings.resampling import _drawn
from reportgen.findings.statistics import intervals_of_ratio, tail

Floats = NDArray[np.float64]
RUNS = 2000
N_TEXTS = (5, 8, 24, 100)
WIDTHS = (5, 8, 24)
CONFIDENCE = 0.95
SEED = 20_261_126
ENDS = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)


LAYERS = 24
VERDICT_RUNS = 300
# Whether one layer is a sink, the spread of the logarithm over texts, the notes that are counted.
VERDICTS = (
    ("falsely raised or a sink, sd .3", False, 0.3, ("N1", "N1d")),
    ("falsely raised or a sink, sd .8", False, 0.8, ("N1", "N1d")),
    ("sink of share .5 found, sd .1", True, 0.1, ("N1",)),
    ("sink of share .5 found, sd .2", True, 0.2, ("N1",)),
)


class Kind(NamedTuple):
    """Data whose true mean, or ratio of two means, is known."""

    name: str
    truth: float
    draw: Callable[[np.random.Generator, tuple[int, int]], Floats]
    below: Callable[[np.random.Generator, tuple[int, int]], Floats] | None = None


def correlations(random: np.random.Generator, shape: tuple[int, int]) -> Floats:
    return np.tanh(random.normal(0.5, 0.6, shape))


# By integration over a fine grid of quantiles.
MEAN_CORRELATION = float(np.tanh(norm.ppf((np.arange(100_000) + 0.5) / 100_000, 0.5, 0.6)).mean())
KINDS = (
    Kind("normal", 0.5, lambda random, shape: random.normal(0.5, 1, shape)),
    Kind("skewed share, Beta(1, 4)", 0.2, lambda random, shape: random.beta(1, 4, shape)),
    Kind("very skewed share, Beta(.5, 2)", 0.2, lambda random, shape: random.beta(0.5, 2, shape)),
    Kind("normal, far from 0", 5.0, lambda random, shape: random.normal(5, 1, shape)),
    Kind("lognormal, sd .8", np.exp(0.32), lambda random, shape: random.lognormal(0, 0.8, shape)),
    Kind("Gamma(.5)", 0.5, lambda random, shape: random.gamma(0.5, 1, shape)),
    Kind(
        "ratio of two lognormals, sd .8",
        1.0,
        lambda random, shape: random.lognormal(0, 0.8, shape),
        lambda random, shape: random.lognormal(0, 0.8, shape),
    ),
    Kind("correlations, tanh of normal", MEAN_CORRELATION, correlations),
)


def main() -> None:
    found = {
        (kind.name, n_texts): ends(kind, n_texts, np.random.default_rng(SEED))
        for kind in KINDS
        for n_texts in N_TEXTS
    }
    for method in next(iter(found.values())):
        widths = " | ".join(f"width at {n}" for n in WIDTHS)
        print(f"\n| {method} | {' | '.join(map(str, N_TEXTS))} | {widths} |")
        print(f"| --- {'| --: ' * (len(N_TEXTS) + len(WIDTHS))}|")
        for kind in KINDS:
            held = []
            for n_texts in N_TEXTS:
                low, high = found[kind.name, n_texts][method]
                held.append(f"{np.mean((low <= kind.truth) & (kind.truth <= high)):.3f}")
            for n_texts in WIDTHS:
                own, alone = (
                    np.median(np.ptp(found[kind.name, n_texts][m], axis=0))
                    for m in (method, "expanded")
                )
                held.append(f"{own / alone:.2f}")
            print(f"| {kind.name} | {' | '.join(held)} |")
    print_verdicts()


def ends(kind: Kind, n_texts: int, random: np.random.Generator) -> dict[str, Floats]:
    """`[end, run]` by method."""
    above = kind.draw(random, (n_texts, RUNS))
    below = kind.below(random, above.shape) if kind.below else np.ones_like(above)
    intervals = intervals_of_ratio(above, below) if kind.below else mean_intervals(above)
    drawn = _drawn(n_texts) / n_texts
    means, divisors = drawn @ above, drawn @ below
    figure, resampled = above.mean(0) / below.mean(0), means / divisors
    # What each text adds to the figure, linearised.
    parts = (above - figure * below) / below.mean(0)
    error = parts.std(0, ddof=1) / np.sqrt(n_texts)
    squares = drawn @ above**2 - 2 * resampled * (drawn @ (above * below))
    squares += resampled**2 * (drawn @ below**2)
    errors = np.sqrt(np.maximum(squares, 0) / divisors**2 / (n_texts - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = np.nan_to_num((resampled - figure) / errors)
    high, low = np.quantile(scores, ENDS, axis=0)
    half = t.ppf(ENDS[1], n_texts - 1) * error
    reports = np.array([i or (np.nan, np.nan) for i in intervals]).T
    outside = tail(n_texts)
    # Hall 1992: a cubic in the studentised mean whose skewness is 0, inverted.
    skew = ((parts - parts.mean(0)) ** 3).mean(0) / parts.std(0) ** 3 / np.sqrt(n_texts)
    at = np.array(ENDS)[::-1, None]
    quantiles = norm.ppf(at) - skew / 6
    moved = np.where(abs(skew) > 1e-9, 3 / skew * (np.cbrt(1 + skew * quantiles) - 1), quantiles)
    return {
        "reports": reports,
        "percentile": np.quantile(resampled, ENDS, axis=0),
        "expanded": np.quantile(resampled, [outside, 1 - outside], axis=0),
        "BCa": corrected(resampled, figure, parts),
        "Student's t": np.stack([figure - half, figure + half]),
        "bootstrap t": np.stack([figure - low * error, figure - high * error]),
        "Hall's transformation": figure - moved * error,
    }


def corrected(resampled: Floats, figure: Floats, parts: Floats) -> Floats:
    """`[end, run]`: BCa ends; `parts` is `[text, run]`, what each text adds."""
    share = (resampled < figure).mean(0) + (resampled == figure).mean(0) / 2
    bias = norm.ppf(np.clip(share, 1e-4, 1 - 1e-4))
    away = parts - parts.mean(0)
    acceleration = (away**3).sum(0) / (6 * (away**2).sum(0) ** 1.5)
    found = np.sort(resampled, axis=0)
    sides = []
    for end in ENDS:
        moved = bias + norm.ppf(end)
        place = norm.cdf(bias + moved / (1 - acceleration * moved)) * (len(found) - 1)
        sides.append(found[place.round().astype(int), np.arange(found.shape[1])])
    return np.stack(sides)


def print_verdicts() -> None:
    """Shares of runs, with each layer on its own and among all LAYERS."""
    print(f"\n| verdict on {LAYERS} layers | 5 | 8 | 24 |\n| --- | --: | --: | --: |")
    for name, sink, spread, wanted in VERDICTS:
        cells = []
        for n_texts in N_TEXTS[:-1]:
            random = np.random.default_rng(SEED)
            found = np.array([verdicts(random, n_texts, sink, spread) for _ in range(VERDICT_RUNS)])
            alone, among = np.isin(found, wanted).mean(0)
            cells.append(f"{among:.3f} ({alone:.3f})")
        print(f"| {name} | {' | '.join(cells)} |")


def verdicts(
    random: np.random.Generator, n_texts: int, sink: bool, spread: float
) -> tuple[str, str]:
    """The verdict by plain intervals and by those that are moved for the number of layers.

    Every layer has .05 of the way from the equal share to all attention in truth, the threshold,
    half of what differs between texts being the same in all layers; with a sink, the last one has a
    share of .5, 6 times its equal share.
    """
    own, shared = random.normal(size=(n_texts, LAYERS)), random.normal(size=(n_texts, 1))
    factors = np.exp(spread * (own + shared) / np.sqrt(2) - spread**2 / 2)
    even = np.full((n_texts, LAYERS), 0.5 / 6)
    truth = np.full(LAYERS, 1.0 if sink else 1 + 0.05 * (1 - even[0, 0]) / even[0, 0])
    truth[-1] = 6 if sink else truth[-1]
    layers = layer_figures(range(1, LAYERS + 1), even * truth * factors, even)
    judged = RoleFigures(n_texts, layers).judged
    return tuple(verdict(RoleFigures(n_texts, own))[0] for own in (layers, judged))


if __name__ == "__main__":
    main()
