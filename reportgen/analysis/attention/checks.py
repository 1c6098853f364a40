"""Checks a model on a few texts before an analysis (are these attention maps, and can texts be
batched?), and the figures of each text after it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, isnan

import numpy as np
import torch
from torch import Tensor

from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.attention.decoders.decoder import PartSummary
from reportgen.analysis.attention.decoders.head_row import reads_the_same_row
from reportgen.analysis.attention.figures.summaries import TextSummary
from reportgen.errors import CaptureError, ModelError, ReportgenError, quoted
from reportgen.models import (
    EncodedText,
    LoadedModel,
    TextPrediction,
    allowed,
    describe,
    layers_remark,
    tolerances,
)
from reportgen.results import Batching, DecoderPart


@dataclass(frozen=True, slots=True)
class Probe:
    """What a trial with two texts showed about a model."""

    n_layers: int
    n_heads: int
    is_causal: bool  # no query has any weight on a later key
    row_sum_error: float
    padded_difference: float | None  # None where the two cannot run in one batch
    batching: Batching  # how texts can run together without changing each other's figures
    remarks: tuple[str, ...] = ()  # what a user should know about its maps


def probe(model: LoadedModel, capture: Capture, texts: Sequence[EncodedText]) -> Probe:
    """Run the longest and the shortest of `texts` alone and in one batch, and check the maps.

    Raises:
        CaptureError: the model does not return one attention map per layer and head: rows do not
            sum to 1, a weight is not finite, maps are not of the text's length, or layers have
            different numbers of heads.
        ModelError: the model fails on a text, or returns another output each time.
    """
    long = max(texts, key=lambda text: len(text.ids))
    short = min(texts, key=lambda text: len(text.ids))
    try:
        whole, _ = _run(model, capture, [long])
        alone = _run(model, capture, [short])
        again = _run(model, capture, [short])[1]
    except ReportgenError:
        raise
    except (Exception, SystemExit) as error:  # user code may call exit()
        detail = quoted(describe(error))
        raise ModelError(f"{model.info.name} fails on one text: {detail}") from error
    name = type(model.encoder).__name__
    if capture.n_calls > 1:  # in the last run, of one text
        raise CaptureError(
            f"{type(model.module).__name__} runs its encoder more than once per text: "
            f"{capture.n_calls} times {name}; not supported"
        )
    sizes = {layer.shape[-1] for layer in whole} - {len(long.ids)}
    if sizes:
        raise CaptureError(
            f"{name} gives attention maps of {min(sizes)} positions for a text of "
            f"{len(long.ids)} tokens; this kind of attention cannot be reported"
        )
    _require_numbers(model, whole)
    beyond = [layer.sum(-1) - 1 for layer in whole]
    # A learned sink has what is missing.
    off = _largest(
        excess.clamp(min=0) if capture.has_learned_sinks else excess for excess in beyond
    )
    most = tolerances(model.info.dtype)
    detail = allowed(off, most.row_sum, model.info.dtype)
    if off > most.row_sum:
        if capture.mixes_learned_sinks:
            raise CaptureError(
                f"{name} has learned sinks in some of its layers only, where rows do not sum to 1 "
                f"({detail}); not supported"
            )
        raise CaptureError(
            f"{name} gives attention whose rows do not sum to 1 ({detail}); "
            "such weights cannot be reported as attention maps"
        )
    remarks = [layers_remark(model.encoder, len(whole))]
    if capture.has_learned_sinks and _largest(beyond) <= most.row_sum:
        capture.has_learned_sinks = False
        remarks.append(
            f"{name} has learned sinks, but rows of its maps sum to 1 all the same: the sinks only "
            "weaken what is passed on, so their share is not in the maps and not in this report"
        )
    if len({layer.shape[1] for layer in whole}) > 1:
        raise CaptureError(f"{name} has layers with different numbers of heads; not supported")
    if gap(again[0], alone[1][0]) > most.repeated:
        raise ModelError(
            f"{model.info.name} gives one text another output each time it runs; make it the same, "
            "such as by F.dropout(..., training=self.training) where forward drops out"
        )
    difference, batching = _together(model, capture, long, short, *alone)
    if difference is not None and not isfinite(difference):
        fault = f"{model.info.name} puts out figures that are not finite numbers"
        raise CaptureError(no_number(model, fault))
    return Probe(
        n_layers=len(whole),
        n_heads=whole[0].shape[1],
        is_causal=all(not layer.triu(1).any() for layer in whole),
        row_sum_error=off,
        padded_difference=difference,
        batching=batching,
        remarks=tuple(remark for remark in remarks if remark is not None),
    )


def _require_numbers(model: LoadedModel, maps: Sequence[Tensor]) -> None:
    """Check that no map has a NaN; `maps` are those of each layer.

    Raises:
        CaptureError: one has.
    """
    bad = next((number for number, layer in enumerate(maps, 1) if layer.isnan().any()), None)
    if bad is not None:
        fault = f"{type(model.encoder).__name__} gives attention maps that are NaN in layer {bad}"
        raise CaptureError(no_number(model, fault))


def _together(
    model: LoadedModel,
    capture: Capture,
    long: EncodedText,
    short: EncodedText,
    alone: Sequence[Tensor],
    apart: Sequence[TextPrediction],
) -> tuple[float | None, Batching]:
    """Run `short` in a batch with `long`, and compare it with `short` alone.

    Args:
        alone: the maps of `short` alone, by layer.
        apart: the prediction for `short` alone.

    Returns:
        The largest difference (None if they cannot run together), and how texts can be batched.
    """
    try:
        padded, together = _run(model, capture, [long, short])
    except Exception:  # a head that refuses more than one text: no padding token is defined
        return None, "one by one"
    size, length = len(long.ids), len(short.ids)
    if len(padded) > len(alone):  # the module runs its encoder once for each text of a batch
        return None, "one by one"
    if size == length or padded[0].shape[-1] != size or len(padded) != len(alone):
        return None, "equal lengths"
    on_padding = _largest(layer[1, :, :length, length:] for layer in padded)
    gaps = [
        layer[1, :, :length, :length] - single[0]
        for layer, single in zip(padded, alone, strict=True)
    ]
    gaps.append(torch.tensor(gap(together[1], apart[0])))
    difference = max(_largest(gaps), on_padding)
    # Weights on padding must be exactly 0, because every run checks that.
    agrees = on_padding == 0 and difference <= tolerances(model.info.dtype).repeated
    agrees = agrees and reads_the_same_row(model, long, short)
    return difference, "padded" if agrees else "equal lengths"


def gap(one: TextPrediction, other: TextPrediction) -> float:
    """The largest difference of the scores of two predictions, relative to the largest score; NaN
    if one is NaN, 0 for embeddings, which have no scores."""
    if not one.scores:
        return 0.0
    scores = torch.tensor([one.scores, other.scores])
    return float(((scores[0] - scores[1]).abs() / (1 + scores.abs().max())).max())


def _largest(parts: Iterable[Tensor]) -> float:
    """The largest absolute value of any entry; NaN if one is NaN."""
    return float(torch.cat([part.abs().flatten() for part in parts]).max())


def _run(
    model: LoadedModel, capture: Capture, texts: Sequence[EncodedText]
) -> tuple[list[Tensor], list[TextPrediction]]:
    """Run one batch: the maps of all layers, each `[text, head, query, key]`, and predictions."""
    layers: list[Tensor] = []
    inputs = model.inputs(texts)
    # A copy: some models go on to change their maps in place.
    returned = capture.run(inputs, lambda _, maps: layers.append(maps.float().cpu().clone()))
    with torch.inference_mode():
        return layers, model.reader.read(returned, inputs, texts)


def fault_of(
    model: LoadedModel,
    summary: TextSummary,
    prediction: TextPrediction,
    parts: Mapping[DecoderPart, PartSummary],
) -> str | None:
    """An error message if the figures of one text cannot be right, else None.

    Args:
        parts: its figures in a decoder of its own.
    """
    rows = {"": (summary.received, summary.row_sum_error)} | {
        f" of the decoder ({part})": (figures.received, figures.row_sum_error)
        for part, figures in parts.items()
    }
    for of, (received, off) in rows.items():
        if isnan(off):
            layer = int(np.isnan(received).any(axis=1).argmax()) + 1
            return no_number(model, f"its attention maps{of} are NaN in layer {layer}")
        dtype, most = model.info.dtype, tolerances(model.info.dtype).row_sum
        if off > most:
            detail = allowed(off, most, dtype)
            return f"rows of its attention maps{of} do not sum to 1 ({detail})"
    if summary.padding_mass > 0:
        return f"attention on padding ({summary.padding_mass:.2g} of a row)"
    output = _output_fault(model, prediction)
    return no_number(model, output) if output else None


def no_number(model: LoadedModel, fault: str) -> str:
    """The message of a `fault`, a figure that is not a finite number, with advice."""
    tries = []
    if model.info.dtype != "float32":
        tries.append("--dtype float32")
    if model.device.type != "cpu":
        tries.append("--device cpu")
    if tries:
        return f"{fault}; try {' or '.join(tries)}"
    return f"{fault}; the model runs in float32 on the CPU already, so its weights may be broken"


def _output_fault(model: LoadedModel, prediction: TextPrediction) -> str | None:
    """Where the output is not a finite number; None if it is one."""
    if prediction.is_finite:
        return None
    scores, place = prediction.scores, model.reader.place
    bad = next((i for i, score in enumerate(scores) if not isfinite(score)), None)
    what = "NaN" if bad is None or isnan(scores[bad]) else "infinite"
    if bad is None or place is None:
        return f"the model's output for it is {what}"
    n_each = len(scores) // len(prediction.steps) if prediction.steps else 1
    return f"the model's output at {place.format(bad // n_each + 1)} is {what}"


# For the trial run, if the given texts do not have two different lengths.
SAMPLES = ("one", "one two three four five six seven eight nine ten")
# Longest text of a trial run, so that it stays cheap.
PROBE_TOKENS = 128


def try_model(model: LoadedModel, texts: Sequence[EncodedText] = ()) -> tuple[Capture, Probe]:
    """Check that the model returns attention maps, on the given texts or on built-in samples."""
    samples = [sample_text(model, sample) for sample in SAMPLES]
    fitting = [text for text in texts if text.n_content and len(text.ids) <= PROBE_TOKENS]
    capture = Capture(model.module, model.encoder)
    if len({len(text.ids) for text in fitting}) > 1:
        try:
            return capture, probe(model, capture, fitting)
        except ModelError:  # one of the texts may be the cause; try the samples
            pass
    return capture, probe(model, capture, samples)


def sample_text(model: LoadedModel, text: str = SAMPLES[-1]) -> EncodedText:
    """A sample text to try a model on."""
    return model.reader.encode_sample(model, text)
