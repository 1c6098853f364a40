"""The section on texts: the list of all, beside those that deserve a look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reportgen.findings import Findings
from reportgen.report.components import Cell, Span
from reportgen.report.language.language import Language
from reportgen.report.panel.marked_units import shortened
from reportgen.report.panel.prediction import label_name, prediction, short_cell
from reportgen.report.sections.notable import Marked
from reportgen.results import ANALYSED, segments_of
from reportgen.tasks import task_of

_SHOWN = 110  # half-width characters of a text in the list


@dataclass(frozen=True, slots=True)
class TextRow:
    """A row of the list of texts."""

    number: int
    text_id: Cell
    spans: tuple[Span, ...]  # with the strongest tokens marked where its panel has figures
    group: Cell
    prediction: Cell
    label: Cell
    error: str
    is_wrong: bool  # the predicted class is not the label
    n_tokens: int
    sink_share: str
    status: str
    is_unmeasured: bool  # it has no evidence, where others have


@dataclass(frozen=True, slots=True)
class TextList:
    """The listed texts in input order, and which columns they have."""

    rows: tuple[TextRow, ...]
    units: str  # what is drawn and measured as one
    unmeasured: str  # says how many have no evidence, where others have; "" where none
    partial: str  # says how many texts are listed; "" where all are
    has_ids: bool  # other than the texts' numbers
    has_predictions: bool  # that fit a cell, unlike embeddings
    has_numbers: bool  # the predictions are single numbers
    has_labels: bool
    label_name: str  # what labels are called
    has_errors: bool
    has_groups: bool


def make_text_list(
    findings: Findings,
    language: Language,
    listed: Sequence[int] | None = None,
    marked: Marked | None = None,
) -> TextList:
    """The list of the texts `listed` (rows of `texts`, ascending); of all for None.

    `marked` are texts with their strongest tokens marked; others are plain.
    """
    texts, task = findings.texts, task_of(findings.info.output)
    shown = range(len(texts)) if listed is None else listed
    unmeasured = _unmeasured(findings)
    return TextList(
        rows=tuple(
            _row(
                findings,
                text,
                language,
                bool(findings.wrong_texts[text]),
                text in unmeasured,
                (marked or {}).get(text),
            )
            for text in shown
        ),
        units=_units(findings, language),
        unmeasured=language.say("texts", "unmeasured", n=len(unmeasured), of=len(texts))
        if unmeasured
        else "",
        partial=""
        if len(shown) == len(texts)
        else language.say("list", "partial", n=len(shown), of=len(texts)),
        has_ids=any(str(given) != str(n) for n, given in enumerate(texts["text_id"], start=1)),
        has_predictions=task.has_items,
        has_numbers=task.chart_column == "value",
        has_labels=bool(texts["label"].notna().any()),
        label_name=label_name(findings.info.output, language),
        has_errors=task.has_errors and bool(texts["label_value"].notna().any()),
        has_groups=bool(texts["group"].notna().any()),
    )


def _unmeasured(findings: Findings) -> set[int]:
    """The analysed texts without evidence, where others have some."""
    if findings.info.evidence.level == "none":
        return set()
    measured = set(findings.results.stored("evidence")["text"])
    return set(np.flatnonzero(findings.analysed).tolist()) - measured if measured else set()


def _units(findings: Findings, language: Language) -> str:
    settings = findings.info.settings
    if settings.units == "token":
        return language.say("texts", "pieces")
    segmenter = settings.segmenter
    by = "" if segmenter is None else "_by"
    if settings.units == "word":
        return language.say("texts", f"words{by}", segmenter=segmenter or "")
    sentences = [language.say("texts", f"given{by}", segmenter=segmenter or "")]
    if settings.n_joined:
        sentences.append(language.count("texts", "given_joined", settings.n_joined))
    return language.sentences(sentences)


def _row(
    findings: Findings,
    text: int,
    language: Language,
    is_wrong: bool,
    is_unmeasured: bool,
    marked: tuple[Span, ...] | None,
) -> TextRow:
    row, share = findings.results.text_row(text), findings.shares_by_text.get(text)
    analysed = row["status"] in ANALYSED
    output = prediction(findings, text, language) if analysed else None
    return TextRow(
        number=text + 1,
        text_id=short_cell(str(row["text_id"])),
        spans=shortened(_spans_of(_whole(row), marked), _SHOWN),
        group=short_cell(None if pd.isna(row["group"]) else str(row["group"])),
        prediction=output.cell if output else Cell(""),
        label=short_cell(output.label if output else None),
        error=(output.error if output else None) or "",
        is_wrong=is_wrong,
        n_tokens=int(row["n_tokens"]),
        sink_share="" if share is None else language.percent(share[0]),
        status=str(row["status"]),
        is_unmeasured=is_unmeasured,
    )


def _whole(row: Mapping[str, Any]) -> str:
    """A text, with the second one of a pair or its completion."""
    return " ／ ".join(filter(None, segments_of(row)))


def _spans_of(whole: str, marked: tuple[Span, ...] | None) -> tuple[Span, ...]:
    """`whole` with its marks; plain where there are none, or the model did not see all of it."""
    if marked is None or "".join(span.text for span in marked) != whole:
        return (Span(whole),)
    return marked
