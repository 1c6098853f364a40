"""The section on agreement: how well each measure finds the tokens that change the output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from reportgen.findings.evidence import ViewFigures
from reportgen.findings.findings import Findings
from reportgen.findings.statistics import Estimate
from reportgen.report.charts.tracks import axis, bar, correlation_scale, interval_text
from reportgen.report.components import Cell, Sentence
from reportgen.report.language.numbers import NOTHING, column_decimals, written
from reportgen.report.language.sentences import measure_names
from reportgen.report.language.strings import Language
from reportgen.report.panel.evidence import Scope
from reportgen.report.panel.measures import cls_name
from reportgen.report.panel.panel import sentences
from reportgen.results.info import Statistic, View
from reportgen.results.measure_register import COLOURS, MEASURES, MIN_TEXTS, MIN_UNITS, VIEWS

# Measures by what they are computed from; the others are compared with the last group.
_GROUPS: Mapping[str, tuple[View, ...]] = {
    group: tuple(measure.id for measure in MEASURES if measure.group == group)
    for group in ("attention", "gradients", "baselines")
}
_COLOURS: Mapping[str, int | None] = {"attention": 0, "gradients": 1, "baselines": None}
# Both are in the unit of the output.
_ERASURE: tuple[Statistic, ...] = ("comprehensiveness", "sufficiency")
_DIGITS = 2


@dataclass(frozen=True, slots=True)
class TrustGroup:
    """Measures of one kind, and how well each agrees with deletion effects."""

    title: str
    # Name, with what a baseline stands for; chart; Spearman; Kendall; gain over rarity; texts.
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """The section on agreement."""

    first: Cell | None  # agreement of the colours shown first; None where nothing was computed
    first_texts: int  # the number of texts it was measured on
    headline: str  # "" where nothing was computed
    beside: str  # what to compare the headline's figure with
    notes: tuple[Sentence, ...]
    by_view: tuple[Sentence, ...]  # notes on one measure each
    not_computed: str  # says why nothing was computed; "" where something was
    axis: Markup
    groups: tuple[TrustGroup, ...]
    few: str  # names the measures that too few texts have; "" where there are none
    erasure_columns: tuple[str, ...]
    # How the output changes when a measure's top tokens are removed, or are all that is kept: name,
    # and for each statistic its mean and how often it beats a random order.
    erasure: tuple[tuple[Cell, ...], ...]
    withheld: tuple[tuple[str, str], ...]  # names of missing measures, and the reason
    has_ceiling: bool
    is_row_unread: bool  # the explained figure is not read from the row of the last token
    is_basic: bool  # --evidence full would add measures


def make_trust(findings: Findings, scope: Scope, language: Language) -> Trust | None:
    """The section; None without evidence."""
    has_evidence = findings.info.evidence.level != "none"
    return _Maker(findings, language).trust(scope) if has_evidence else None


class _Maker:
    """Makes the words and tables of the section."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self._findings = findings
        self._language = language
        self._say = partial(language.say, "trust")
        self._row = cls_name(findings.info, language) or ""
        self._known = findings.stated_agreement
        self._few = [
            item.view
            for item in findings.agreement
            if item.statistic == "spearman" and item.stated is None
        ]
        ends = [
            min((item.estimate.mean, *(item.estimate.interval or ())))
            for (_, statistic), item in self._known.items()
            if statistic == "spearman"
        ]
        self._scale = correlation_scale(min(ends, default=0.0))
        self._first = self._find(findings.shown_first)
        self._ceiling = self._find("mask")

    def _find(self, view: View, statistic: Statistic = "spearman") -> ViewFigures | None:
        """A statistic of a measure; None where too few texts have it."""
        return self._known.get((view, statistic))

    def trust(self, scope: Scope) -> Trust:
        """The section."""
        groups = tuple(
            TrustGroup(self._say(f"group_{name}"), rows)
            for name, views in _GROUPS.items()
            if (rows := self._rows(name, views))
        )
        few = ""
        if groups and self._few:
            views = measure_names(self._few, self._language, self._row)
            few = self._say("few", views=views, min=MIN_TEXTS)
        first, evidence = self._first, self._findings.info.evidence
        return Trust(
            first=self._cell(first.estimate) if first else None,
            first_texts=first.estimate.n_texts if first else 0,
            headline=self._headline(),
            beside=self._beside(),
            notes=sentences(self._findings.placed.trust, self._language),
            by_view=sentences(self._findings.placed.agreement, self._language),
            not_computed="" if groups else self._not_computed(),
            axis=axis(self._scale),
            groups=groups,
            few=few,
            erasure_columns=tuple(self._language.say("statistics", name) for name in _ERASURE),
            erasure=self._erasure(),
            withheld=scope.withheld,
            has_ceiling=self._ceiling is not None,
            is_row_unread=evidence.scalar == "log_probability",
            is_basic=evidence.level == "basic",
        )

    def _headline(self) -> str:
        """How well the colours shown first agree."""
        if self._first is None:
            return ""
        interval = self._first.estimate.interval
        is_open = interval is not None and interval.low <= 0 <= interval.high
        mean = self._cell(self._first.estimate).text
        return self._say("headline_zero" if is_open else "headline", mean=mean)

    def _beside(self) -> str:
        """What the figure of the headline is, and what to compare it with."""
        if self._first is None:
            return ""
        view, first = self._findings.shown_first, self._first.estimate
        interval = self._cell(first).small
        parts = [
            self._say("measured_on", view=self._name(view), texts=first.n_texts, interval=interval)
        ]
        colours = [item for view in VIEWS if view in COLOURS and (item := self._find(view))]
        best = max(colours, key=lambda item: item.estimate.mean)
        if best.estimate.mean > first.mean:
            mean = self._cell(best.estimate).text
            parts.append(self._say("headline_best", view=self._name(best.view), mean=mean))
        baselines: tuple[View, ...] = ("mask", "rarity")
        for baseline in baselines:
            if own := self._find(baseline):
                parts.append(self._say(f"headline_{baseline}", mean=self._cell(own.estimate).text))
        return self._language.say("common", "space").join(parts)

    def _not_computed(self) -> str:
        rows = self._findings.results.agreement
        return self._say(
            "not_computed",
            min_texts=MIN_TEXTS,
            min_units=MIN_UNITS,
            n=rows.loc[rows["statistic"] == "spearman", "text"].nunique(),
            total=self._findings.info.evidence.n_texts,
        )

    def _rows(self, group: str, views: Sequence[View]) -> tuple[tuple[Cell, ...], ...]:
        """The rows of one group: the best first, but baselines in their fixed order."""
        found = [item for view in views if (item := self._find(view))]
        if group != "baselines":
            found.sort(key=lambda item: -item.estimate.mean)
        return tuple(self._row_of(item, _COLOURS[group]) for item in found)

    def _row_of(self, item: ViewFigures, colour: int | None) -> tuple[Cell, ...]:
        mean, interval = item.estimate.mean, item.estimate.interval
        kendall = self._find(item.view, "kendall")
        role = ""
        if item.view == self._findings.shown_first:
            role = self._say("first")
        elif colour is None:
            role = self._say(f"role_{item.view}")
        ceiling = self._ceiling.estimate.mean if self._ceiling and colour is not None else None
        return (
            Cell(self._name(item.view), role),
            Cell("", track=bar(self._scale, mean, interval, ceiling, colour=colour)),
            self._cell(item.estimate),
            self._cell(kendall.estimate if kendall else None),
            self._cell(item.over_rarity, with_sign=True),
            Cell(f"{item.estimate.n_texts:,}"),
        )

    def _erasure(self) -> tuple[tuple[Cell, ...], ...]:
        """Comprehensiveness and sufficiency, where they were measured."""
        digits = {statistic: self._digits(statistic) for statistic in _ERASURE}
        rows = []
        for view in (view for views in _GROUPS.values() for view in views):
            found = {statistic: self._find(view, statistic) for statistic in _ERASURE}
            if not any(found.values()):
                continue
            cells = [Cell(self._name(view))]
            for statistic, item in found.items():
                mean = self._cell(item.estimate if item else None, digits[statistic])
                cells += [mean, Cell(self._beats(item))]
            rows.append(tuple(cells))
        return tuple(rows)

    def _digits(self, statistic: Statistic) -> int | None:
        """Decimals that give the largest mean of a statistic three significant digits."""
        known = [item.estimate.mean for item in self._known.values() if item.statistic == statistic]
        return column_decimals(max(map(abs, known), default=0.0))

    def _beats(self, item: ViewFigures | None) -> str:
        """In how many texts a measure beats a random order; "" where that was not measured."""
        if item is None or item.beats_random is None:
            return ""
        return self._say("beats", n=item.beats_random, of=item.estimate.n_texts)

    def _cell(
        self, estimate: Estimate | None, digits: int | None = _DIGITS, with_sign: bool = False
    ) -> Cell:
        if estimate is None:
            return Cell(NOTHING)
        return Cell(
            written(estimate.mean, digits, with_sign),
            interval_text(estimate.interval, digits, self._language),
        )

    def _name(self, view: View) -> str:
        return self._language.measure(view, "name", row=self._row)
