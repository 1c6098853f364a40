"""Results -> the flat figures that `figure_list.RUN_FIGURES` names."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reportgen.findings.evidence import (
    SubjectFigures,
    ViewFigures,
)
from reportgen.findings.figure_register import Value, figure_key, rounded
from reportgen.findings.notes.note import Note
from reportgen.findings.statistics import Estimate
from reportgen.results.info import STATUSES
from reportgen.results.measure_register import MIN_TEXTS

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings

_OF_VERDICT = (
    "n_texts",
    "layer",
    "share",
    "share_low",
    "share_high",
    "expected",
    "ratio",
    "ratio_low",
    "ratio_high",
)


def run_figures(found: "Findings") -> dict[str, Value]:
    """Every figure over all texts by name, in a fixed order; None for what is not defined.

    Figures of evidence that was not gathered, and of roles the model does not have, are left out.
    """
    figures = {
        **_counts(found),
        **_predictions(found),
        **_spread(found),
        **_roles(found),
        **_evidence(found),
    }
    return {name: rounded(value) for name, value in figures.items()}


def _counts(found: "Findings") -> dict[str, Value]:
    info = found.info
    status = found.texts["status"].value_counts()
    return {
        "n_texts": len(found.texts),
        **{f"n_{name}": int(status.get(name, 0)) for name in STATUSES},
        "n_tokens": int(found.texts["n_tokens"].sum()),
        "n_layers": info.model.n_layers,
        "n_heads": info.model.n_heads,
        "unknown_share": info.checks.unknown_share,
        "row_sum_error": info.checks.row_sum_error,
        "padding_mass": info.checks.padding_mass,
        "padded_difference": info.checks.padded_difference,
    }


def _predictions(found: "Findings") -> dict[str, Value]:
    """What was predicted, and how well it fits the labels."""
    fit, spread = found.label_fit, found.number_spread
    return {
        "prediction_mean": spread.mean if spread else None,
        "prediction_min": spread.low if spread else None,
        "prediction_max": spread.high if spread else None,
        "n_labelled": fit.n_texts if fit else 0,
        "label_mae": fit.mae if fit else None,
        "label_rmse": fit.rmse if fit else None,
        "label_bias": fit.bias if fit else None,
        "label_r2": fit.r2 if fit else None,
        "label_rank_correlation": fit.rank if fit else None,
        "label_accuracy": found.accuracy,
    }


def _spread(found: "Findings") -> dict[str, Value]:
    """Where attention goes and how widely it is spread, over the texts that the notes count: those
    long enough, else all of them."""
    counted = found.takes_part
    if not counted.any():
        counted = found.analysed
    heads = found.results.heads[counted[found.results.heads["text"].to_numpy(dtype=np.int64)]]
    texts = found.texts[counted]
    by_layer = heads.groupby("layer")["special_share"].mean().astype(np.float64).dropna()
    return {
        "special_share_mean": _mean(heads["special_share"]),
        "special_share_expected": _mean(heads["uniform_share"]) if len(by_layer) else None,
        "special_share_max": float(by_layer.max()) if len(by_layer) else None,
        "special_share_max_layer": int(by_layer.idxmax()) if len(by_layer) else None,
        "entropy_mean": _mean(heads["entropy"]),
        "distance_mean": _mean(heads["distance"]),
        "effective_tokens_mean": _mean(texts["effective_tokens"]),
        "effective_content_mean": _mean(texts["effective_content"]),
    }


def _roles(found: "Findings") -> dict[str, Value]:
    """Each special-token role in the layer its verdict names, and where it gets most."""
    figures: dict[str, Value] = {}
    for note in found.notes:
        if note.is_verdict and note.role is not None:
            figures |= _role(found, note)
    return figures


def _role(found: "Findings", note: Note) -> dict[str, Value]:
    assert note.role is not None
    key, layers = figure_key(note.role), found.roles[note.role].layers
    said = {name: note.values.get(name) for name in _OF_VERDICT}
    most = max(layers, key=lambda layer: layer.share.mean, default=None)
    highest = max(layers, key=lambda layer: layer.ratio.mean, default=None)
    return {
        **{f"{key}_{name}": _figure(value) for name, value in said.items()},
        f"{key}_share_max": most.share.mean if most else None,
        f"{key}_share_max_layer": most.layer if most else None,
        f"{key}_ratio_max": highest.ratio.mean if highest else None,
        f"{key}_ratio_max_layer": highest.layer if highest else None,
    }


def _evidence(found: "Findings") -> dict[str, Value]:
    evidence, live = found.info.evidence, found.live_rows
    offset = found.mask_offset if evidence.scalar != "cosine" else None
    figures: dict[str, Value] = {
        "evidence_n_texts": evidence.n_texts,
        "norms_error": evidence.norms_error,
        "live_rows_n_texts": live.n_texts if live else None,
        "live_rows_n_live": live.n_live if live else None,
        "live_rows_n_rows": live.n_rows if live else None,
        "live_rows_mean": live.n_live / live.n_texts if live else None,
        "live_rows_share": live.n_live / live.n_rows if live and live.n_rows else None,
        **_counted("mixing", found.mixing),
        **_counted("rollout_special_share", found.rollout_share),
        **_counted("mask_offset", offset),
    }
    for subject in found.subjects:
        figures |= _sink(subject)
    for view in found.agreement:
        figures |= _agreement(view)
    return figures


def _sink(figures: SubjectFigures) -> dict[str, Value]:
    """The shares are those of the layer in which they stand out most."""
    name, strongest = f"sink_{figure_key(figures.subject.key)}", figures.strongest
    said: dict[str, Value] = {
        f"{name}_n_texts": figures.n_texts,
        f"{name}_layer": strongest.layer,
        **_estimate(f"{name}_share", strongest.share),
        f"{name}_expected": strongest.expected,
        **_counted(f"{name}_share_swapped", figures.share_swapped),
    }
    for test, found in figures.tests.items():
        own = f"{name}_{test}"
        said |= {
            f"{own}_n_texts": found.effect.n_texts,
            f"{own}_effect": found.effect.mean,
            f"{own}_control": found.control.mean,
            **_estimate(f"{own}_ratio", found.ratio),
        }
    return said


def _agreement(figures: ViewFigures) -> dict[str, Value]:
    name, n_texts = f"agreement_{figures.view}_{figures.statistic}", figures.estimate.n_texts
    if n_texts < MIN_TEXTS:  # too few for a statistic
        return {**_estimate(name, None), f"{name}_n_texts": n_texts}
    said = _counted(name, figures.estimate)
    if figures.over_rarity is not None:
        said |= _counted(f"{name}_over_rarity", figures.over_rarity)
    if figures.beats_random is not None:
        said[f"{name}_beats_random"] = figures.beats_random
    return said


def _counted(name: str, estimate: Estimate | None) -> dict[str, Value]:
    """An estimate with how many texts it is of."""
    n_texts = estimate.n_texts if estimate else None
    return {**_estimate(name, estimate), f"{name}_n_texts": n_texts}


def _estimate(name: str, estimate: Estimate | None) -> dict[str, Value]:
    low, high = (estimate.interval if estimate else None) or (None, None)
    mean = estimate.mean if estimate else None
    return {name: mean, f"{name}_low": low, f"{name}_high": high}


def _mean(column: "pd.Series[float]") -> float | None:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else None


def _figure(value: float | int | str | None) -> Value:
    return None if isinstance(value, str) else value
