"""The one scale of attention in texts, maps and heads: each multiple of what an average text token
gets has its colour."""

from collections.abc import Sequence
from math import log2

import numpy as np
from numpy.typing import NDArray

from reportgen.report.charts.colours import STEPS
from reportgen.results import Floats

# Of attention as a multiple of what an average text token gets, in texts, maps and heads: the
# colours of none of it, of the average, and of 2, 4, 8 and 16 times as much, each with its place on
# the ramp. Lightness falls all the way, so that it also reads in grey; in dark it rises, and
# letters keep their contrast on both sides of four times.
SCALE_PLACES = (0.0, 0.3, 0.475, 0.65, 0.825, 1.0)
SCALE_LIGHT = ("#fffdfa", "#fdf0da", "#fbd29b", "#f39f45", "#c6651b", "#54220a")
SCALE_DARK = ("#171b20", "#2d2620", "#5b3a18", "#955511", "#f0b05a", "#fff0d2")
SCALE_END = 16.0  # times an average text token; more has the same colour
SCALE_TICKS = (0, 1, 2, 4, 8, 16)  # of these the colour bar has room for all


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


def colour_marks(*, is_cut: bool) -> list[tuple[float, str]]:
    """What stands beside the colours of attention: each place, from 0 at the lower end to 1, with
    its multiple of an average text token; `is_cut` where some are beyond the upper end."""
    places = times_places(np.array(SCALE_TICKS, np.float64)).tolist()
    names = ["0", *(f"{times}×" for times in SCALE_TICKS[1:])]
    names[-1] = "≥ " * is_cut + names[-1]
    return list(zip(places, names, strict=True))


MAP_COLOURS = tuple(map(scale_colour, range(STEPS)))  # all steps of the scale
