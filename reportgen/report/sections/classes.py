"""Classes and labels: which were predicted over all texts, and how often rightly."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reportgen.findings.findings import Findings
from reportgen.findings.predictions import (
    MIN_PREDICTIONS,
    NONE,
    Booleans,
    Classes,
    label_matrix,
)
from reportgen.findings.statistics import mean_interval
from reportgen.report.charts.colours import heat_colour, heat_step
from reportgen.report.charts.tracks import Scale, bar
from reportgen.report.components import Cell, Kpi, Quality, Table, make_table
from reportgen.report.language.numbers import NOTHING, percentage
from reportgen.report.language.printable import shorten
from reportgen.report.language.strings import Language

_LISTED = 12  # classes or labels
_NAME = 22  # half-width characters of a name


def share_bar(share: float) -> Cell:
    """A cell with a bar from 0 to 1."""
    marks = ((0.0, "0"), (0.5, "50"), (1.0, "100"))
    return Cell("", track=bar(Scale(0.0, 1.0, marks, 0.0), float(share), None, None, 0))


class ClassWords:
    """Puts a model's classes or labels into words and tables."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self._findings = findings
        self._language = language
        self._names = findings.info.output.labels
        self._analysed = findings.analysed

    def classes(self) -> Quality | None:
        """Which classes were predicted and, where labels are classes too, how often rightly."""
        found = self._findings.classes
        n = int((found.predicted != NONE).sum())
        if n < MIN_PREDICTIONS:
            return None
        remarks = [self._say("by_number")] if found.by_number else []
        if not found.compared.any():
            if found.n_unmatched:
                remarks.append(self._say("labels_no_class", names=self._list(self._names)))
            return self._class_counts(found, n, tuple(remarks))
        if found.n_unmatched:
            remarks.append(self._language.count("quality", "unmatched", found.n_unmatched))
        return self._confusion(found, tuple(remarks))

    def labels(self) -> Quality:
        """How often each label was given by the model and, where labels are known, how rightly."""
        n_labels, rows = len(self._names), self._analysed
        scores = np.stack(list(self._findings.texts["scores"].loc[rows]))
        predicted = scores[:, :n_labels] > 0
        given, known = label_matrix(self._findings.results)
        given, known = given[rows], known[rows]
        n = len(predicted)
        counts = predicted.sum(axis=0)
        top = int(counts.argmax())
        headline = self._say(
            "labels_alone", name=self._short(self._names[top]), k=f"{counts[top]:,}", n=f"{n:,}"
        )
        columns = ["label", "predicted_bar", "n_texts"]
        figures: tuple[Kpi, ...] = ()
        if known.any():
            right = (predicted == given)[known].all(axis=1)
            headline = self._say("labels_fit", k=f"{right.sum():,}", n=f"{len(right):,}")
            columns += ["labelled", "recall", "precision"]
            figures = (self._share_figure("exact", right),)
        order = np.argsort(-counts, kind="stable")[:_LISTED].tolist()
        rows_shown = []
        for i in order:
            cells = [share_bar(counts[i] / n), Cell(f"{counts[i]:,}")]
            if known.any():
                both = (predicted & given)[known, i].sum()
                cells += [
                    Cell(f"{given[known, i].sum():,}"),
                    self._share_cell(both, given[known, i].sum()),
                    self._share_cell(both, predicted[known, i].sum()),
                ]
            rows_shown.append((self._short(self._names[i]), tuple(cells)))
        title = self._say("labels_table")
        table = make_table(title, tuple(map(self._say, columns)), tuple(rows_shown), "tracks")
        return Quality(
            headline,
            (),
            figures,
            self._say("intervals") if any(figure.remark for figure in figures) else "",
            tables=(table,),
        )

    def _class_counts(self, found: Classes, n: int, remarks: tuple[str, ...]) -> Quality:
        counts = np.bincount(found.predicted[found.predicted != NONE], minlength=len(self._names))
        shares = self._findings.class_shares
        order = np.argsort(-counts, kind="stable")[:_LISTED].tolist()
        rows = []
        for i in order:
            own = shares[found.predicted == i, i]
            sure = self._language.percent(float(own.mean())) if len(own) else NOTHING
            cells = (share_bar(counts[i] / n), Cell(f"{counts[i]:,}"), Cell(sure))
            rows.append((self._short(self._names[i]), cells))
        columns = ("class", "predicted_bar", "n_texts", "sureness")
        return Quality(
            headline=self._say(
                "class_alone",
                name=self._short(self._names[order[0]]),
                k=f"{counts[order[0]]:,}",
                n=f"{n:,}",
            ),
            remarks=(*remarks, *self._not_listed(len(self._names))),
            tables=(
                make_table(
                    self._say("class_table"), tuple(map(self._say, columns)), tuple(rows), "tracks"
                ),
            ),
        )

    def _confusion(self, found: Classes, remarks: tuple[str, ...]) -> Quality:
        labels, predicted = found.labels[found.compared], found.predicted[found.compared]
        size, n = len(self._names), len(labels)
        table = np.bincount(labels * size + predicted, minlength=size * size).reshape(size, size)
        right = labels == predicted
        by_label = table.sum(axis=1)
        base = by_label.max() / n
        top = int(by_label.argmax())
        used = np.flatnonzero(by_label + table.sum(axis=0))
        weight = (by_label + table.sum(axis=0))[used]
        shown = np.sort(used[np.argsort(-weight, kind="stable")[:_LISTED]]).tolist()
        recalls = [table[i, i] / by_label[i] for i in range(size) if by_label[i]]
        left_out = int((found.predicted != NONE).sum()) - n - found.n_unmatched
        if left_out > 0:
            remarks += (self._language.count("quality", "unlabelled", left_out),)
        figures = (
            self._share_figure("accuracy", right),
            Kpi(self._language.percent(float(np.mean(recalls))), self._say("mean_recall")),
            Kpi(self._language.percent(base), self._say("base_rate")),
            Kpi(f"{n:,}", self._say("compared")),
        )
        return Quality(
            headline=self._say(
                "class_fit" if right.mean() > base else "class_fit_worse",
                k=f"{right.sum():,}",
                n=f"{n:,}",
                share=float(right.mean()),
                name=self._short(self._names[top]),
                base=base,
            ),
            remarks=(*remarks, *self._not_listed(len(used))),
            figures=figures,
            interval_note=self._say("intervals") if figures[0].remark else "",
            tables=(self._confusion_table(table, shown),),
        )

    def _confusion_table(self, table: NDArray[np.intp], shown: Sequence[int]) -> Table:
        """Labels by predictions: how many texts, coloured by their share of the label's texts."""
        rows = []
        for i in shown:
            cells = []
            for j in shown:
                total = int(table[i].sum())
                step = heat_step(table[i, j] / total if total else 0.0, 1.0)
                cells.append(Cell(f"{table[i, j]:,}", step=step, colour=heat_colour(step)))
            cells.append(Cell(f"{table[i].sum():,}"))
            cells.append(self._share_cell(table[i, i], table[i].sum()))
            rows.append((self._short(self._names[i]), tuple(cells)))
        precision = [self._share_cell(table[j, j], table[:, j].sum()) for j in shown]
        rows.append((self._say("precision"), (*precision, Cell(""), Cell(""))))
        return make_table(
            self._say("confusion"),
            (
                self._say("corner"),
                *(self._short(self._names[j]) for j in shown),
                self._say("n_texts"),
                self._say("recall"),
            ),
            tuple(rows),
            "grid confusion",
        )

    def _share_figure(self, key: str, right: Booleans) -> Kpi:
        interval, said = mean_interval(right.astype(np.float64)), ""
        if interval is not None:
            low, high = map(percentage, interval)
            said = self._language.say("number", "interval", low=low, high=high)
        return Kpi(self._language.percent(float(right.mean())), self._say(key), said)

    def _share_cell(self, part: int, whole: int) -> Cell:
        return Cell(self._language.percent(part / whole) if whole else NOTHING)

    def _not_listed(self, n: int) -> tuple[str, ...]:
        if n <= _LISTED:
            return ()
        return (self._say("classes_listed", n=_LISTED, total=f"{n:,}"),)

    def _list(self, names: Sequence[str]) -> str:
        shown = [self._short(name) for name in names[:_LISTED]]
        more = ["…"] if len(names) > _LISTED else []
        return self._language.say("common", "comma").join([*shown, *more])

    def _short(self, name: str) -> str:
        return shorten(name, _NAME)

    def _say(self, key: str, **values: object) -> str:
        return self._language.say("quality", key, **values)
