"""What is shown of an analysed text: the highlight, the strongest tokens, the chart, the table."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from reportgen.info import RunInfo
from reportgen.report.language import Language, fixed, number
from reportgen.report.static import heat_step, ticks, two_lines
from reportgen.report.strip import Paragraph, paragraphs
from reportgen.report.units import Floats, TextUnits, text_units
from reportgen.report.visible import visible
from reportgen.results import Results

_TOP = 5
_SCALE_LEAST = 2.0  # where the colours end at least, so that a flat text stays pale
_STANDS_OUT = 1.3  # times an average content token; below, no token is called strong


@dataclass(frozen=True, slots=True)
class TopUnit:
    """A content unit that much attention goes to."""

    index: int
    label: str
    share: str
    ratio: str = ""  # how many times an average content token


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit's figures in the table."""

    index: int
    label: str
    is_special: bool
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What is shown of a text that was analysed."""

    strip: tuple[Paragraph, ...]
    legend: str
    top: tuple[TopUnit, ...]
    top_lead: str  # what the list's figures are; that no token stands out, where none does
    cls_top: tuple[TopUnit, ...]
    cls_title: str
    chart: Markup
    chart_title: str
    cls_name: str | None
    columns: tuple[str, ...]
    rows: tuple[UnitRow, ...]


class Weights:
    """How a mean weight of the tables is shown: as it is, or as the sum over the heads."""

    def __init__(self, language: Language, heads: str, n_heads: int) -> None:
        self._language = language
        self._sums = heads == "sum"
        self.factor = n_heads if self._sums else 1
        self.mode = language.say("chart", "sum" if self._sums else "mean", n=n_heads)

    def show(self, mean: float, digits: int = 1) -> str:
        """A weight in words."""
        if self._sums:
            return fixed(mean * self.factor, digits + 1)
        return self._language.percent(mean, digits)

    def bare(self, mean: float) -> str:
        """The same for a table whose head names the measure."""
        return fixed(mean * self.factor, 3) if self._sums else fixed(100 * mean, 2)

    @property
    def unit(self) -> str:
        """What stands in such a head after the measure."""
        return "" if self._sums else self._language.say("number", "percent_sign")


def make_figures(
    results: Results, text: int, segments: Sequence[str], language: Language, heads: str
) -> Figures:
    units = text_units(results, text)
    model = results.info.model
    weights = Weights(language, heads, model.n_heads)
    causal = model.is_causal
    ratios = highlight(units, causal)
    scale = colour_scale(units, ratios)
    steps = [
        heat_step(float(ratio), scale) if is_content else None
        for ratio, is_content in zip(ratios, units.content, strict=True)
    ]
    order = _largest(units, ratios)
    is_flat = bool(order) and ratios[order[0]] < _STANDS_OUT
    flat = language.say("strip", "flat") if is_flat else ""
    lead = language.say("panel", "top_lead")
    name = None if units.cls_row is None else cls_name(results.info, language)
    title = language.say("panel", "cls_top", name=name, layer=len(units.received))
    labels = tuple(visible(unit.label) for unit in units.units)
    return Figures(
        strip=paragraphs(units, segments, steps, language),
        legend=_legend(units, ratios, scale, labels, language, causal, flat),
        top=tuple(
            TopUnit(
                int(i),
                units.units[i].label,
                language.percent(units.received_all[i]),
                language.say("panel", "top_ratio", ratio=fixed(ratios[i], 1)),
            )
            for i in order
        ),
        top_lead=language.say("page", "space").join(filter(None, (lead, flat))),
        cls_top=_cls_top(units, language),
        cls_title=title[:1].upper() + title[1:],
        chart=_chart(units, labels, steps, language, weights),
        chart_title=language.say("chart", "title", layer=len(units.received), mode=weights.mode),
        cls_name=name,
        columns=_columns(results, units, language, weights),
        rows=_rows(units, weights, language),
    )


def highlight(units: TextUnits, causal: bool) -> Floats:
    """`[unit]`, what the highlight shows: attention received per token, mean over all layers and
    heads, as a multiple of that of the text's average content token.

    In causal models received over its expected value takes the place of received, since early
    tokens are seen by more queries. All zero where there is no content, or nothing goes to it.
    """
    size = units.n_tokens
    measure = units.received_all / (units.expected_all if causal else size)
    weights = size * units.content
    if not (measure * weights).sum() > 0:
        return np.zeros(len(size))
    return measure / np.average(measure, weights=weights)


def colour_scale(units: TextUnits, ratios: Floats) -> float:
    """Where the colours of the highlight end."""
    return max(_SCALE_LEAST, float(ratios[units.content].max(initial=0.0)))


def _largest(units: TextUnits, values: Floats) -> list[int]:
    """The content units with the largest `values` (`[unit]`), the largest first."""
    content = [int(index) for index in np.flatnonzero(units.content)]
    return sorted(content, key=lambda i: (-values[i], i))[:_TOP]


def _cls_top(units: TextUnits, language: Language) -> tuple[TopUnit, ...]:
    if units.cls_row is None:
        return ()
    row = units.cls_row[-1]
    return tuple(
        TopUnit(i, units.units[i].label, language.percent(row[i])) for i in _largest(units, row)
    )


def cls_name(info: RunInfo, language: Language) -> str | None:
    """The token whose row is the [CLS] row, as it is printed; None without such a row."""
    for role in info.roles:
        if role.key == "cls":
            return role.token
    return language.say("chart", "last_token") if info.model.is_causal else None


def _legend(
    units: TextUnits,
    ratios: Floats,
    scale: float,
    labels: Sequence[str],
    language: Language,
    causal: bool,
    flat: str,
) -> str:
    said = []
    if units.content.any():
        key = "legend_causal" if causal else "legend"
        said.append(language.say("strip", key, top=fixed(scale, 1)))
        first = _largest(units, ratios)[0]
        most = fixed(float(ratios[first]), 1)
        said.append(flat or language.say("strip", "strongest", token=labels[first], most=most))
    if len(labels) > units.content.sum():
        said.append(language.say("strip", "dotted"))
    return language.say("page", "space").join(said)


def _chart(
    units: TextUnits,
    labels: Sequence[str],
    steps: Sequence[int | None],
    language: Language,
    weights: Weights,
) -> Markup:
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
        sentence += language.say("page", "space")
        sentence += language.say("chart", "sentence_cls", to=labels[at], share=share)
    return two_lines(
        labels=labels,
        received=received,
        cls_row=row,
        expected=units.expected[-1] * weights.factor,
        steps=steps,
        tick_values=values,
        tick_text=[
            number(value) if weights.factor > 1 else language.percent(value, 0) for value in values
        ],
        ribbon=language.say("chart", "ribbon"),
        sentence=sentence,
    )


def _columns(
    results: Results, units: TextUnits, language: Language, weights: Weights
) -> tuple[str, ...]:
    layer = len(units.received)
    names = [
        language.say("table", "received_all", unit=weights.unit),
        language.say("table", "received_last", layer=layer, unit=weights.unit),
    ]
    if units.cls_row is not None:
        name = cls_name(results.info, language)
        names.append(language.say("table", "cls_last", name=name, layer=layer, unit=weights.unit))
    names.append(language.say("table", "even", unit=weights.unit))
    return tuple(names)


def _rows(units: TextUnits, weights: Weights, language: Language) -> tuple[UnitRow, ...]:
    columns = [units.received_all, units.received[-1]]
    if units.cls_row is not None:
        columns.append(units.cls_row[-1])
    columns.append(units.expected_all)
    return tuple(
        UnitRow(
            index,
            unit.label,
            unit.is_special,
            tuple(weights.bare(float(column[index])) for column in columns),
        )
        for index, unit in enumerate(units.units)
    )
