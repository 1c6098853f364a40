"""Which notes the findings call for, in reading order."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reportgen.findings.attention import LayerFigures
from reportgen.findings.evidence import SubjectFigures
from reportgen.findings.notes.citations import GU
from reportgen.findings.notes.missing import (
    constant_notes,
    copies_notes,
    missing_notes,
    missing_text_notes,
)
from reportgen.findings.notes.note import Note, explained
from reportgen.findings.notes.sinks import sink_test_notes, swap_note, value_note
from reportgen.findings.notes.spread import (
    length_notes,
    live_rows_note,
    mixing_notes,
    spread_notes,
    text_spread_notes,
)
from reportgen.findings.notes.trust import trust_notes
from reportgen.findings.notes.verdicts import caution_notes, other_sink, role_verdict
from reportgen.results.info import ANALYSED, Evidence, Role, Subject
from reportgen.results.measure_register import MIN_TEXTS, SINK_RATIO

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
_SINKS_FIRST = ("N1", "N1c")


def corpus_notes(found: "Findings") -> tuple[Note, ...]:
    """The notes on all texts together, with one verdict per special-token role.

    Tokens come first, sinks before others, each with all its notes. Then come the rows that the
    output reads, and the notes of RULES.
    """
    about_tokens = sorted(subject_notes(found).values(), key=_rank)
    notes = [note for own in about_tokens for note in own]
    if not found.info.roles:
        notes.insert(0, _no_special(found.info.evidence, int(found.takes_part.sum())))
    live = live_rows_note(found)
    if live is not None and found.live_rows is not None and not found.live_rows.are_all:
        notes.append(live)
    reads_cls_only = live is not None and live.role == "cls"
    notes += caution_notes(notes, reads_cls_only, explained(found.info))
    return (*notes, *(note for rule in RULES for note in rule(found)))


def text_notes(found: "Findings", text: int) -> tuple[Note, ...]:
    """The notes on row `text` of `texts` alone; none for a text that was not analysed."""
    if found.texts.iloc[text]["status"] not in ANALYSED:
        return ()
    return (*text_spread_notes(found, text), *missing_text_notes(found, text))


def subject_notes(found: "Findings") -> Mapping[str, tuple[Note, ...]]:
    """The notes on each special-token role and each other subject of the sink tests, by its key.

    Roles come first. The notes of each go from the attention that it gets to what that does.
    """
    tested = {figures.subject.key: figures for figures in found.subjects}
    notes = {role.key: _role_notes(found, role, tested.get(role.key)) for role in found.info.roles}
    for key, figures in tested.items():
        if figures.subject.kind != "role":
            notes[key] = _other_notes(found, figures)
    return notes


def _rank(notes: tuple[Note, ...]) -> int:
    """The rank of a token's notes by the first, on whether attention piles up on the token."""
    ids = [note.id for note in notes[:1]]
    return _SINKS_FIRST.index(ids[0]) if ids and ids[0] in _SINKS_FIRST else len(_SINKS_FIRST)


def _no_special(evidence: Evidence, n_texts: int) -> Note:
    """That no special token can be a sink, and whether another one was looked for."""
    values = {"sink_ratio": SINK_RATIO, "min_texts": MIN_TEXTS}
    if n_texts < MIN_TEXTS:
        also = "no-special-few"
    elif evidence.level == "full" and not evidence.interrupted:
        also = "N1c-none"
    else:
        also = "no-special-unlooked"
    return Note(
        "no-special",
        None,
        None,
        values,
        (GU,),
        "verdict",
        also=() if evidence.subjects else (also,),
        verdict="no_special_tokens",
    )


def _role_notes(found: "Findings", role: Role, tested: SubjectFigures | None) -> tuple[Note, ...]:
    figures = found.roles[role.key]
    verdict, layer = role_verdict(role, figures)
    if layer is None:
        return (verdict,)
    # With few texts there is no verdict, so every token gets the notes of a sink.
    is_sink = verdict.verdict in ("sink", "too_few_texts")
    subject = Subject(role.key, role.token, "role")
    return (verdict, *_what_it_does(found, subject, layer, tested, is_sink))


def _other_notes(found: "Findings", figures: SubjectFigures) -> tuple[Note, ...]:
    pile = other_sink(figures)
    is_sink = pile is not None and pile.id in ("N1c", "N1c-few")
    rest = _what_it_does(found, figures.subject, figures.strongest, figures, is_sink)
    return rest if pile is None else (pile, *rest)


def _what_it_does(
    found: "Findings",
    subject: Subject,
    layer: LayerFigures,
    tested: SubjectFigures | None,
    is_sink: bool,
) -> tuple[Note, ...]:
    """The notes on what a token passes on in `layer`, on its sink tests and on its swap."""
    output = explained(found.info)
    tests = sink_test_notes(tested, layer.layer, is_sink, output) if tested else ()
    value = value_note(subject, layer, bool(tests)) if is_sink else None
    swap = swap_note(tested, layer.layer) if tested and is_sink else None
    return tuple(note for note in (value, *tests, swap) if note is not None)
