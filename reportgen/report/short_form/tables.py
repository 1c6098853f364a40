"""The tables of a short form: the texts that deserve a look, all texts, the layers, the figures."""

from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from reportgen.findings import Findings, RoleFigures
from reportgen.report.charts.colours import effect_colour, heat_colour, heat_step
from reportgen.report.components import Cell, Column, Kpi, Span, Table, between, marked
from reportgen.report.language.language import Language
from reportgen.report.language.printable import text_address
from reportgen.report.panel.marked_units import marked_text, text_measures
from reportgen.report.panel.prediction import label_said, number_digits, prediction, printed
from reportgen.report.panel.unit_measures import TextMeasure
from reportgen.results import BY_ID, EFFECT, REDACT, tag_list, text_units
from reportgen.tasks import has_sign, task_of

TEXT_LENGTH = 80  # code points of a text in the list of all
LOOKED_AT_LENGTH = 120  # of one that deserves a look
NAME_LENGTH = 40  # of an id, a label, a token
_TOP = 3  # units that change the prediction most
_UNIT_LENGTH = 20
_MARK = "⟨…⟩"
_PALE = 0.5  # of the colours of a share, so that figures are read on them in any theme
_RAISES, _LOWERS = effect_colour(4), effect_colour(-4)


def cut(text: str, length: int) -> str:
    """`text` cut to `length` code points, or slightly longer if cutting would save no more than the
    mark takes; `⟨…⟩` stands for what is left out of the middle."""
    return "".join(span.text for span in cut_spans((Span(text),), length))


def cut_spans(spans: Sequence[Span], length: int) -> tuple[Span, ...]:
    """As `cut`, for text of which only some is bold."""
    total = sum(len(span.text) for span in spans)
    if total <= length + len(_MARK):
        return tuple(spans)
    kept = length - len(_MARK)
    head = (kept + 1) // 2
    return (
        *between(spans, 0, head),
        Span(_MARK),
        *between(spans, total - (kept - head), total),
    )


def figures_table(kpis: Sequence[Kpi], language: Language) -> Table:
    """A row for each key figure: its value, and what it is."""
    say, rows = partial(language.say, "brief"), []
    for kpi in kpis:
        meaning = say("remark", name=kpi.name, remark=kpi.remark) if kpi.remark else kpi.name
        rows.append((Cell(kpi.value, is_strong=True), Cell(meaning)))
    return Table((Column(say("figure"), is_figures=True), Column(say("meaning"))), tuple(rows))


def layers_table(findings: Findings, language: Language) -> tuple[Table, int] | None:
    """The share and the equal share of each role, a row for each layer, and over how many texts;
    None without a role or a text."""
    roles = [(role, findings.roles[role.key]) for role in findings.info.roles]
    known = [(role, figures) for role, figures in roles if figures.layers]
    if not known:
        return None
    columns = [Column(language.say("brief", "axis_layer"), is_figures=True)]
    columns += [Column(cut(role.token, NAME_LENGTH), is_figures=True) for role, _ in known]
    rows = tuple(
        (Cell(str(layer)), *(_layer_cell(figures, layer, language) for _, figures in known))
        for layer in range(1, findings.info.model.n_layers + 1)
    )
    return Table(tuple(columns), rows), max(figures.n_texts for _, figures in known)


def _layer_cell(figures: RoleFigures, layer: int, language: Language) -> Cell:
    of_layer = next(item for item in figures.layers if item.layer == layer)
    share = of_layer.share.mean
    step = heat_step(_PALE * share, 1.0)
    shown = language.say("brief", "share", share=share, expected=of_layer.expected)
    return Cell(shown, colour=heat_colour(step) if step else "")


