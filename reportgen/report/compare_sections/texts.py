"""The texts that changed most: coloured by the base, by the head, and by their difference."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.comparison.compare import Comparison
from reportgen.findings.statistics import Floats
from reportgen.report.charts.colours import signed_step
from reportgen.report.compare_sections.context import CompareContext
from reportgen.report.components import Cell, Table, make_table
from reportgen.report.language.comparison import NAME, CompareWords
from reportgen.report.language.numbers import NOTHING, column_decimals, fixed, written
from reportgen.report.language.printable import shorten, visible
from reportgen.report.panel.strip import Paragraph, paragraphs
from reportgen.results.units import TextUnits, text_units

TEXTS = 6  # shown
_TOP = 3  # tokens named of each
_BEGINNING = 60  # half-width characters
_TIMES = 2.0  # where the colours of attention end at least, in multiples of the equal share


@dataclass(frozen=True, slots=True)
class Strip:
    """A text with one set of colours."""

    name: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class TextPair:
    """One text in both models."""

    number: int
    text_id: str
    beginning: str  # of the text
    has_effects: bool  # what is compared: deletion effects, or attention
    most: tuple[str, ...]  # the tokens that changed most, each with its figure in both
    facts: tuple[str, ...]
    legend: str
    strips: tuple[Strip, ...]
    table: Table


@dataclass(frozen=True, slots=True)
class Pairs:
    """The section on single texts."""

    lead: str
    texts: tuple[TextPair, ...]


def make_pairs(context: CompareContext) -> Pairs:
    """The texts that changed most, with their strips."""
    comparison, words = context.comparison, context.words
    lead = words.say("pairs_lead_size" if words.is_size else "pairs_lead")
    shown = comparison.changed_texts[:TEXTS]
    return Pairs(lead, tuple(_pair(comparison, text, words) for text in shown))


def _pair(comparison: Comparison, text: int, words: CompareWords) -> TextPair:
    base = comparison.base.results
    units = text_units(base, text)
    own = comparison.units.text == text
    effects = [side[own] for side in comparison.units.effect]
    has_effects = bool(len(effects[0])) and bool(np.isfinite(effects[0]).all())
    sides = effects if has_effects else [side[own] for side in comparison.units.attention]
    at = comparison.units.unit[own]
    values = [_placed(side, at, units) for side in (*sides, sides[1] - sides[0])]
    top = max(float(np.nanmax(np.abs(side), initial=0.0)) for side in values[:2])
    if not has_effects:
        top = max(_TIMES, top)
    digits = column_decimals(top) if has_effects else 2
    # Multiples of an equal share and distances have no sign, their difference has.
    signs = [has_effects and not words.is_size] * 2 + [True]
    shown = [
        [written(float(value), digits, sign) for value in side]
        for side, sign in zip(values, signs, strict=True)
    ]
    row = base.texts.iloc[text]
    segments = (str(row["text"]), "" if pd.isna(row["pair"]) else str(row["pair"]))
    strips = []
    for key, side, said in zip(("base", "head", "difference"), values, shown, strict=True):
        steps = [
            _step(float(value), top) if content and np.isfinite(value) else None
            for value, content in zip(side, units.content, strict=True)
        ]
        strips.append(Strip(words.say(key), paragraphs(units.units, segments, steps, said)))
    key = "pair_effects" if has_effects else "pair_attention"
    legend = words.say(key, top=written(top, digits))
    found = comparison.predictions
    if has_effects and comparison.units.flipped[own].any() and found is not None:
        place = _place(found.texts, text)
        if place is not None and found.names:
            base_name, head_name = (shorten(name, NAME) for name in found.names[place])
            space = words.language.say("common", "space")
            legend += space + words.say("pair_flip", base=base_name, head=head_name)
    return TextPair(
        number=text + 1,
        text_id=str(row["text_id"]),
        beginning=shorten(segments[0], _BEGINNING),
        has_effects=has_effects,
        most=_most(units, values[2], shown, words),
        facts=_facts(comparison, text, words),
        legend=legend,
        strips=tuple(strips),
        table=_table(units, shown, words),
    )


def _most(
    units: TextUnits, changes: Floats, shown: list[list[str]], words: CompareWords
) -> tuple[str, ...]:
    """The tokens whose figure changed most; none that is printed the same for both models."""
    sizes = np.where(np.isfinite(changes), np.abs(changes), 0.0)
    order = [int(i) for i in np.argsort(-sizes, kind="stable")[:_TOP]]
    return tuple(
        words.say(
            "md_token",
            token=shorten(visible(units.units[i].label), NAME),
            base=shown[0][i],
            head=shown[1][i],
        )
        for i in order
        if sizes[i] > 0 and shown[0][i] != shown[1][i]
    )


def _step(value: float, top: float) -> int:
    """The colour step of a value; 0 for the faintest, so that three strips stay easy to compare."""
    step = signed_step(value, top)
    return step if abs(step) > 1 else 0


def _placed(values: Floats, at: NDArray[np.intp], units: TextUnits) -> Floats:
    """`[unit]`: the `values` of the text units `at`, and NaN for special tokens."""
    every = np.full(len(units.units), np.nan)
    every[at] = values
    return every


def _table(units: TextUnits, shown: list[list[str]], words: CompareWords) -> Table:
    rows = [
        (visible(unit.label), [Cell(side[i]) for side in shown])
        for i, unit in enumerate(units.units)
        if not unit.is_special
    ]
    columns = ("token", "base", "head", "difference")
    return make_table(words.say("pair_table"), [words.say(name) for name in columns], rows)


def _facts(comparison: Comparison, text: int, words: CompareWords) -> tuple[str, ...]:
    facts = []
    predictions, effects, heads = comparison.predictions, comparison.effects, comparison.heads
    if predictions is not None and (place := _place(predictions.texts, text)) is not None:
        if predictions.kind == "number":
            sides = predictions.base[place], predictions.head[place]
            base, head = (words.prediction(float(side)) for side in sides)
            facts.append(words.say("pair_prediction", base=base, head=head))
        elif predictions.names:
            base, head = (shorten(name, NAME) for name in predictions.names[place])
            facts.append(words.say("pair_prediction", base=base, head=head))
    if effects is not None and (place := _place(effects.texts, text)) is not None:
        rank = float(effects.rank[place])
        facts.append(
            words.say(
                "pair_effect_change",
                change=written(float(effects.change[place]), 2),
                rank=fixed(rank, 2) if np.isfinite(rank) else NOTHING,
            )
        )
    if heads is not None and (place := _place(heads.texts, text)) is not None:
        distance = words.fit(float(heads.by_text[place]))
        facts.append(words.say("pair_distance", distance=distance))
    return tuple(facts)


def _place(texts: NDArray[np.intp], text: int) -> int | None:
    at = int(np.searchsorted(texts, text))
    return at if at < len(texts) and texts[at] == text else None
