"""The first answer of a comparison: whether the new model is better, by the figure that decides;
the average error and large errors are judged apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from reportgen.comparison import Change, FigureRow, Quality, QualityVerdict
from reportgen.findings import QUALITY
from reportgen.report.charts.change_charts import ChangeRow, change_chart
from reportgen.report.charts.svg import Drawing
from reportgen.report.language.comparison import CompareWords

APART = ("mae", "rmse")  # where one of them decides, the other is told beside it
_FIRST: tuple[QualityVerdict, ...] = ("better", "worse", "same", "unclear", "few")


@dataclass(frozen=True, slots=True)
class JudgedChange:
    """The change of a figure of the fit from the old model to the new one, and what it means."""

    name: str  # in the register of quality
    change: Change
    gain: QualityVerdict
    limit: float = 0.0  # the smallest change that counts, in the unit of the figure

    @property
    def is_doubted(self) -> bool:
        """Whether only its correction for the number of figures keeps it from being better or
        worse: its interval leaves out 0, and it is larger than the smallest change that counts."""
        is_large = self.limit > 0 and self.change.is_told(self.limit)
        return self.gain == "unclear" and is_large


def judged_pair(quality: Quality) -> tuple[JudgedChange, ...]:
    """The figures that the answer tells: the one that decides, and of errors the other one."""
    figures = [quality.deciding]
    if quality.deciding.name in APART:
        figures = [each for name in APART if (each := quality.figure(name)) is not None]
    return tuple(
        JudgedChange(each.name, each.change, each.gain, each.limit or 0.0) for each in figures
    )


@dataclass(frozen=True, slots=True)
class JudgedTrend:
    """The last of several models against the first."""

    row: FigureRow  # of the figure that decides
    told: tuple[JudgedChange, ...]  # as of two models
    is_unmoved: bool  # no prediction moved from the first model


def judged_last(rows: Sequence[FigureRow]) -> JudgedTrend | None:
    """How the last model is judged; None where it is not."""
    of_fit = {row.quality: row for row in rows if row.quality is not None}
    decides = next((row for row in of_fit.values() if row.decides or len(of_fit) == 1), None)
    if decides is None or decides.quality is None:
        return None
    names = APART if decides.quality in APART else (decides.quality,)
    lasts = {name: of_fit[name].values[-1] for name in names if name in of_fit}
    told = tuple(
        JudgedChange(name, last.change, last.gain)
        for name, last in lasts.items()
        if last is not None and last.change is not None and last.gain is not None
    )
    decisive = lasts[decides.quality]
    if decisive is None or all(each.name != decides.quality for each in told):
        return None
    return JudgedTrend(decides, told, decisive.is_unmoved)


class QualityAnswer:
    """Says and draws what the figures of one comparison mean for the question which model is
    better."""

    def __init__(
        self, told: Sequence[JudgedChange], deciding: str, words: CompareWords, *, is_unmoved: bool
    ) -> None:
        self._told, self._words, self._is_unmoved = told, words, is_unmoved
        self._deciding = next(each for each in told if each.name == deciding)
        self._say = partial(words.language.say, "compared_answers")

    @property
    def is_apart(self) -> bool:
        """Whether the average error and large errors say something else."""
        return len({each.gain for each in self._told}) > 1

    def verdict(self) -> str:
        """The answer in a few words; what is sure comes first."""
        decides = self._deciding
        if self.is_apart:
            first, second = sorted(self._told, key=lambda each: _FIRST.index(each.gain))
            return self._say(
                "apart",
                first=self._say(f"first_{first.name}_{first.gain}"),
                second=self._say(f"second_{second.name}_{second.gain}"),
            )
        key = "unmoved" if decides.gain == "same" and self._is_unmoved else decides.gain
        if key == "few":
            return self._say("few")
        base, head = self._words.both_quality(decides.name, decides.change)
        return self._say(
            f"verdict_{key}",
            n=decides.change.n_texts,
            limit=self._words.smallest(decides.name),
            floor=self._words.unmoved,
            name=self._say(f"short_{decides.name}"),
            base=base,
            head=head,
        )

    def remark(self) -> str:
        """The figures in both models; of the one that decides its change with the interval."""
        language, decides = self._words.language, self._deciding
        figures = [self._both(each) for each in self._told]
        if decides.change.interval is None:
            return language.count("compared_answers", "labelled", decides.change.n_texts)
        told = [self._say("figures", figures=language.listed(figures), n=decides.change.n_texts)]
        told += [self._say("several")] if any(each.is_doubted for each in self._told) else []
        return language.sentences(told)

    def _both(self, figure: JudgedChange) -> str:
        base, head = self._words.both_quality(figure.name, figure.change)
        said = self._words.say(
            "quality_as", name=self._say(f"short_{figure.name}"), base=base, head=head
        )
        interval = figure.change.interval
        if figure is not self._deciding or interval is None:
            return said
        write = self._words.quality(figure.name)
        return self._say(
            "with_change",
            said=said,
            change=self._words.difference(figure.change.difference, write),
            interval=self._words.interval(interval, write),
        )

    def chart(self) -> Drawing | None:
        """The changes with their intervals; None where there are too few texts for one."""
        rows = [self._row(each) for each in self._told]
        known = [row for row in rows if row is not None]
        if not known or self._deciding.change.interval is None:
            return None
        best = QUALITY[self._deciding.name].best
        left = self._say("axis_better_left") if best == "low" else ""
        right = self._say("axis_better_right") if best == "high" else ""
        return change_chart(known, (left, self._say("axis_zero"), right))

    def _row(self, figure: JudgedChange) -> ChangeRow | None:
        if figure.change.interval is None:
            return None
        write = self._words.quality(figure.name)
        change = self._words.difference(figure.change.difference, write)
        return ChangeRow(
            name=self._say(f"row_{figure.name}") if figure.name in APART else "",
            change=figure.change.difference,
            interval=figure.change.interval,
            limit=figure.limit,
            shown=self._say("row", change=change, gain=self._say(f"gain_{figure.gain}")),
            is_sure=figure.gain in ("better", "worse"),
        )
