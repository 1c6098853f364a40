"""The section on texts: a few that deserve a look, each with the reason, and the list of all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from typing import TypeAlias

import numpy as np
import pandas as pd
from markupsafe import Markup

from reportgen.findings.findings import Findings
from reportgen.findings.outputs.multiple_choice import chance_of, chances_of
from reportgen.findings.ranking import RANKS, Reason
from reportgen.report.charts.small.place import place
from reportgen.report.components import Cell, Span
from reportgen.report.language.numbers import decimals, written
from reportgen.report.language.printable import half_widths, shorten
from reportgen.report.language.strings import Language
from reportgen.report.panel.coloured.marked import marked_text, shortened, text_measures
from reportgen.report.panel.prediction import label_name, prediction
from reportgen.results.info import ANALYSED
from reportgen.results.measure_register import PHRASE_LEAST, PHRASE_SHARE, PHRASE_WORDS
from reportgen.results.units import segments_of

_SHOWN = 96  # half-width characters of a text that deserves a look
_SHOWN_IN_LIST = 110  # half-width characters of a text in the list
Marked: TypeAlias = Mapping[int, tuple[Span, ...]]  # row of `texts` to the text with its marks
_CELL = 28  # half-width characters of an id, group, class or label


@dataclass(frozen=True, slots=True)
class NotableText:
    """One text that deserves a look, with its strongest tokens marked."""

    number: int
    spans: tuple[Span, ...]
    prediction: Cell  # with its place among all predictions, or the probability of a class
    label: Cell
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notable:
    """The texts that deserve a look; the one that stands out most is the first."""

    lead: str  # names the reasons they were picked for
    strange: str  # explains strange attention; "" where it is no reason
    texts: tuple[NotableText, ...]
    first: int  # number of the text whose panel is open when the page opens

    @property
    def has_marks(self) -> bool:
        """Whether any token of the texts is marked."""
        return any(span.is_strong for text in self.texts for span in text.spans)


def make_notable(findings: Findings, language: Language, marked: Marked | None = None) -> Notable:
    """The texts that deserve a look; none where there are too few texts to pick from. `marked` are
    texts whose strongest tokens are known."""
    picked = findings.picked
    names = [language.say("notable", f"by_{reason}") for reason in picked.reasons]
    has_shares = bool(np.isfinite(findings.text_figures["special_share"]).any())
    strange = language.say("notable", "strange" if has_shares else "strange_entropy")
    return Notable(
        strange=strange if "strangeness" in picked.reasons else "",
        lead=language.say(
            "notable", "lead", reasons=language.say("common", "comma").join(names), n=RANKS
        ),
        texts=tuple(
            _notable(
                findings,
                row,
                tuple(_why(findings, language, reason, row, rank) for reason, rank in reasons),
                language,
                marked,
            )
            for row, reasons in picked.texts.items()
        ),
        first=picked.first + 1,
    )


def with_first(
    notable: Notable, findings: Findings, language: Language, marked: Marked | None = None
) -> Notable:
    """`notable` with the text that is open at first, in front if nothing else lists it, so that a
    reader finds it in the list that is open beside it."""
    if not notable.texts or notable.first in {text.number for text in notable.texts}:
        return notable
    why = (language.say("notable", "first"),)
    own = _notable(findings, notable.first - 1, why, language, marked)
    return replace(notable, texts=(own, *notable.texts))


def _notable(
    findings: Findings,
    row: int,
    reasons: tuple[str, ...],
    language: Language,
    marked: Marked | None,
) -> NotableText:
    spans = marked.get(row) if marked else None
    if spans is None:
        spans = marked_text(findings, row, text_measures(findings, row, language))
    return NotableText(
        row + 1,
        shortened(spans, _SHOWN),
        *_output(findings, row, language),
        reasons,
    )


def _output(findings: Findings, row: int, language: Language) -> tuple[Cell, Cell]:
    """The prediction of a text and its label; empty where it has none."""
    text = findings.texts.iloc[row]
    if text["status"] not in ANALYSED:
        return Cell(""), Cell("")
    made = prediction(findings, row, language)
    cell = _named_cell if findings.info.output.kind == "numbers" else _cell
    return replace(cell(made.value), track=_place(findings, row)), _cell(made.label)


def _place(findings: Findings, row: int) -> Markup | None:
    """Where a number stands among all predictions, or the probability of a class from 0 to 1."""
    kind = findings.info.output.kind
    if kind == "class":
        return place(float(findings.class_shares[row].max()), 0.0, 1.0)
    if findings.choices is not None:
        return place(chance_of(findings.choices.by_text[row]), 0.0, 1.0)
    values = findings.texts["prediction"].to_numpy(np.float64)
    known = values[np.isfinite(values)]
    if kind != "number" or not isfinite(values[row]):
        return None
    return place(float(values[row]), float(known.min()), float(known.max()))


def _whole(row: "pd.Series[str]") -> str:
    """A text, with the second one of a pair or its completion."""
    return " ／ ".join(filter(None, segments_of(row)))


def _why(findings: Findings, language: Language, reason: Reason, row: int, rank: int) -> str:
    """Why row `row` of `texts` was picked, with its figure; by `reason` it has `rank`, from 0."""
    say = partial(language.say, "notable", rank=language.say("notable", f"rank_{rank + 1}"))
    value = float(findings.text_figures[reason].iloc[row])
    if reason == "error":
        return _error(findings, row, say)
    if reason == "tokens":
        return say(reason, n=int(value))
    if reason == "special_excess":
        share, even = findings.text_figures[["special_share", "special_even"]].iloc[row]
        return say(reason, share=float(share), even=float(even))
    return say(reason, value=value, typical=float(findings.text_figures[reason].median()))


def _error(findings: Findings, row: int, say: Callable[..., str]) -> str:
    output, texts = findings.info.output, findings.texts
    if (fit := findings.rank_fit) is not None:
        place = int(np.flatnonzero(fit.texts == row)[0])
        # Ranks from 1, the most alike first.
        own, label = (fit.n_texts + 1 - each[place] for each in (fit.predictions, fit.labels))
        return say("rank_error", own=own, label=label, n=fit.n_texts)
    if output.kind == "number":
        values = texts[["prediction", "label_value"]].to_numpy(np.float64)
        # The same decimals for all texts.
        digits = decimals(float(np.abs(values[np.isfinite(values)]).max()))
        predicted, label = values[row].tolist()
        return say("error", error=written(predicted - label, digits, True))
    if findings.choices is not None:
        chosen = findings.choices.by_text[row]
        names, shares = chosen.names, chances_of(chosen)
        first, right = chosen.place, chosen.label
    else:
        classes, shares, names = findings.classes, findings.class_shares[row], output.labels
        first, right = int(classes.predicted[row]), int(classes.labels[row])
    return say(
        "wrong_choice" if findings.choices is not None else "wrong",
        predicted=shorten(names[first], _CELL),
        label=shorten(names[right], _CELL),
        sure=float(shares[first]),
        left=float(shares[right]),
    )


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
    texts, kind = findings.texts, findings.info.output.kind
    shown = range(len(texts)) if listed is None else listed
    # All predictions have the decimals that give the largest four significant digits.
    known = [abs(float(value)) for value in texts["prediction"].dropna() if isfinite(value)]
    digits = decimals(max(known)) if known else None
    wrong = np.zeros(len(texts), np.bool_)
    if kind == "class":
        classes = findings.classes
        wrong = classes.compared & (classes.predicted != classes.labels)
    if findings.choices is not None:
        wrong[[own.text for own in findings.choices.labelled if not own.is_right]] = True
    unmeasured = _unmeasured(findings)
    return TextList(
        rows=tuple(
            _row(
                findings,
                text,
                language,
                digits,
                bool(wrong[text]),
                text in unmeasured,
                (marked or {}).get(text),
            )
            for text in shown
        ),
        units=_units(findings, language),
        partial=""
        if len(shown) == len(texts)
        else language.say("list", "partial", n=len(shown), of=len(texts)),
        has_ids=any(str(given) != str(n) for n, given in enumerate(texts["text_id"], start=1)),
        has_predictions=kind != "embedding",
        has_numbers=kind == "number",
        has_labels=bool(texts["label"].notna().any()),
        label_name=label_name(findings.info.output, language),
        has_errors=findings.info.output.has_errors and bool(texts["label_value"].notna().any()),
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
    if settings.units == "phrase":
        limits = {"share": PHRASE_SHARE, "least": PHRASE_LEAST, "most": PHRASE_WORDS}
        return language.say("texts", f"phrases{by}", segmenter=segmenter or "", **limits)
    found = [language.say("texts", f"given{by}", segmenter=segmenter or "")]
    if settings.n_joined:
        found.append(language.count("texts", "given_joined", settings.n_joined))
    return language.say("common", "space").join(found)


def _row(
    findings: Findings,
    text: int,
    language: Language,
    digits: int | None,
    is_wrong: bool,
    is_unmeasured: bool,
    marked: tuple[Span, ...] | None,
) -> TextRow:
    row, share = findings.results.text_row(text), findings.shares_by_text.get(text)
    analysed = row["status"] in ANALYSED
    output = prediction(findings, text, language, digits) if analysed else None
    cell = _named_cell if findings.info.output.kind == "numbers" else _cell
    return TextRow(
        number=text + 1,
        text_id=_cell(str(row["text_id"])),
        spans=shortened(_spans_of(_whole(row), marked), _SHOWN_IN_LIST),
        group=_cell(None if pd.isna(row["group"]) else str(row["group"])),
        prediction=cell(output.value if output else None),
        label=_cell(output.label if output else None),
        error=(output.error if output else None) or "",
        is_wrong=is_wrong,
        n_tokens=int(row["n_tokens"]),
        sink_share="" if share is None else language.percent(share[0]),
        status=str(row["status"]),
        is_unmeasured=is_unmeasured,
    )


def _spans_of(whole: str, marked: tuple[Span, ...] | None) -> tuple[Span, ...]:
    """`whole` with its marks; plain where there are none, or the model did not see all of it."""
    if marked is None or "".join(span.text for span in marked) != whole:
        return (Span(whole),)
    return marked


def _cell(value: str | None) -> Cell:
    """A cell with `value`, cut to its width; empty for None."""
    short = shorten(value or "", _CELL)
    return Cell(short, whole=None if short == (value or "") else value)


def _named_cell(value: str | None) -> Cell:
    """A cell with the first of several named numbers that fit it: cut in the middle, the name of
    one would stand beside the value of another."""
    whole, kept = value or "", ""
    for end in (*(i for i, mark in enumerate(whole) if mark == ","), len(whole)):
        if kept and half_widths(whole[:end]) > _CELL:
            break
        kept = whole[:end]
    return Cell(kept) if kept == whole else Cell(f"{kept}, …", whole=whole)
