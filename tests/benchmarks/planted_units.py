"""How well effects find what the bundled model's rule scores, by what is left out as one.

    python tests/benchmarks/planted_units.py

The headlines and the rule are those of `planted.py`. Each token has the effect of its unit, so that
all kinds of units are scored on the same tokens: "area" is that under the curve of telling tokens
of worth from those without any by the size of the effect, mean over texts; "signed" the Pearson
correlation with the worth, over the tokens of all texts. "deletion" is the change without the unit,
"effect" that with groups of units that say the same. "true" are the components of the rule,
given as units.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from planted import fresh_headlines, text_set
from planted_rule import NOTHING, Floats
from planted_scores import area
from planted_views import YARDSTICK, views_of
from scipy.stats import pearsonr, sem

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.demo.score_rule import Component, component_of_each_character, contributions
from reportgen.models import ModelSpec, load_model
from reportgen.results import Results, UnitKind
from reportgen.texts import TextSet

KINDS: tuple[UnitKind, ...] = ("token", "word", "given")


def main() -> None:
    torch.set_num_threads(1)
    headlines = fresh_headlines()[0]
    model = load_model(ModelSpec())
    print(
        "| units | per headline | deletion: area | s.e. | signed | effect: area | s.e. | signed |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            results = analyze(
                with_components(text_set(headlines), headlines),
                model,
                Path(folder),
                AnalysisOptions(
                    keep_maps="none", evidence="basic", evidence_texts="all", units=kind
                ),
            )
            print(row("true" if kind == "given" else kind, results, headlines), flush=True)


def with_components(texts: TextSet, headlines: Sequence[Sequence[Component]]) -> TextSet:
    """`texts` with the components of the rule as their own units."""
    found = []
    for text, components in zip(texts.texts, headlines, strict=True):
        owner = component_of_each_character(components)
        starts = [i for i in range(len(owner)) if not i or owner[i] != owner[i - 1]]
        units = zip(starts, [*starts[1:], len(owner)], strict=True)
        found.append(replace(text, units=(tuple(units), ())))
    return replace(texts, texts=tuple(found))


def row(name: str, results: Results, headlines: Sequence[Sequence[Component]]) -> str:
    """One row of the table."""
    cells, n_units = [name], []
    for view in ("deletion", "effect"):
        areas, values, truths = [], [], []
        for text, components in enumerate(headlines):
            found, truth, count = by_token(results, text, components, view)
            n_units.append(count)
            planted = abs(truth) > NOTHING
            if planted.any() and not planted.all():
                areas.append(area(abs(found[planted]), abs(found[~planted])))
            values.append(found)
            truths.append(truth)
        signed = pearsonr(np.concatenate(values), np.concatenate(truths)).statistic
        cells += [f"{np.mean(areas):.3f}", f"{sem(areas):.3f}", f"{signed:.2f}"]
    return "| " + " | ".join([cells[0], f"{np.mean(n_units):.1f}", *cells[1:]]) + " |"


def by_token(
    results: Results, text: int, components: Sequence[Component], view: str
) -> tuple[Floats, Floats, int]:
    """The effect of each token's unit and the worth of the token, `[token]` over content that
    spells a character; and how many units there are."""
    tokens, views = results.tokens_of(text), views_of(results, text)
    content = tokens[~tokens["is_special"].to_numpy(bool)]
    found = views["deletion" if view == "deletion" else YARDSTICK]
    of_token = found[content["unit"].rank(method="dense").to_numpy(int) - 1]
    spells = (content["end"] > content["start"]).to_numpy(bool)
    owner, worths = component_of_each_character(components), contributions(components)
    truth = np.array([worths[owner[end - 1]] for end in content["end"].to_numpy(int)[spells]])
    return of_token[spells], truth, len(found)


if __name__ == "__main__":
    main()
