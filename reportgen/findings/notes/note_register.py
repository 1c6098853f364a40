"""Which notes the findings call for, in reading order."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from reportgen.findings.attention import RoleFigures
from reportgen.findings.notes.citations import GU
from reportgen.findings.notes.missing import (
    constant_notes,
    copies_notes,
    missing_notes,
    missing_text_notes,
)
from reportgen.findings.notes.note import Note, about, explained
from reportgen.findings.notes.sink_causes import massive_note, score_note, why_note
from reportgen.findings.notes.sinks import sink_test_note, value_note
from reportgen.findings.notes.spread import (
    length_notes,
    live_rows_note,
    mixing_notes,
    spread_notes,
    text_spread_notes,
)
from reportgen.findings.notes.trust import trust_notes
from reportgen.findings.sinks.sink_test_figures import SubjectFigures
from reportgen.findings.sinks.sink_verdicts import caution_notes, subject_verdict, with_heads
from reportgen.results import ANALYSED, LEARNED_SINK, MIN_TEXTS, SINK_EXCESS, SINK_TESTS_AT, Subject

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings

# Each gives notes on all texts. They follow the notes on single tokens, in this order.
RULES = (
    copies_notes,
    constant_notes,
    trust_notes,
    mixing_notes,
    spread_notes,
    length_notes,
    missing_notes,
)


def corpus_notes(findings: "Findings") -> tuple[Note, ...]:
    """The notes on all texts together, with one verdict per special-token role.

    Tokens come first, sinks before others, each with all its notes. Then come the rows that the
    output reads, and the notes of RULES.
    """
    about_tokens = sorted(subject_notes(findings).values(), key=_rank)
    notes = [note for token_notes in about_tokens for note in token_notes]
    if not findings.info.roles:
        notes.append(_no_special(findings))
    live = live_rows_note(findings)
    if live is not None and findings.live_rows is not None and not findings.live_rows.are_all:
        notes.append(live)
    reads_cls_only = live is not None and live.role == "cls"
    notes += caution_notes(notes, reads_cls_only, explained(findings.info))
    return (*notes, *(note for rule in RULES for note in rule(findings)))


def text_notes(findings: "Findings", text: int) -> tuple[Note, ...]:
    """The notes on row `text` of `texts` alone; none for a text that was not analysed."""
    if findings.results.text_row(text)["status"] not in ANALYSED:
        return ()
    return (*text_spread_notes(findings, text), *missing_text_notes(findings, text))


def subject_notes(findings: "Findings") -> Mapping[str, tuple[Note, ...]]:
    """The notes on each special-token role and each other token that has a verdict, by its key.

    Roles come first. The notes of each go from the attention that it gets to what that does.
    """
    tested = {figures.subject.key: figures for figures in findings.subjects}
    roles = [Subject(role.key, role.token, "role") for role in findings.info.roles]
    judged = [(role, findings.roles[role.key]) for role in roles]
    judged += [(pile.subject, pile.figures) for pile in findings.piles.every]
    return {
        subject.key: _notes_on(findings, subject, figures, tested.get(subject.key))
        for subject, figures in judged
    }


def _rank(notes: tuple[Note, ...]) -> int:
    """The rank of a token's notes, by the first of them, which says whether it is a sink: sinks
    come first, then those of single heads."""
    return 0 if notes[0].verdict == "sink" else 1 if notes[0].is_in_heads else 2


def _no_special(findings: "Findings") -> Note:
    """A note that there is no special token, and whether other tokens were looked at."""
    values: dict[str, float | int | str] = {"min_texts": MIN_TEXTS}
    also: tuple[str, ...] = ()
    if int(findings.takes_part.sum()) < MIN_TEXTS:
        also = ("no-special-few",)
    elif findings.piles.n_tried and all(
        pile.subject.kind != "token" for pile in findings.piles.every
    ):
        also, values["n_tried"] = ("no-token",), findings.piles.n_tried
        values["sink_excess"] = SINK_EXCESS
    return Note(
        "no-special", None, None, values, (GU,), "verdict", also=also, verdict="no_special_tokens"
    )


def _notes_on(
    findings: "Findings", subject: Subject, figures: RoleFigures, tested: SubjectFigures | None
) -> tuple[Note, ...]:
    verdict, layer = subject_verdict(subject, figures)
    if layer is None:
        return (verdict,)
    verdict = with_heads(verdict, findings.sink_heads.get(subject.key))
    # With few texts there is no verdict, so every token gets the notes of a sink.
    is_sink = verdict.verdict in ("sink", "too_few_texts")
    if subject == LEARNED_SINK:
        return (verdict, about(subject, "learned", {}))
    also = (
        why_note(subject, layer, figures.layers, findings.live_rows, explained(findings.info))
        if verdict.verdict == "sink"
        else massive_note(subject, figures.layers)
    )
    test = _test(findings, tested, is_sink)
    value = value_note(subject, layer, test is not None) if is_sink else None
    does = [note for note in (value, test) if note is not None]
    at = verdict.sink_layer
    score = None if at is None else _score(findings, subject, at, does)
    return tuple(note for note in (verdict, also, *does, score) if note is not None)


def _score(findings: "Findings", subject: Subject, layer: int, does: Sequence[Note]) -> Note | None:
    """The note on why a sink, if only of single heads, draws attention in `layer`, from 1; `does`
    are those on what it passes on."""
    scores = findings.sink_scores.get(subject.key, {}).get(layer)
    unread = findings.info.evidence.unread_scores
    return score_note(subject, scores, unread, findings.info.model.n_heads, does)


def _test(findings: "Findings", tested: SubjectFigures | None, is_sink: bool) -> Note | None:
    """The note on the sink tests of a token."""
    if tested is None:
        return None
    output, asked = explained(findings.info), SINK_TESTS_AT[findings.info.evidence.level]
    return sink_test_note(tested, is_sink, output, asked)
