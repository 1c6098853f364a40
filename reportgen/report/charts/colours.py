"""The colours of every chart: ink, roles, and a ramp for each thing that a strength can be of.

Each says one thing everywhere: orange attention, teal what else a token counts without a sign, red
what raises the prediction, blue what lowers it, grey how many texts, or less attention than before.
"""

from functools import cache

STEPS = 16  # of a ramp, from bare paper to the strongest colour
INK, MUTED, RULE, PAPER = "#1b1d22", "#5b616e", "#e2e3e0", "#ffffff"
WASH = "#f6f6f3"
CLS_ROW, RECEIVED = INK, "#d9751a"  # the row that is read, which maps frame; attention
SENSITIVITY = "#0f7f78"
ROLE_COLOURS = ("#3f4e8c", "#8a4b7d", "#7a5b1e", "#4a6b2d")  # none of which means anything else
RAISES, LOWERS = "#b3123f", "#1d61b8"  # the prediction; the same as tints behind text:
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
