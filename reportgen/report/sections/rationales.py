"""The section on the words that people marked: how well each colouring finds them, beside how well
it agrees with what changes the prediction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from markupsafe import Markup

from reportgen.findings import Estimate, Findings, Rationales, ViewRationale
from reportgen.report.charts.cell_tracks import (
    Scale,
    axis,
    bar,
    interval_text,
    named_marks,
)
from reportgen.report.components import Cell, Column, Section, Table
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import NOTHING, written
from reportgen.report.panel.unit_measures import cls_name
from reportgen.results import EFFECT, MIN_TEXTS, Measure, View, colours_of, measure_of

if TYPE_CHECKING:
    from reportgen.report.sections.context import Context

_DIGITS = 2
_SCALE = Scale(0.0, 1.0, named_marks((0.0, 0.5, 1.0)), 0.0)
_COLOURS: Mapping[str, int | None] = {
    "attention": 0,
    "gradients": 1,
    "effects": 1,
    "user": 1,
    "baselines": None,
}


@dataclass(frozen=True, slots=True)
class RationaleGroup:
    """Measures of one kind, and how well each finds the marked words."""

    title: str
    # Name, with what a baseline stands for; chart; F1; agreement with effects; F1 against the best
    # baseline; AUPRC; F1 of spans; texts.
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class RationaleSection:
    """The section on the words that people marked."""

    headline: str
    lead: tuple[str, ...]
    axis: Markup
    groups: tuple[RationaleGroup, ...]  # those that colour a text, effects and baselines
    rest: tuple[RationaleGroup, ...]  # the others, folded
    rest_name: str  # says how many they are; "" where there are none


def make_rationales(context: "Context") -> RationaleSection | None:
    """The section; None where people marked nothing."""
    findings = context.findings
    if findings.rationales is None:
        return None
    return _RationaleTables(findings, findings.rationales, context.language).whole()


def short_rationales(context: "Context") -> Iterable[Section]:
    """How well the colours shown first, effects and the best baseline find the marked words, beside
    how well they agree with what changes the prediction; folded."""
    found = context.findings.rationales
    if found is not None:
        yield _RationaleTables(context.findings, found, context.language).short()


class _RationaleTables:
    """Makes the words and tables of the section."""

    def __init__(self, findings: Findings, found: Rationales, language: Language) -> None:
        self._findings = findings
        self._found = found
        self._language = language
        self._say = partial(language.say, "rationales")
        self._row = cls_name(findings.info, language) or ""
        self._first = findings.shown_first
        self._stated = {view: item for view, item in found.views.items() if item.stated}

    def whole(self) -> RationaleSection:
        """The section of a page."""
        rest = self._groups(is_rest=True)
        n_rest = sum(len(group.rows) for group in rest)
        return RationaleSection(
            headline=self._headline(),
            lead=self._lead(),
            axis=axis(_SCALE),
            groups=self._groups(is_rest=False),
            rest=rest,
            rest_name=self._language.count("rationales", "more", n_rest) if n_rest else "",
        )

    def short(self) -> Section:
        """The section of a short form."""
        judged = self._stated[self._first].judgement if self._first in self._stated else None
        best = judged.baseline if judged else None
        named = dict.fromkeys((self._first, EFFECT, best))
        rows = (self._cells(view) for view in named if view is not None and view in self._stated)
        columns = (
            Column(self._language.say("trust", "view")),
            Column(self._say("f1"), is_figures=True),
            Column(self._say("faithful"), is_figures=True),
        )
        table = Table(columns, tuple((name, f1, faithful) for name, _, f1, faithful, *_ in rows))
        return Section(
            5,
            self._say("heading"),
            lead=(self._headline(), *self._lead()),
            table=table if table.rows else None,
            is_folded=True,
            place=62,
        )

    def _headline(self) -> str:
        if verdict := self._verdict(self._first):
            return self._say(f"headline_{verdict}", **self._values(self._first))
        first = self._stated.get(self._first)
        return self._say("few", n=first.figures.n_texts if first else 0, min=MIN_TEXTS)

    def _verdict(self, view: View) -> str:
        """What is said of a measure: "above" where it surely finds more than chance and than every
        baseline, else its verdict; "" where too few texts have it."""
        item = self._stated.get(view)
        if item is None or item.judgement is None:
            return ""
        return "above" if item.judgement.is_above_all else item.judgement.verdict

    def _values(self, view: View) -> dict[str, object]:
        item = self._stated[view]
        best = item.judgement.baseline if item.judgement else None
        return {
            "f1": item.figures.f1.mean,
            "chance": item.chance.f1.mean,
            "baseline": "" if best is None else self._name(best),
        }

    def _lead(self) -> tuple[str, ...]:
        found = self._found
        first = self._stated.get(self._first)
        counts = {"none": found.n_none, "all": found.n_all, "cut": len(found.cut)}
        measured, n_marked = "", len(found.marked) - found.n_none
        if first is not None:
            f1 = first.figures.f1
            measured = self._say("measured", interval=f1.interval, n=f1.n_texts)
        effect = ""
        if self._first != EFFECT and (verdict := self._verdict(EFFECT)):
            effect = self._say(f"effect_{verdict}", **self._values(EFFECT))
        parts = (
            self._language.sentences((self._say("lead", n=n_marked), measured)),
            effect,
            self._say("two_questions") if first is not None else "",
            self._language.sentences(self._say(key, n=n) for key, n in counts.items() if n),
        )
        return tuple(filter(None, parts))

    def _measure(self, view: View) -> Measure:
        return measure_of(view, self._findings.info)

    def _groups(self, *, is_rest: bool) -> tuple[RationaleGroup, ...]:
        by_group: dict[str, list[View]] = {group: [] for group in _COLOURS}
        for view in self._stated:
            if self._is_rest(view) == is_rest:
                by_group[self._measure(view).group].append(view)
        return tuple(
            RationaleGroup(self._title(group), tuple(map(self._cells, self._ordered(views))))
            for group, views in by_group.items()
            if views
        )

    def _title(self, group: str) -> str:
        words = self._language.words["rationales"]
        section = "rationales" if f"group_{group}" in words else "trust"
        return self._language.say(section, f"group_{group}")

    def _ordered(self, views: list[View]) -> list[View]:
        """The best first, but baselines in their fixed order."""
        is_plain = {view: self._measure(view).is_plain for view in views}
        mean = {view: self._stated[view].figures.f1.mean for view in views}
        return sorted(views, key=lambda view: 0.0 if is_plain[view] else -mean[view])

    def _is_rest(self, view: View) -> bool:
        is_coloured = view in colours_of(self._findings.info) or view == self._first
        return not (is_coloured or self._measure(view).is_plain)

    def _cells(self, view: View) -> tuple[Cell, ...]:
        item = self._stated[view]
        figures = item.figures
        faithful = self._findings.agreement_by_size.get(view)
        role = ""
        if view == self._first:
            role = self._language.say("trust", "first")
        elif self._measure(view).is_plain:
            role = self._language.say("trust", f"role_{view}")
        return (
            Cell(self._name(view), role),
            Cell("", track=self._bar(item)),
            self._cell(figures.f1),
            self._cell(faithful.estimate if faithful else None),
            self._over(item),
            self._cell(figures.auprc),
            self._cell(figures.iou),
            Cell(f"{figures.n_texts:,}"),
        )

    def _bar(self, item: ViewRationale) -> Markup:
        f1, colour = item.figures.f1, _COLOURS[self._measure(item.view).group]
        return bar(_SCALE, f1.mean, f1.interval, item.chance.f1.mean, colour=colour)

    def _over(self, item: ViewRationale) -> Cell:
        """How far a measure is from the baseline that comes closest, or does better."""
        judged = item.judgement
        if judged is None or judged.over is None or judged.baseline is None:
            return Cell(NOTHING)
        cell = self._cell(judged.over, with_sign=True)
        name = self._name(judged.baseline)
        small = self._language.say("trust", "over_which", interval=cell.small, name=name)
        return replace(cell, small=small)

    def _cell(self, estimate: Estimate | None, *, with_sign: bool = False) -> Cell:
        if estimate is None:
            return Cell(NOTHING)
        return Cell(
            written(estimate.mean, _DIGITS, with_sign),
            interval_text(estimate.interval, _DIGITS, self._language),
        )

    def _name(self, view: View) -> str:
        return self._language.measure(view, "name", row=self._row)
