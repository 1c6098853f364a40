"""Results as a JSON object: names and numbers that scripts, dashboards and gates read.

It is flat, but for the object `evidence`, whose names depend on what was measured.
"""

import json
from dataclasses import asdict
from math import isfinite

from reportgen.info import SCHEMA_VERSION, STATUSES
from reportgen.notes.evidence import (
    Estimate,
    SubjectFigures,
    ViewFigures,
    agreement_figures,
    live_rows,
    mask_offset,
    mixing,
    rollout_share,
    subject_figures,
)
from reportgen.notes.note import Note
from reportgen.notes.rules import corpus_notes
from reportgen.report.answer_classes import accuracy
from reportgen.report.options import RenderOptions
from reportgen.report.quality_numbers import number_fit
from reportgen.report.tables import label_fit
from reportgen.results import Results

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
        **{f"n_{name}": int(status.get(name, 0)) for name in STATUSES},
        "n_tokens": int(results.texts["n_tokens"].sum()),
        "n_labelled": fit.n_texts if fit else 0,
        "label_mae": fit and _number(fit.mae),
        "label_r2": _number(fit.r2) if fit else None,
        **_quality(results),
    }
    for note in corpus_notes(results):
        if note.is_verdict:
            summary |= _verdict(note)
    summary["evidence"] = _evidence(results)
    return json.dumps(summary, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _quality(results: Results) -> dict[str, object]:
    """How well the predictions fit the labels, beyond what the table of texts says."""
    numbers, share = number_fit(results), accuracy(results)
    return {
        "label_rmse": numbers and _number(numbers.rmse),
        "label_bias": numbers and _number(numbers.bias),
        "label_rank_correlation": _number(numbers.rank) if numbers else None,
        "label_accuracy": _number(share),
    }


def _verdict(note: Note) -> dict[str, object]:
    if note.role is None:
        return {"special_verdict": _VERDICT_NAMES[note.id]}
    figures = {name: note.values.get(name) for name in _FIGURES}
    return {
        f"{note.role}_verdict": _VERDICT_NAMES[note.id],
        f"{note.role}_token": note.token,
        **{f"{note.role}_{name}": _number(value) for name, value in figures.items()},
    }


def _evidence(results: Results) -> dict[str, object]:
    """What was measured beside attention; names of what was not are left out."""
    evidence = results.info.evidence
    if evidence.level == "none":
        return {"level": "none"}
    live = live_rows(results)
    estimates = {
        "mixing": mixing(results),
        "rollout_special_share": rollout_share(results),
        "mask_offset": mask_offset(results) if evidence.scalar != "cosine" else None,
    }
    agreement: dict[str, dict[str, object]] = {}
    for figures in agreement_figures(results):
        agreement.setdefault(figures.view, {})[figures.statistic] = _agreement(figures)
    said: dict[str, object] = {
        "level": evidence.level,
        "scalar": evidence.scalar,
        "target": evidence.target,
        "n_texts": evidence.n_texts,
        "interrupted": evidence.interrupted or None,
        "norms_error": _number(evidence.norms_error),
        "withheld": dict(sorted(evidence.withheld.items())),
        "sinks": {figures.subject.key: _sink(figures) for figures in subject_figures(results)},
        "agreement": agreement,
        "live_rows": asdict(live) if live else None,
        **{name: _estimate(estimate) for name, estimate in estimates.items() if estimate},
    }
    return {name: value for name, value in said.items() if value not in (None, {})}


def _sink(figures: SubjectFigures) -> dict[str, object]:
    """The shares are those of the layer in which they stand out most."""
    layer = figures.strongest
    swapped = figures.swapped
    return {
        "token": figures.subject.token,
        "kind": figures.subject.kind,
        "n_texts": figures.n_texts,
        "layer": layer + 1,
        "share": _estimate(figures.shares[layer]),
        "expected": _number(figures.expected[layer]),
        "share_swapped": _estimate(swapped[layer].after) if swapped else None,
        "tests": {
            test: {
                "effect": _number(found.effect.mean),
                "control": _number(found.control.mean),
                "ratio": _estimate(found.ratio) if found.ratio else None,
                "n_texts": found.effect.n_texts,
            }
            for test, found in figures.tests.items()
        },
    }


def _agreement(figures: ViewFigures) -> dict[str, object]:
    said = _estimate(figures.estimate)
    if figures.estimate.interval is None:  # too few texts for a statistic
        return {"mean": None, "low": None, "high": None, "n_texts": figures.estimate.n_texts}
    if figures.over_rarity:
        said["over_rarity"] = _estimate(figures.over_rarity)
    if figures.beats_random is not None:
        said["beats_random"] = figures.beats_random
    return said


def _estimate(estimate: Estimate) -> dict[str, object]:
    low, high = estimate.interval or (None, None)
    return {
        "mean": _number(estimate.mean),
        "low": _number(low),
        "high": _number(high),
        "n_texts": estimate.n_texts,
    }


def _number(value: float | int | str | None) -> float | int | str | None:
    """Six digits are more than a figure from float32 holds; what is not finite is null."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.6g}") if isfinite(value) else None
