"""The section on errors: in which texts they are larger, whether numbers are pulled to the middle,
and whether probabilities can be believed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import exp

from reportgen.findings import (
    CONFIDENCE,
    Calibration,
    Estimate,
    Findings,
    Interval,
    LengthTrend,
    Slopes,
    Subset,
)
from reportgen.report.charts.cell_tracks import interval_text
from reportgen.report.charts.scatter import reliability
from reportgen.report.charts.svg import Drawing
from reportgen.report.components import Cell, Kpi, Section, Table, make_table
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import (
    MINUS,
    decimals,
    exact,
    in_column,
    percentage,
    points,
    written,
)
from reportgen.report.language.printable import shorten, visible
from reportgen.report.panel.prediction import number_digits
from reportgen.results import MIN_TEXTS
from reportgen.tasks import Measure

_SENTENCES = 3
_NAME = 40  # half-width characters of a class, group or file
_LABEL = 6  # letters of a right answer as it was given; a longer one is rounded
_DIGITS = 2  # of a slope
_SMALLEST = 0.001  # of what is printed of a p value


@dataclass(frozen=True, slots=True)
class Probabilities:
    """How the probabilities fit what is right."""

    headline: str
    figures: tuple[Kpi, ...]
    chart: Drawing | None  # None where there are too few predictions
    note: str


@dataclass(frozen=True, slots=True)
class ErrorSection:
    """The section on errors."""

    headline: str  # what is said first
    sentences: tuple[str, ...]
    remarks: tuple[str, ...]  # on what was compared
    table: Table | None  # what is sure; without rows where nothing is
    doubtful: Table | None  # what may be chance, folded
    more: str  # says how much may be chance; "" where nothing
    probabilities: Probabilities | None


def make_errors(findings: Findings, language: Language) -> ErrorSection | None:
    """The section; None without right answers, and where nothing can be compared."""
    where, chances = findings.where_wrong, findings.calibration
    sentences = [*_told(findings, language)]
    if not sentences and where is None and chances is None:
        return None
    words = ErrorWords(findings, language)
    table = words.table() if where and where.n_tried else None
    sure, doubtful = split_by_chance(table) if table else (None, None)
    n, has_sure = len(doubtful.rows) if doubtful else 0, bool(sure and sure.rows)
    key = "doubtful" if has_sure else "doubtful_only"
    return ErrorSection(
        headline=sentences[0] if sentences else "",
        sentences=tuple(sentences[1:]),
        remarks=words.remarks() if where else (),
        table=sure,
        doubtful=doubtful,
        more=language.count("errors", key, n) if n else "",
        probabilities=_probabilities(chances, _has_copies(findings), language) if chances else None,
    )


def split_by_chance(table: Table) -> tuple[Table, Table]:
    """The rows of a table whose difference is sure, and those that may be chance."""
    sure = tuple(row for row in table.rows if row[0].is_strong)
    rest = tuple(row for row in table.rows if not row[0].is_strong)
    return replace(table, rows=sure), replace(table, rows=rest)


def short_error(findings: Findings, language: Language) -> str:
    """What is surest about errors, in few words; "" where nothing is."""
    return next(_in_short(findings, language), "")


def told_errors(findings: Findings, language: Language) -> tuple[str, ...]:
    """All that is sure about errors, in sentences; none where nothing is."""
    words = ErrorWords(findings, language)
    chances = findings.calibration
    has_verdict = chances is not None and chances.verdict is not None
    probabilities = _calibration_sentence(chances, language) if chances and has_verdict else ""
    return tuple(filter(None, (*words.sentences(), _slope(findings, language), probabilities)))


def short_errors(findings: Findings, language: Language) -> Iterable[Section]:
    """The table of errors, folded, for a short form."""
    where = findings.where_wrong
    if where is not None and where.n_tried:
        words = ErrorWords(findings, language)
        heading = language.say("errors", "table")
        lead = (*words.remarks(), language.say("errors", "intervals"))
        yield Section(4, heading, lead, table=words.table(), is_folded=True, place=62)


def _told(findings: Findings, language: Language) -> Iterator[str]:
    where = findings.where_wrong
    sentences = ErrorWords(findings, language).sentences()
    if where is not None and where.n_tried and not sentences:
        yield language.count("errors", "nothing_sure", where.n_tried)
    yield from sentences
    if slope := _slope(findings, language):
        yield slope


def _in_short(findings: Findings, language: Language) -> Iterator[str]:
    yield from ErrorWords(findings, language).in_short()
    slopes, chances = findings.slopes, findings.calibration
    if slopes is not None and slopes.verdict in ("too_close", "too_far"):
        labels = written(slopes.of_labels.mean, _DIGITS)
        yield language.say("errors", f"short_{_on_slopes(slopes)}", labels=labels)
    if chances is not None and chances.verdict in ("over", "under"):
        chance = chances.mean_chance
        yield language.say("errors", f"short_{chances.verdict}", chance=chance)


class ErrorWords:
    """Puts into words how errors differ between texts."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self._where = findings.where_wrong
        self._language = language
        self._say = partial(language.say, "errors")
        self._digits = _digits(findings)

    def sentences(self) -> tuple[str, ...]:
        """What is sure, the worst first, at most three sentences."""
        return tuple(self._sentence(part, "") for part in self._sure()[:_SENTENCES])

    def in_short(self) -> Iterator[str]:
        """The same in few words, one by one."""
        return (self._sentence(part, "short_") for part in self._sure())

    def remarks(self) -> tuple[str, ...]:
        """How many comparisons were made, and which were not."""
        where = self._where
        assert where is not None  # asked for beside a table
        count, small = partial(self._language.count, "errors"), where.n_small
        false = round(100 * (1 - CONFIDENCE))
        tried = count("tried", where.n_tried, texts=where.n_texts, FALSE=false)
        return (tried, count("small", small, least=MIN_TEXTS)) if small else (tried,)

    def table(self) -> Table:
        """All comparisons."""
        where = self._where
        assert where is not None  # there is something to compare
        rows = []
        if (trend := where.trend) is not None:
            low, high = trend.lengths[1]
            name = self._say("longest", low=low, high=high)
            ends = (trend.longest, trend.shortest)
            rows.append(self._row(name, *ends, trend.difference, trend.p, trend.is_sure))
        rows += [
            self._row(self._place(p), p.error, p.rest, p.difference, p.p, p.is_sure)
            for p in where.parts
        ]
        names = [self._say(key) for key in ("part", f"column_{where.measure}", "elsewhere")]
        names += [self._say(key) for key in ("apart", "by_chance")]
        columns = (names[0], self._language.say("common", "n_texts"), *names[1:])
        return make_table(self._say("table"), columns, rows, "tracks")

    def _row(
        self,
        name: str,
        inside: Estimate,
        rest: Estimate,
        apart: Interval | None,
        p: float,
        is_sure: bool,
    ) -> tuple[Cell, list[Cell]]:
        shown = self._apart(inside.mean, rest.mean, apart)
        chance = f"< {_SMALLEST}" if p < _SMALLEST else f"{p:.3f}"
        cells = [
            f"{inside.n_texts:,}",
            self._value(inside.mean),
            self._value(rest.mean),
            shown,
            chance,
        ]
        return Cell(name, is_strong=is_sure), [Cell(text, is_strong=is_sure) for text in cells]

    def _sure(self) -> tuple[Subset | LengthTrend, ...]:
        return self._where.sure if self._where else ()

    def _sentence(self, part: Subset | LengthTrend, prefix: str) -> str:
        write = self._short if prefix else self._named
        if isinstance(part, LengthTrend):
            key = "longer" if part.correlation.mean > 0 else "shorter"
            long, short = write(part.longest.mean), write(part.shortest.mean)
            if prefix and self._where is not None:  # only the first is named
                short = self._say(f"value_{self._where.measure}", x=short)
            return self._say(
                prefix + key,
                long=long,
                short=short,
                to=part.lengths[0].high,
                **{"from": part.lengths[1].low},
            )
        key = "worse" if part.is_worse else "better"
        sides = {"own": write(part.error.mean), "rest": write(part.rest.mean)}
        if prefix and self._where is not None:  # that of the part with its name
            sides["own"] = self._say(f"value_{self._where.measure}", x=sides["own"])
        return self._say(prefix + key, where=self._place(part), **sides)

    def _place(self, part: Subset) -> str:
        """Where the texts of a part are."""
        if part.band is not None:
            low, high = (
                shown if len(shown := exact(end)) <= _LABEL else self._language.write(end, "number")
                for end in part.band
            )
            key = f"where_{part.aspect}_{'value' if low == high else 'band'}"
            return self._say(key, low=low, high=high)
        name = shorten(visible(part.name), _NAME)
        if part.aspect == "script":
            name = str(self._language.words["errors"].get(f"script_{part.name}", name))
        return self._say(f"where_{part.aspect}", name=name)

    def _short(self, error: float) -> str:
        """An error beside the first answer, with as many digits as that."""
        assert self._where is not None  # it has the error
        return _VALUES[self._where.measure](error, self._digits, self._language)

    def _named(self, error: float) -> str:
        """An error as sentences name it, such as `off by 0.31`."""
        assert self._where is not None  # it has the error
        return self._say(f"value_{self._where.measure}", x=self._value(error))

    def _value(self, error: float) -> str:
        assert self._where is not None  # it has the error
        return _VALUES[self._where.measure](error, self._digits, self._language)

    def _apart(self, inside: float, rest: float, interval: Interval | None) -> str:
        """A difference with its interval; of shares in points."""
        assert self._where is not None  # it has the errors
        measure = self._where.measure
        ends = [inside - rest, *(interval or ())]
        if measure == "f1":
            ends = [ends[0], *ends[:0:-1]]
            ends = [-end for end in ends]
        if measure in ("distance", "ranks"):
            shown = [in_column(end, self._digits, with_sign=True) for end in ends]
        elif measure == "loss":
            shown = [f"×{_perplexity(end):.2f}" for end in ends]
        else:
            shown = [_points(end) for end in ends]
            shown[0] = self._language.say("number", "points", x=shown[0])
        if len(shown) == 1:
            return shown[0]
        return f"{shown[0]} {self._language.say('number', 'interval', low=shown[1], high=shown[2])}"


