"""One text's panel: its highlighted text, figures, lists and notes, ready to be set."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from reportgen.info import ANALYSED
from reportgen.notes.citations import Citation
from reportgen.notes.note import Note
from reportgen.notes.rules import text_notes
from reportgen.notes.words import Wording
from reportgen.report.language import Language
from reportgen.report.prediction import Prediction, prediction
from reportgen.report.reading import Figures, make_figures
from reportgen.report.scope import Scope
from reportgen.results import Results

_LOST_SHOWN = 300  # code points of what was cut off


@dataclass(frozen=True, slots=True)
class Sentence:
    """A note in words, with the publications it rests on."""

    text: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One text."""

    number: int  # from 1, in input order
    text_id: str
    source: str
    group: str | None
    status: str
    message: str
    facts: tuple[str, ...]
    prediction: Prediction | None
    figures: Figures | None  # None where the text was not analysed, or there is no room for them
    notes: tuple[Sentence, ...]
    cut: str  # how much was cut off; "" where nothing was
    lost: tuple[str, ...]  # what was cut off, by segment
    lost_more: str  # how much of that is not shown
    plain: tuple[str, ...]  # the text itself, by segment


def make_panel(
    results: Results,
    text: int,
    language: Language,
    heads: str,
    sink_share: float | None,
    scope: Scope,
    *,
    with_figures: bool = True,
) -> Panel:
    """The panel of row `text` of `texts`.

    `heads` is "mean" or "sum", for chart and table; `sink_share` is what its special tokens
    receive, mean over layers and heads; `scope` is what holds of the evidence on all texts.
    `with_figures` is whether there is room for them.
    """
    row = results.texts.iloc[text]
    analysed = row["status"] in ANALYSED
    has_figures = analysed and with_figures
    segments = [str(row["text"])] + ([] if pd.isna(row["pair"]) else [str(row["pair"])])
    cuts = [None if pd.isna(row[name]) else int(row[name]) for name in ("cut_text", "cut_pair")]
    lost = [part[cut:] for part, cut in zip(segments, cuts, strict=False) if cut is not None]
    hidden = sum(max(0, len(part) - _LOST_SHOWN) for part in lost)
    n_lost = int(row["n_truncated"])
    return Panel(
        number=text + 1,
        text_id=str(row["text_id"]),
        source=str(row["source"]),
        group=None if pd.isna(row["group"]) else str(row["group"]),
        status=str(row["status"]),
        message=str(row["message"]),
        facts=_facts(row, sink_share, language) if analysed else (),
        prediction=prediction(row, results.info.output, language) if analysed else None,
        figures=make_figures(results, text, segments, language, heads, scope)
        if has_figures
        else None,
        notes=sentences(text_notes(results, text) if analysed else (), language.wording),
        cut=language.count("panel", "cut", n_lost, max=results.info.model.max_tokens)
        if n_lost
        else "",
        lost=tuple(part[:_LOST_SHOWN] for part in lost if part),
        lost_more=language.count("panel", "lost_more", hidden) if hidden else "",
        plain=tuple(segments),
    )


def sentences(notes: Sequence[Note], wording: Wording) -> tuple[Sentence, ...]:
    """Notes in words, in their order."""
    return tuple(Sentence(wording.sentence(note), note.citations) for note in notes)


def _facts(row: pd.Series, sink_share: float | None, language: Language) -> tuple[str, ...]:
    facts = [language.count("panel", "tokens", int(row["n_tokens"]))]
    if sink_share is not None:
        facts.append(language.say("panel", "sink_share", share=language.percent(sink_share)))
    if int(row["n_unknown"]):
        facts.append(language.count("panel", "unknown", int(row["n_unknown"])))
    return tuple(facts)
