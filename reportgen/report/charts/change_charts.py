"""A small chart of changes with their intervals about no change, for an answer at the top of a
page."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import escape

from reportgen.findings import Interval
from reportgen.report.charts.colours import INK, MUTED, PAPER, RULE
from reportgen.report.charts.small_charts import HEIGHT, WIDTH, small_drawing
from reportgen.report.charts.svg import Drawing, px

_NAMES, _VALUES = 66, 92  # pixels for names on the left and values on the right
_BOTTOM = HEIGHT - 14
_EDGE = 6


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """The change of one figure."""

    name: str
    change: float
    interval: Interval
    limit: float  # the smallest change that counts; a pale band reaches so far to both sides of 0
    shown: str
    is_sure: bool  # better or worse; what is not is a ring


def change_chart(rows: Sequence[ChangeRow], names: tuple[str, str, str]) -> Drawing:
    """A point with its interval for each of `rows`, about a dashed line at 0.

    One row alone has its value above it and no name, which the answer says.

    Args:
        rows: two at most.
        names: what stands below the chart: left of 0, at 0 and right of it; "" for nothing.
    """
    is_alone = len(rows) == 1
    left = _EDGE if is_alone else _NAMES
    right = WIDTH - (_EDGE if is_alone else _VALUES)
    ends = [abs(end) for row in rows for end in (*row.interval, row.change, 1.2 * row.limit)]
    scale = (right - left) / 2 / (max(ends) or 1.0)
    zero, step, marks, texts = (left + right) / 2, _BOTTOM / 2, "", ""
    for i, row in enumerate(rows):
        y = step * (1.45 if is_alone else i + 0.5)
        marks += _marks(row, zero, scale, y)
        weight = " font-weight=600" if row.is_sure else ""
        shown, name = escape(row.shown), escape(row.name)
        if is_alone:
            texts += f"<text x={px(zero)} y=13 text-anchor=middle{weight}>{shown}</text>"
        else:
            texts += (
                f"<text y={px(y + 4)}{weight}>{name}</text>"
                f"<text x={right + 8} y={px(y + 4)}{weight}>{shown}</text>"
            )
    places = zip((left, zero, right), ("start", "middle", "end"), names, strict=True)
    below = "".join(
        f"<text x={px(x)} y={HEIGHT - 2} text-anchor={anchor}>{escape(name)}</text>"
        for x, anchor, name in places
        if name
    )
    line = f"M{px(zero)} {18 if is_alone else 0}V{_BOTTOM}"
    return small_drawing(
        f'<path class=rule d="{line}" stroke={MUTED} stroke-dasharray="3 2"/>{marks}'
        f"<g font-size=11 fill={INK}>{texts}</g><g font-size=10.5 fill={MUTED}>{below}</g>"
    )


def _marks(row: ChangeRow, zero: float, scale: float, y: float) -> str:
    """The band of changes that do not count, the interval and the change."""
    low, high = (zero + scale * end for end in row.interval)
    at, band = zero + scale * row.change, scale * row.limit
    kind, fill, stroke = ("now", INK, INK) if row.is_sure else ("base", PAPER, MUTED)
    return (
        f"<rect class=wash x={px(zero - band)} y={px(y - 8)} width={px(2 * band)} height=16 "
        f'fill={RULE} /><path class=now d="M{px(low)} {px(y)}H{px(high)}" stroke={INK} '
        f"stroke-width=2 /><circle class={kind} cx={px(at)} cy={px(y)} r=3.6 fill={fill} "
        f"stroke={stroke} stroke-width=1.5 />"
    )
