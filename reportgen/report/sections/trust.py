"""How well each view of a text agrees with what really moves the output, as a panel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reportgen.findings.evidence import Estimate, ViewFigures
from reportgen.findings.findings import Findings
from reportgen.findings.notes.note import Placed
from reportgen.report.charts.tracks import axis, bar, correlation_scale, interval_text
from reportgen.report.components import Cell, Sentence
from reportgen.report.language.numbers import NOTHING, column_decimals, written
from reportgen.report.language.sentences import measure_names
from reportgen.report.language.strings import Language
from reportgen.report.panel.evidence import Scope, Withheld
from reportgen.report.panel.measures import cls_name
from reportgen.report.panel.panel import sentences
from reportgen.results.info import Statistic, View
from reportgen.results.measures import COLOURS, MEASURES, MIN_TEXTS, MIN_UNITS, VIEWS

# Views by what they are read from; the last group is what the others are held against.
_GROUPS: Mapping[str, tuple[View, ...]] = {
    group: tuple(measure.id for measure in MEASURES if measure.group == group)
    for group in ("attention", "gradients", "baselines")
}
_COLOURS: Mapping[str, int | None] = {"attention": 0, "gradients": 1, "baselines": None}
# Both are in the output's own unit.
_ERASURE: tuple[Statistic, ...] = ("comprehensiveness", "sufficiency")
_DIGITS = 2


@dataclass(frozen=True, slots=True)
class TrustRow:
    """One view's agreement with deletion effects."""

    name: str
    role: str  # that the colours show it first, or what it is the measure of
    track: Markup
    spearman: Cell
    kendall: Cell
    over_rarity: Cell
    n_texts: str


@dataclass(frozen=True, slots=True)
class TrustGroup:
    """Views of one kind."""

    title: str
    rows: tuple[TrustRow, ...]


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """What becomes of the output when a view's first units are left out, or kept alone."""

    name: str
    cells: tuple[tuple[Cell, str], ...]  # by statistic, with how often it beats the random order


@dataclass(frozen=True, slots=True)
class Trust:
    """The panel."""

    first: Cell | None  # of what the colours show first; None where nothing was computed
    first_texts: int  # it was measured on
    headline: str  # "" where nothing was computed
    beside: str  # what to hold it against
    notes: tuple[Sentence, ...]
    by_view: tuple[Sentence, ...]  # notes on one view each
    not_computed: str  # why; "" where it was
    axis: Markup
    groups: tuple[TrustGroup, ...]
    few: str  # views that too few texts have; "" without one
    erasure_columns: tuple[str, ...]
    erasure: tuple[ErasureRow, ...]
    withheld: tuple[Withheld, ...]
    has_ceiling: bool
    is_row_unread: bool  # what is explained is read from another row than the last token's
    is_basic: bool  # full would add to it


def make_trust(
    findings: Findings, scope: Scope, placed: Placed, language: Language
) -> Trust | None:
    """The panel of `results`, with the notes that were `placed` there; None without evidence."""
    if findings.info.evidence.level == "none":
        return None
    return _Maker(findings, language).trust(scope, placed)


