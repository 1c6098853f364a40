"""The small chart of a comparison: one figure of two models, layer by layer."""

from collections.abc import Sequence
from math import ceil

from markupsafe import escape

from reportgen.report.charts.colours import MUTED, ROLE_COLOURS, RULE
from reportgen.report.charts.small.answers import HEIGHT, WIDTH, marks_below, small_drawing
from reportgen.report.charts.svg import Drawing, px

_LINES = 5  # layers that have bars and figures each; of more there are columns
_TEXT = 108  # pixels for the figures beside bars


def pairs_by_layer(
    base: Sequence[float], head: Sequence[float], texts: Sequence[str], letter: str
) -> Drawing:
    """A share of attention in each layer of the old model (an empty bar) and of the new one (a full
    bar). Bars begin at 0; the longest stands for the largest share.

    Few layers have a line with their figures (`texts`), many a pair of columns. `letter` is the
    name of a layer without its number.
    """
    if len(base) > _LINES:
        return _columns(base, head)
    left, right = 28, WIDTH - _TEXT
    step, width = HEIGHT / len(base), right - left
    scale = width / (max(*base, *head) or 1.0)
    half = min(7.0, (step - 3) / 2)
    bars = names = ""
    for i, ends in enumerate(zip(base, head, strict=True)):
        top = step * i + (step - 2 * half) / 2
        bars += (
            f"<rect class=wash x={left} y={px(top)} width={width} height={px(2 * half)} "
            f"fill={RULE} />{_bar(left, top, scale * ends[0], half, is_new=False)}"
            f"{_bar(left, top + half, scale * ends[1], half, is_new=True)}"
        )
        middle = px(step * (i + 0.5) + 4)
        names += (
            f"<text y={middle}>{escape(letter)}{i + 1}</text>"
            f"<text x={WIDTH} y={middle} text-anchor=end>{escape(texts[i])}</text>"
        )
    return small_drawing(f"{bars}<g font-size=10.5 fill={MUTED}>{names}</g>")


def _columns(base: Sequence[float], head: Sequence[float]) -> Drawing:
    left, bottom = 4, HEIGHT - 14
    step = (WIDTH - 2 * left) / len(base)
    wide = step * 0.4
    scale = (bottom - 2) / (max(*base, *head) or 1.0)
    bars = ""
    for i, ends in enumerate(zip(base, head, strict=True)):
        for at, (end, is_new) in enumerate(zip(ends, (False, True), strict=True)):
            high = scale * end
            x = left + step * (i + 0.1) + wide * at
            bars += _bar(x, bottom - high, wide, high, is_new=is_new)
    every = ceil(len(base) / 12)
    numbers = [(left + step * (i + 0.5), str(i + 1)) for i in range(0, len(base), every)]
    return small_drawing(
        f'{bars}<path class=rule d="M{left} {bottom}H{WIDTH - left}" stroke={MUTED} />'
        + marks_below(numbers, HEIGHT - 2)
    )


def _bar(x: float, y: float, width: float, height: float, *, is_new: bool) -> str:
    kind, fill = ("r0", ROLE_COLOURS[0]) if is_new else ("o0", "none")
    return (
        f"<rect class={kind} x={px(x)} y={px(y)} width={px(width)} height={px(height)} "
        f"fill={fill} stroke={ROLE_COLOURS[0]} />"
    )
