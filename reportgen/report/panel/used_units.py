"""Whether a text's units are looked at and used: the chart, and what it says in one sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from markupsafe import Markup

from reportgen.findings import TINY_EFFECT
from reportgen.report.charts.unit_scatter import DotWords, UnitDot, draw_unit_scatter
from reportgen.report.language.language import Language
from reportgen.report.panel.influence import Explained, Looks, moves_of
from reportgen.report.panel.unit_measures import TextMeasure

_MOST = 250  # dots of a text; of more, those that are neither looked at nor used are left out


@dataclass(frozen=True, slots=True)
class UsedUnits:
    """The chart of one text, which scripts and styles are not needed for."""

    chart: Markup
    caption: str  # how to read it


def make_used_units(
    looks: Looks,
    text_measures: Sequence[TextMeasure],
    names: Sequence[str],
    n_tokens: Sequence[int],
    explained: Explained,
    language: Language,
) -> UsedUnits | None:
    """The chart of a text; None where no change was measured, or none is different from 0.

    Args:
        looks: Where the model looks.
        text_measures: The measures of the text.
        names: What each unit is called, `[unit]`.
        n_tokens: How many tokens each unit has, `[unit]`.
        explained: What changes when a unit is left out.
    """
    moves = moves_of(text_measures)
    if moves is None or not moves.order:
        return None
    changes, times = np.nan_to_num(moves.values), looks.values
    dots = [
        UnitDot(names[i], float(times[i]), float(changes[i]), unit=i)
        for i in looks.order
        if np.isfinite(moves.values[i])
    ]
    for group in explained.joint:
        units = list(group.joint.units)
        mean = np.average(times[units], weights=np.asarray(n_tokens)[units])
        dots.append(UnitDot(f"{group.mark} {group.name}", float(mean), group.joint.effect))
    most = max(abs(dot.change) for dot in dots)
    # Of one text, or of texts that are all equal, no range is known that says what is little.
    least = TINY_EFFECT * (explained.spread or most)
    say = partial(language.say, "used")
    words = DotWords(
        **{key: say(key) for key in ("both", "used", "looked_at", "neither")},
        across=say("across_row" if looks.row else "across", row=looks.row),
    )
    has_sign = moves.kind == "signed"
    sentence = say("sentence", **_counts(dots, least))
    drawn = dots if len(dots) <= _MOST else [dot for dot in dots if _stands_out(dot, least)] or dots
    level = say("level" if explained.spread else "level_text", least=least)
    caption = [say("up_sign" if has_sign else "up"), level]
    if len(drawn) < len(dots):
        caption.append(language.count("used", "left_out", len(dots) - len(drawn)))
    chart = draw_unit_scatter(drawn, least, has_sign, words, sentence)
    return UsedUnits(chart.on_page(), language.sentences(caption))


def _stands_out(dot: UnitDot, least: float) -> bool:
    """Whether a unit is looked at or used."""
    return dot.times > 1 or abs(dot.change) >= least


def _counts(dots: Sequence[UnitDot], least: float) -> Mapping[str, int]:
    """How many units are in each corner of the chart; those that count as a whole are left out."""
    units = [dot for dot in dots if dot.unit is not None]
    places = [(dot.times > 1, abs(dot.change) >= least) for dot in units]
    return {
        "all": len(units),
        "both": places.count((True, True)),
        "used": places.count((False, True)),
        "looked_at": places.count((True, False)),
        "neither": places.count((False, False)),
    }
