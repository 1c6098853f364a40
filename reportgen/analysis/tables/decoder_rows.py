"""Turns what was measured in decoders of their own into columns of the results tables."""

from collections.abc import Sequence

import numpy as np

from reportgen.analysis.attention.decoders.decoder import PartSummary
from reportgen.analysis.tables.rows import AnalysedText, Columns, joined
from reportgen.models.tokens.target_tokens import TargetTokens
from reportgen.results.info import DECODER_PARTS, DecoderPart


def target_rows(texts: Sequence[AnalysedText]) -> Columns:
    """Columns of the table of targets, one row per token of a decoder of its own."""
    return joined(
        [
            _target_of(text, text.target)
            for text in texts
            if text.summary is not None and text.target is not None
        ]
    )


def _target_of(text: AnalysedText, target: TargetTokens) -> Columns:
    n_tokens = len(target.ids)
    return {
        "text": np.full(n_tokens, text.index),
        "position": np.arange(n_tokens),
        "unit": np.array(target.units),
        "token": list(target.tokens),
        "token_id": np.array(target.ids),
        "start": [None if span is None else span[0] for span in target.spans],
        "end": [None if span is None else span[1] for span in target.spans],
        "is_special": list(target.specials),
        "is_given": np.arange(n_tokens) < target.n_given,
        **_target_received(text.part("decoder"), n_tokens),
    }


def _target_received(summary: PartSummary | None, n_tokens: int) -> Columns:
    """The columns of attention received in the decoder; NaN where it was not measured, and for the
    last token, which the decoder does not read."""
    if summary is None:
        none = np.full((n_tokens, 1), np.nan)
        return {"received": none[:, 0], "expected": none[:, 0], "received_layers": none}
    received = np.full((n_tokens, len(summary.received)), np.nan)
    received[:-1] = summary.received.T
    expected = np.append(summary.expected.mean(axis=0), np.nan)
    return {
        "received": received.mean(axis=1),
        "expected": expected,
        "received_layers": received,
    }


def decoder_head_rows(texts: Sequence[AnalysedText]) -> Columns:
    """Columns of the table of a decoder's heads, one row per text, part, layer and head."""
    return joined(
        [
            _decoder_heads_of(text, part, summary)
            for text in texts
            for part in DECODER_PARTS
            if (summary := text.part(part)) is not None
        ]
    )


def _decoder_heads_of(text: AnalysedText, part: DecoderPart, summary: PartSummary) -> Columns:
    n_layers, n_heads = summary.entropy.shape
    size = n_layers * n_heads
    return {
        "text": np.full(size, text.index),
        "part": [part] * size,
        "layer": np.repeat(np.arange(1, n_layers + 1), n_heads),
        "head": np.tile(np.arange(1, n_heads + 1), n_layers),
        "special_share": summary.special_share.ravel(),
        "uniform_share": np.repeat(summary.special_even, n_heads),
        "entropy": summary.entropy.ravel(),
    }
