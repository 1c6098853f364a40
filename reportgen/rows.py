"""One window of analysed texts as columns of the results tables."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.attention.runner import Outcome
from reportgen.attention.summaries import TextSummary
from reportgen.info import HEAD_CLASSES
from reportgen.inputs import TextInput
from reportgen.model.output import Prediction
from reportgen.model.tokens import EncodedText

Columns = dict[str, Sequence[Any]]

_NO_PREDICTION = Prediction(value=None, label=None, scores=(), score_names=())


@dataclass(frozen=True, slots=True)
class AnalysedText:
    """A text with everything that is known of it."""

    index: int  # row of the table of texts
    source: TextInput
    encoded: EncodedText
    outcome: Outcome | None  # None for an empty text, which is not analysed
    first_token: int  # its first row in the table of tokens
    maps: tuple[int, int] | None  # offset and size in maps.bin, None where not kept

    @property
    def status(self) -> str:
        """ok, truncated, empty or failed."""
        if self.outcome is None:
            return "empty"
        if self.outcome.error is not None:
            return "failed"
        return "truncated" if self.encoded.n_truncated else "ok"

    @property
    def summary(self) -> TextSummary | None:
        """Its figures, None where it was not analysed."""
        return None if self.outcome is None else self.outcome.summary

    @property
    def n_rows(self) -> int:
        """Its rows in the table of tokens."""
        return 0 if self.summary is None else len(self.encoded.ids)


def text_rows(texts: Sequence[AnalysedText]) -> Columns:
    """The rows of `texts` in the table of texts."""
    return _columns([_text_row(text) for text in texts])


def _text_row(text: AnalysedText) -> dict[str, Any]:
    encoded, summary = text.encoded, text.summary
    prediction = (text.outcome.prediction if text.outcome else None) or _NO_PREDICTION
    offset, size = text.maps or (None, None)
    analysed = summary is not None
    return {
        "text_id": text.source.id,
        "text": text.source.text,
        "pair": text.source.pair,
        "label": text.source.label,
        "label_value": _number(text.source.label),
        "group": text.source.group,
        "source": text.source.source,
        "status": text.status,
        "message": _message(text),
        "n_tokens": text.n_rows,
        "n_content": encoded.n_content if analysed else 0,
        "n_truncated": encoded.n_truncated,
        "cut_text": encoded.cuts[0],
        "cut_pair": encoded.cuts[1],
        "n_unknown": encoded.n_unknown,
        "prediction": prediction.value,
        "prediction_label": prediction.label,
        "scores": list(prediction.scores),
        "score_names": list(prediction.score_names),
        "effective_tokens": _defined(summary.effective_tokens) if summary else None,
        "effective_content": _defined(summary.effective_content) if summary else None,
        "first_token": text.first_token,
        "map_offset": offset,
        "map_bytes": size,
    }


def token_rows(texts: Sequence[AnalysedText]) -> Columns:
    """The rows of `texts` in the table of tokens."""
    rows: list[dict[str, Any]] = []
    for text in texts:
        if text.summary is None:
            continue
        encoded, summary = text.encoded, text.summary
        has_cls = not np.isnan(summary.cls_row).any()
        for position, span in enumerate(encoded.spans):
            cls_row = summary.cls_row[:, position] if has_cls else None  # [layer]
            received = summary.received[:, position]
            expected = summary.expected[:, position]
            rows.append(
                {
                    "text": text.index,
                    "position": position,
                    "unit": encoded.units[position],
                    "segment": encoded.segments[position],
                    "token": encoded.tokens[position],
                    "token_id": encoded.ids[position],
                    "start": None if span is None else span.start,
                    "end": None if span is None else span.end,
                    "is_special": encoded.roles[position] is not None,
                    "role": encoded.roles[position],
                    "cls_row_last": None if cls_row is None else cls_row[-1],
                    "received_last": received[-1],
                    "cls_row_all": None if cls_row is None else cls_row.mean(),
                    "received_all": received.mean(),
                    "expected": expected.mean(),
                    "cls_row_layers": cls_row,
                    "received_layers": received,
                    "expected_layers": expected,
                }
            )
    return _columns(rows)


def head_rows(texts: Sequence[AnalysedText], roles: Sequence[str]) -> Columns:
    """The rows of `texts` in the table of heads; `roles` are those of `TextSummary.shares`."""
    rows: list[dict[str, Any]] = []
    for text in texts:
        if text.summary is None:
            continue
        summary = text.summary
        present = {key for key in text.encoded.roles if key is not None}
        special = np.array([role is not None for role in text.encoded.roles])
        uniform = summary.expected[:, special].sum(axis=1)  # [layer]
        n_layers, n_heads = summary.entropy.shape
        for layer in range(n_layers):
            for head in range(n_heads):
                shares = summary.shares[layer, head]
                rows.append(
                    {
                        "text": text.index,
                        "layer": layer + 1,
                        "head": head + 1,
                        "special_share": summary.special_share[layer, head] if present else None,
                        "cls_share": shares[roles.index("cls")] if "cls" in present else None,
                        "sep_share": shares[roles.index("sep")] if "sep" in present else None,
                        "uniform_share": uniform[layer],
                        "entropy": _defined(summary.entropy[layer, head]),
                        "distance": _defined(summary.distance[layer, head]),
                        "head_class": HEAD_CLASSES[summary.head_class[layer, head]],
                    }
                )
    return _columns(rows)


def role_rows(texts: Sequence[AnalysedText], roles: Sequence[str]) -> Columns:
    """The rows of `texts` in the table of roles."""
    rows: list[dict[str, Any]] = []
    for text in texts:
        if text.summary is None:
            continue
        summary = text.summary
        for number, role in enumerate(roles):
            here = np.array([key == role for key in text.encoded.roles])
            if not here.any():
                continue
            for layer in range(len(summary.received)):
                rows.append(
                    {
                        "text": text.index,
                        "layer": layer + 1,
                        "role": role,
                        "n_tokens": int(here.sum()),
                        "share": summary.received[layer, here].sum(),
                        "expected": summary.expected[layer, here].sum(),
                        "self_share": summary.self_share[layer, number],
                    }
                )
    return _columns(rows)


def _columns(rows: Sequence[Mapping[str, Any]]) -> Columns:
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def _message(text: AnalysedText) -> str:
    if text.outcome is None:
        return "no content to analyse"
    return text.outcome.error or ""


def _number(label: str | None) -> float | None:
    """The label read as a number, None where it is none."""
    try:
        value = float(label) if label is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _defined(value: float | NDArray[np.float32]) -> float | None:
    return None if np.isnan(value) else float(value)
