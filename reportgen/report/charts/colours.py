"""The colours of every chart: ink, roles, and a ramp for each thing that a strength can be of.

Each says one thing everywhere: orange attention, teal what else a token counts without a sign, red
what raises the prediction, blue what lowers it, grey how many texts, or less attention than before.
"""

from collections.abc import Sequence
from functools import cache
from math import log2

import numpy as np
from numpy.typing import NDArray

from reportgen.results import Floats

# Of attention as a multiple of what an average text token gets, in texts, maps and heads: the
# colours of none of it, of the average, and of 2, 4, 8 and 16 times as much, each with its place on
# the ramp. Lightness falls all the way, so that it also reads in grey; in dark it rises.
SCALE_PLACES = (0.0, 0.3, 0.475, 0.65, 0.825, 1.0)
SCALE_LIGHT = ("#fffdfa", "#fdf0da", "#fbd29b", "#f39f45", "#c6651b", "#54220a")
SCALE_DARK = ("#171b20", "#2d2620", "#5b3a18", "#b86d1e", "#f0b05a", "#fff0d2")
SCALE_END = 16.0  # times an average text token; more has the same colour
SCALE_TICKS = (0, 1, 4, 16)  # of these the colour bar has room for all
STEPS = 16  # of a ramp, from bare paper to the strongest colour
INK, MUTED, RULE, PAPER = "#1b1d22", "#5b616e", "#d9dce3", "#ffffff"
WASH = "#f6f6f3"
CLS_ROW, RECEIVED = "#6b3fa0", "#c25700"
ROLE_COLOURS = ("#3f4e8c", "#0f766e", "#8a4b7d", "#7a5b1e")
RAISES, LOWERS = "#b5124a", "#1f62b8"  # the prediction; the same as tints behind text:
_RISE, _FALL = (224, 64, 106), (47, 119, 201)
_HEAT, _SIZE, _GREY = (230, 97, 0), (8, 173, 168), (107, 114, 128)
_STRONGEST = 0.8  # dark text keeps a contrast of 4.5 on it


def role_colour(index: int) -> str:
    """The colour of the special token with this place among the model's; they repeat after four."""
    return ROLE_COLOURS[index % len(ROLE_COLOURS)]


def heat_step(value: float, top: float) -> int:
    """The step 0..15 of `value` on a scale from 0 to `top`; values above `top` get 15."""
    return round((STEPS - 1) * min(1.0, max(0.0, value / top))) if top > 0 else 0


def heat_colour(step: int) -> str:
    """The colour of a step on white, such as `#f0a066`."""
    return _on_white(_HEAT, step)


def count_colour(step: int) -> str:
    """The colour on white of a step that says how many texts there are."""
    return _on_white(_GREY, step)


def times_places(times: Floats) -> Floats:
    """Where multiples of an average text token stand on the scale of attention, 0..1: up to 1 in
    proportion, from there each doubling is as far as any other, up to 16."""
    average = SCALE_PLACES[1]
    above = average + (1 - average) * np.log2(np.maximum(times, 1.0)) / log2(SCALE_END)
    places: Floats = np.where(times <= 1, average * times, np.minimum(above, 1.0))
    return places


def times_steps(times: Floats) -> NDArray[np.intp]:
    """The steps 0..15 of multiples of an average text token on the scale of attention: of eleven
    tones, which an eye can tell apart, and of which the average has one of its own."""
    tenths = np.floor(10 * times_places(times) + 0.5).astype(np.intp)
    steps: NDArray[np.intp] = ((STEPS - 1) * tenths + 5) // 10
    return steps


def scale_colour(step: int, colours: Sequence[str] = SCALE_LIGHT) -> str:
    """The colour of a step 0..15 on the scale of attention, in light unless `colours` are those of
    dark."""
    place = step / (STEPS - 1)
    parts = zip(*map(_parts, colours), strict=True)
    mixed = (round(float(np.interp(place, SCALE_PLACES, part))) for part in parts)
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def signed_step(value: float, top: float) -> int:
    """The step -15..15 of `value` on a scale from -`top` to `top`."""
    step = heat_step(abs(value), top)
    return -step if value < 0 else step


def effect_colour(step: int) -> str:
    """The colour on white of a step of what raises the prediction, or below 0 lowers it."""
    return _on_white(_FALL if step < 0 else _RISE, abs(step))


def size_colour(step: int) -> str:
    """The colour on white of a step that says how much a token counts by what is no attention."""
    return _on_white(_SIZE, step)


def difference_colour(step: int) -> str:
    """The colour on white of a step of more attention than before, or below 0 of less."""
    return _on_white(_GREY if step < 0 else _HEAT, abs(step))


@cache
def _on_white(colour: tuple[int, int, int], step: int) -> str:
    alpha = _STRONGEST * step / (STEPS - 1)
    return "#" + "".join(f"{round(255 + (part - 255) * alpha):02x}" for part in colour)


MAP_COLOURS = tuple(map(scale_colour, range(STEPS)))  # all steps of the scale of attention
