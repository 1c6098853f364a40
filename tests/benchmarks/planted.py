"""How well each view finds what the bundled model's rule really scores, on fresh headlines.

    python tests/benchmarks/planted.py [--units token] [--evidence basic]

The rule is known, so each component's worth is: the score with it minus the score without it. A
display unit is worth what the component of its last character is, as in training; a component of
several units gives each of them the whole. "Area" is the area under the curve of telling units of
worth from those without any by the size of the view, per text (.5 is chance), mean and standard
error over texts; "signed" is the Pearson correlation of a view that has a sign with the worth, over
the units of all texts. Fresh: no headline is among those the model was trained on, as token ids.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import subjects
import torch
from judged import best_of, print_judged
from planted_rule import NOTHING, Floats
from planted_scores import area
from planted_views import YARDSTICK, spelled, views_of
from scipy.stats import pearsonr, sem
from transformers import PreTrainedTokenizerFast

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.demo import DEMO
from reportgen.demo.headlines import Lengths, headline
from reportgen.demo.score_rule import (
    Component,
    contributions,
    score,
    text_of,
)
from reportgen.demo.student import example, training_batches
from reportgen.demo.tokenizer import MAX_TOKENS, build_tokenizer
from reportgen.demo.train import RECIPES
from reportgen.models import ModelSpec, load_model
from reportgen.results import MEASURES, Results
from reportgen.texts import TextSet

SEED = 20_261_125
N_TEXTS = 180
SIGNED = tuple(measure.id for measure in MEASURES if measure.signed)
Ids = tuple[int, ...]


def main() -> None:
    """Print the tables for words, as reportgen takes them by default, or for tokens."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--units", choices=("word", "token"), default="word")
    parser.add_argument("--evidence", choices=("basic", "full"), default="full")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    headlines, n_known = fresh_headlines()
    with tempfile.TemporaryDirectory() as folder:
        results = analyze(
            text_set(headlines),
            load_model(ModelSpec()),
            Path(folder),
            AnalysisOptions(
                keep_maps="none",
                evidence=asked.evidence,
                evidence_texts="all",
                units=asked.units,
            ),
        )
        texts = list(over_texts(results, headlines))
        best = best_of(results)
        print_judged(results, "headlines")
        scores = results.texts["prediction"].to_numpy(np.float64)
    n_units = sum(len(truth) for _, truth in texts)
    fit = pearsonr(scores, [score(components) for components in headlines]).statistic
    print(f"{len(headlines)} headlines, {n_units:,} units of content")
    print(f"drawn, but left out because the model was trained on them: {n_known}")
    print(f"Pearson correlation of prediction and rule: {fit:.3f}\n")
    print_table(texts)
    print(f"\nagrees best: {best.view}, {best.agreement:.2f}; rarity {best.rarity:.2f}")


def print_table(texts: Sequence[tuple[dict[str, Floats], Floats]]) -> None:
    """The views, the largest area first."""
    pooled: dict[str, list[tuple[Floats, Floats]]] = {}
    for views, truth in texts:
        for view, values in views.items():
            pooled.setdefault(view, []).append((values, truth))
    areas = areas_of(texts)
    print("| view | area | s.e. | signed | texts |\n|---|---|---|---|---|")
    for view in areas.mean().sort_values(ascending=False).index:
        found = areas[view].dropna()
        signed = "-"
        if view in (*SIGNED, YARDSTICK):
            values, truths = map(np.concatenate, zip(*pooled[view], strict=True))
            signed = f"{pearsonr(values, truths).statistic:.2f}"
        print(f"| {view} | {np.mean(found):.3f} | {sem(found):.3f} | {signed} | {len(found)} |")


def areas_of(texts: Sequence[tuple[dict[str, Floats], Floats]]) -> pd.DataFrame:
    """`[text, view]`: the areas of the texts of which some units are of worth and some are not."""
    rows = []
    for views, truth in texts:
        planted = abs(truth) > NOTHING
        if planted.any() and not planted.all():
            sizes = {view: abs(values) for view, values in views.items()}
            rows.append({view: area(own[planted], own[~planted]) for view, own in sizes.items()})
    return pd.DataFrame(rows)


def fresh_headlines() -> tuple[list[list[Component]], int]:
    """Different headlines that fit the model and that it never saw, and how many drawn it did."""
    tokenizer = build_tokenizer()
    trained_on = training_ids(tokenizer)
    random = Random(SEED)
    found: dict[Ids, list[Component]] = {}
    known: set[Ids] = set()
    while len(found) < N_TEXTS:
        components = headline(random, Lengths())
        ids = tuple(example(tokenizer, components).tokens)
        if ids in trained_on:
            known.add(ids)
        elif len(ids) <= MAX_TOKENS:
            found.setdefault(ids, components)
    return list(found.values()), len(known)


def training_ids(tokenizer: PreTrainedTokenizerFast) -> set[Ids]:
    """Token ids of every headline of the training, drawn again as it draws them."""
    recipe, seen = RECIPES[DEMO], set[Ids]()
    for batch in islice(training_batches(tokenizer, recipe.seed), recipe.steps):
        lengths = batch.mask.sum(1).tolist()
        rows = zip(batch.tokens.tolist(), lengths, strict=True)
        seen.update(tuple(row[:length]) for row, length in rows)
    return seen


def text_set(headlines: Sequence[Sequence[Component]]) -> TextSet:
    """The headlines as they would be read from a file."""
    return subjects.text_set(map(text_of, headlines))


def over_texts(
    results: Results, headlines: Sequence[Sequence[Component]]
) -> Iterator[tuple[dict[str, Floats], Floats]]:
    """Each text's views and worth, `[unit]` over content that spells a character."""
    for text, components in enumerate(headlines):
        spells, places = spelled(results, text, components)
        views = {view: values[spells] for view, values in views_of(results, text).items()}
        yield views, np.array(contributions(components))[places]


if __name__ == "__main__":
    main()
