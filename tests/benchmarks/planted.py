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
import torch
from judged import print_judged
from numpy.typing import NDArray
from planted_few import few_texts, print_rules
from scipy.stats import mannwhitneyu, pearsonr, sem
from transformers import PreTrainedTokenizerFast

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.demo import DEMO
from reportgen.demo.headlines import Lengths, headline
from reportgen.demo.score_rule import (
    Component,
    component_of_each_character,
    contributions,
    score,
    text_of,
)
from reportgen.demo.student import example, training_batches
from reportgen.demo.tokenizer import MAX_TOKENS, build_tokenizer
from reportgen.demo.train import RECIPES
from reportgen.findings.colouring import choose_colouring
from reportgen.models import ModelSpec, load_model
from reportgen.results import CHANGES, MEASURES, VIEWS, InputInfo, Results, unit_views
from reportgen.results.agreement import yardstick
from reportgen.texts import TextInput, TextSet

SEED = 20_261_125
N_TEXTS = 180
SIGNED = tuple(measure.id for measure in MEASURES if measure.signed)
YARDSTICK = "yardstick"  # the effect that is shown
NOTHING = 1e-9  # worth below it is none

Floats = NDArray[np.float64]
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
        chosen = choose_colouring(results)
        print_judged(results, "headlines")
        print_rules(results, "headlines")
        scores = results.texts["prediction"].to_numpy(np.float64)
    n_units = sum(len(truth) for _, truth in texts)
    fit = pearsonr(scores, [score(components) for components in headlines]).statistic
    print(f"{len(headlines)} headlines, {n_units:,} units of content")
    print(f"drawn, but left out because the model was trained on them: {n_known}")
    print(f"Pearson correlation of prediction and rule: {fit:.3f}\n")
    print_table(texts)
    told = f"{chosen.agreement.mean:.2f}" if chosen.agreement else "-"
    beside = f"{chosen.rarity.mean:.2f}" if chosen.rarity else "-"
    print(f"\nchosen: {chosen.view}, agreement {told}, rarity {beside}")
    print(f"for few texts: {few_texts(areas_of(texts))}")


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
            rows.append({view: area(abs(values), planted) for view, values in views.items()})
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
    texts = [
        TextInput(id=str(i), text=text_of(components), source=f"fresh.txt:{i}")
        for i, components in enumerate(headlines, 1)
    ]
    return TextSet(tuple(texts), (InputInfo("fresh.txt", "0" * 64, len(texts)),))


def over_texts(
    results: Results, headlines: Sequence[Sequence[Component]]
) -> Iterator[tuple[dict[str, Floats], Floats]]:
    """Each text's views and worth, `[unit]` over content that spells a character."""
    for text, components in enumerate(headlines):
        tokens, effects = results.tokens_of(text), results.effects_of(text)
        assert effects is not None
        content = tokens[~tokens["is_special"].to_numpy(bool)]
        spans = content.groupby("unit").agg({"start": "min", "end": "max"})
        spells = (spans["end"] > spans["start"]).to_numpy(bool)
        owner = component_of_each_character(components)
        worths = contributions(components)
        truth = np.array([worths[owner[end - 1]] for end in spans["end"].to_numpy(int)[spells]])
        views = unit_views(tokens, effects, (*VIEWS, *CHANGES))
        both = yardstick(views)
        assert both is not None
        views[YARDSTICK] = both
        yield {view: values[spells] for view, values in views.items()}, truth


def area(values: Floats, is_planted: NDArray[np.bool_]) -> float:
    """Area under the receiver operating characteristic."""
    n_pairs = is_planted.sum() * (~is_planted).sum()
    return float(mannwhitneyu(values[is_planted], values[~is_planted]).statistic / n_pairs)


if __name__ == "__main__":
    main()
