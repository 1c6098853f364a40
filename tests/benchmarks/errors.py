"""How often a report says where its errors lie though they lie nowhere, and how often it sees
where they do.

    python tests/benchmarks/errors.py [--nothing 12000]

Errors are drawn apart from the texts, which have lengths, right answers, four groups and two
files; then some are made larger on purpose. Predictions are drawn around right answers, and right
with their probability; then they are squeezed, spread, or too sure. One row per number of texts.
With `--nothing` only the columns in which errors lie nowhere, of so many reports, which are enough
to tell their rates from the 5 % that are allowed.
"""

import argparse
from collections.abc import Callable

import numpy as np

from reportgen.findings import Fit, Floats, LengthTrend, Subset, WhereWrong
from reportgen.findings.quality import Aspect, Scored, compared
from reportgen.findings.quality.calibration import calibration
from reportgen.findings.quality.slopes import slopes

REPORTS, OF_NOTHING = 300, 1000  # where something is planted, and where nothing is
SIZES = (8, 12, 24, 60, 200)
NOTHING = ("", "wrong")  # what is planted where errors lie nowhere: distances, 0 or 1


def drawn(random: np.random.Generator, n: int, planted: str) -> WhereWrong | None:
    """A report on `n` texts with errors that are drawn apart from them, or `planted` larger."""
    lengths = random.integers(5, 40, n) * 1.0
    labels = random.normal(size=n)
    groups = random.choice(["a", "b", "c", "d"], n, p=[0.4, 0.3, 0.2, 0.1]).astype(np.str_)
    errors = random.gamma(1.0, 0.2, n)  # as skewed as sizes of errors are
    if planted == "length":
        errors *= 0.4 + 1.2 * (lengths - 5) / 35
    elif planted == "group":
        errors *= np.where(groups == "c", 2.5, 1.0)
    elif planted.startswith("wrong"):
        chance = np.where((groups == "c") & (planted == "wrong, group"), 0.6, 0.2)
        errors = (random.random(n) < chance) * 1.0
    measure = "texts" if planted.startswith("wrong") else "distance"
    files = np.where(np.arange(n) < n // 2, "a.csv", "b.csv").astype(np.str_)
    named = [Aspect("group", names=groups), Aspect("source", names=files)]
    everything = [Aspect("length", lengths), Aspect("label", labels), *named]
    return compared(Scored(measure, np.arange(n), errors), everything)  # type: ignore[arg-type]


def share(say: Callable[[np.random.Generator], bool], n_reports: int = REPORTS) -> float:
    """The share of reports, each with its own random numbers, that say something."""
    return float(np.mean([say(np.random.default_rng(seed)) for seed in range(n_reports)]))


def is_about(found: Subset | LengthTrend, planted: str) -> bool:
    """Whether what is said is what was planted."""
    if planted == "length":
        return isinstance(found, LengthTrend) and found.correlation.mean > 0
    return isinstance(found, Subset) and found.name == "c"


def says(n: int, planted: str, about: str = "", n_reports: int = REPORTS) -> float:
    """The share of reports that say anything, or what was planted."""

    def say(random: np.random.Generator) -> bool:
        found = drawn(random, n, planted)
        return found is not None and any(not about or is_about(own, about) for own in found.sure)

    return share(say, n_reports)


def slope_says(n: int, squeeze: float) -> float:
    """The share of reports that call predictions too close or too far apart; they are the best
    answers to what the model knows (R² = .5), times `squeeze`."""

    def say(random: np.random.Generator) -> bool:
        known, rest = random.normal(size=(2, n))
        found = slopes(fit(squeeze * known, known + rest), np.arange(n))
        return found is not None and found.verdict in ("too_close", "too_far")

    return share(say)


def fit(predictions: Floats, labels: Floats) -> Fit:
    """Numbers with their right answers."""
    return Fit(np.arange(len(labels)), predictions, labels)


def probabilities_say(n: int, too_sure: float) -> tuple[float, float]:
    """The share of reports that say something of probabilities which are `too_sure`; and of those
    intervals of the calibration error that hold the truth."""
    holds = []

    def say(random: np.random.Generator) -> bool:
        chances = random.beta(4, 1.5, n)
        right = random.random(n) < chances - too_sure * (chances > 0.3)
        own = Scored("texts", np.arange(n), 1.0 - right, chances=chances, right=right)
        found = calibration(own, np.arange(n))
        assert found is not None
        ends = found.error.interval
        truth = too_sure * float((np.random.default_rng(0).beta(4, 1.5, 100_000) > 0.3).mean())
        holds.append(ends is not None and ends.low - 1e-9 <= truth <= ends.high)
        return found.verdict is not None

    return share(say), float(np.mean(holds))


def print_nothing(n_reports: int) -> None:
    """The rates of reports that say something though nothing is so."""
    error = 100 * np.sqrt(0.05 * 0.95 / n_reports)
    print(f"{n_reports} reports each, in per cent; standard error {error:.2f} where the rate is 5")
    print("| texts | " + " | ".join(HEADS[: len(NOTHING)]) + " |\n|--:|--:|--:|")
    for n in SIZES:
        said = (100 * says(n, kind, n_reports=n_reports) for kind in NOTHING)
        print(f"| {n} | " + " | ".join(f"{rate:.1f}" for rate in said) + " |", flush=True)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--nothing", type=int, metavar="REPORTS")
    if (n_reports := parser.parse_args().nothing) is not None:
        print_nothing(n_reports)
        return
    print(f"{REPORTS} reports each, {OF_NOTHING} where nothing is planted; in per cent")
    print("| texts | " + " | ".join(HEADS) + " |")
    print("|--:|" + "--:|" * len(HEADS))
    for n in SIZES:
        said = [says(n, kind, n_reports=OF_NOTHING) for kind in NOTHING]
        said += [says(n, "length", "length"), says(n, "group", "group")]
        said += [says(n, "wrong, group", "group")]
        said += [slope_says(n, squeeze) for squeeze in (1.0, 0.5, 2.0)]
        for too_sure in (0.0, 0.1, 0.2):
            said += probabilities_say(n, too_sure)
        print(f"| {n} | " + " | ".join(f"{100 * own:.0f}" for own in said) + " |", flush=True)


HEADS = (
    "nothing: distances",
    "nothing: wrong or right",
    "errors ×4 with length",
    "×2.5 in a group of a fifth",
    "wrong 60 % in it, else 20 %",
    "slope: best predictions",
    "halved",
    "doubled",
    "probabilities right",
    "held",
    "too sure by .1",
    "held",
    "by .2",
    "held",
)

if __name__ == "__main__":
    main()
