"""A report or a comparison as a JSON object: flat figures that scripts, dashboards and gates read,
then the details, nested, with names that depend on what was measured."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from reportgen.comparison.change import Change
from reportgen.comparison.compare import Comparison
from reportgen.findings.colouring import Colouring
from reportgen.findings.evidence import SubjectFigures, ViewFigures
from reportgen.findings.figures import rounded
from reportgen.findings.findings import Findings
from reportgen.findings.gates import gate_records
from reportgen.findings.notes.note import Note
from reportgen.findings.statistics import Estimate, Interval, Places
from reportgen.report.format_register import Document, Output
from reportgen.report.options import CompareOptions, RenderOptions
from reportgen.results.info import COMPARISON_VERSION, SUMMARY_VERSION, RunInfo


def write_report(findings: Findings, options: RenderOptions, output: Output) -> Document:
    """The summary as a document."""
    return Document(render(findings, options).encode())


def render(findings: Findings, options: RenderOptions) -> str:
    """The summary as JSON, names in a fixed order, null for what is not defined.

    It is as `summary.schema.json`, which stands beside this file, says.
    """
    info = findings.info
    summary: dict[str, object] = {
        "schema_version": SUMMARY_VERSION,
        "reportgen_version": info.versions["reportgen"],
        "created": info.created,
        "title": options.title,
        "provenance": _provenance(info),
        "verdicts": _verdicts(findings),
        "figures": findings.figures,
        "gates": gate_records(options.gates),
        "evidence": _evidence(findings),
    }
    return to_json(summary)


def to_json(record: object) -> str:
    """A record as JSON in which a CI log takes no string as a command (see `printable`)."""
    text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)
    return text.replace("##", "#\\u0023") + "\n"


def _provenance(info: RunInfo) -> dict[str, object]:
    """Which model, which texts and what measured them; strings alone."""
    model, output = info.model, info.output
    return {
        "model": model.name,
        "model_source": model.source,
        "model_architecture": model.architecture,
        "model_weights_sha256": model.weights_sha256,
        "tokenizer": model.tokenizer,
        "dtype": model.dtype,
        "output_kind": output.kind,
        "output_name": output.name,
        "inputs": [{"name": item.name, "sha256": item.sha256 or None} for item in info.inputs],
        "versions": dict(sorted(info.versions.items())),
    }


def _verdicts(findings: Findings) -> dict[str, dict[str, object]]:
    """What each special-token role is, by its key; `special` where the model has no such token."""
    return {
        note.role or "special": {
            "verdict": note.verdict,
            "token": note.token,
            "layer": note.values.get("layer"),
        }
        for note in findings.notes
        if note.is_verdict
    }


def _evidence(findings: Findings) -> dict[str, object]:
    """What was measured beside attention; names of what was not are left out."""
    evidence = findings.info.evidence
    if evidence.level == "none":
        return {"level": "none"}
    live = findings.live_rows
    estimates = {
        "mixing": findings.mixing,
        "rollout_special_share": findings.rollout_share,
        "mask_offset": findings.mask_offset,
        "deletion_offset": findings.deletion_offset,
    }
    agreement: dict[str, dict[str, object]] = {}
    for figures in findings.agreement:
        agreement.setdefault(figures.view, {})[figures.statistic] = _agreement(figures)
    said: dict[str, object] = {
        "level": evidence.level,
        "scalar": evidence.scalar,
        "target": evidence.target,
        "n_texts": evidence.n_texts,
        "interrupted": evidence.interrupted or None,
        "norms_error": rounded(evidence.norms_error),
        "withheld": dict(sorted(evidence.withheld.items())),
        "sinks": {figures.subject.key: _sink(figures) for figures in findings.subjects},
        "yardstick": "effect" if findings.is_averaged else "deletion",
        "colouring": _colouring(findings.colouring),
        "agreement": agreement,
        "live_rows": asdict(live) if live else None,
        **{name: _estimate(estimate) for name, estimate in estimates.items() if estimate},
    }
    return {name: value for name, value in said.items() if value not in (None, {})}


def _colouring(colouring: Colouring) -> dict[str, object]:
    """What colours the texts first, and why; what is not known is left out."""
    agreement, rarity = colouring.agreement, colouring.rarity
    said = {
        "view": colouring.view,
        "way": colouring.way,
        "missing": colouring.missing,
        "n_views": colouring.n_views,
        "n_texts": colouring.n_texts,
        "agreement": _estimate(agreement) if agreement else None,
        "rarity": _estimate(rarity) if rarity else None,
    }
    return {name: value for name, value in said.items() if value is not None}


def _sink(figures: SubjectFigures) -> dict[str, object]:
    """What was found of one token; its shares are those of its strongest layer."""
    strongest, swapped = figures.strongest, figures.share_swapped
    return {
        "token": figures.subject.token,
        "kind": figures.subject.kind,
        "n_texts": figures.n_texts,
        "layer": strongest.layer,
        "share": _estimate(strongest.share),
        "expected": rounded(strongest.expected),
        "share_swapped": _estimate(swapped) if swapped else None,
        "tests": {
            test: {
                "effect": rounded(found.effect.mean),
                "control": rounded(found.control.mean),
                "ratio": _estimate(found.ratio) if found.ratio else None,
                "n_texts": found.effect.n_texts,
            }
            for test, found in figures.tests.items()
        },
    }


def _agreement(figures: ViewFigures) -> dict[str, object]:
    said = _estimate(figures.estimate)
    if figures.stated is None:
        return {"mean": None, "low": None, "high": None, "n_texts": figures.estimate.n_texts}
    if figures.over_rarity:
        said["over_rarity"] = _estimate(figures.over_rarity)
    if figures.beats_random is not None:
        said["beats_random"] = figures.beats_random
    return said


def _estimate(estimate: Estimate) -> dict[str, object]:
    return {
        "mean": rounded(estimate.mean),
        **_ends(estimate.interval),
        "n_texts": estimate.n_texts,
    }


def _ends(interval: Interval | None) -> dict[str, object]:
    low, high = interval or (None, None)
    return {"low": rounded(low), "high": rounded(high)}


def write_comparison(comparison: Comparison, options: CompareOptions) -> Document:
    """The comparison as a document, names in a fixed order, null for what cannot be compared.

    `figures` is flat, as gates name it; `texts` has a row for each text, in input order.
    """
    pairing, heads = comparison.pairing, comparison.heads
    record = {
        "schema_version": COMPARISON_VERSION,
        "reportgen_version": comparison.head.info.versions["reportgen"],
        "title": options.title,
        "provenance": {
            "base": _side(comparison.base.info),
            "head": _side(comparison.head.info),
        },
        "comparable": {
            "nothing_found": comparison.is_same,
            **{
                f"texts_{key}": list(getattr(comparison.matching, key, ()))
                for key in ("added", "removed", "altered")
            },
            "same_weights": pairing.same_weights,
            "same_layers_and_heads": pairing.same_shape,
            "same_output": pairing.same_output,
            "same_explained_figure": pairing.same_scalar,
            "texts_with_other_tokens": pairing.n_other_tokens,
            "texts_with_other_units": pairing.n_other_units,
            "texts_with_other_target": comparison.units.n_other_target,
        },
        "null": None
        if comparison.null is None
        else {key: rounded(value) for key, value in asdict(comparison.null).items()},
        "figures": comparison.figures,
        "quality": _quality(comparison),
        "gates": gate_records(options.gates),
        "notes": [_note(note) for note in comparison.notes],
        "tokens": [
            {
                "token": token.token,
                "turn": token.turn,
                "turn_p_adjusted": rounded(token.turn_p),
                "looks_p_adjusted": rounded(token.looks_p),
                "n_texts": token.n_texts,
                "deletion_effect": _change(token.effect),
                "looked_at": _change(token.row),
                "received": _change(token.attention),
            }
            for token in comparison.tokens
        ],
        "layers": {
            found.key: {
                "base": _all_rounded(found.base),
                "head": _all_rounded(found.head),
                "change": [_change(change) for change in found.changes],
                "n_texts": found.n_texts,
            }
            for found in comparison.layers
        },
        "jsd": None if heads is None else [_all_rounded(row) for row in heads.distance.tolist()],
        "texts": _texts(comparison),
    }
    return Document(to_json(record).encode())


def _side(info: RunInfo) -> dict[str, object]:
    """Which model one side of a comparison is, and what it ran on."""
    return {
        "model": info.model.name,
        "architecture": info.model.architecture,
        "weights_sha256": info.model.weights_sha256,
        "tokenizer": info.model.tokenizer,
        "output_kind": info.output.kind,
        "output_name": info.output.name,
        "evidence": info.evidence.level,
        "created": info.created,
        "inputs": {item.name: item.sha256 or None for item in info.inputs},
        "versions": dict(sorted(info.versions.items())),
    }


def _quality(comparison: Comparison) -> dict[str, object] | None:
    """How well both models fit the labels; null where there are none that fit the output."""
    quality = comparison.predictions and comparison.predictions.quality
    if not quality:
        return None
    return {
        "verdict": quality.verdict,
        "n_texts": quality.n_texts,
        **{
            figure.name: {**(_change(figure.change) or {}), "gain": figure.gain}
            for figure in quality.figures
        },
    }


def _texts(comparison: Comparison) -> list[dict[str, object]]:
    """A row for each text; null where a figure of it cannot be compared."""
    pairing, predictions = comparison.pairing, comparison.predictions
    columns: dict[str, list[object]] = {
        "id": comparison.base.texts["text_id"].tolist(),
        "status_base": comparison.base.texts["status"].tolist(),
        "status_head": comparison.head.texts["status"].tolist(),
        "comparable": pairing.aligned.tolist(),
    }

    def add(name: str, texts: Places, values: Iterable[Any]) -> None:
        columns[name] = [None] * pairing.n_texts
        for text, value in zip(texts.tolist(), values, strict=True):
            columns[name][text] = rounded(value)

    if predictions is not None:
        texts = predictions.texts
        if predictions.kind != "numbers":
            names: tuple[Iterable[Any], ...] = tuple(zip(*predictions.names, strict=True))
            base, head = names or (predictions.base.tolist(), predictions.head.tolist())
            add("prediction_base", texts, base)
            add("prediction_head", texts, head)
        add("prediction_change", texts, predictions.change.tolist())
        add("prediction_moved", texts, predictions.moved.tolist())
        if predictions.outcomes:
            add("outcome", texts, predictions.outcomes)
        if len(predictions.error_growth):
            add("error_growth", texts, predictions.error_growth.tolist())
    if comparison.heads is not None:
        add("jsd", comparison.heads.texts, comparison.heads.by_text.tolist())
    if comparison.effects is not None:
        effects = comparison.effects
        add("deletion_change", effects.texts, effects.change.tolist())
        add("deletion_rank_correlation", effects.texts, effects.rank.tolist())
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


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
    return {
        "base": rounded(change.base),
        "head": rounded(change.head),
        "change": rounded(change.difference),
        **_ends(change.interval),
        "n_texts": change.n_texts,
    }


def _all_rounded(values: Iterable[float]) -> list[object]:
    return [rounded(value) for value in values]
