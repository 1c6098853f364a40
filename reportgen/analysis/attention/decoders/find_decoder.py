"""Finds the decoder whose attention is read beside that of the encoder, and tries it on a text."""

from collections.abc import Mapping

from torch import Tensor

from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.attention.decoders.cross_norms import CrossNorms, find_cross_norms
from reportgen.analysis.attention.decoders.decoder import BatchParts, DecoderCapture, PartSummary
from reportgen.analysis.attention.decoders.head_row import find_head_row
from reportgen.analysis.attention.values.proof import TakeLayer
from reportgen.errors import CaptureError
from reportgen.models import EncodedText, LoadedModel
from reportgen.results import DecoderPart, Reason

# Largest distance of a row's sum from 1 in the trial run, in any precision.
_MOST_OFF = 3e-2


def _find_values(
    model: LoadedModel, capture: Capture, decoder: DecoderCapture, text: EncodedText
) -> CrossNorms | Reason:
    """How the value vectors of a decoder's cross-attention are read, verified on one text; the
    reason why they cannot be otherwise."""
    inputs = model.inputs([text])

    def run(add_maps: TakeLayer) -> object:
        def take(part: DecoderPart, maps: Tensor) -> None:
            if part == "cross":
                add_maps(maps)

        with decoder.hooked(take):
            return capture.run(inputs, lambda *_: None)

    return find_cross_norms(decoder.module, decoder.n_heads, run, model.info.dtype)


def find_decoder(
    model: LoadedModel, capture: Capture, text: EncodedText, *, with_values: bool = False
) -> tuple[DecoderCapture | None, str | None]:
    """The decoder whose attention is read beside that of the encoder, tried on `text`; with
    `with_values` also how its value vectors are read.

    Returns:
        The decoder, None where the model has none or its maps cannot be read; and a remark for
        readers on that.
    """
    try:
        decoder = _decoder(model, text)
        if decoder is None:
            return None, None
        parts = BatchParts([text], [decoder.tokens(text)], [False])
        with decoder.hooked(parts.take):
            capture.run(model.inputs([text]), lambda *_: None)
        (found,) = parts.texts()
        _require_rows(found)
    except CaptureError as error:
        return None, f"attention of the decoder is not reported: {error}"
    decoder.n_layers, decoder.n_heads = found["cross"].entropy.shape
    if with_values:
        decoder.norms = _find_values(model, capture, decoder, text)
    return decoder, None


def _require_rows(found: Mapping[DecoderPart, PartSummary]) -> None:
    """Check that the rows of each part sum to 1, though a NaN may be of one text alone.

    Raises:
        CaptureError: they do not, as where one attention reads the target and the text together
            (T5Gemma 2).
    """
    off = max(part.row_sum_error for part in found.values())
    if off > _MOST_OFF:
        raise CaptureError(
            "rows of its maps to the target and to the text do not each sum to 1 (off by "
            f"{off:.2g})"
        )


def _decoder(model: LoadedModel, text: EncodedText) -> DecoderCapture | None:
    """The decoder that writes a target, or that the output is read from; None without one."""
    if text.target is not None and model.writer is not None:
        return DecoderCapture(model.writer.module)
    found = find_head_row(model, text)
    return None if found is None else DecoderCapture(*found)
