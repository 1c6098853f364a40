"""Answers to questions over all texts: how likely they are, and how often they are right."""

from functools import partial

import numpy as np

from reportgen.findings.findings import Findings
from reportgen.findings.outputs.answers import Answers
from reportgen.report.components import Cell, Kpi, Quality, Table, make_table
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import fixed
from reportgen.report.language.printable import shorten, visible
from reportgen.report.sections.outputs.shares import LISTED, NAME, interval_note, share_figure

_ANSWER = 40  # half-width characters of an answer
_QUESTION = 60  # of a question


def make_found_answers(findings: Findings, language: Language) -> Quality | None:
    """The section on answers; None without any."""
    found, say = findings.answers, partial(language.say, "quality")
    if found is None:
        return None
    low, middle, high = (float(own) for own in np.quantile(found.chances, (0, 0.5, 1)))
    headline = say("answers", n=len(found.every), low=low, middle=middle, high=high)
    figures: tuple[Kpi, ...] = ()
    remarks: tuple[str, ...] = ()
    if found.exact is not None and found.f1 is not None:
        n, k = len(found.labelled), sum(answer.is_exact for answer in found.labelled)
        headline = say("answers_fit", k=k, n=n, share=found.exact.mean, f1=found.f1.mean)
        figures = tuple(
            share_figure(own.mean, own.interval, say(key), language)
            for key, own in (("answer_exact", found.exact), ("answer_f1", found.f1))
        )
        remarks = (say("answers_note"),)
    return Quality(
        headline,
        remarks=remarks,
        figures=figures,
        interval_note=interval_note(figures, language),
        tables=(_table(findings, found, language),),
    )


def _table(findings: Findings, found: Answers, language: Language) -> Table:
    """The answers that are farthest from the right ones; without these the least likely."""
    say, has_labels = partial(language.say, "quality"), bool(found.labelled)
    order = sorted(
        found.labelled or found.every, key=lambda own: (own.labels and own.f1, own.chance)
    )
    rows = []
    for answer in order[:LISTED]:
        row = findings.results.text_row(answer.text)
        cells = [
            Cell(shorten(visible(answer.name), _ANSWER)),
            Cell(language.percent(answer.chance)),
        ]
        if has_labels:
            cells.append(Cell(shorten(visible(answer.labels[0]), _ANSWER)))
            cells.append(Cell(fixed(answer.f1, 2)))
        cells.append(Cell(shorten(str(row["text_id"]), NAME)))
        rows.append((shorten(visible(str(row["text"])), _QUESTION), cells))
    keys = ["question", "answer_column", "chance", *(["mask_label", "f1"] if has_labels else [])]
    title = say("answers_farthest" if has_labels else "answers_least_sure")
    return make_table(title, [say(key) for key in (*keys, "in_text")], rows)
