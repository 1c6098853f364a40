"""Is it an attention sink? One verdict per special-token role; other tokens on which attention
piles up; and warnings against two common conclusions from sinks."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import IntEnum

from reportgen.findings.attention import LayerFigures, RoleFigures
from reportgen.findings.evidence import SubjectFigures
from reportgen.findings.notes.citations import BONDARENKO, CLARK, GU, KOVALEVA, SUN, Citation
from reportgen.findings.notes.note import Note, Values, Verdict, about, ends, figure
from reportgen.findings.notes.sinks import is_light
from reportgen.findings.notes.thresholds import RAISED_RATIO, SINK_SHARE
from reportgen.findings.statistics import Interval, low_among
from reportgen.results.info import Role, Subject
from reportgen.results.measure_register import MIN_CONTENT, MIN_TEXTS, SINK_RATIO


class Standing(IntEnum):
    """How close one layer's figures come to a sink; the highest of all layers decides."""

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
_OUTCOMES: Mapping[str, Verdict] = {
    "N1b": "none",
    "unclear-raised": "unclear",
    "N1d": "raised",
    "unclear": "unclear",
    "N1": "sink",
}
_NO_SINK = ("N1b", "unclear-raised", "N1d")
_CITATIONS: Mapping[str, tuple[Citation, ...]] = {
    "N1": (CLARK, KOVALEVA, GU),
    "N1d": (GU,),
    "N1b": (),
    "unclear-raised": (GU,),
    "unclear": (GU,),
}


def standing(share: Interval, ratio: Interval) -> Standing:
    """Where a layer stands, by the intervals of its share and of its ratio to an even spread.

    A sink has both the share and the ratio: in a text of five tokens two special ones get 40 % by
    an even spread alone. A statement needs the whole interval on its side of the threshold.
    """
    if share.low >= SINK_SHARE and ratio.low >= SINK_RATIO:
        return Standing.SINK
    if share.high >= SINK_SHARE and ratio.high >= SINK_RATIO:
        return Standing.SINK_NOT_RULED_OUT
    if ratio.low >= RAISED_RATIO:
        return Standing.RAISED
    if ratio.high >= RAISED_RATIO:
        return Standing.NONE_OR_RAISED
    return Standing.NONE


def verdict(figures: RoleFigures) -> tuple[str, LayerFigures]:
    """A role's verdict over all layers, and the layer it names.

    The layer that stands highest decides: one sink makes it a sink, one layer where a sink is not
    ruled out makes it unclear, and there is none only if no layer is even raised. Of the layers
    that stand equally high the one with the largest ratio is named; shares alone would not compare
    layers that look through windows of different widths.

    Args:
        figures: of at least MIN_TEXTS texts, so with intervals.
    """
    standings = {layer.layer: _standing_of(layer) for layer in figures.layers}
    named = max(figures.layers, key=lambda layer: (standings[layer.layer], layer.ratio.mean))
    return VERDICTS[standings[named.layer]], named


def role_verdict(role: Role, figures: RoleFigures) -> tuple[Note, LayerFigures | None]:
    """The verdict on a special-token role, or why there is none, and the layer that it names."""
    subject = Subject(role.key, role.token, "role")
    if not figures.layers:
        unjudged = _verdict(subject, "no-text", "no_text", {"min_content": MIN_CONTENT})
        return unjudged, None
    if figures.n_texts < MIN_TEXTS:
        return _few(subject, figures)
    id, layer = verdict(replace(figures, layers=figures.judged))
    values: dict[str, float | int | str] = {
        "n_texts": figures.n_texts,
        "layer": layer.layer,
        **figure("share", layer.share),
        "expected": layer.expected,
        **figure("ratio", layer.ratio),
        "self_share": layer.self_share,
        "sink_share": SINK_SHARE,
        "sink_ratio": SINK_RATIO,
        "raised_ratio": RAISED_RATIO,
    }
    return _verdict(subject, id, _OUTCOMES[id], values, *_CITATIONS[id]), layer


def other_sink(figures: SubjectFigures) -> Note | None:
    """N1c, on a subject that is no special token: whether attention piles up on it.

    It behaves like a sink only if the vectors that it passes on are short as well. None where the
    whole interval lies below SINK_RATIO times an even spread.
    """
    layer = figures.strongest
    ratio, value_ratio = low_among(layer.ratio, len(figures.layers)), layer.value_ratio
    values = {
        "n_texts": ratio.n_texts,
        "layer": layer.layer,
        **figure("share", layer.share),
        **figure("ratio", ratio),
        "sink_ratio": SINK_RATIO,
    }
    if ratio.interval is None:
        return about(figures.subject, "N1c-few", values, kind="pile")
    if ratio.interval.high < SINK_RATIO:
        return None
    if ratio.interval.low < SINK_RATIO:
        return about(figures.subject, "N1c-unclear", values, kind="pile")
    if value_ratio is None:
        return about(figures.subject, "N1c", values, kind="pile", also=("N1c-unmeasured",))
    if not is_light(value_ratio):
        return about(figures.subject, "N1c", values, kind="pile")
    values |= figure("value_ratio", value_ratio)
    cited = CLARK, BONDARENKO, SUN
    return about(figures.subject, "N1c", values, *cited, kind="pile", also=("N1c-sink",))


def caution_notes(verdicts: Iterable[Note], reads_cls_only: bool, output: Values) -> list[Note]:
    """N10 and N11: what does not follow from a sink on [CLS], and from one on a separator.

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
            own = {name: verdict.values[name] for name in ("layer", "self_share")}
            notes.append(about(subject, "N11", own, CLARK))
    return notes


def _verdict(
    subject: Subject, id: str, verdict: Verdict, values: Values, *citations: Citation
) -> Note:
    note = about(subject, id, values, *citations, kind="verdict")
    return replace(note, verdict=verdict, rules_out_sink=id in _NO_SINK)


def _standing_of(layer: LayerFigures) -> Standing:
    assert layer.share.interval is not None
    assert layer.ratio.interval is not None
    return standing(layer.share.interval, layer.ratio.interval)


def _few(subject: Subject, figures: RoleFigures) -> tuple[Note, LayerFigures]:
    """What was measured in fewer than MIN_TEXTS texts, without a verdict."""
    layer = max(figures.layers, key=lambda layer: layer.ratio.mean)
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
