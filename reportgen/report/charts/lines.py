"""The chart of a text: the [CLS] row and the attention received over its units, last layer."""

from collections.abc import Sequence

from markupsafe import Markup

from reportgen.report.charts.static import ticks, two_lines
from reportgen.report.language.strings import Language, fixed, number
from reportgen.results.units import TextUnits


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


def make_chart(
    key: int,
    units: TextUnits,
    labels: Sequence[str],
    steps: Sequence[int | None],
    language: Language,
    weights: Weights,
) -> Markup:
    """The chart, told from others of the page by `key`.

    `labels` and `steps` are the units' names and the highlight in its ribbon.
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
        sentence += language.say("page", "space")
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
            number(value) if weights.factor > 1 else language.percent(value, 0) for value in values
        ],
        ribbon=language.say("chart", "ribbon"),
        sentence=sentence,
    )
