"""The section on predictions: what the model returned for all texts, and how well."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from reportgen.findings import MIN_PREDICTIONS, Estimate, Findings, LabelUse
from reportgen.report.components import Kpi, QualitySection
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import decimals, percentage, written
from reportgen.report.sections.predicted_numbers import make_number, make_numbers
from reportgen.report.sections.prediction_sentences import Told, metric_name
from reportgen.report.sections.prediction_tables import LISTED, NAME, ItemTables
from reportgen.results import MIN_TEXTS
from reportgen.tasks import ItemFigure


def make_quality(findings: Findings, language: Language) -> QualitySection | None:
    """The section on predictions; None for an embedding and for too few texts."""
    task = findings.task
    if not task.has_items or int(findings.analysed.sum()) < MIN_PREDICTIONS:
        return None
    if task.chart_column == "value":
        return make_number(findings, language)
    if task.is_number:
        return make_numbers(findings, language)
    return _PredictionSection(findings, language).made() if len(findings.items) else None


class _PredictionSection:
    """Puts the items of all texts into words and tables."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self._findings = findings
        self._language = language
        self._say = partial(language.say, "quality")
        self._told = Told(findings, language, "quality", NAME)

    def made(self) -> QualitySection | None:
        """The section; None where too few items are any of the names of the model."""
        told = self._told
        if self._findings.task.classifies_texts and told.counts.n < MIN_PREDICTIONS:
            return None
        figures = tuple(self._figures())
        return QualitySection(
            told.fit(with_unclear=False) or told.alone(),
            remarks=tuple(filter(None, self._remarks())),
            figures=figures,
            interval_note=_interval_note(figures, self._language),
            tables=ItemTables(self._findings, told, self._language).made(),
        )

    def _figures(self) -> Iterator[Kpi]:
        findings, say, percent = self._findings, self._say, self._language.percent
        metrics = sorted(findings.task.metrics, key=lambda metric: not metric.is_count)
        for figure in (*metrics, *findings.task.figures):
            if figure.is_listed and (estimate := findings.fits[figure.name]) is not None:
                yield self._figure(figure, estimate)
        fit, choices = self._told.closed_fit, findings.choices
        if fit is not None and findings.task.classifies_texts:
            yield Kpi(percent(fit.mean_recall), say("mean_recall"))
            yield Kpi(percent(fit.base_share), say("base_rate"))
            yield Kpi(f"{fit.counts.sum():,}", say("compared"))
        if choices is not None:
            if choices.labelled:
                yield Kpi(percent(choices.by_chance), say("at_random"))
            yield Kpi(percent(choices.mean_chance), say("picked_chance"))

    def _figure(self, metric: ItemFigure, estimate: Estimate) -> Kpi:
        """A figure with its interval where there is one."""
        language, remark = self._language, ""
        is_share, digits = metric.unit == "share", decimals(estimate.mean)
        if estimate.interval is not None:
            low, high = (
                percentage(end) if is_share else written(end, digits) for end in estimate.interval
            )
            remark = language.say("number", "interval", low=low, high=high)
        shown = (
            language.percent(estimate.mean) if is_share else language.write(estimate.mean, "number")
        )
        return Kpi(shown, metric_name(metric, language), remark)

    def _remarks(self) -> Iterator[str]:
        """How labels were read, what was left out, and what the figures are."""
        findings, told, count = self._findings, self._told, partial(self._language.count, "quality")
        task, use, fit = findings.task, findings.label_use, told.closed_fit
        words = self._language.words["quality"]
        if task.classifies_texts and fit is not None:
            yield from self._never(fit.counts.sum(axis=1))
        if use is not None:
            yield from _label_remarks(use, self._language)
            n_unused = use.n_labelled - use.n_used
            if task.classifies_texts and fit is None and n_unused:
                yield self._say("labels_no_class", names=self._class_list())
            elif n_unused and use.unused is not None:
                yield count(told.key("unused"), n_unused)
        if task.classifies_texts and fit is not None:
            left_out = told.counts.n - int(fit.counts.sum()) - findings.classes.n_unmatched
            if left_out > 0:
                yield count("unlabelled", left_out)
        if findings.fits["entity_recall"] is not None:
            yield self._say("entities_note")
        yield from told.label_remarks()
        if "generate" in findings.info.settings.options and task.is_written:
            yield self._say("generated")
        yield words.get(f"note_{task.kind}", "")
        if told.fit_values() is not None:
            yield words.get(f"fit_note_{task.kind}", "")
        yield from self._not_listed()

    def _never(self, n_right: "np.typing.NDArray[np.intp]") -> Iterator[str]:
        """The sentence on classes that are right answers of MIN_TEXTS texts and more, but were
        predicted of no text, whether it has a right answer or not."""
        given = np.isin(np.arange(len(n_right)), self._findings.classes.predicted)
        missed = np.flatnonzero((n_right >= MIN_TEXTS) & ~given)
        if len(missed):
            names = [self._told.names[i] for i in missed]
            quoted = [self._language.say("across", "quoted", name=name) for name in names]
            listed = self._language.listed(quoted)
            yield self._say("never_predicted", n=int(n_right[missed].sum()), names=listed)

    def _not_listed(self) -> Iterator[str]:
        """The sentence that says how many of the model's names are listed, where not all are."""
        task, fit, total = self._findings.task, self._told.closed_fit, len(self._told.names)
        if not task.is_closed:
            return
        n_rows = total
        if task.has_places:
            n_rows = sum(n > 0 for n in self._told.counts.counts)
        elif fit is not None:
            n_rows = total = int((fit.counts.sum(axis=1) + fit.counts.sum(axis=0) > 0).sum())
        if n_rows > LISTED:
            yield self._say("classes_listed", n=LISTED, total=total)

    def _class_list(self) -> str:
        names = self._told.names
        more = ["…"] if len(names) > LISTED else []
        return self._language.listed([*names[:LISTED], *more])


def _interval_note(figures: Sequence[Kpi], language: Language) -> str:
    """What the intervals of `figures` are; "" where no figure has one."""
    values = {figure.value for figure in figures if figure.remark}
    if not values:
        return ""
    is_exact = not values.isdisjoint(map(language.percent, (0.0, 1.0)))
    return language.say("quality", "intervals_exact" if is_exact else "intervals")


def _label_remarks(use: LabelUse, language: Language) -> Iterator[str]:
    """How labels were read, if they were not taken literally."""
    key = f"by_{use.read_as}"
    if use.n_used and key in language.words["quality"]:
        yield language.say("quality", key)
    if use.n_folded:
        yield language.count("quality", "folded", use.n_folded)
