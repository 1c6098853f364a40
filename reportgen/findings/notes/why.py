"""What goes with an attention sink: the length of what it passes on, its largest hidden value, and
whether the output reads its row."""

from collections.abc import Sequence

from reportgen.findings.attention import LayerFigures
from reportgen.findings.evidence import LiveRows
from reportgen.findings.notes.citations import SUN
from reportgen.findings.notes.note import Note, Values, about
from reportgen.findings.notes.thresholds import MASSIVE, certain
from reportgen.results.info import Subject


def why_note(
    subject: Subject,
    layer: LayerFigures,
    layers: Sequence[LayerFigures],
    live: LiveRows | None,
    output: Values,
) -> Note | None:
    """What was measured about a sink beside its share, in one paragraph; None where nothing was.

    None of it says what made it a sink.

    Args:
        layer: the one that the verdict names; `layers` are all.
        live: the rows of the last layer that the output can depend on.
        output: as `note.explained` gives it.
    """
    values: dict[str, float | int | str] = {"layer": layer.layer, **output}
    also: list[str] = []
    if layer.value_ratio is not None and layer.is_weighted:
        values["value_ratio"] = layer.value_ratio.mean
        also.append("why-length")
    found = _largest(layers)
    if found is not None:
        values |= found
        also.append("why-activation")
        if _is_massive(layers):
            values["massive"] = MASSIVE
            also.append("why-massive")
    row = _row(subject, live) if output else None
    if row is not None:
        also.append(row)
    if not also:
        return None
    return about(
        subject, "why", values, *([SUN] if "why-massive" in also else []), also=tuple(also)
    )


def massive_note(subject: Subject, layers: Sequence[LayerFigures]) -> Note | None:
    """That a token which is no sink has massive activations; None where it has none."""
    found = _largest(layers)
    if found is None or not _is_massive(layers):
        return None
    return about(subject, "massive", {**found, "massive": MASSIVE}, SUN)


def _largest(layers: Sequence[LayerFigures]) -> dict[str, float | int] | None:
    """The largest hidden value in the layer where it is largest; None where it was not measured."""
    known = [own for own in layers if own.activation is not None]
    if not known:
        return None
    top = max(known, key=lambda own: own.activation.mean if own.activation else 0.0)
    assert top.activation is not None
    return {
        "activation": top.activation.mean,
        "content_activation": top.content_activation,
        "activation_layer": top.layer,
    }


def _is_massive(layers: Sequence[LayerFigures]) -> bool:
    """Whether in some layer the whole interval is that of a massive activation."""
    known = [own.activation.interval for own in layers if own.activation is not None]
    return any(certain(lambda size: size >= MASSIVE, own) for own in known if own is not None)


def _row(subject: Subject, live: LiveRows | None) -> str | None:
    """Which sentence says whether the output reads the row of a special token; None where it is not
    known whether it does."""
    if live is None or subject.kind != "role":
        return None
    if live.are_all:
        return "why-all-rows"
    if not live.reads_cls_only:
        return None
    return "why-read" if subject.key == "cls" else "why-unread"
