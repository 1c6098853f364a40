"""The panel of one text: its coloured text, figures and notes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from reportgen.findings import MIN_PREDICTIONS, Findings, Note
from reportgen.report.components import Sentence
from reportgen.report.language.language import Language
from reportgen.report.language.sentences import sentence
from reportgen.report.panel.changed_text import PairOfTexts, changed_texts, more_variants
from reportgen.report.panel.colours import Colours, make_colours
from reportgen.report.panel.evidence_scope import Scope
from reportgen.report.panel.figures import Figures, make_figures
from reportgen.report.panel.occurrences import ordinal
from reportgen.report.panel.prediction import Prediction, prediction, printed
from reportgen.report.panel.tried_changes import TriedCard, make_tried
from reportgen.report.panel.unit_measures import explained_name
from reportgen.results import ANALYSED, segments_of
from reportgen.tasks import task_of

_UNMEASURED = "evidence-none-text"  # the note that a text has no evidence
_LOST_SHOWN = 300  # code points of what was cut off


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
    colours: Colours | None  # None where the text was not analysed, or there is no room for them
    figures: Figures | None  # the same
    unmeasured: str  # that what changes the prediction was not measured here; "" where it was
    notes: tuple[Sentence, ...]
    tried: TriedCard | None  # changes that were tried on it
    cut: str  # how much was cut off; "" where nothing was
    lost: tuple[str, ...]  # what was cut off, by segment
    lost_more: str  # how much of that is not shown
    plain: tuple[str, ...]  # the text itself, by segment
    is_variant: bool = False
    changes: tuple[PairOfTexts, ...] = ()  # its variants; of a variant its original
    more_changes: str = ""  # how many variants are not among them


def make_panel(
    findings: Findings,
    text: int,
    language: Language,
    heads: str,
    scope: Scope,
    *,
    is_whole: bool = True,
) -> Panel:
    """The panel of row `text` of `texts`.

    `heads` is "mean" or "sum", for chart and table; `scope` describes the evidence on all texts.
    Only one that `is_whole` has colours and figures.
    """
    row = findings.results.text_row(text)
    analysed = row["status"] in ANALYSED
    segments = segments_of(row)
    cuts = zip(segments, (row["cut_text"], row["cut_pair"]), strict=False)
    lost = [part[int(cut) :] for part, cut in cuts if not pd.isna(cut)]
    hidden = sum(max(0, len(part) - _LOST_SHOWN) for part in lost)
    n_lost = int(row["n_truncated"])
    notes = findings.text_notes(text)
    return Panel(
        number=text + 1,
        text_id=str(row["text_id"]),
        source=str(row["source"]),
        group=None if pd.isna(row["group"]) else str(row["group"]),
        status=str(row["status"]),
        message=str(row["message"]),
        facts=_facts(findings, text, language) if analysed else (),
        prediction=_with_asked(findings, text, language) if analysed else None,
        colours=make_colours(findings, text, segments, language, scope)
        if analysed and is_whole
        else None,
        figures=make_figures(findings, text, language, heads, scope)
        if analysed and is_whole
        else None,
        unmeasured="".join(sentence(note, language) for note in notes if note.id == _UNMEASURED),
        notes=sentences([note for note in notes if note.id != _UNMEASURED], language),
        tried=make_tried(findings, text, language) if analysed else None,
        cut=_cut(findings, n_lost, language) if n_lost else "",
        lost=tuple(part[:_LOST_SHOWN] for part in lost if part),
        lost_more=language.count("panel", "lost_more", hidden) if hidden else "",
        plain=tuple(filter(None, segments)),
        is_variant=not findings.results.independent[text],
        changes=changed_texts(findings, text, language) if analysed else (),
        more_changes=more_variants(findings, text, language) if analysed else "",
    )


def _cut(findings: Findings, n_lost: int, language: Language) -> str:
    """How many tokens were cut off, and whether the model or the user set the limit."""
    is_asked = "max-length" in findings.info.settings.options
    key = "cut_asked" if is_asked else "cut"
    return language.count("panel", key, n_lost, max=findings.info.model.max_tokens)


def sentences(notes: Sequence[Note], language: Language) -> tuple[Sentence, ...]:
    """Notes in words, in their order."""
    return tuple(Sentence(sentence(note, language), note.citations) for note in notes)


def _with_asked(findings: Findings, text: int, language: Language) -> Prediction:
    """The prediction of row `text` of `texts`, with the value of what was asked for."""
    predicted, evidence = _predicted(findings, text, language), findings.info.evidence
    is_asked = evidence.target is not None or evidence.against is not None
    row = findings.results.evidence_row(text) if is_asked else None
    if row is None or pd.isna(row["explained"]):
        return predicted
    name, value = explained_name(findings.info, language), printed(float(row["explained"]))
    return replace(predicted, explained=language.say("panel", "explained", name=name, value=value))


def _predicted(findings: Findings, text: int, language: Language) -> Prediction:
    """The prediction of row `text` of `texts`, with its place among all, or its probability."""
    predicted = prediction(findings, text, language)
    if predicted.chance:
        return _beside(predicted, predicted.chance, language)
    shown, items = task_of(findings.info.output).chart_column, findings.items_of(text)
    if shown == "probability" and items:
        share = items[0].probability
        return _beside(predicted, language.say("panel", "probability", share=share), language)
    spread = findings.number_spread
    if shown != "value" or spread is None or len(spread.values) < MIN_PREDICTIONS or not items:
        return predicted
    n, above = len(spread.values), int((spread.values > items[0].value).sum())
    if above == 0 or above == n - 1:
        key = "lowest" if above else "highest"
        return _beside(predicted, language.say("panel", key, n=n), language)
    nth = ordinal(above + 1, language)
    return _beside(predicted, language.say("panel", "nth_highest", nth=nth, n=n), language)


def _beside(predicted: Prediction, place: str, language: Language) -> Prediction:
    return replace(predicted, beside=language.say("explore", "in_brackets", place=place))


def _facts(findings: Findings, text: int, language: Language) -> tuple[str, ...]:
    row = findings.results.text_row(text)
    facts = [language.count("panel", "tokens", int(row["n_tokens"]))]
    if (shares := findings.shares_by_text.get(text)) is not None:
        facts.append(language.say("panel", "sink_share", share=shares[0]))
    if (share := findings.learned_by_text.get(text)) is not None:
        facts.append(language.say("panel", "learned_share", share=share))
    if int(row["n_unknown"]):
        facts.append(language.count("panel", "unknown", int(row["n_unknown"])))
    return tuple(facts)
