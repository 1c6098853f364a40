"""The chart of a text: the [CLS] row and the attention received over its units, last layer."""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, cos, radians, sin

from markupsafe import Markup, escape

from reportgen.report.charts.axes import level_rules, ticks
from reportgen.report.charts.colours import CLS_ROW, INK, MUTED, RECEIVED
from reportgen.report.charts.strokes import painted, pair
from reportgen.report.charts.svg import Drawing, px
from reportgen.report.language.numbers import fixed, token_percentage
from reportgen.report.language.printable import half_widths, shorten
from reportgen.report.language.strings import Language
from reportgen.results.units import TextUnits

_WIDTH = 600
_LEFT, _RIGHT = 58, 14
_FINE = 0.3  # pixels to which the lines are drawn, so that their numbers are short


class Weights:
    """Writes mean weights over heads: as they are, or as sums over the heads."""

    def __init__(self, language: Language, heads: str, n_heads: int) -> None:
        self._language = language
        self._sums = heads == "sum"
        self.factor = n_heads if self._sums else 1
        self.mode = language.say(
            "common", "sum_of_heads" if self._sums else "mean_of_heads", n=n_heads
        )

    def show(self, mean: float) -> str:
        """A weight in words."""
        return fixed(mean * self.factor, 2) if self._sums else self._language.percent(mean)

    def bare(self, mean: float) -> str:
        """The same for a table whose head names the measure."""
        return fixed(mean * self.factor, 3) if self._sums else token_percentage(mean)

    def as_in_table(self, mean: float) -> str:
        """A weight in words, with the digits of `bare`."""
        text = self.bare(mean)
        return text if self._sums else self._language.say("number", "percent", x=text)

    @property
    def unit(self) -> str:
        """The unit after a measure's name in the head of a table."""
        return "" if self._sums else self._language.say("number", "percent_sign")


def make_chart(
    key: int,
    units: TextUnits,
    labels: Sequence[str],
    steps: Sequence[int | None],
    language: Language,
    weights: Weights,
) -> Markup:
    """The chart of the text numbered `key`.

    `labels` and `steps` are the units' names and the highlight in the ribbon under the axis.
    """
    received = units.received[-1] * weights.factor
    row = None if units.cls_row is None else units.cls_row[-1] * weights.factor
    highest = max(received.max(), 0 if row is None else row.max())
    values = ticks(float(highest))
    most = int(received.argmax())
    sentence = language.say(
        "chart",
        "sentence",
        layer=len(units.received),
        mode=weights.mode,
        most=labels[most],
        share=weights.show(units.received[-1][most]),
        even=weights.show(units.expected[-1][most]),
    )
    if row is not None:
        at = int(row.argmax())
        share = weights.show(row[at] / weights.factor)
        sentence += language.say("common", "space")
        sentence += language.say("chart", "sentence_cls", to=labels[at], share=share)
    return two_lines(
        key=key,
        labels=labels,
        received=received,
        cls_row=row,
        expected=units.expected[-1] * weights.factor,
        steps=steps,
        tick_values=values,
        tick_text=[
            language.write(value, "number" if weights.factor > 1 else "exact_percent")
            for value in values
        ],
        ribbon=language.say("chart", "ribbon"),
        sentence=sentence,
    ).on_page()


def two_lines(
    *,
    key: int,
    labels: Sequence[str],
    received: Sequence[float],
    cls_row: Sequence[float] | None,
    expected: Sequence[float],
    steps: Sequence[int | None],
    tick_text: Sequence[str],
    tick_values: Sequence[float],
    ribbon: str,
    sentence: str,
) -> Drawing:
    """The [CLS] row and the attention received over the units, with the equal share.

    `key` tells the figure from others of the page. `labels`, the lines and `steps` (the highlight
    of each unit, None without one) have an entry a unit; the highlight is the ribbon under the
    axis, called `ribbon`. `sentence` says what the figure shows.
    """
    count = len(labels)
    top, bottom = 10, 200
    gap = (_WIDTH - _LEFT - _RIGHT) / count
    highest = tick_values[-1]

    def points(values: Sequence[float]) -> list[tuple[int, int]]:  # in units of _FINE
        return [
            (
                round((_LEFT + gap * (index + 0.5)) / _FINE),
                round((bottom - (bottom - top) * value / highest) / _FINE),
            )
            for index, value in enumerate(values)
        ]

    axis = level_rules(
        tick_values,
        tick_text,
        lambda value: px(bottom - (bottom - top) * value / highest),
        _LEFT,
        _WIDTH - _RIGHT,
        more=f"<text y={bottom + 17} font-size=11>{escape(ribbon)}</text>",
    )
    drawn = [
        f'<path class=even d="{_line(points(expected))}" stroke={MUTED} stroke-dasharray=15 />'
    ]
    for name, values, colour, mark in (
        ("cls", cls_row, CLS_ROW, "circle class=cls r=2"),
        ("received", received, RECEIVED, "rect class=received x=-2 y=-2 width=4 height=4"),
    ):
        if values is None:
            continue
        at = f"{name[0]}{key}"
        drawn.append(
            f"<marker id={at} overflow=visible><{mark} fill={colour} /></marker>"
            f'<path class={name} d="{_line(points(values), marked=True)}" stroke={colour} '
            f"marker-mid=url(#{at}) />"
        )
    every = ceil(count / 64)
    slant = radians(50)
    names = "".join(
        f"<text x={gap * i * cos(slant):.0f} y={gap * i * sin(slant):.0f}>"
        f"{escape(shorten(label))}</text>"
        for i, label in enumerate(labels)
        if i % every == 0
    )
    longest = max(half_widths(shorten(label)) for label in labels)
    inside = (
        f"{axis}<g transform=scale({_FINE:g}) fill=none stroke-width=5 stroke-linejoin=round>"
        f"{''.join(drawn)}</g>"
        f'<g class=ramp transform="translate({px(_LEFT + gap * 0.05)} {bottom + 16})'
        f'scale({gap:.5g} 1)" stroke-width=9 stroke-dasharray=".9 .1">'
        f"{painted([[step or 0 for step in steps]])}</g>"
        f'<g transform="translate({px(_LEFT + gap * 0.5 + 4)} {bottom + 33})rotate(-50)" '
        f"text-anchor=end font-size=12 fill={INK}>{names}</g>"
    )
    return Drawing("lines", _WIDTH, bottom + 44 + 6 * longest, sentence, inside)


def _line(points: Sequence[tuple[int, int]], *, marked: bool = False) -> str:
    """A line through `points`. If all are `marked`, both ends are repeated, because only points in
    the middle of a path get a mark; else a level line is drawn from end to end."""
    (x, y), (last, _) = points[0], points[-1]
    if not marked and all(height == y for _, height in points):
        return f"M{x} {y}H{last}"
    moves = "".join(
        f"l{pair(right - left, lower - upper)}"
        for (left, upper), (right, lower) in pairwise(points)
    )
    return f"M{x} {y}h0{moves}h0" if marked else f"M{x} {y}{moves}"