class _Maker:
    """Puts the figures of one run into words and tracks."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self._findings = findings
        self._language = language
        self._row = cls_name(findings.info, language) or ""
        figures = findings.agreement
        self._known = {
            (item.view, item.statistic): item
            for item in figures
            if item.estimate.n_texts >= MIN_TEXTS
        }
        self._few = [
            item.view
            for item in figures
            if item.statistic == "spearman" and item.estimate.n_texts < MIN_TEXTS
        ]
        ends = [
            min((item.estimate.mean, *(item.estimate.interval or ())))
            for (_, statistic), item in self._known.items()
            if statistic == "spearman"
        ]
        self._scale = correlation_scale(min(ends, default=0.0))

    def trust(self, scope: Scope, placed: Placed) -> Trust:
        """The panel."""
        groups = tuple(
            TrustGroup(self._say(f"group_{name}"), rows)
            for name, views in _GROUPS.items()
            if (rows := self._rows(name, views))
        )
        few = ""
        if groups and self._few:
            views = measure_names(self._few, self._language, self._row)
            few = self._say("few", views=views, min=MIN_TEXTS)
        first = self._known.get((self._findings.shown_first, "spearman"))
        return Trust(
            first=self._first(),
            first_texts=0 if first is None else first.estimate.n_texts,
            headline=self._headline(),
            beside=self._beside(),
            notes=sentences(placed.trust, self._language),
            by_view=sentences(placed.agreement, self._language),
            not_computed="" if groups else self._not_computed(),
            axis=axis(self._scale),
            groups=groups,
            few=few,
            erasure_columns=tuple(self._language.say("statistics", name) for name in _ERASURE),
            erasure=self._erasure(),
            withheld=scope.withheld,
            has_ceiling=("mask", "spearman") in self._known,
            is_row_unread=self._findings.info.evidence.scalar == "log_probability",
            is_basic=self._findings.info.evidence.level == "basic",
        )

    def _first(self) -> Cell | None:
        found = self._known.get((self._findings.shown_first, "spearman"))
        return None if found is None else self._cell(found.estimate)

    def _headline(self) -> str:
        """How far the view that the colours show first agrees."""
        first = self._first()
        if first is None:
            return ""
        interval = self._known[self._findings.shown_first, "spearman"].estimate.interval
        is_open = interval is not None and interval.low <= 0 <= interval.high
        return self._say("headline_zero" if is_open else "headline", mean=first.text)

    def _beside(self) -> str:
        """What the headline's figure is, and what it is to be held against."""
        view = self._findings.shown_first
        found = self._known.get((view, "spearman"))
        if found is None:
            return ""
        texts, interval = found.estimate.n_texts, self._cell(found.estimate).small
        said = [self._say("measured_on", view=self._name(view), texts=texts, interval=interval)]
        colours = [
            item
            for view in VIEWS
            if view in COLOURS and (item := self._known.get((view, "spearman")))
        ]
        best = max(colours, key=lambda item: item.estimate.mean)
        if best.estimate.mean > found.estimate.mean:
            mean = self._cell(best.estimate).text
            said.append(self._say("headline_best", view=self._name(best.view), mean=mean))
        for baseline in ("mask", "rarity"):
            held = self._known.get((baseline, "spearman"))
            if held is not None:
                said.append(self._say(f"headline_{baseline}", mean=self._cell(held.estimate).text))
        return self._language.say("common", "space").join(said)

    def _not_computed(self) -> str:
        rows = self._findings.results.agreement
        return self._say(
            "not_computed",
            min_texts=MIN_TEXTS,
            min_units=MIN_UNITS,
            n=rows.loc[rows["statistic"] == "spearman", "text"].nunique(),
            total=self._findings.info.evidence.n_texts,
        )

    def _rows(self, group: str, views: Sequence[View]) -> tuple[TrustRow, ...]:
        """The rows of one group: the best first, but baselines in their own order."""
        found = [item for view in views if (item := self._known.get((view, "spearman")))]
        if group != "baselines":
            found.sort(key=lambda item: -item.estimate.mean)
        return tuple(self._trust_row(item, _COLOURS[group]) for item in found)

    def _trust_row(self, item: ViewFigures, colour: int | None) -> TrustRow:
        kendall = self._known.get((item.view, "kendall"))
        ceiling = self._known.get(("mask", "spearman"))
        role = ""
        if item.view == self._findings.shown_first:
            role = self._say("first")
        elif colour is None:
            role = self._say(f"role_{item.view}")
        return TrustRow(
            name=self._name(item.view),
            role=role,
            track=bar(
                self._scale,
                item.estimate.mean,
                item.estimate.interval,
                ceiling.estimate.mean if ceiling and colour is not None else None,
                colour,
            ),
            spearman=self._cell(item.estimate),
            kendall=self._cell(kendall.estimate if kendall else None),
            over_rarity=self._cell(item.over_rarity, with_sign=True),
            n_texts=f"{item.estimate.n_texts:,}",
        )

    def _erasure(self) -> tuple[ErasureRow, ...]:
        """Comprehensiveness and sufficiency, where they were measured."""
        digits = {statistic: self._digits(statistic) for statistic in _ERASURE}
        rows = []
        for view in (view for views in _GROUPS.values() for view in views):
            found = {statistic: self._known.get((view, statistic)) for statistic in _ERASURE}
            if not any(found.values()):
                continue
            cells = tuple(
                (self._cell(item.estimate if item else None, digits[statistic]), self._beats(item))
                for statistic, item in found.items()
            )
            rows.append(ErasureRow(self._name(view), cells))
        return tuple(rows)

    def _digits(self, statistic: Statistic) -> int | None:
        """Decimals that give the largest mean three significant digits: these are in the output's
        own unit."""
        known = [item.estimate.mean for item in self._known.values() if item.statistic == statistic]
        return column_decimals(max(map(abs, known), default=0.0))

    def _beats(self, item: ViewFigures | None) -> str:
        if item is None or item.beats_random is None:
            return ""
        return self._say("beats", n=item.beats_random, of=item.estimate.n_texts)

    def _cell(
        self, estimate: Estimate | None, digits: int | None = _DIGITS, with_sign: bool = False
    ) -> Cell:
        if estimate is None:
            return Cell(NOTHING, "")
        return Cell(
            written(estimate.mean, digits, with_sign),
            interval_text(estimate.interval, digits, self._language),
        )

    def _name(self, view: View) -> str:
        return self._language.measure(view, "name", row=self._row)

    def _say(self, key: str, **values: object) -> str:
        return self._language.say("trust", key, **values)
