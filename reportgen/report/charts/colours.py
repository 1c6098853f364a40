"""The colours of every chart: ink, roles, and a ramp for each thing that a strength can be of.

Each says one thing everywhere: orange attention, teal what else a token counts without a sign, red
what raises the prediction, blue what lowers it, grey how many texts, or less attention than before.
"""

from functools import cache

# Of maps: light to dark, evenly falling in lightness, so that they also read in grey.
SCALE_LIGHT = ("#fffdf9", "#fde3bf", "#f9b66d", "#e57a1f", "#b0480b", "#6d2a0c", "#2f1408")
SCALE_DARK = ("#14181f", "#3a2618", "#6f3c12", "#a95a12", "#dd8526", "#f7bd6b", "#fff1d6")
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


def scale_colour(step: int) -> str:
    """The colour of a step 0..15 on the scale of maps."""
    place = step / (STEPS - 1) * (len(SCALE_LIGHT) - 1)
    low = min(len(SCALE_LIGHT) - 2, int(place))
    pairs = zip(*(_parts(colour) for colour in SCALE_LIGHT[low : low + 2]), strict=True)
    return "#" + "".join(f"{round(a + (place - low) * (b - a)):02x}" for a, b in pairs)


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


MAP_COLOURS = tuple(map(scale_colour, range(STEPS)))  # all steps of the scale of maps
