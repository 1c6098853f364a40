"""The texts that deserve a look, each with the reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import numpy as np

from reportgen.findings import RANKS, Findings, Reason, is_in
from reportgen.report.components import Cell, Span
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import IN_SHORT, decimals, number, written
from reportgen.report.language.printable import shorten
from reportgen.report.panel.marked_units import marked_text, shortened, text_measures
from reportgen.report.panel.prediction import CELL, prediction, short_cell
from reportgen.report.sections.answers import changes_of, is_tiny
from reportgen.results import ANALYSED, BY_ID, EFFECT
from reportgen.tasks import YES, has_sign, task_of

_SHOWN = 96  # half-width characters of a text that deserves a look
Marked: TypeAlias = Mapping[int, tuple[Span, ...]]  # row of `texts` to the text with its marks


@dataclass(frozen=True, slots=True)
class NotableText:
    """One text that deserves a look, with its strongest tokens marked."""

    number: int
    spans: tuple[Span, ...]
    prediction: Cell
    label: Cell
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notable:
    """The texts that deserve a look; the one that stands out most is the first."""

    lead: str  # names the reasons they were picked for
    strange: str  # explains strange attention; "" where it is no reason
    texts: tuple[NotableText, ...]
    first: int  # number of the text whose panel is open when the page opens
    n_examples: int = 0  # of `texts`, those that do not stand out

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
        lead=language.say("notable", "lead", reasons=language.listed(names), n=RANKS),
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
        first=findings.opened[language.code] + 1,
    )


def with_first(
    notable: Notable, findings: Findings, language: Language, marked: Marked | None = None
) -> Notable:
    """`notable` with the text that is open at first, in front if nothing else lists it, so that a
    reader finds it in the list that is open beside it."""
    if not notable.texts or notable.first in {text.number for text in notable.texts}:
        return notable
    row = notable.first - 1
    text = str(findings.results.text_row(row)["text"])
    example = "example_in" if is_in(language.code, text) else "example"
    why = (language.say("notable", example if row else "first"),)
    first = _notable(findings, row, why, language, marked)
    return replace(notable, texts=(first, *notable.texts), n_examples=1)


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
    text = findings.results.text_row(row)
    if text["status"] not in ANALYSED:
        return Cell(""), Cell("")
    made = prediction(findings, row, language)
    return made.cell, short_cell(made.label)


def _why(findings: Findings, language: Language, reason: Reason, row: int, rank: int) -> str:
    """Why row `row` of `texts` was picked, with its figure; by `reason` it has `rank`, from 0."""
    say = partial(language.say, "notable", rank=language.say("notable", f"rank_{rank + 1}"))
    value = float(findings.text_figures[reason].iloc[row])
    if reason == "error":
        return _error(findings, row, language, say)
    if reason in ("highest", "lowest"):
        return _extreme(findings, row, language, say, reason)
    if reason == "tokens":
        return say(reason, n=int(value))
    if reason == "special_excess":
        share, usual = findings.text_figures[["special_share", "special_usual"]].iloc[row]
        return say(reason, share=float(share), usual=float(usual))
    return say(reason, value=value, typical=float(findings.text_figures[reason].median()))


def _extreme(
    findings: Findings, row: int, language: Language, say: Callable[..., str], reason: Reason
) -> str:
    """The highest or lowest prediction, with the unit that does most for that, where one counts."""
    has_direction = has_sign(BY_ID[EFFECT], findings.info.evidence.scalar)
    changes = changes_of(findings, row, language) if has_direction else None
    if not changes or findings.results.is_redacted:
        return say(reason)
    unit, change = changes[0] if reason == "highest" else changes[-1]
    if (change > 0) != (reason == "highest") or is_tiny(change, findings):
        return say(reason)
    size = written(abs(change), decimals(abs(change), IN_SHORT))
    return say(f"{reason}_by", unit=shorten(unit, CELL), size=size)


def _error(findings: Findings, row: int, language: Language, say: Callable[..., str]) -> str:
    if (fit := findings.rank_fit) is not None:
        place = int(np.flatnonzero(fit.texts == row)[0])
        # Ranks from 1, the most alike first.
        rank, label = (fit.n_texts + 1 - each[place] for each in (fit.predictions, fit.labels))
        return say("rank_error", own=rank, label=label, n=fit.n_texts)
    output = findings.info.output
    task, items = task_of(output), findings.items_of(row)
    key_of = partial(language.key_of, "notable", of=output.kind)
    if task.is_number:
        if len(items) > 1:  # the mean of their distances
            off = float(findings.text_figures["error"].iloc[row])
            return say("error", error=number(off))
        return say("error", error=prediction(findings, row, language).error)
    if task.has_places:
        return say(key_of("wrong_items"), n=int(findings.text_figures["error"].iloc[row]))
    if items[0].name is not None:
        wrong = [item for item in items if item.score == 0]
        surest = max(wrong, key=lambda item: item.probability)
        is_given, sure = surest.predicted == YES, surest.probability
        return say(
            "wrong_given" if is_given else "wrong_missing",
            name=shorten(surest.name or "", CELL),
            sure=sure if is_given else 1 - sure,
            n=len(wrong),
        )
    (item,) = items
    return say(
        key_of("wrong"),
        predicted=shorten(item.predicted, CELL),
        label=shorten(item.label or "", CELL),
        sure=item.probability,
        left=item.label_probability,
    )
