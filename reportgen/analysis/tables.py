"""Turns a window of analysed texts into columns of the results tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.analysis.attention.decoders.cross_norms import CrossTextNorms
from reportgen.analysis.attention.decoders.decoder import PartSummary
from reportgen.analysis.attention.figures.summaries import TextSummary
from reportgen.analysis.attention.long_texts.pooled_maps import cells_of
from reportgen.analysis.attention.runner import TextOutcome
from reportgen.analysis.user_scores import TokenScores
from reportgen.errors import with_quotes
from reportgen.models import EncodedText, TargetTokens, TextPrediction, quoted_label
from reportgen.results import (
    CROSS,
    CROSS_NORM,
    CROSS_SIZES,
    DECODER_PARTS,
    HEAD_CLASSES,
    MAP_CELLS,
    TOP,
    USER_SCORES,
    DecoderPart,
    Part,
    Status,
)
from reportgen.texts import TextInput, comparable_number

# Column name -> values: a list, or an array for large columns, with a second axis for figures by
# layer. Values that are not defined are None or NaN.
Columns = dict[str, list[Any] | NDArray[Any]]
_NO_PREDICTION = TextPrediction(value=None, label=None, scores=(), score_names=())


@dataclass(frozen=True, slots=True)
class AnalysedText:
    """A text with all that was measured on it."""

    index: int  # row of the table of texts
    source: TextInput
    encoded: EncodedText
    outcome: TextOutcome | None  # None for an empty text
    first_token: int  # its first row in the table of tokens
    # Offset and size in maps.bin of the maps of each part, where they are kept.
    maps: Mapping[Part, tuple[int, int]]
    scores: TokenScores | None = None  # that came with it

    @property
    def status(self) -> Status:
        """Whether the text is ok, truncated, empty or failed."""
        if self.outcome is None:
            return "empty"
        if self.outcome.error is not None:
            return "failed"
        return "truncated" if self.encoded.n_truncated else "ok"

    @property
    def summary(self) -> TextSummary | None:
        """The figures of the text; None if it was not analysed."""
        return None if self.outcome is None else self.outcome.summary

    @property
    def map_cells(self) -> tuple[int, ...] | None:
        """The first token of each cell of its maps; None where these are whole or not kept."""
        is_pooled = self.maps and self.summary is not None and self.summary.in_stripes
        return cells_of(self.encoded).starts if is_pooled else None

    @property
    def target(self) -> TargetTokens | None:
        """What a decoder of its own reads and writes; None without one."""
        target = None if self.outcome is None else self.outcome.target
        return target or self.encoded.target

    def part(self, part: DecoderPart) -> PartSummary | None:
        """Its figures in a part of the decoder; None where they were not measured."""
        return None if self.outcome is None else self.outcome.parts.get(part)

    @property
    def cross_norms(self) -> CrossTextNorms | None:
        """Its norm-weighted cross-attention; None where that was not measured."""
        cross = self.part("cross")
        return None if cross is None else cross.norms

    @property
    def n_rows(self) -> int:
        """The number of rows of the text in the table of tokens."""
        return 0 if self.summary is None else len(self.encoded.ids)


def text_rows(texts: Sequence[AnalysedText]) -> Columns:
    """Columns of the table of texts, one row per text."""
    return joined([{name: [value] for name, value in _text_row(text).items()} for text in texts])


def _text_row(text: AnalysedText) -> Mapping[str, Any]:
    encoded, summary = text.encoded, text.summary
    prediction = (text.outcome.prediction if text.outcome else None) or _NO_PREDICTION
    parts: tuple[Part, ...] = ("encoder", *DECODER_PARTS)
    places = {part: text.maps.get(part, (None, None)) for part in parts}
    return {
        "text_id": text.source.id,
        "text": text.source.text,
        "pair": text.source.pair,
        "completion": text.source.completion,
        "label": text.source.label,
        "label_value": comparable_number(text.source.label),
        "group": text.source.group,
        "variant_of": text.source.variant_of,
        "variant": text.source.variant,
        "source": with_quotes(text.source.source),
        "status": text.status,
        "message": _message(text),
        "n_tokens": text.n_rows,
        "n_content": encoded.n_content if summary else 0,
        "n_truncated": encoded.n_truncated,
        "cut_text": encoded.cuts[0],
        "cut_pair": encoded.cuts[1],
        "n_unknown": encoded.n_unknown,
        "prediction": prediction.value,
        "prediction_label": quoted_label(prediction, encoded, text.source.pair),
        "scores": prediction.scores,
        "score_names": prediction.score_names,
        "steps": prediction.steps,
        **_chosen(text.source, prediction),
        "effective_tokens": summary.effective_tokens if summary else None,
        "effective_content": summary.effective_content if summary else None,
        "first_token": text.first_token,
        "map_offset": places["encoder"][0],
        "map_bytes": places["encoder"][1],
        MAP_CELLS: text.map_cells,
        **{f"{part}_offset": places[part][0] for part in DECODER_PARTS},
        **{f"{part}_bytes": places[part][1] for part in DECODER_PARTS},
    }


def _chosen(source: TextInput, prediction: TextPrediction) -> Mapping[str, Any]:
    """What is predicted for a text with choices: their texts, and the one that was picked."""
    if source.chosen is None or len(prediction.scores) != len(source.choices):
        return {}
    return {
        "prediction_label": source.choices[source.chosen],
        "score_names": source.choices,
        "steps": (source.chosen,),
    }


def token_rows(texts: Sequence[AnalysedText]) -> Columns:
    """Columns of the table of tokens, one row per token."""
    return joined([_tokens_of(text, text.summary) for text in texts if text.summary is not None])


def _tokens_of(text: AnalysedText, summary: TextSummary) -> Columns:
    encoded = text.encoded
    held = text.outcome.prediction.held if text.outcome and text.outcome.prediction else ()
    return {
        "text": np.full(len(encoded.ids), text.index),
        "position": np.arange(len(encoded.ids)),
        "unit": np.array(encoded.units),
        "segment": list(encoded.segments),
        "token": list(encoded.tokens),
        "token_id": np.array(encoded.ids),
        "start": [None if span is None else span.start for span in encoded.spans],
        "end": [None if span is None else span.end for span in encoded.spans],
        "is_special": [role is not None for role in encoded.roles],
        "role": list(encoded.roles),
        "is_held": [i in held for i in range(len(encoded.ids))],
        "cls_row_last": summary.cls_row[-1],
        "received_last": summary.received[-1],
        "cls_row_all": summary.cls_row.mean(axis=0),
        "received_all": summary.received.mean(axis=0),
        "expected": summary.expected.mean(axis=0),
        "cls_row_layers": summary.cls_row.T,
        "received_layers": summary.received.T,
        "expected_layers": summary.expected.T,
        **_norms_of(summary),
        **_cross_of(text, len(encoded.ids)),
        USER_SCORES: [None] * len(encoded.ids) if text.scores is None else list(text.scores),
    }


def _cross_of(text: AnalysedText, n_tokens: int) -> Columns:
    """The columns of attention received from what a decoder writes; NaN without one."""
    summary = text.part("cross")
    none = np.full((n_tokens, 1), np.nan)
    received = none if summary is None else summary.received.T
    norms = None if summary is None else summary.norms
    weighted = none if norms is None else norms.received.T
    # Lengths make maps of attention weights, so they are kept with these.
    sizes = None if norms is None or not norms.is_proven or not text.maps else norms.sizes
    by_key = [None] * n_tokens if sizes is None else list(sizes.reshape(-1, n_tokens).T)
    return {
        CROSS: received.mean(axis=1),
        f"{CROSS}_layers": received,
        CROSS_NORM: weighted.mean(axis=1),
        f"{CROSS_NORM}_layers": weighted,
        CROSS_SIZES: by_key,
    }


def _norms_of(summary: TextSummary) -> Columns:
    """The columns of norm-weighted attention; NaN if they were not measured."""
    norms = summary.norms
    none = np.full_like(summary.received, np.nan)
    received, sizes, ratios, ranks = (
        (none, none, none, none)
        if norms is None
        else (norms.received, norms.value_sizes, norms.value_ratios, norms.output_ranks)
    )
    return {
        "received_norm_last": received[-1],
        "received_norm_all": received.mean(axis=0),
        "received_norm_layers": received.T,
        "value_size_layers": sizes.T,
        "value_ratio_layers": ratios.T,
        "output_rank_layers": ranks.T,
        "activation_layers": (none if summary.activations is None else summary.activations).T,
    }


def head_rows(texts: Sequence[AnalysedText], roles: Sequence[str]) -> Columns:
    """Columns of the table of heads, one row per text, layer and head.

    `roles` are the roles of `TextSummary.shares`, in their order.
    """
    return joined(
        [_heads_of(text, text.summary, roles) for text in texts if text.summary is not None]
    )


def _heads_of(text: AnalysedText, summary: TextSummary, roles: Sequence[str]) -> Columns:
    n_layers, n_heads = summary.entropy.shape
    special = np.array([role is not None for role in text.encoded.roles])
    uniform = summary.expected[:, special].sum(axis=1)  # [layer]

    def share(role: str) -> NDArray[np.float32]:
        if role not in text.encoded.roles:
            return np.full(n_layers * n_heads, np.nan, np.float32)
        return summary.shares[..., roles.index(role)].ravel()

    return {
        "text": np.full(n_layers * n_heads, text.index),
        "layer": np.repeat(np.arange(1, n_layers + 1), n_heads),
        "head": np.tile(np.arange(1, n_heads + 1), n_layers),
        "special_share": np.where(special.any(), summary.special_share, np.nan).ravel(),
        "cls_share": share("cls"),
        "sep_share": share("sep"),
        "learned_share": np.full(n_layers * n_heads, np.nan)
        if summary.learned_share is None
        else summary.learned_share.ravel(),
        "uniform_share": np.repeat(uniform, n_heads),
        **dict(zip(TOP, summary.top.reshape(-1, len(TOP)).T, strict=True)),
        "entropy": summary.entropy.ravel(),
        "distance": summary.distance.ravel(),
        "head_class": [HEAD_CLASSES[number] for number in summary.head_class.ravel()],
    }


def role_rows(texts: Sequence[AnalysedText], roles: Sequence[str]) -> Columns:
    """Columns of the table of roles, one row per text, role and layer."""
    return joined(
        [
            _role_of(text, text.summary, number, role)
            for text in texts
            if text.summary is not None
            for number, role in enumerate(roles)
            if role in text.encoded.roles
        ]
    )


def _role_of(text: AnalysedText, summary: TextSummary, number: int, role: str) -> Columns:
    n_layers = len(summary.received)
    here = np.array([key == role for key in text.encoded.roles])
    norms, none = summary.norms, np.full(n_layers, np.nan)
    content = np.array([key is None for key in text.encoded.roles])
    sizes = summary.activations
    return {
        "text": [text.index] * n_layers,
        "layer": list(range(1, n_layers + 1)),
        "role": [role] * n_layers,
        "n_tokens": [int(here.sum())] * n_layers,
        "share": summary.received[:, here].sum(axis=1),
        "expected": summary.expected[:, here].sum(axis=1),
        "self_share": summary.self_share[:, number],
        "norm_share": none if norms is None else norms.share[:, number],
        "value_size": none if norms is None else norms.value_size[:, number],
        "content_value_size": none if norms is None else norms.content_value_size,
        "activation": none if sizes is None else sizes[:, here].mean(axis=1),
        "content_activation": none
        if sizes is None or not content.any()
        else sizes[:, content].mean(axis=1),
        "value_ratio": none if norms is None else norms.value_ratio[:, number],
        "output_rank": none if norms is None else norms.output_rank[:, number],
    }


def layer_rows(texts: Sequence[AnalysedText]) -> Columns:
    """Columns of the table of layers, one row per text and layer."""
    return joined([_layers_of(text, text.summary) for text in texts if text.summary is not None])


def _layers_of(text: AnalysedText, summary: TextSummary) -> Columns:
    n_layers = len(summary.received)
    norms = summary.norms
    none = np.full(n_layers, np.nan)
    return {
        "text": [text.index] * n_layers,
        "layer": list(range(1, n_layers + 1)),
        "mixing": none if norms is None else norms.mixing,
        "learned_share": none
        if summary.learned_share is None
        else summary.learned_share.mean(axis=1),
        "learned_expected": none if summary.learned_even is None else summary.learned_even,
    }


def joined(parts: Sequence[Columns]) -> Columns:
    """All `parts`, one below another."""
    columns: Columns = {}
    for name in parts[0] if parts else ():
        values = [part[name] for part in parts]
        if isinstance(values[0], np.ndarray):
            columns[name] = np.concatenate(values)
        else:
            columns[name] = [value for part in values for value in part]
    return columns


def _message(text: AnalysedText) -> str:
    if text.outcome is None:
        return "no content to analyse"
    return text.outcome.error or ""


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
