"""Checks the figures of a text. An error message is one line: where the fault is, and what to do
next."""

from collections.abc import Mapping
from math import isfinite, isnan

import numpy as np

from reportgen.analysis.attention.decoders.decoder import PartSummary
from reportgen.analysis.attention.figures.summaries import TextSummary
from reportgen.models.device.precision import allowed, tolerances
from reportgen.models.loaded import LoadedModel
from reportgen.models.readers.reader import Prediction
from reportgen.results.info import DecoderPart, OutputKind

# What a figure of the output stands for, where a text has one or more for each of several places.
_PLACES: Mapping[OutputKind, str] = {
    "completion": "step {} of its completion",
    "tags": "its word {}",
    "masks": "its mask {}",
    "choice": "its choice {}",
}


def fault_of(
    model: LoadedModel,
    summary: TextSummary,
    prediction: Prediction,
    parts: Mapping[DecoderPart, PartSummary],
) -> str | None:
    """An error message if the figures of one text cannot be right, else None.

    Args:
        parts: its figures in a decoder of its own.
    """
    rows = {"": (summary.received, summary.row_sum_error)} | {
        f" of the decoder ({part})": (own.received, own.row_sum_error)
        for part, own in parts.items()
    }
    for of, (received, off) in rows.items():
        if isnan(off):
            layer = int(np.isnan(received).any(axis=1).argmax()) + 1
            return no_number(model, f"its attention maps{of} are NaN in layer {layer}")
        dtype, most = model.info.dtype, tolerances(model.info.dtype).row_sum
        if off > most:
            said = allowed(off, most, dtype)
            return f"rows of its attention maps{of} do not sum to 1 ({said})"
    if summary.padding_mass > 0:
        return f"attention on padding ({summary.padding_mass:.2g} of a row)"
    output = _output_fault(model, prediction)
    return no_number(model, output) if output else None


def no_number(model: LoadedModel, found: str) -> str:
    """The message that something was `found` not to be a finite number, with advice."""
    tries = []
    if model.info.dtype != "float32":
        tries.append("--dtype float32")
    if model.device.type != "cpu":
        tries.append("--device cpu")
    if tries:
        return f"{found}; try {' or '.join(tries)}"
    return f"{found}; the model runs in float32 on the CPU already, so its weights may be broken"


def _output_fault(model: LoadedModel, prediction: Prediction) -> str | None:
    """Where the output is not a finite number; None if it is one."""
    if prediction.is_finite:
        return None
    scores, places = prediction.scores, _PLACES.get(model.reader.kind)
    found = next((i for i, score in enumerate(scores) if not isfinite(score)), None)
    what = "NaN" if found is None or isnan(scores[found]) else "infinite"
    if found is None or places is None:
        return f"the model's output for it is {what}"
    n_each = len(scores) // len(prediction.steps) if prediction.steps else 1
    return f"the model's output at {places.format(found // n_each + 1)} is {what}"
