"""A comparison as a JSON object: flat figures, what they are of, and a row a text."""

import numpy as np
from numpy.typing import NDArray

from reportgen.comparison.change import Change
from reportgen.comparison.compare import Comparison
from reportgen.findings.figure_register import rounded
from reportgen.findings.gates import gate_records
from reportgen.findings.notes.note import Note
from reportgen.report.format_register import Document
from reportgen.report.json import to_json
from reportgen.report.options import CompareOptions
from reportgen.results.info import SCHEMA_VERSION, RunInfo


def write_comparison(comparison: Comparison, options: CompareOptions) -> Document:
    """The comparison as a document."""
    return Document(render(comparison, options).encode())


def render(comparison: Comparison, options: CompareOptions) -> str:
    """The comparison as JSON, names in a fixed order, null for what cannot be compared.

    `figures` is flat, as gates name it; `texts` has a row for each text, in input order.
    """
    pairing = comparison.pairing
    record = {
        "schema_version": SCHEMA_VERSION,
        "reportgen_version": comparison.head.info.versions["reportgen"],
        "title": options.title,
        "provenance": {
            "base": _provenance(comparison.base.info),
            "head": _provenance(comparison.head.info),
        },
        "comparable": {
            "nothing_found": comparison.is_same,
            "same_weights": pairing.same_weights,
            "same_layers_and_heads": pairing.same_shape,
            "same_output": pairing.same_output,
            "same_explained_figure": pairing.same_scalar,
            "texts_with_other_tokens": pairing.n_analysed - pairing.n_aligned,
            "texts_with_other_target": comparison.units.n_other_target,
        },
        "figures": comparison.figures,
        "gates": gate_records(options.gates),
        "notes": [_note(note) for note in comparison.notes],
        "tokens": [
            {
                "token": token.token,
                "turn": token.turn,
                "n_texts": token.n_texts,
                "deletion_effect": _change(token.effect),
                "looked_at": _change(token.row),
                "received": _change(token.attention),
            }
            for token in comparison.tokens
        ],
        "layers": {
            found.key: {
                "base": [rounded(value) for value in found.base],
                "head": [rounded(value) for value in found.head],
                "change": [_change(change) for change in found.changes],
                "n_texts": found.n_texts,
            }
            for found in comparison.layers
        },
        "jsd": None
        if comparison.heads is None
        else [[rounded(value) for value in row] for row in comparison.heads.distance.tolist()],
        "texts": _texts(comparison),
    }
    return to_json(record)


def _provenance(info: RunInfo) -> dict[str, object]:
    return {
        "model": info.model.name,
        "architecture": info.model.architecture,
        "weights_sha256": info.model.weights_sha256,
        "tokenizer": info.model.tokenizer,
        "output_kind": info.output.kind,
        "output_name": info.output.name,
        "evidence": info.evidence.level,
        "created": info.created,
        "inputs": {item.name: item.sha256 for item in info.inputs},
        "versions": dict(sorted(info.versions.items())),
    }


def _texts(comparison: Comparison) -> list[dict[str, object]]:
    pairing, predictions = comparison.pairing, comparison.predictions
    n_texts = pairing.n_texts
    columns: dict[str, list[object]] = {
        "id": comparison.base.texts["text_id"].tolist(),
        "status_base": comparison.base.texts["status"].tolist(),
        "status_head": comparison.head.texts["status"].tolist(),
        "comparable": pairing.aligned.tolist(),
    }
    if predictions is not None:
        rows = predictions.texts
        sides: tuple[object, object] = (predictions.base, predictions.head)
        if predictions.names:
            sides = tuple(zip(*predictions.names, strict=True))  # type: ignore[assignment]
        for name, side in zip(("prediction_base", "prediction_head"), sides, strict=True):
            if predictions.kind != "numbers":
                columns[name] = _spread(n_texts, rows, side)
        columns["prediction_change"] = _spread(n_texts, rows, predictions.change)
        columns["prediction_moved"] = _spread(n_texts, rows, predictions.moved)
    if comparison.heads is not None:
        columns["jsd"] = _spread(n_texts, comparison.heads.texts, comparison.heads.by_text)
    effects = comparison.effects
    if effects is not None:
        columns["deletion_change"] = _spread(n_texts, effects.texts, effects.change)
        columns["deletion_rank_correlation"] = _spread(n_texts, effects.texts, effects.rank)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _spread(n_texts: int, rows: NDArray[np.intp], values: object) -> list[object]:
    """Values of some texts by text, None for the others."""
    every: list[object] = [None] * n_texts
    for row, value in zip(rows.tolist(), np.asarray(values).tolist(), strict=True):
        every[row] = rounded(value)
    return every


def _note(note: Note) -> dict[str, object]:
    """A note's id, the sentences that follow it, its token and its values."""
    values = {
        name: value if isinstance(value, str) else rounded(value)
        for name, value in note.values.items()
    }
    return {"id": note.id, "also": list(note.also), "token": note.token, **values}


def _change(change: Change | None) -> dict[str, object] | None:
    if change is None:
        return None
    low, high = change.interval or (None, None)
    return {
        "base": rounded(change.base),
        "head": rounded(change.head),
        "change": rounded(change.difference),
        "low": rounded(low),
        "high": rounded(high),
        "n_texts": change.n_texts,
    }
