"""The section on agreement: how well each measure finds the tokens that change the output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from markupsafe import Markup

from reportgen.findings import (
    Colouring,
    Estimate,
    Findings,
    Judgement,
    ViewFigures,
    different_agreement,
    is_complete,
    is_reversed,
)
from reportgen.report.charts.cell_tracks import axis, bar, correlation_scale, interval_text
from reportgen.report.components import Cell, Sentence
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import NOTHING, written
from reportgen.report.language.sentences import measure_names
from reportgen.report.panel.evidence_scope import Scope
from reportgen.report.panel.panel import sentences
from reportgen.report.panel.unit_measures import cls_name
from reportgen.results import (
    COLOURS,
    MEASURES,
    MIN_TEXTS,
    MIN_UNITS,
    View,
    user_measures,
)

# By what measures are computed from, the colours of their bars; the others are compared with the
# last group.
_COLOURS: Mapping[str, int | None] = {
    "attention": 0,
    "gradients": 1,
    "user": 1,
    "baselines": None,
}
_DIGITS = 2


@dataclass(frozen=True, slots=True)
class TrustGroup:
    """Measures of one kind, and how well each agrees with what changes the output."""

    title: str
    # Name, with what a baseline stands for; chart; agreement by size; with sign; against the best
    # baseline; texts.
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """The section on agreement."""

    first: Cell | None  # agreement of the colours shown first; None where nothing was computed
    first_texts: int  # the number of texts it was measured on
    headline: str  # "" where nothing was computed
    chosen: str  # why these colours are shown first
    lead: str
    beside: str  # why these colours are shown, and what to compare the headline's figure with
    notes: tuple[Sentence, ...]
    not_computed: str  # says why nothing was computed; "" where something was
    axis: Markup
    groups: tuple[TrustGroup, ...]
    rest: tuple[TrustGroup, ...]  # measures that cannot colour a text, folded
    rest_name: str  # says how many they are; "" where there are none
    shuffled: str  # the agreement of the colours with the model's weights shuffled; "" if not known
    shapley: str  # the agreement of effects and colours with Shapley values, or why not; or ""
    few: str  # names the measures that too few texts have; "" where there are none
    withheld: tuple[tuple[str, str], ...]  # names of missing measures, and the reason
    has_ceiling: bool
    row_unread: str  # says that the explained figure is not read from the row of the last token
    is_basic: bool  # --evidence full would add measures


def make_trust(findings: Findings, scope: Scope, language: Language) -> Trust | None:
    """The section; None without evidence."""
    has_evidence = findings.info.evidence.level != "none"
    return _TrustSection(findings, language).trust(scope) if has_evidence else None


def chosen(colouring: Colouring, language: Language, row: str) -> str:
    """What the colours show and why, with its agreement and what that says beyond the baselines.

    `row` is the name of the token whose row is read; "" where there is none.
    """
    judged = colouring.judgement
    values = {
        "view": language.measure(colouring.view, "name", row=row),
        "mean": written(judged.agreement.mean, _DIGITS) if judged else None,
    }
    parts = [language.say("trust", f"chosen_{colouring.way}", **values)]
    if colouring.missing is not None:
        name = language.measure(colouring.missing, "name", row=row)
        parts.insert(0, language.say("trust", "chosen_missing", view=name))
    if judged:
        parts += [language.say("trust", "chosen_agreement", **values), _against(judged, language)]
    return language.sentences(parts)


def _against(judged: Judgement, language: Language) -> str:
    """What an agreement says beyond the baselines; "" where none was measured."""
    if judged.over is None or judged.baseline is None:
        return ""
    ending = f"_{judged.verdict}" if judged.verdict in ("worse", "no_more") else ""
    return language.say(
        "trust",
        f"against{'_above' if judged.is_above_all else ending}",
        baseline=language.measure(judged.baseline, "name"),
        base=written(judged.agreement.mean - judged.over.mean, _DIGITS),
        over=judged.over.mean,
        ends=judged.over.interval,
    )


def shuffled(findings: Findings, language: Language) -> str:
    """How far the colours agree with the model's weights shuffled, and what that says of their
    agreement, where they surely have one over all texts; "" where it was not measured on enough
    texts."""
    figures, judged = findings.shuffled_first, findings.colouring.judgement
    if figures is None:
        return ""
    values: dict[str, str] = {}
    for name in ("shuffled", "whole", "difference"):
        estimate: Estimate = getattr(figures, name)
        values[name] = written(estimate.mean, _DIGITS, name == "difference")
        values[f"{name}_interval"] = interval_text(estimate.interval, _DIGITS, language)
    parts = [language.say("trust", "shuffled", n_texts=figures.shuffled.n_texts, **values)]
    ends = judged.agreement.interval if judged else None
    if figures.share is not None and ends is not None and ends.low > 0:
        parts.append(language.say("trust", f"shuffled_{figures.share}"))
    return language.sentences(parts)


def shapley(findings: Findings, language: Language) -> str:
    """How far the effects that are shown and the colours agree with Shapley values, on how many
    texts, and how exact these are; or that too few texts have them; "" where none could."""
    figures = findings.shapley
    if figures is None:
        return _few_shapley(findings, language)
    values = {"effect": written(figures.effect.mean, _DIGITS)}
    values["effect_interval"] = interval_text(figures.effect.interval, _DIGITS, language)
    key = "shapley_effect"
    if colours := figures.colours:
        key = "shapley"
        values["colours"] = written(colours.mean, _DIGITS)
        values["colours_interval"] = interval_text(colours.interval, _DIGITS, language)
    parts = [language.say("trust", key, n_texts=figures.effect.n_texts, **values)]
    parts.append(language.say("trust", "shapley_is"))
    if figures.errors is not None:
        n_exact = figures.n_exact
        ending = "all" if figures.error is None else "some" if n_exact else "none"
        errors = {"error": figures.error, "largest": figures.largest_error}
        parts.append(language.say("trust", f"shapley_exact_{ending}", n_exact=n_exact, **errors))
    if findings.info.evidence.n_yardstick is not None:
        parts.append(language.say("trust", "shapley_share"))
    return language.sentences(parts)


def _few_shapley(findings: Findings, language: Language) -> str:
    """That too few texts of a basic run have Shapley values for a figure, and why."""
    n, withheld = findings.info.evidence.n_yardstick, findings.info.evidence.withheld
    if n is None or findings.is_constant or "alone" in withheld:  # no text can have them
        return ""
    key = "shapley_unpaid" if n < MIN_TEXTS else "shapley_few"
    return language.say("trust", key, n=n, min=MIN_TEXTS)


class _TrustSection:
    """Makes the words and tables of the section."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self._findings = findings
        self._language = language
        self._say = partial(language.say, "trust")
        self._row = cls_name(findings.info, language) or ""
        measures = (*MEASURES, *user_measures(findings.info.scores))
        self._members: Mapping[str, tuple[View, ...]] = {
            group: tuple(measure.id for measure in measures if measure.group == group)
            for group in _COLOURS
        }
        self._by_size = findings.agreement_by_size
        self._with_sign = findings.agreement_with_sign
        self._few = [
            item.view
            for item in findings.agreement
            if item.statistic == "spearman" and item.stated is None
        ]
        ends = [
            min((item.estimate.mean, *(item.estimate.interval or ())))
            for item in self._by_size.values()
        ]
        self._scale = correlation_scale(min(ends, default=0.0))
        judged = findings.colouring.judgement
        self._first = judged.agreement if judged else None
        self._ceiling = self._by_size.get("mask")
        # Measures that are not to be relied on, and have no bar.
        self._unsound = () if is_complete(findings.results) else ("ig",)

    def trust(self, scope: Scope) -> Trust:
        """The section."""
        groups, rest = self._groups(is_rest=False), self._groups(is_rest=True)
        n_rest = sum(len(group.rows) for group in rest)
        few = ""
        if (groups or rest) and self._few:
            views = measure_names(self._few, self._language, self._row)
            few = self._say("few", views=views, min=MIN_TEXTS)
        first, evidence = self._first, self._findings.info.evidence
        return Trust(
            first=self._cell(first) if first else None,
            first_texts=first.n_texts if first else 0,
            headline=self._headline(),
            chosen=chosen(self._findings.colouring, self._language, self._row),
            lead=self._say("lead_joint" if self._findings.has_joint else "lead"),
            beside=self._beside(),
            notes=sentences(self._findings.placed.trust, self._language),
            not_computed="" if groups or rest else self._not_computed(),
            shuffled=shuffled(self._findings, self._language),
            shapley=shapley(self._findings, self._language),
            axis=axis(self._scale),
            groups=groups,
            rest=rest,
            rest_name=self._language.count("trust", "no_colours", n_rest) if n_rest else "",
            few=few,
            withheld=scope.withheld,
            has_ceiling=self._ceiling is not None,
            row_unread=self._language.words["trust"].get(f"row_unread_{evidence.scalar}", ""),
            is_basic=evidence.level == "basic",
        )

    def _groups(self, *, is_rest: bool) -> tuple[TrustGroup, ...]:
        """The measures with rows: those that colour a text with the baselines, or the others."""
        return tuple(
            TrustGroup(self._say(f"group_{name}"), rows)
            for name, views in self._members.items()
            if (rows := self._rows(name, [v for v in views if self._is_rest(v, name) == is_rest]))
        )

    def _is_rest(self, view: View, group: str) -> bool:
        """Whether a measure is neither one that colours a text nor one to compare these with."""
        if group in ("user", "baselines"):
            return False
        return view not in COLOURS and view != self._findings.shown_first

    def _headline(self) -> str:
        """How well the colours shown first agree."""
        if self._first is None:
            return ""
        ends = self._first.interval
        key = "headline"
        if ends is not None and ends.low <= 0:
            key = "headline_opposite" if is_reversed(ends) else "headline_zero"
        return self._say(key, mean=self._cell(self._first).text)

    def _beside(self) -> str:
        """Why these colours are shown, what the headline's figure is, what to compare it with."""
        first = self._first
        parts = [chosen(self._findings.colouring, self._language, self._row)]
        if first is not None:
            interval = self._cell(first).small
            parts.append(self._say("measured_on", texts=first.n_texts, interval=interval))
            if ceiling := self._ceiling:
                parts.append(self._say("headline_mask", mean=self._cell(ceiling.estimate).text))
        return self._language.sentences(parts)

    def _not_computed(self) -> str:
        if self._findings.is_constant:
            return self._say("not_computed_constant")
        rows = different_agreement(self._findings.results)
        return self._say(
            "not_computed",
            min_texts=MIN_TEXTS,
            min_units=MIN_UNITS,
            n=rows.loc[rows["statistic"] == "spearman", "text"].nunique(),
            total=self._findings.info.evidence.n_texts,
        )

    def _rows(self, group: str, views: Sequence[View]) -> tuple[tuple[Cell, ...], ...]:
        """The rows of one group: the best first, but baselines in their fixed order."""
        known = [view for view in views if view in self._by_size or view in self._with_sign]
        if group != "baselines":
            last = -2.0  # below every correlation
            known.sort(key=lambda view: -(self._mean(view) if view in self._by_size else last))
        return tuple(self._row_of(view, _COLOURS[group]) for view in known)

    def _mean(self, view: View) -> float:
        return self._by_size[view].estimate.mean

    def _row_of(self, view: View, colour: int | None) -> tuple[Cell, ...]:
        by_size, with_sign = self._by_size.get(view), self._with_sign.get(view)
        role = ""
        if view == self._findings.shown_first:
            role = self._say("first")
        elif view in self._unsound:
            role = self._say("incomplete")
        elif colour is None:
            role = self._say(f"role_{view}")
        known = by_size or with_sign
        return (
            Cell(self._name(view), role),
            Cell("", track=self._bar(by_size, colour)),
            self._cell(by_size.estimate if by_size else None),
            self._cell(with_sign.estimate if with_sign else None),
            self._over(view),
            Cell(f"{known.estimate.n_texts:,}" if known else NOTHING),
        )

    def _over(self, view: View) -> Cell:
        """How far a measure is from the baseline that comes closest, or does better."""
        judged = self._findings.judgements.get(view)
        if judged is None or judged.over is None or judged.baseline is None:
            return Cell(NOTHING)
        cell = self._cell(judged.over, with_sign=True)
        name = self._language.measure(judged.baseline, "name")
        return replace(cell, small=self._say("over_which", interval=cell.small, name=name))

    def _bar(self, item: ViewFigures | None, colour: int | None) -> Markup:
        """Its agreement by size beside the ceiling; nothing for what is not to be relied on."""
        if item is None or item.view in self._unsound:
            return Markup()
        ceiling = self._ceiling.estimate.mean if self._ceiling and colour is not None else None
        mean, interval = item.estimate.mean, item.estimate.interval
        return bar(self._scale, mean, interval, ceiling, colour=colour)

    def _cell(self, estimate: Estimate | None, *, with_sign: bool = False) -> Cell:
        if estimate is None:
            return Cell(NOTHING)
        return Cell(
            written(estimate.mean, _DIGITS, with_sign),
            interval_text(estimate.interval, _DIGITS, self._language),
        )

    def _name(self, view: View) -> str:
        return self._language.measure(view, "name", row=self._row)