def _digits(findings: Findings) -> int | None:
    """How many decimals errors have."""
    if findings.label_fit is not None:
        return number_digits(findings)
    where = findings.where_wrong
    if where is None:
        return 0
    return decimals(_perplexity(where.error.mean) if where.measure == "loss" else where.error.mean)


def _points(difference: float) -> str:
    """A difference of shares in percentage points; one that is not 0 is not printed as 0."""
    in_points = points(difference)
    is_lost = difference != 0 and not in_points.strip(f"{MINUS}+0.")
    return written(100 * difference, 2, with_sign=True) if is_lost else in_points


def _perplexity(loss: float) -> float:
    """It of a mean log-probability with the sign turned, or a ratio of two of a difference."""
    return exp(min(loss, 700.0))


def _slope(findings: Findings, language: Language) -> str:
    """Whether predicted numbers lie too close together or too far apart; "" where nothing is
    sure."""
    slopes = findings.slopes
    if slopes is None or slopes.verdict is None:
        return ""
    values = {}
    for name, slope in (("labels", slopes.of_labels), ("predictions", slopes.of_predictions)):
        values[name] = written(slope.mean, _DIGITS)
        values[f"{name}_interval"] = interval_text(slope.interval, _DIGITS, language)
    return language.say("errors", f"slope_{_on_slopes(slopes)}", **values)


