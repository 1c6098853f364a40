"""What every run verifies on its own model before a figure is believed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from reportgen.attention.batches import pad
from reportgen.attention.capture import Capture
from reportgen.errors import CaptureError
from reportgen.model.encoder import accepted_arguments
from reportgen.model.load import LoadedModel
from reportgen.model.output import Prediction
from reportgen.model.tokens import EncodedText

# By the precision a model runs in: how far a row's sum may be from 1, and how far a text in a
# padded batch may be from the same text alone.
ROW_SUM_TOLERANCE = {"float32": 1e-3, "float64": 1e-3, "float16": 1e-2, "bfloat16": 3e-2}
PADDED_TOLERANCE = {"float32": 1e-4, "float64": 1e-4, "float16": 1e-2, "bfloat16": 5e-2}

Batching = Literal["padded", "equal lengths", "one by one"]


@dataclass(frozen=True, slots=True)
class Probe:
    """What a trial on two texts showed."""

    n_layers: int
    n_heads: int
    is_causal: bool  # no query gives any weight to a later key
    row_sum_error: float
    padded_difference: float | None  # None where the two cannot run together
    batching: Batching  # how texts may run together so that each one's figures are its own


def probe(model: LoadedModel, capture: Capture, texts: Sequence[EncodedText]) -> Probe:
    """Run the two texts of `texts` that differ most in length, apart and together.

    Raises:
        CaptureError: what comes is not attention maps: rows do not sum to 1, a weight is not
            finite, or layers differ in their number of heads.
    """
    long = max(texts, key=lambda text: len(text.ids))
    short = min(texts, key=lambda text: len(text.ids))
    whole, _ = _run(model, capture, [long])
    name = type(model.encoder).__name__
    error = max(float((layer.sum(-1) - 1).abs().max()) for layer in whole)
    if not error <= ROW_SUM_TOLERANCE[model.info.dtype]:  # so that NaN does not pass
        raise CaptureError(
            f"{name} gives attention whose rows do not sum to 1 (off by {error:.2g}); "
            "such weights cannot be reported as attention maps"
        )
    if len({layer.shape[1] for layer in whole}) > 1:
        raise CaptureError(f"{name} has layers with different numbers of heads; not supported")
    difference, batching = _together(model, capture, long, short)
    return Probe(
        n_layers=len(whole),
        n_heads=whole[0].shape[1],
        is_causal=all(not layer.triu(1).any() for layer in whole),
        row_sum_error=error,
        padded_difference=difference,
        batching=batching,
    )


def _together(
    model: LoadedModel, capture: Capture, long: EncodedText, short: EncodedText
) -> tuple[float | None, Batching]:
    """How far `short` in a batch with `long` is from `short` alone, and what follows."""
    alone, apart = _run(model, capture, [short])
    try:
        padded, together = _run(model, capture, [long, short])
    except Exception:  # a head that refuses more than one text: no padding token is defined
        return None, "one by one"
    size, length = len(long.ids), len(short.ids)
    if padded[0].shape[-1] != size or len(padded) != len(alone):
        return None, "equal lengths"
    # Besides the text's own map: what its queries gave to padding, which should be nothing.
    difference = max(
        max(
            float((layer[1, :, :length, :length] - single[0]).abs().max()),
            float(layer[1, :, :length, length:].sum(-1).max()),
        )
        for layer, single in zip(padded, alone, strict=True)
    )
    if apart[0].scores:
        scale = 1 + max(abs(score) for score in apart[0].scores)
        pairs = zip(together[1].scores, apart[0].scores, strict=True)
        difference = max(difference, max(abs(a - b) for a, b in pairs) / scale)
    agrees = difference <= PADDED_TOLERANCE[model.info.dtype]
    return difference, "padded" if agrees else "equal lengths"


def _run(
    model: LoadedModel, capture: Capture, texts: Sequence[EncodedText]
) -> tuple[list[Tensor], list[Prediction]]:
    """All layers' maps of one batch, each `[text, head, query, key]`, and the predictions."""
    layers: list[Tensor] = []
    accepted = accepted_arguments(model.module)
    inputs = pad(texts, model.pad_token_id, accepted, model.device)
    returned = capture.run(inputs, lambda _, maps: layers.append(maps.float().cpu()))
    with torch.inference_mode():
        return layers, model.reader.read(returned, inputs)
