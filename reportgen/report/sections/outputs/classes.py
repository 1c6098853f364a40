"""Classes and labels: how often each was predicted, and how often that was right."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from reportgen.findings.findings import Findings
from reportgen.findings.outputs.classes import Classes, ClassFit
from reportgen.findings.outputs.predictions import MIN_PREDICTIONS
from reportgen.findings.statistics import Estimate
from reportgen.report.components import Cell, Kpi, QualitySection, Table, count_cell, make_table
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import NOTHING
from reportgen.report.language.printable import shorten
from reportgen.report.sections.outputs.shares import (
    LISTED,
    NAME,
    constant_ending,
    interval_note,
    label_remarks,
    label_table,
    most_frequent,
    share_bar,
    share_cell,
    share_figure,
)
from reportgen.results.labels import NONE
from reportgen.results.measure_register import MIN_TEXTS


def make_classes(findings: Findings, language: Language) -> QualitySection | None:
    """The section on classes; None for too few texts."""
    return _ClassWords(findings, language).classes()


def make_labels(findings: Findings, language: Language) -> QualitySection:
    """The section on labels, of which a text may have several."""
    return _ClassWords(findings, language).labels()


class _ClassWords:
    """Puts a model's classes or labels into words and tables."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self._findings = findings
        self._language = language
        self._say = partial(language.say, "quality")
        self._names = [shorten(name, NAME) for name in findings.info.output.labels]

    def classes(self) -> QualitySection | None:
        """How often each class was predicted and, where labels are classes too, how often that was
        right; None for too few texts."""
        found = self._findings.classes
        n = int((found.predicted != NONE).sum())
        if n < MIN_PREDICTIONS:
            return None
        remarks = label_remarks(self._findings.label_use, self._language)
        fit = self._findings.class_fit
        if fit is None:
            if found.n_unmatched:
                remarks.append(self._say("labels_no_class", names=self._class_list()))
            return self._class_counts(found, n, tuple(remarks))
        if found.n_unmatched:
            remarks.append(self._language.count("quality", "unmatched", found.n_unmatched))
        return self._confusion(found, fit, tuple(remarks))

    def labels(self) -> QualitySection:
        """How often the model gave each label and, where labels are known, how often that was
        right."""
        found = self._findings.label_counts
        counts, n = found.predicted, found.n_texts
        exact = self._findings.fits["labels_exact"]
        headline = self._most("labels_alone", counts, n)
        use = self._findings.label_use
        remarks = label_remarks(use, self._language)
        if use is not None and use.n_used < use.n_labelled:
            n_unused = use.n_labelled - use.n_used
            remarks.append(self._language.count("quality", "labels_unmatched", n_unused))
        figures: tuple[Kpi, ...] = ()
        if exact is not None:
            headline = self._say("labels_fit", k=exact.count, n=exact.n_texts)
            figures = (self._share_figure("exact", exact),)
        table = label_table(
            ("labels_table", "label", "predicted_bar", "n_texts"),
            self._names,
            counts,
            n,
            None if exact is None else (found.given, found.found, found.claimed),
            np.argsort(-counts, kind="stable")[:LISTED].tolist(),
            self._language,
        )
        return QualitySection(
            headline,
            remarks=(*remarks, *self._not_listed(len(self._names))),
            figures=figures,
            interval_note=interval_note(figures, self._language),
            tables=(table,),
        )

    def _class_counts(self, found: Classes, n: int, remarks: tuple[str, ...]) -> QualitySection:
        counts = np.bincount(found.predicted[found.predicted != NONE], minlength=len(self._names))
        sureness = self._findings.class_sureness
        order = np.argsort(-counts, kind="stable")[:LISTED].tolist()
        rows = []
        for i in order:
            sure = self._language.percent(float(sureness[i])) if counts[i] else NOTHING
            cells = (share_bar(counts[i] / n), Cell(f"{counts[i]:,}"), Cell(sure))
            rows.append((self._names[i], cells))
        columns = map(self._say, ("class", "predicted_bar", "n_texts", "sureness"))
        key = "class_unmatched" if found.n_unmatched else "class_alone"
        return QualitySection(
            headline=self._most(key, counts, n),
            remarks=(*remarks, *self._not_listed(len(self._names))),
            tables=(make_table(self._say("class_table"), tuple(columns), rows, "tracks"),),
        )

    def _most(self, key: str, counts: NDArray[np.intp], n: int) -> str:
        """The sentence that names the most frequent, of `n` texts."""
        return most_frequent("quality", key, self._names, counts.tolist(), n, self._language)

    def _confusion(self, found: Classes, fit: ClassFit, remarks: tuple[str, ...]) -> QualitySection:
        right, by_label = self._findings.fits.known("accuracy"), fit.counts.sum(axis=1)
        n = right.n_texts
        weight = by_label + fit.counts.sum(axis=0)
        used = np.flatnonzero(weight)
        shown = np.sort(used[np.argsort(-weight[used], kind="stable")[:LISTED]]).tolist()
        left_out = int((found.predicted != NONE).sum()) - n - found.n_unmatched
        if left_out > 0:
            remarks += (self._language.count("quality", "unlabelled", left_out),)
        figures = (
            self._share_figure("accuracy", right),
            Kpi(self._language.percent(fit.mean_recall), self._say("mean_recall")),
            Kpi(self._language.percent(fit.base_share), self._say("base_rate")),
            Kpi(f"{n:,}", self._say("compared")),
        )
        return QualitySection(
            headline=self._say(
                f"class_fit{constant_ending(self._findings)}",
                k=right.count,
                n=n,
                share=right.mean,
                name=self._names[fit.base_label],
                base=fit.base_share,
            ),
            remarks=(*self._never(found, fit), *remarks, *self._not_listed(len(used))),
            figures=figures,
            interval_note=interval_note(figures, self._language),
            tables=(self._confusion_table(fit.counts, shown),),
        )

    def _never(self, found: Classes, fit: ClassFit) -> tuple[str, ...]:
        """The sentence on classes that are right answers of MIN_TEXTS texts and more, but were
        predicted of no text, whether it has a right answer or not; none where there are none."""
        n_right = fit.counts.sum(axis=1)
        given = np.isin(np.arange(len(n_right)), found.predicted)
        missed = np.flatnonzero((n_right >= MIN_TEXTS) & ~given)
        if not len(missed):
            return ()
        quoted = [self._language.say("across", "quoted", name=self._names[i]) for i in missed]
        names = self._language.say("common", "comma").join(quoted)
        return (self._say("never_predicted", n=int(n_right[missed].sum()), names=names),)

    def _confusion_table(self, table: NDArray[np.intp], shown: Sequence[int]) -> Table:
        """Labels by predictions: how many texts, coloured by their share of the label's texts."""
        rows = []
        for i in shown:
            cells = []
            for j in shown:
                total = int(table[i].sum())
                share = table[i, j] / total if total else 0.0
                cells.append(count_cell(f"{table[i, j]:,}", share))
            cells.append(Cell(f"{table[i].sum():,}"))
            cells.append(self._share(int(table[i, i]), int(table[i].sum())))
            rows.append((self._names[i], cells))
        precision = [self._share(int(table[j, j]), int(table[:, j].sum())) for j in shown]
        rows.append((self._say("precision"), [*precision, Cell(""), Cell("")]))
        names = [self._names[j] for j in shown]
        columns = (self._say("corner"), *names, self._say("n_texts"), self._say("recall"))
        return make_table(self._say("confusion"), columns, rows, "grid confusion")

    def _share_figure(self, key: str, right: Estimate) -> Kpi:
        """The share of texts that were predicted right."""
        return share_figure(right.mean, right.interval, self._say(key), self._language)

    def _share(self, part: int, whole: int) -> Cell:
        return share_cell(part, whole, self._language)

    def _not_listed(self, n: int) -> tuple[str, ...]:
        """The sentence that says how many of `n` classes are listed; none where all are."""
        return (self._say("classes_listed", n=LISTED, total=n),) if n > LISTED else ()

    def _class_list(self) -> str:
        more = ["…"] if len(self._names) > LISTED else []
        return self._language.say("common", "comma").join([*self._names[:LISTED], *more])
