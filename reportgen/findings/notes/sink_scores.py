"""Notes on why a sink draws attention: whether all tokens prefer it alike, or it depends on which
token asks."""

from collections.abc import Iterable
from dataclasses import replace

from reportgen.findings.notes.citations import BARBERO, GU, SUN
from reportgen.findings.notes.note import Note, Values, about, figure
from reportgen.findings.notes.thresholds import ALIKE_LITTLE, ALIKE_MOST, certain
from reportgen.findings.sinks.sink_scores import SinkScores
from reportgen.results.info import Reason, Subject
from reportgen.results.measure_register import MIN_TEXTS

# Notes on what a token passes on that do not go with a place for attention that is not needed: that
# it matters, or that this is not clear.
_MATTERS = (
    *("N5", "N5-basic", "N5-first", "N5-open", "N5-unclear", "N6", "N6-partly"),
    *("tests-disagree", "tests-unclear"),
)


def score_note(
    subject: Subject,
    scores: SinkScores | None,
    unread: Reason | None,
    n_heads: int,
    others: Iterable[Note],
) -> Note | None:
    """How much of a sink's lead is the same for every text token that asks, in one layer.

    Args:
        scores: None where they were not measured, or no head of the layer makes it a sink.
        unread: why scores could be read in no text, where that is so.
        n_heads: of the layer.
        others: the notes on what the sink passes on and on its tests.
    """
    if scores is None:
        return about(subject, "score-unread", {"reason": unread}) if unread else None
    values: dict[str, float | int | str] = {
        "n_texts": scores.n_texts,
        "layer": scores.layer,
        "n_sink_heads": len(scores.heads),
        "n_heads": n_heads,
        "lead": scores.lead.mean,
        **figure("alike", scores.alike),
        "alike_most": ALIKE_MOST,
        "alike_little": ALIKE_LITTLE,
        "min_texts": MIN_TEXTS,
    }
    keys = _keys(scores)
    note = about(subject, score_id(scores), {**values, **keys}, GU)
    also = ["score-parking"] if note.id == "score-alike" and _adds_little(others) else []
    note = replace(note, citations=(GU, SUN, BARBERO)) if also else note
    also += ["score-meaning", *(["score-keys"] if keys else [])]
    return replace(note, also=tuple(also))


def score_case(alike: float) -> str:
    """What an exact share of the lead that is alike says."""
    if alike >= ALIKE_MOST:
        return "score-alike"
    return "score-asks" if alike <= ALIKE_LITTLE else "score-between"


def score_id(scores: SinkScores) -> str:
    """The id of the note that the scores of a token call for."""
    interval = scores.alike.interval
    if interval is None:
        return "few-score"
    return certain(score_case, interval) or "score-unclear"


def _adds_little(others: Iterable[Note]) -> bool:
    """Whether a sink passes on short vectors, and no test says that these matter."""
    ids = {note.id for note in others}
    return "N2" in ids and not ids.intersection(_MATTERS)


def _keys(scores: SinkScores) -> Values:
    """What is known of the token's key, compared with those of text tokens; nothing otherwise."""
    size, own, usual = scores.key_size, scores.key_cosine, scores.text_cosine
    if size is None or own is None or usual is None:
        return {}
    return {"key_size": size.mean, "key_cosine": own.mean, "text_cosine": usual.mean}
