"""A comparison as a JSON object: flat figures that gates read, then the details, nested."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from reportgen.comparison.all_models import ModelStep
from reportgen.comparison.change import Change
from reportgen.comparison.compare import Comparison
from reportgen.comparison.trend.figures import ModelValue
from reportgen.findings.figures.flat import rounded
from reportgen.findings.figures.gates import gate_records
from reportgen.findings.findings import Findings
from reportgen.findings.notes.note import Note
from reportgen.findings.statistics import Places
from reportgen.report.format_register import Document, Output
from reportgen.report.json.records import ends, estimate_record, judgement_record
from reportgen.report.json.run import to_json
from reportgen.report.json.trend import trend_record
from reportgen.report.options import CompareOptions
from reportgen.results.info import COMPARISON_VERSION, RunInfo


def write_comparison(
    comparison: Comparison, options: CompareOptions, output: Output | None = None
) -> Document:
    """The comparison as a document, names in a fixed order, null for what cannot be compared.

    `figures` is flat, as gates name it; `texts` has a row for each text, in input order.
    """
    pairing, heads = comparison.pairing, comparison.heads
    record = {
        "schema_version": COMPARISON_VERSION,
        "reportgen_version": comparison.head.info.versions["reportgen"],
        "title": options.title,
        "provenance": {
            "base": {**_side(comparison.base.info), "colouring": _colouring(comparison.base)},
            "head": {**_side(comparison.head.info), "colouring": _colouring(comparison.head)},
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
        "models": _models(comparison),
        "trend": trend_record(comparison.all_models),
        "figures": comparison.figures,
        "quality": _quality(comparison),
        "gates": gate_records(options.gates),
        "notes": [_note(note) for note in comparison.notes],
        "tokens": token_records(comparison),
        "layers": {
            found.key: {
                "base": _all_rounded(found.base),
                "head": _all_rounded(found.head),
                "change": [change_record(change) for change in found.changes],
                "n_texts": found.n_texts,
            }
            for found in comparison.layers
        },
        "jsd": None if heads is None else [_all_rounded(row) for row in heads.distance.tolist()],
        "texts": text_records(comparison),
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


def _colouring(side: Findings) -> dict[str, object] | None:
    """How far the colours of a model agree with effects, as its own summary has it; null where they
    are not judged."""
    own = side.colouring
    if own.judgement is None:
        return None
    agreement = estimate_record(own.judgement.agreement)
    return {"view": own.view, "agreement": agreement, **judgement_record(own.judgement)}


def _models(comparison: Comparison) -> list[dict[str, object]] | None:
    """Every model that was compared, the first of them first; null where there are two."""
    found = comparison.all_models
    if found is None:
        return None
    steps: list[tuple[ModelStep | None, ModelStep | None]] = [(None, None)]
    steps += zip(found.from_first, found.from_previous, strict=True)
    return [
        {
            **_side(info),
            "n_texts": found.n_texts,
            "figures": {row.key: value_record(row.values[i]) for row in found.rows},
            "from_first": _step(steps[i][0]),
            "from_previous": _step(steps[i][1]),
        }
        for i, info in enumerate(found.infos)
    ]


def value_record(found: ModelValue | None) -> dict[str, object] | None:
    """A figure of one model, and its change from the first; what is not known is left out."""
    if found is None:
        return None
    said: dict[str, object] = {"value": rounded(found.value)}
    if found.change is not None:
        said["change"] = rounded(found.change.difference)
        said |= {f"change_{end}": value for end, value in ends(found.change.interval).items()}
        said["n_texts"] = found.change.n_texts
    if found.interval is not None:
        said |= ends(found.interval)
    said |= {"gain": found.gain} if found.gain is not None else {}
    said |= {"layer": found.layer} if found.layer is not None else {}
    said |= {"view": found.view} if found.view is not None else {}
    return said | (judgement_record(found.judgement) if found.judgement else {})


def _step(step: ModelStep | None) -> dict[str, object] | None:
    """What changed from another model; null of the first."""
    if step is None:
        return None
    return {
        name: value if isinstance(value, str) else rounded(value)
        for name, value in asdict(step).items()
    }


def _quality(comparison: Comparison) -> dict[str, object] | None:
    """How well both models fit the labels; null where there are none that fit the output."""
    quality = comparison.predictions and comparison.predictions.quality
    if not quality:
        return None
    return {
        "verdict": quality.verdict,
        "decided_by": quality.deciding.name,
        "predictions_moved": not quality.is_unmoved,
        "n_texts": quality.n_texts,
        **{
            figure.name: {
                **(change_record(figure.change) or {}),
                "smallest_change": rounded(figure.limit),
                "gain": figure.gain,
            }
            for figure in quality.figures
        },
    }


def token_records(comparison: Comparison) -> list[dict[str, object]]:
    """A record of each token, those that changed most first; null where a figure of it was not
    measured."""
    return [
        {
            "token": token.token,
            "turn": token.turn,
            "turn_p_adjusted": rounded(token.turn_p),
            "looks_p_adjusted": rounded(token.looks_p),
            "n_texts": token.n_texts,
            "deletion_effect": change_record(token.effect),
            "looked_at": change_record(token.row),
            "received": change_record(token.attention),
        }
        for token in comparison.tokens
    ]


def text_records(comparison: Comparison) -> list[dict[str, object]]:
    """A record of each text; null where a figure of it cannot be compared."""
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
        if not predictions.is_numbers:
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
        if len(predictions.right_change):
            add("right_change", texts, predictions.right_change.tolist())
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


def change_record(change: Change | None) -> dict[str, object] | None:
    """A figure in both models and its change; null where it was not measured."""
    if change is None:
        return None
    return {
        "base": rounded(change.base),
        "head": rounded(change.head),
        "change": rounded(change.difference),
        **ends(change.interval),
        "n_texts": change.n_texts,
    }


def _all_rounded(values: Iterable[float]) -> list[object]:
    return [rounded(value) for value in values]
