"""Is it an attention sink? One rule for special tokens, the first position and text tokens; and
warnings against two common conclusions from sinks."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import IntEnum

from reportgen.findings.attention import LayerFigures, RoleFigures
from reportgen.findings.notes.citations import CLARK, GU, KOVALEVA, Citation
from reportgen.findings.notes.note import Note, SinkVerdict, Values, about, ends, figure
from reportgen.findings.notes.thresholds import RAISED_EXCESS
from reportgen.findings.sinks.heads import SinkHeads
from reportgen.findings.statistics import Interval
from reportgen.results import MIN_CONTENT, MIN_TEXTS, SINK_EXCESS, Subject


class Standing(IntEnum):
    """How close the figures of a layer come to those of a sink; the layer that comes closest
    decides."""

    NONE = 0
    NONE_OR_RAISED = 1
    RAISED = 2
    SINK_NOT_RULED_OUT = 3
    SINK = 4


# An interval across a threshold leaves it unclear on which side of it the figure lies.
VERDICTS: Mapping[Standing, str] = {
    Standing.NONE: "N1b",
    Standing.NONE_OR_RAISED: "unclear-raised",
    Standing.RAISED: "N1d",
    Standing.SINK_NOT_RULED_OUT: "unclear",
    Standing.SINK: "N1",
}
OUTCOMES: Mapping[str, SinkVerdict] = {
    "N1b": "none",
    "N1b-below": "none",
    "unclear-raised": "unclear",
    "N1d": "raised",
    "unclear": "unclear",
    "N1": "sink",
}
IN_HEADS = "N1h"  # a sink in single heads alone
_NO_SINK = ("N1b", "N1b-below", "unclear-raised", "N1d")
_CITATIONS: Mapping[str, tuple[Citation, ...]] = {
    "N1": (CLARK, KOVALEVA, GU),
    "N1d": (GU,),
    "N1b": (),
    "N1b-below": (),
    "unclear-raised": (GU,),
    "unclear": (GU,),
}


def standing(excess: Interval) -> Standing:
    """The standing of a layer, by the interval of what its token gets beyond the equal share.

    A statement needs the whole interval on its side of the threshold.
    """
    if excess.low >= SINK_EXCESS:
        return Standing.SINK
    if excess.high >= SINK_EXCESS:
        return Standing.SINK_NOT_RULED_OUT
    if excess.low >= RAISED_EXCESS:
        return Standing.RAISED
    if excess.high >= RAISED_EXCESS:
        return Standing.NONE_OR_RAISED
    return Standing.NONE


def verdict(figures: RoleFigures) -> tuple[str, LayerFigures]:
    """A token's verdict over all layers, and the layer it names.

    The layer that stands highest decides: one sink makes it a sink, one layer where a sink is not
    ruled out makes it unclear, and there is none only if no layer is even raised. Of the layers
    that stand equally high the one with the largest excess is named; shares alone would not compare
    layers that look through windows of different widths.

    Args:
        figures: of at least MIN_TEXTS texts, so with intervals.
    """
    standings = {layer.layer: _standing_of(layer) for layer in figures.layers}
    named = max(figures.layers, key=lambda layer: (standings[layer.layer], layer.excess.mean))
    return VERDICTS[standings[named.layer]], named


def subject_verdict(subject: Subject, figures: RoleFigures) -> tuple[Note, LayerFigures | None]:
    """The verdict on a token or position, or why there is none, and the layer that it names."""
    if not figures.layers:
        unjudged = _verdict(subject, "no-text", "no_text", {"min_content": MIN_CONTENT})
        return unjudged, None
    if figures.n_texts < MIN_TEXTS:
        return _few(subject, figures)
    id, layer = verdict(replace(figures, layers=figures.judged))
    if id == "N1b" and layer.excess.mean <= 0:
        id = "N1b-below"
    values: dict[str, float | int | str] = {
        "n_texts": figures.n_texts,
        "layer": layer.layer,
        **figure("share", layer.share),
        "expected": layer.expected,
        **figure("ratio", layer.ratio),
        **figure("excess", layer.excess),
        "sink_excess": SINK_EXCESS,
        "raised_excess": RAISED_EXCESS,
    }
    if subject.kind == "role":
        values["self_share"] = layer.self_share
    return _verdict(subject, id, OUTCOMES[id], values, *_CITATIONS[id]), layer


def with_heads(note: Note, heads: SinkHeads | None) -> Note:
    """The verdict, with the number of heads in which the token is a sink. Left out if that was not
    stored, or if it is 0 and the mean over heads says the same.

    Where the mean over heads surely is no sink, but a single head surely is one, the sentence is
    N1h.
    """
    if heads is None or "excess" not in note.values or (note.rules_out_sink and not heads.n_sink):
        return note
    values = {**note.values, "n_sink_heads": heads.n_sink, "n_heads": heads.n_heads}
    also = ("heads-top",) if not note.is_special else ()
    if float(note.values["excess_high"]) >= SINK_EXCESS or not heads.is_sure:
        return replace(note, values=values, also=(*note.also, "single-heads", *also))
    layer, head = heads.strongest
    values |= {"head_layer": layer, "head": head, "head_excess": float(heads.excess.max())}
    return replace(
        note, id=IN_HEADS, values=values, citations=(GU,), also=also, rules_out_sink=False
    )


def caution_notes(verdicts: Iterable[Note], reads_cls_only: bool, output: Values) -> list[Note]:
    """N10 and N11: conclusions that do not follow from a sink on [CLS], or on a separator.

    N10 is about models whose output reads [CLS] alone; `output` is as `note.explained` gives it.
    """
    notes: list[Note] = []
    for verdict in verdicts:
        if verdict.verdict != "sink" or verdict.role is None or verdict.token is None:
            continue
        subject = Subject(verdict.role, verdict.token, "role")
        if verdict.role == "cls" and reads_cls_only:
            notes.append(about(subject, "N10", output))
        if verdict.role == "sep":
            values = {name: verdict.values[name] for name in ("layer", "self_share")}
            notes.append(about(subject, "N11", values, CLARK))
    return notes


def _verdict(
    subject: Subject, id: str, verdict: SinkVerdict, values: Values, *citations: Citation
) -> Note:
    note = about(subject, id, values, *citations, kind="verdict")
    return replace(note, verdict=verdict, rules_out_sink=id in _NO_SINK)


def _standing_of(layer: LayerFigures) -> Standing:
    assert layer.excess.interval is not None
    return standing(layer.excess.interval)


def _few(subject: Subject, figures: RoleFigures) -> tuple[Note, LayerFigures]:
    """What was measured in fewer than MIN_TEXTS texts, without a verdict."""
    layer = max(figures.layers, key=lambda layer: layer.excess.mean)
    values = {
        "n_texts": figures.n_texts,
        "layer": layer.layer,
        "share": layer.share.mean,
        "expected": layer.expected,
        "ratio": layer.ratio.mean,
        **ends("share", layer.share_range, "min", "max"),
        **ends("expected", layer.expected_range, "min", "max"),
        "min_texts": MIN_TEXTS,
    }
    return _verdict(subject, "few", "too_few_texts", values), layer
