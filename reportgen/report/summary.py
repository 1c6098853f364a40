"""Results as one flat JSON object: names and numbers that scripts, dashboards and gates read."""

import json
from math import isfinite

from reportgen.notes.rules import Note, corpus_notes
from reportgen.report.options import RenderOptions
from reportgen.report.tables import label_fit
from reportgen.results import SCHEMA_VERSION, Results

_VERDICT_NAMES = {
    "N1": "sink",
    "N1d": "raised",
    "N1b": "none",
    "unclear-raised": "unclear",
    "unclear": "unclear",
    "few": "too_few_texts",
    "no-text": "no_text",
    "no-special": "no_special_tokens",
}
_FIGURES = (
    "layer",
    "share",
    "share_low",
    "share_high",
    "expected",
    "ratio",
    "ratio_low",
    "ratio_high",
    "n_texts",
)


def render(results: Results, options: RenderOptions) -> str:
    """The summary as JSON, names in a fixed order, null for what is not defined.

    A role's figures are those of the layer its verdict names; the names begin with the role's key.
    """
    info = results.info
    status = results.texts["status"].value_counts()
    fit = label_fit(results)
    summary: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "title": options.title,
        "created": info.created,
        "reportgen_version": info.versions["reportgen"],
        "model": info.model.name,
        "model_architecture": info.model.architecture,
        "model_weights_sha256": info.model.weights_sha256,
        "n_layers": info.model.n_layers,
        "n_heads": info.model.n_heads,
        "output_kind": info.output.kind,
        "output_name": info.output.name,
        "n_texts": len(results.texts),
        **{
            f"n_{name}": int(status.get(name, 0)) for name in ("ok", "truncated", "empty", "failed")
        },
        "n_tokens": int(results.texts["n_tokens"].sum()),
        "n_labelled": fit.n_texts if fit else 0,
        "label_mae": fit and _number(fit.mae),
        "label_r2": _number(fit.r2) if fit else None,
    }
    for note in corpus_notes(results):
        if note.is_verdict:
            summary |= _verdict(note)
    return json.dumps(summary, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _verdict(note: Note) -> dict[str, object]:
    if note.role is None:
        return {"special_verdict": _VERDICT_NAMES[note.id]}
    figures = {name: note.values.get(name) for name in _FIGURES}
    return {
        f"{note.role}_verdict": _VERDICT_NAMES[note.id],
        f"{note.role}_token": note.token,
        **{f"{note.role}_{name}": _number(value) for name, value in figures.items()},
    }


def _number(value: float | int | str | None) -> float | int | str | None:
    """Six digits are more than a figure from float32 holds; what is not finite is null."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.6g}") if isfinite(value) else None