class TextTables:
    """Makes the tables of texts of one report."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self._findings = findings
        self._language = language
        self._info = findings.info
        texts = findings.texts
        self._rows: Sequence[Mapping[Hashable, Any]] = texts.to_dict("records")
        self._predicted: Sequence[float | str] = findings.predictions.tolist()
        self._digits = number_digits(findings)
        # A mean stands for the numbers of many places.
        task = task_of(self._info.output)
        self._has_many = task.is_number and task.has_places
        # An embedding is not shown, but why a text has none is.
        self._has_predictions = task_of(self._info.output).has_items or bool(texts["message"].any())
        self._has_labels = bool(texts["label"].notna().any())
        # Where texts are redacted, a column of them would be one of dots.
        self._has_texts = REDACT not in findings.info.settings.options

    def looked_at(
        self, rows: Sequence[int], reasons: Sequence[Sequence[str]], *, in_short: bool = False
    ) -> Table:
        """The texts `rows` (of `texts`) with their strongest units in bold, each with its
        `reasons`, where there are any, and what moves its output most; `in_short` with one reason
        each, and without what moves it."""
        has_effects = bool(len(self._findings.results.evidence)) and self._has_texts
        has_effects &= not in_short
        length, n_reasons = (TEXT_LENGTH, 1) if in_short else (LOOKED_AT_LENGTH, None)
        columns = [Column(self._say("id"))]
        columns += [Column(self._say("text"))] if self._has_texts else []
        columns += [Column(self._say("why"))] if reasons else []
        columns += self._output_columns()
        columns += [Column(self._say("moves"))] if has_effects else []
        made = []
        for index, row in enumerate(rows):
            measures = text_measures(self._findings, row, self._language)
            cells = [self._id(row)]
            if self._has_texts:
                spans = marked_text(self._findings, row, measures)
                cells.append(marked(cut_spans(spans, length)))
            cells += [Cell(self._say("facts").join(reasons[index][:n_reasons]))] if reasons else []
            cells += self._output_cells(row)
            cells += [self._moving(row, measures)] if has_effects else []
            made.append(tuple(cells))
        return Table(tuple(columns), tuple(made))

    def all_texts(self) -> Table:
        """Every text, in input order."""
        has_roles = bool(self._info.roles)
        columns = [Column(self._say("id"))]
        columns += [Column(self._say("text"))] if self._has_texts else []
        columns += self._output_columns()
        columns += [Column(self._say("tokens"), is_figures=True)]
        columns += [Column(self._say("to_special"), is_figures=True)] if has_roles else []
        shares = self._findings.shares_by_text
        rows = []
        for row, text in enumerate(self._rows):
            cells = [self._id(row)]
            if self._has_texts:
                cells.append(Cell(_joined(text["text"], text["pair"], TEXT_LENGTH)))
            cells += self._output_cells(row)
            cells.append(Cell(self._tokens(text["n_tokens"], text["n_truncated"])))
            if has_roles:
                share, expected = shares.get(row) or (None, None)
                shown = "" if share is None else self._say("share", share=share, expected=expected)
                cells.append(Cell(shown))
            rows.append(tuple(cells))
        return Table(tuple(columns), tuple(rows))

    def _output_columns(self) -> list[Column]:
        name = cut(self._info.output.name, NAME_LENGTH)
        columns = []
        if self._has_predictions:
            columns.append(Column(self._say("prediction", name=name), is_figures=True))
        if self._has_labels:
            key = "given" if task_of(self._info.output).returns else "axis_label"
            columns.append(Column(self._say(key), is_figures=True))
        return columns

    def _output_cells(self, row: int) -> list[Cell]:
        """The prediction of a text, or why it has none, and its label."""
        text = self._rows[row]
        cells = []
        if self._has_predictions:
            predicted = self._predicted[row]
            if self._has_many:
                predicted = prediction(self._findings, row, self._language).value
            if text["message"]:
                shown = f"{text['status']}: {text['message']}"
            elif self._findings.task.picks_a_word:
                shown = str(prediction(self._findings, row, self._language).cell)
            elif isinstance(predicted, str):
                shown = predicted
            else:
                shown = "" if pd.isna(predicted) else printed(predicted, self._digits)
            cells.append(Cell(cut(shown, TEXT_LENGTH)))
        if self._has_labels:
            cells.append(Cell(cut(self._label(row, text["label"]), NAME_LENGTH)))
        return cells

    def _label(self, row: int, label: object) -> str:
        """A label as it is compared with the prediction; "" without one."""
        if not isinstance(label, str):
            return ""
        if task_of(self._info.output).is_of_words:
            return " ".join(tag_list(label))
        return label_said(self._findings, row, label, self._language)

    def _id(self, row: int) -> Cell:
        id = str(self._rows[row]["text_id"])
        return Cell(cut(id, NAME_LENGTH), link=text_address(id))

    def _moving(self, row: int, measures: Sequence[TextMeasure]) -> Cell:
        """The units that move a text's output most when they are left out."""
        moves = next((measure for measure in measures if measure.id == EFFECT), None)
        if moves is None:
            return Cell("")
        units = text_units(self._findings.results, row).units
        order = moves.order[:_TOP]
        moved = [
            self._say("moved", unit=cut(units[i].label, _UNIT_LENGTH), effect=moves.shown[i])
            for i in order
        ]
        colour = ""
        if order and has_sign(BY_ID[EFFECT], self._info.evidence.scalar):
            colour = _RAISES if float(moves.values[order[0]]) > 0 else _LOWERS
        return Cell(self._language.listed(moved), colour=colour)

    def _tokens(self, n_tokens: int, n_truncated: int) -> str:
        if not n_truncated:
            return f"{n_tokens:,}"
        return self._say("tokens_cut", n_tokens=n_tokens, n_truncated=n_truncated)

    def _say(self, key: str, **values: object) -> str:
        return self._language.say("brief", key, **values)


def _joined(text: str, pair: str | None, length: int) -> str:
    if pair is None or pd.isna(pair):
        return cut(text, length)
    return f"{cut(text, length // 2)} / {cut(pair, length // 2)}"
