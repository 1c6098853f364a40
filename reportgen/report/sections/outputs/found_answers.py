"""Answers to questions over all texts: how likely they are, and how often they are right."""

from functools import partial

import numpy as np

from reportgen.findings.findings import Findings
from reportgen.report.components import Cell, Kpi, QualitySection, Table, make_table
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import fixed
from reportgen.report.language.printable import shorten, visible
from reportgen.report.sections.outputs.shares import LISTED, NAME, interval_note, share_figure
from reportgen.tasks.labels import right_answers
from reportgen.tasks.predictions import items_in
from reportgen.tasks.sums import rated

_ANSWER = 40  # half-width characters of an answer
_QUESTION = 60  # of a question


def make_found_answers(findings: Findings, language: Language) -> QualitySection | None:
    """The section on answers; None without any."""
    items, say = findings.items, partial(language.say, "quality")
    if not len(items):
        return None
    low, middle, high = np.quantile(items["probability"], (0, 0.5, 1)).tolist()
    headline = say("answers", n=len(items), low=low, middle=middle, high=high)
    figures: tuple[Kpi, ...] = ()
    remarks: tuple[str, ...] = ()
    exact, f1 = (findings.fits[name] for name in ("answer_exact", "answer_f1"))
    if exact is not None and f1 is not None:
        headline = say("answers_fit", k=exact.count, n=exact.n_texts, share=exact.mean, f1=f1.mean)
        figures = tuple(
            share_figure(own.mean, own.interval, say(key), language)
            for key, own in (("answer_exact", exact), ("answer_f1", f1))
        )
        remarks = (say("answers_note"),)
    return QualitySection(
        headline,
        remarks=remarks,
        figures=figures,
        interval_note=interval_note(figures, language),
        tables=(_table(findings, language),),
    )


def _table(findings: Findings, language: Language) -> Table:
    """The answers that are farthest from the right ones; without these the least likely."""
    say, known = partial(language.say, "quality"), rated(findings.items)
    has_labels = len(known) > 0
    items = known if has_labels else findings.items
    rows = []
    for answer in items_in(items.sort_values(["score", "probability"], kind="stable")[:LISTED]):
        row = findings.results.text_row(answer.text)
        cells = [
            Cell(shorten(visible(answer.predicted), _ANSWER)),
            Cell(language.percent(answer.probability)),
        ]
        if answer.score is not None:
            cells.append(Cell(shorten(visible(right_answers(answer.label)[0]), _ANSWER)))
            cells.append(Cell(fixed(answer.score, 2)))
        cells.append(Cell(shorten(str(row["text_id"]), NAME)))
        rows.append((shorten(visible(str(row["text"])), _QUESTION), cells))
    keys = ["question", "answer_column", "chance", *(["mask_label", "f1"] if has_labels else [])]
    title = say("answers_farthest" if has_labels else "answers_least_sure")
    return make_table(title, [say(key) for key in (*keys, "in_text")], rows)
