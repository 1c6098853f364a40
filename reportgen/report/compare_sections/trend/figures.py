"""A chart of each figure over the models."""

from dataclasses import dataclass

from markupsafe import Markup

from reportgen.comparison.all_models import AllModels
from reportgen.comparison.floors import LAYER_LEAST
from reportgen.comparison.trend.figures import AGREEMENT, FigureRow, ModelValue
from reportgen.findings.outputs.quality_register import QUALITY
from reportgen.findings.statistics import Interval
from reportgen.report.charts.trend import Axis, trend_chart
from reportgen.report.compare_sections.trend.all_models import (
    changed,
    figure_name,
    model_names,
    points_of,
    writer,
)
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.numbers import exact
from reportgen.report.language.printable import shorten, visible
from reportgen.report.sections.verdict import verdict_inside

_NAME = 12  # half-width characters of a folder below a chart


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure in every model."""

    name: str
    remark: str  # its first and last value, and the change with its interval
    drawing: Markup


def make_charts(found: AllModels, words: CompareWords) -> tuple[Chart, ...]:
    """A chart of each figure that at least two models have."""
    rows = (row for row in found.rows if sum(map(bool, row.values)) > 1)
    return tuple(_chart(row, found, words) for row in rows)


def axis_of(found: AllModels, words: CompareWords) -> Axis:
    """What stands below a chart: steps, or names of folders."""
    points = found.trend.checkpoints
    if any(own.step is None for own in points):
        return Axis([shorten(visible(own.name), _NAME) for own in points])
    steps = [own.step for own in points if own.step is not None]
    return Axis([f"{step:,}" for step in steps], steps)


def _chart(row: FigureRow, found: AllModels, words: CompareWords) -> Chart:
    values, intervals = points_of(row)
    write, name = writer(row, words), figure_name(row, words)
    known = [(i, value) for i, value in enumerate(row.values) if value is not None]
    names = model_names(found, words)
    (first, before), (last, own) = known[0], known[-1]
    said = [write(value.value, False) for value in (before, own)]
    remark = words.say("compared_as", base=said[0], head=said[1])
    if own.change is not None:
        remark += f" ({changed(own, row, words)})"
    if own.judgement is not None:
        remark += f" ({verdict_inside(own.judgement, words.language)})"
    sentence = words.trend("sentence",
        name=name, n=len(known), first=names[first], last=names[last], base=said[0], head=said[1],
    )  # fmt: skip
    is_share = write == words.share
    mark = (lambda x: words.language.write(x, "exact_percent")) if is_share else exact
    drawing = trend_chart(
        values,
        [_possible(own, row) for own in intervals],
        axis_of(found, words),
        mark,
        sentence,
        is_open=[_is_within(value) for value in row.values],
    )
    return Chart(name, remark, drawing.on_page())


def _possible(interval: Interval | None, row: FigureRow) -> Interval | None:
    """The part of an interval in which the figure can lie: an interval of its change may say more
    about the value than that."""
    kind = QUALITY[row.quality] if row.quality else None
    if interval is None or (kind is not None and kind.best == "zero"):
        return interval
    has_sign = row.key == AGREEMENT or (kind is not None and kind.scale == "correlation")
    low = interval.low if has_sign else max(0.0, interval.low)
    has_top = kind is None or not kind.is_relative
    return Interval(low, min(1.0, interval.high) if has_top else interval.high)


def _is_within(value: ModelValue | None) -> bool:
    """Whether the change from the first model is within noise."""
    if value is not None and value.gain is not None:
        return value.gain not in ("better", "worse")
    change = None if value is None else value.change
    return change is not None and not change.is_told(LAYER_LEAST)
