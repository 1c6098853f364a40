"""How often a comparison calls a token changed where nothing but noise differs.

    python tests/benchmarks/compare_noise.py [--units token]

Three kinds of noise: the bundled model on the texts in another order and in batches of another
size, so that sums are rounded otherwise; its weights rounded to 8 bits (one scale per row of a
matrix); and normal noise on the deletion effects of every unit, by its size in standard deviations
of the effects. A run compares a random sample of made-up headlines. "Called
changed": in the table of tokens; "named": in a note or the headline.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.comparison import UnitPairs, compare_runs
from reportgen.comparison.notes import token_notes
from reportgen.comparison.token_effects import effect_changes, token_changes
from reportgen.demo.headlines import Lengths, headline
from reportgen.demo.score_rule import text_of
from reportgen.findings import Findings
from reportgen.models import LoadedModel, ModelSpec, load_model
from reportgen.texts import TextSet, texts_in_memory

N_TEXTS = 500
RUNS = 200
SIZES = (12, 40, 100)  # texts of a run
NOISES = (0.02, 0.1, 0.5, 1.0)
SEED = 20_261_126
ORDER, ROUNDED = "order and batches", "8-bit weights"
OTHER_BATCH = 300  # tokens; 1,024 otherwise


def main() -> None:
    """Print the table for words, as reportgen takes them by default, or for tokens."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--units", choices=("word", "token"), default="word")
    units = parser.parse_args().units
    torch.set_num_threads(1)
    texts = text_set()
    options = AnalysisOptions(keep_maps="none", evidence_texts="all", units=units)
    in_other_batches = replace(options, batch_tokens=OTHER_BATCH)
    rounded = load_model(ModelSpec())
    round_weights(rounded.module)
    with tempfile.TemporaryDirectory() as folder:
        base = findings_of(texts, load_model(ModelSpec()), options, Path(folder) / "base")
        found: dict[str, UnitPairs] = {}
        for name, head in (
            (ORDER, (shuffled(texts), load_model(ModelSpec()), in_other_batches)),
            (ROUNDED, (texts, rounded, options)),
        ):
            comparison = compare_runs(base, findings_of(*head, Path(folder) / name))
            found[name] = comparison.units
            moved = comparison.predictions
            assert moved is not None
            gap = float(np.abs(np.subtract(*found[name].effect)).max())
            print(f"{name}: {moved.n_moved} of {len(moved.texts)} predictions change, the largest ")
            print(
                f"by {moved.largest:.1e} (threshold {moved.threshold:.4f}), an effect by {gap:.1e}"
            )
        print("\n| noise | texts | called changed | named |\n|---|---|---|---|")
        for name, noisy in kinds(found):
            for n_texts in SIZES:
                called, named = shares(noisy, n_texts, N_TEXTS)
                print(f"| {name} | {n_texts} | {called:.1%} | {named:.1%} |", flush=True)


def findings_of(
    texts: TextSet, model: LoadedModel, options: AnalysisOptions, folder: Path
) -> Findings:
    """The findings of a model on the texts."""
    folder.mkdir()
    return Findings(analyze(texts, model, folder, options))


def shuffled(texts: TextSet) -> TextSet:
    """The same texts in another order."""
    return replace(texts, texts=tuple(Random(SEED).sample(texts.texts, len(texts.texts))))


def text_set() -> TextSet:
    """Made-up headlines, as they would be read from a file."""
    random = Random(SEED)
    return texts_in_memory([text_of(headline(random, Lengths())) for _ in range(N_TEXTS)], None, {})


def round_weights(module: torch.nn.Module) -> None:
    """Round every matrix to 255 steps, one scale per row."""
    with torch.no_grad():
        for weights in module.parameters():
            if weights.ndim > 1:
                step = weights.abs().amax(dim=1, keepdim=True).clamp_min(1e-12) / 127
                weights.copy_((weights / step).round() * step)


def kinds(
    found: Mapping[str, UnitPairs],
) -> Iterator[tuple[str, Callable[[np.random.Generator], UnitPairs]]]:
    """The kinds of noise: each a name, and what draws one of its comparisons; `found` are those
    that were run."""
    for name, own in found.items():
        yield name, lambda random, own=own: own
    units = found[ROUNDED]
    spread = float(units.effect[0].std())

    def by_unit(random: np.random.Generator, size: float) -> UnitPairs:
        noise = random.normal(0, size * spread, len(units.text))
        return same_attention(units, units.effect[0] + noise)

    for size in NOISES:
        yield f"{size} spreads per unit", lambda random, size=size: by_unit(random, size)


def same_attention(units: UnitPairs, effect: NDArray[np.float64]) -> UnitPairs:
    """The base on both sides, but for the effects of the head."""
    return replace(
        units,
        attention=(units.attention[0],) * 2,
        row=(units.row[0],) * 2,
        effect=(units.effect[0], effect),
    )


def shares(
    noisy: Callable[[np.random.Generator], UnitPairs], n_texts: int, n_all: int
) -> tuple[float, float]:
    """The share of runs in which any token is called changed, and in which any is named."""
    random = np.random.default_rng(SEED)
    called = named = 0
    for _ in range(RUNS):
        units = noisy(random)
        own = np.isin(units.text, random.choice(n_all, n_texts, replace=False))
        part = replace(
            units,
            label=units.label[own],
            text=units.text[own],
            unit=units.unit[own],
            flipped=units.flipped[own],
            attention=(units.attention[0][own], units.attention[1][own]),
            row=(units.row[0][own], units.row[1][own]),
            effect=(units.effect[0][own], units.effect[1][own]),
        )
        tokens = token_changes(part)
        called += any(token.turn != "noise" for token in tokens)
        named += bool(token_notes(tokens, effect_changes(part)))
    return called / RUNS, named / RUNS


if __name__ == "__main__":
    main()
