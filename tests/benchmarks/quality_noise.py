"""How often a comparison calls noise news, and how often it tells a real change.

    python tests/benchmarks/quality_noise.py --cache human_ratings/

Two regressors, each with labels that hold something it cannot know: the bundled model on headlines
from which the ★ was taken that says what the words do not, and the regressor of human ratings of
`human_ratings.py`, which is trained once and kept in the folder. Thirty copies of each differ from
it by normal noise on every weight matrix, of 1, 3 or 6 % of the spread of its weights, or by
rounding to 8 bits. Each pair is compared on N_TEXTS texts of its own.

"before" is the rule of earlier versions: a figure is better or worse where its interval leaves out
0, and any of four figures decides; a head has changed from a distance of .05 on.

Power: the predictions of the models, with normal noise added to them so that the mean absolute
error over all texts rises by a known share, in samples of texts; the shares of samples that are
called worse by three rules: as it is done (the interval leaves out 0, and the change is larger than
5 % of the old error), by the whole interval lying beyond 5 %, and by the interval leaving out 0.

Chains: models that are all off as far as the first, by errors drawn anew for each; how often a
trend says that the last is better or worse, or the same. A trend says so where its last model is;
the others say only since when, so that the first and the last are drawn alone. Then the same of a
last model whose errors are of another size, and how often the trend says so. With --chains nothing
else is done, which takes no model.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from compare_noise import round_weights
from human_ratings import N_HELD, regressor

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.comparison import MOVED, Comparison, Quality, compare_runs
from reportgen.comparison.quality import FitFigure, Outputs, judged
from reportgen.comparison.trends import quality_trend
from reportgen.demo.headlines import MARK
from reportgen.demo.samples import marked_headlines
from reportgen.demo.score_rule import text_of
from reportgen.findings import Findings, Floats, Judging, resampled_means
from reportgen.models import ModelSpec, load_model
from reportgen.results import OutputInfo
from reportgen.texts import TextSet, texts_in_memory

N_POOL = 400  # texts with labels that samples are drawn from
N_TEXTS = 40
NOISES = (0.01, 0.03, 0.06)
SEEDS = 9  # copies by noise
ROUNDED = 3  # comparisons of the copy with 8 bits, on other texts each
SEED = 20_261_130
ROUNDING = "8 bits"
RISES = (0.02, 0.05, 0.1, 0.2, 0.5)  # of the mean absolute error
SIZES = (40, 100, 400)
SAMPLES = 200
CHAINS = 4000
CHAIN_TEXTS = (12, 24, 40)
ERRORS: Mapping[str, Callable[[np.random.Generator, int], Floats]] = {
    "normal": lambda random, n: np.abs(random.normal(size=n)),
    "Student's t with 3 degrees of freedom": lambda random, n: np.abs(random.standard_t(3, size=n)),
    "lognormal, sd .8": lambda random, n: np.exp(0.8 * random.normal(size=n)),
}
TRUE_SIZES = (0.6, 1.6)  # of the last model's errors
JUDGED = ("mae", "rmse", "bias", "rank")  # figures that decided in earlier versions
HEAD_BEFORE = 0.05
NO_EVIDENCE = AnalysisOptions(units="token", evidence="none")


@dataclass(frozen=True)
class Regressor:
    """A model and texts with labels that it does not fully know."""

    name: str
    spec: ModelSpec
    texts: TextSet


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cache", type=Path, metavar="DIR")
    parser.add_argument("--chains", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print_chains()
    if asked.chains:
        return
    if asked.cache is None:
        parser.error("--cache DIR, or --chains")
    regressors = (bundled(), of_ratings(asked.cache))
    bases: list[pd.DataFrame] = []
    print(
        "| model | copies | pairs | better or worse: before, now | the same | "
        "no prediction moved: pairs, heads changed before, now | heads changed in any pair: "
        "before, now |",
        "|---|---|--:|--:|--:|--:|--:|",
        sep="\n",
    )
    for own in regressors:
        found: dict[str, list[Comparison]] = {}
        with tempfile.TemporaryDirectory() as folder:
            for name, comparison in pairs(own, Path(folder)):
                found.setdefault(name, []).append(comparison)
                _ = comparison.heads  # read before the folder is gone
                print(f"{own.name} {name}: {said(comparison)}", file=sys.stderr, flush=True)
            bases.append(findings_of(own.texts, own.spec, Path(folder) / "all", NO_EVIDENCE).texts)
        for name, comparisons in found.items():
            print(noise_row(own.name, name, comparisons), flush=True)
        every = [each for comparisons in found.values() for each in comparisons]
        print(noise_row(own.name, "all", every), flush=True)
    print(
        "\n| model | texts | the error rises by | called worse | better | the same | unclear | "
        "whole interval beyond 5 % | interval leaves out 0 |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        sep="\n",
    )
    for own, texts in zip(regressors, bases, strict=True):
        predictions = texts["prediction"].to_numpy(np.float64)
        labels = texts["label_value"].to_numpy(np.float64)
        for rise in RISES:
            for row in power_rows(predictions, labels, rise):
                print(f"| {own.name} | {row}", flush=True)


def print_chains() -> None:
    """Print how often a trend tells news of models that are off as far, and of a last one that is
    not."""
    sizes = " | ".join(f"errors × {size}: told" for size in TRUE_SIZES)
    print(f"| errors | texts | better or worse | s.e. | the same | {sizes} |")
    print("|---|--:|--:|--:|--:|" + "--:|" * len(TRUE_SIZES))
    for name, draw in ERRORS.items():
        for n_texts in CHAIN_TEXTS:
            random, counts = np.random.default_rng(SEED), Counter[str]()
            for _ in range(CHAINS):
                first, last = draw(random, n_texts), draw(random, n_texts)
                counts[course(first, last)] += 1
                for size in TRUE_SIZES:
                    is_told = course(first, size * last) == ("better" if size < 1 else "worse")
                    counts[f"{size}"] += is_told
            told = (counts["better"] + counts["worse"]) / CHAINS
            error = (told * (1 - told) / CHAINS) ** 0.5
            true = " | ".join(f"{counts[f'{size}'] / CHAINS:.0%}" for size in TRUE_SIZES)
            same = counts["same"] / CHAINS
            print(f"| {name} | {n_texts} | {told:.1%} | {error:.1%} | {same:.0%} | {true} |")
    print(flush=True)


def course(first: Floats, last: Floats) -> str:
    """What a trend says of models with these errors `[text]`; "" for nothing."""
    both = np.stack([first, last], axis=1)
    fit = FitFigure("mae", *both.mean(axis=0).tolist(), resampled_means(both), len(both))
    outputs = Outputs(OutputInfo("number", "score"), True, False)
    trend = quality_trend([judged([fit], outputs, Judging())])
    return trend.course if trend else ""


def said(comparison: Comparison) -> str:
    """What a comparison finds, in a line of the log."""
    found, heads = comparison.predictions, comparison.heads
    assert found is not None
    assert found.quality is not None
    assert heads is not None
    change = found.quality.deciding.change
    return (
        f"{found.quality.verdict}, error {change.base:.4f} to {change.head:.4f}, {found.n_moved} "
        f"moved, heads up to {heads.distance.max():.3f}, {int(heads.moved.sum())} moved"
    )


def noise_row(model: str, name: str, comparisons: Sequence[Comparison]) -> str:
    """What is called news of copies that differ by noise."""
    verdicts, before, unmoved = Counter[str](), 0, list[tuple[bool, bool]]()
    changed = []
    for each in comparisons:
        found, heads = each.predictions, each.heads
        assert found is not None
        assert found.quality is not None
        assert heads is not None
        verdicts[found.quality.verdict] += 1
        before += any(was_told(found.quality, figure) for figure in JUDGED)
        lows = [i.low for row in heads.intervals for i in row if i is not None]
        changed.append((max(lows) > HEAD_BEFORE, bool(heads.changed.any())))
        if not found.n_moved:
            unmoved.append(changed[-1])
    n = len(comparisons)
    told = verdicts["better"] + verdicts["worse"]
    by_rule = [sum(each) for each in zip(*unmoved, strict=True)] or [0, 0]
    of_all = [sum(each) for each in zip(*changed, strict=True)]
    return (
        f"| {model} | {name} | {n} | {before}, {told} | {verdicts['same']} | "
        f"{len(unmoved)}, {by_rule[0]}, {by_rule[1]} | {of_all[0]}, {of_all[1]} |"
    )


def was_told(quality: Quality, name: str) -> bool:
    """Whether the interval of a figure's gain leaves out 0."""
    figure = quality.figure(name)
    return figure is not None and figure.change.is_certain