def _on_slopes(slopes: Slopes) -> str:
    """The key of what is said of slopes that have a verdict."""
    labels = slopes.of_labels.interval
    is_unrelated = labels is not None and labels.low <= 0
    return "unrelated" if slopes.verdict == "too_far" and is_unrelated else str(slopes.verdict)


def _has_copies(findings: Findings) -> bool:
    """Whether any of the texts whose probabilities are judged counts for others that are equal."""
    scored, chances = findings.scored, findings.calibration
    if scored is None or chances is None:
        return False
    return len(scored.of_text[0]) > chances.n_texts


def _probabilities(calibration: Calibration, has_copies: bool, language: Language) -> Probabilities:
    say, n_bins = partial(language.say, "errors"), len(calibration.bins)
    chart = reliability(
        [(group.chance, group.right.mean, group.right.interval) for group in calibration.bins],
        (say("axis_chance"), say("axis_right")),
        say("curve_sentence", n=n_bins),
    )
    percent = language.percent
    shown = [
        Kpi(percent(calibration.mean_chance), say("mean_chance")),
        Kpi(percent(calibration.right), say("right")),
        Kpi(percent(calibration.plain_error), say("plain_error")),
        Kpi(percent(calibration.noise), say("noise")),
        Kpi(
            percent(calibration.error.mean),
            say("error"),
            _in_percent(calibration.error.interval, language),
        ),
    ]
    sentences = [
        _calibration_sentence(calibration, language),
        *([say("once")] if has_copies else []),
    ]
    return Probabilities(
        headline=language.sentences(sentences),
        figures=tuple(shown),
        chart=chart if n_bins > 1 else None,
        note=say("curve_note", parts=n_bins) if n_bins > 1 else "",
    )


def _calibration_sentence(calibration: Calibration, language: Language) -> str:
    figure = calibration.error if calibration.verdict == "off" else calibration.gap
    return language.say(
        "errors",
        f"calibration_{calibration.verdict or 'fits'}",
        chance=calibration.mean_chance,
        right=calibration.right,
        gap=abs(calibration.gap.mean),
        error=calibration.error.mean,
        interval=_in_percent(_size(figure.interval), language),
    )


def _size(interval: Interval | None) -> Interval | None:
    """The interval of the size of a figure that surely is on one side of 0."""
    return interval and Interval(*sorted(map(abs, interval)))


def _in_percent(interval: Interval | None, language: Language) -> str:
    if interval is None:
        return ""
    low, high = map(percentage, interval)
    return language.say("number", "interval", low=low, high=high)


_Value = Callable[[float, int | None, Language], str]


def _number(error: float, digits: int | None, language: Language) -> str:
    return in_column(error, digits)


def _percent(error: float, digits: int | None, language: Language) -> str:
    return language.percent(error)


# How an error is written, by what it is of.
_VALUES: Mapping[Measure, _Value] = {
    "distance": _number,
    "ranks": _number,
    "texts": _percent,
    "labels": _percent,
    "words": _percent,
    "masks": _percent,
    "f1": lambda error, digits, language: language.percent(1 - error),
    "loss": lambda error, digits, language: written(_perplexity(error), digits),
}
