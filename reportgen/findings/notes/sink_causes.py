"""Notes on what accompanies an attention sink: the length and rank of what it passes on, its
largest hidden value, whether the output reads its row, and whether all tokens prefer it alike."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reportgen.findings.attention import LayerFigures
from reportgen.findings.evidence import LiveRows
from reportgen.findings.notes.citations import BARBERO, FESSER, GU, SUN, Citation
from reportgen.findings.notes.note import Note, Values, about, figure
from reportgen.findings.notes.sinks import value_case
from reportgen.findings.notes.thresholds import (
    ALIKE_LITTLE,
    ALIKE_MOST,
    BROADCAST_RANK,
    LIGHT_VALUE,
    MASSIVE,
    NO_OPERATION,
    certain,
)
from reportgen.findings.sinks.query_key_scores import SinkScores
from reportgen.results import MIN_TEXTS, Reason, Subject

_CITATIONS: Mapping[str, Citation] = {
    "why-no-op": FESSER,
    "why-broadcast": FESSER,
    "why-massive": SUN,
}


def why_note(
    subject: Subject,
    layer: LayerFigures,
    layers: Sequence[LayerFigures],
    live: LiveRows | None,
    output: Values,
) -> Note | None:
    """A note on what was measured about a sink beside its share, in one paragraph; None if nothing
    was.

    None of it says what made it a sink.

    Args:
        layer: the one that the verdict names; `layers` are all.
        live: the rows of the last layer that the output can depend on.
        output: as `note.explained` gives it.
    """
    values: dict[str, float | int | str] = {"layer": layer.layer, **output}
    also: list[str] = []
    if layer.value_ratio is not None:
        values["value_ratio"] = layer.value_ratio.mean
        also.append("why-length")
        values |= {"no_operation": NO_OPERATION, "broadcast_rank": BROADCAST_RANK}
        also += _what_it_does(layer)
        if layer.output_rank is not None:
            values["output_rank"] = layer.output_rank.mean
    activation = _largest(layers)
    if activation is not None:
        values |= activation
        also.append("why-activation")
        if _is_massive(layers):
            values["massive"] = MASSIVE
            also.append("why-massive")
    row = _row(subject, live) if output else None
    if row is not None:
        also.append(row)
    if not also:
        return None
    citations = [_CITATIONS[id] for id in also if id in _CITATIONS]
    return about(subject, "why", values, *citations, also=tuple(also))


def massive_note(subject: Subject, layers: Sequence[LayerFigures]) -> Note | None:
    """A note that a token has massive activations although it is no sink; None if it has none."""
    activation = _largest(layers)
    if activation is None or not _is_massive(layers):
        return None
    return about(subject, "massive", {**activation, "massive": MASSIVE}, SUN)


def _largest(layers: Sequence[LayerFigures]) -> dict[str, float | int] | None:
    """The largest hidden value in the layer where it is largest; None where it was not measured."""
    known = [layer for layer in layers if layer.activation is not None]
    if not known:
        return None
    top = max(known, key=lambda layer: layer.activation.mean if layer.activation else 0.0)
    assert top.activation is not None
    return {
        "activation": top.activation.mean,
        "content_activation": top.content_activation,
        "activation_layer": top.layer,
    }


def _is_massive(layers: Sequence[LayerFigures]) -> bool:
    """Whether the whole interval lies above the limit for massive activations, in at least one
    layer."""
    known = [layer.activation.interval for layer in layers if layer.activation is not None]
    return any(
        certain(lambda size: size >= MASSIVE, interval)
        for interval in known
        if interval is not None
    )


def _what_it_does(layer: LayerFigures) -> list[str]:
    """The ids of sentences that say whether a sink adds next to nothing, or gives all tokens the
    same vector.

    The rank of what is next to nothing is not told.
    """
    length, norm_share, rank = layer.value_ratio, layer.norm_share, layer.output_rank
    if rank is None or length is None or norm_share is None:
        return []
    ends = length.interval, norm_share.interval, layer.share.interval, rank.interval
    sure = tuple(interval for interval in ends if interval is not None)
    if len(sure) < len(ends):
        return ["why-rank"]
    if certain(_adds_nothing, *sure[:3]):
        return ["why-no-op"]
    return ["why-rank", *(["why-broadcast"] if certain(_hands_out_one, sure[0], sure[3]) else [])]


def _adds_nothing(length: float, norm_share: float, share: float) -> bool:
    return length <= NO_OPERATION and value_case(length, norm_share, share) == "N2"


def _hands_out_one(length: float, rank: float) -> bool:
    return length > LIGHT_VALUE and rank <= BROADCAST_RANK


def _row(subject: Subject, live: LiveRows | None) -> str | None:
    """The id of the sentence that says whether the output reads the row of a special token; None if
    that is not known."""
    if live is None or subject.kind != "role":
        return None
    if live.are_all:
        return "why-all-rows"
    if not live.reads_cls_only:
        return None
    return "why-read" if subject.key == "cls" else "why-unread"


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
    size, cosine, usual = scores.key_size, scores.key_cosine, scores.text_cosine
    if size is None or cosine is None or usual is None:
        return {}
    return {"key_size": size.mean, "key_cosine": cosine.mean, "text_cosine": usual.mean}