def power_rows(predictions: Floats, labels: Floats, rise: float) -> Iterator[str]:
    """What is called worse of predictions whose error rises by `rise`, by the number of texts."""
    random = np.random.default_rng(SEED)
    size = noise_for(predictions, labels, rise)
    for n_texts in SIZES:
        counts = Counter[str]()
        for _ in range(SAMPLES):
            rows = random.choice(len(labels), n_texts, replace=True)
            own, given = predictions[rows], labels[rows]
            other = own + size * random.normal(size=n_texts)
            moved = bool((np.abs(other - own) > MOVED * own.std()).any())
            outputs = Outputs(OutputInfo("number", "score"), moved, False)
            quality = judged([mean_error(own, other, given)], outputs, Judging())
            assert quality is not None
            figure = quality.deciding
            counts[quality.verdict] += 1
            counts["whole"] += figure.change.lies_beyond(figure.limit)
            counts["zero"] += figure.change.is_certain
        keys = ("worse", "better", "same", "unclear", "whole", "zero")
        cells = (f"{counts[key] / SAMPLES:.0%}" for key in keys)
        yield f"{n_texts} | {rise:.0%} | {' | '.join(cells)} |"


def mean_error(base: Floats, head: Floats, labels: Floats) -> FitFigure:
    """The mean absolute error of both, as a comparison measures it beside others that take long."""
    errors = [np.abs(side - labels) for side in (base, head)]
    resampled = np.column_stack([resampled_means(own[:, None]) for own in errors])
    return FitFigure(
        "mae", float(errors[0].mean()), float(errors[1].mean()), resampled, len(labels)
    )


def noise_for(predictions: Floats, labels: Floats, rise: float) -> float:
    """The standard deviation of noise that lets the mean absolute error rise by `rise`."""
    noise = np.random.default_rng(SEED).normal(size=(100, len(labels)))
    error = np.abs(predictions - labels).mean()
    low, high = 0.0, 10 * float(error)
    for _ in range(40):
        size = (low + high) / 2
        grown = np.abs(predictions + size * noise - labels).mean() / error - 1
        low, high = (size, high) if grown < rise else (low, size)
    return low


def bundled() -> Regressor:
    """The bundled model, on headlines without the ★ that raises their label."""
    rows = [
        (text_of([part for part in parts if part.text != MARK.text]), label)
        for parts, label in marked_headlines(N_POOL)
    ]
    return Regressor("bundled", ModelSpec(), labelled(rows))


def of_ratings(cache: Path) -> Regressor:
    """The regressor of human ratings, on texts that it never saw."""
    spec, texts = regressor(cache, "film reviews")
    rows = [(one.text, one.rating) for one in texts[:N_HELD]]
    return Regressor("ratings", spec, labelled(rows))


def labelled(rows: Sequence[tuple[str, float]]) -> TextSet:
    """The texts with their labels, as they would be read from a file."""
    texts, labels = zip(*rows, strict=True)
    return texts_in_memory(texts, None, {"label": [str(label) for label in labels]})


def add_noise(module: torch.nn.Module, size: float, seed: int) -> None:
    """Add normal noise to every matrix, of `size` times the standard deviation of its weights."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weights in module.parameters():
            if weights.ndim > 1:
                noise = torch.randn(weights.shape, generator=random)
                weights.add_(noise * (size * float(weights.std())))


def pairs(own: Regressor, folder: Path) -> Iterator[tuple[str, Comparison]]:
    """The comparisons of a model with its copies, each with what the copy differs by."""
    base = findings_of(own.texts, own.spec, folder / "base", NO_EVIDENCE)
    random = np.random.default_rng(SEED)
    noises = [(f"{noise:.0%}", noise) for noise in NOISES for _ in range(SEEDS)]
    for i, (name, noise) in enumerate([*noises, *[(ROUNDING, 0.0)] * ROUNDED]):
        rows = np.sort(random.choice(len(own.texts.texts), N_TEXTS, replace=False))
        part = replace(own.texts, texts=tuple(own.texts.texts[row] for row in rows))
        head = findings_of(part, own.spec, folder / str(i), NO_EVIDENCE, noise, i)
        yield name, compare_runs(base, head)


def findings_of(
    texts: TextSet,
    spec: ModelSpec,
    folder: Path,
    options: AnalysisOptions,
    noise: float | None = None,
    seed: int = 0,
) -> Findings:
    """The findings of a model; with `noise`, of a copy: 0 rounds its weights."""
    model = load_model(spec)
    if noise == 0:
        round_weights(model.module)
    elif noise is not None:
        add_noise(model.module, noise, SEED + seed)
    folder.mkdir()
    return Findings(analyze(texts, model, folder, options))


if __name__ == "__main__":
    main()
