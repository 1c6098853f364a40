"""A comparison as a JSON object: flat figures that gates read, then the details, nested."""

from collections.abc import Iterable
from typing import Any

from reportgen.comparison import (
    AllModels,
    Change,
    Comparison,
    HeadState,
    LayerChanges,
    LayerState,
    ModelValue,
    Quality,
    QualityFigure,
    QualityTrend,
    Runs,
    SinkTrend,
    TextTrend,
    TokenChange,
    TokenTrend,
    Trend,
)
from reportgen.findings import Findings, Note, Places, gate_records, rounded
from reportgen.report.format_register import Document, Output
from reportgen.report.json.records import (
    SHARED,
    Records,
    ends,
    its_ends,
    record,
    shows,
    to_json,
)
from reportgen.report.options import WriteOptions
from reportgen.results import COMPARISON_VERSION, RunInfo

_RECORDS: Records = {
    **SHARED,
    RunInfo: shows(
        *("model=model.name", "architecture=model.architecture"),
        *("weights_sha256=model.weights_sha256", "tokenizer=model.tokenizer"),
        *("output_kind=output.kind", "output_name=output.name", "evidence=evidence.level"),
        "created",
        ("inputs", lambda info: {item.name: item.sha256 or None for item in info.inputs}),
        ("versions", lambda info: dict(sorted(info.versions.items()))),
    ),
    Change: shows("base", "head", "change=difference", its_ends, "n_texts"),
    QualityFigure: shows(lambda figure: figure.change, "smallest_change=limit", "gain"),
    LayerChanges: shows("base", "head", "change=changes", "n_texts"),
    TokenChange: shows(
        *("token", "turn", "turn_p_adjusted=turn_p", "looks_p_adjusted=looks_p", "n_texts"),
        *("deletion_effect=effect", "looked_at=row", "received=attention"),
    ),
    Note: shows("id", "also", "token", lambda note: note.values),
    # Of more than two models: lists of figures have an entry per model, null if it has none; places
    # of models count from 0.
    Trend: shows(
        ("models", lambda trend: _trend_models(trend)),
        *("quality", "sinks", "tokens", "texts"),
    ),
    QualityTrend: shows(
        *("verdict=course", "since", "decided_by=figure"),
        lambda trend: dict(
            zip(("first_value", "since_value", "last_value"), trend.values, strict=True)
        ),
    ),
    SinkTrend: shows(
        *("role=key", "token", "first", "sink_layers", "n_sink_heads", "n_heads", "layers", "heads")
    ),
    LayerState: shows(
        "excess=excess.mean", "share", lambda state: its_ends(state.excess), "is_sink"
    ),
    HeadState: shows("layer", "head", "first", "excess"),
    # Changes are from the first model, which has no entry.
    TokenTrend: shows(
        "token",
        ("figure", lambda trend: "deletion_effect" if trend.has_effect else "looked_at"),
        *("turn", "first_clear", "changes=figures"),
    ),
    TextTrend: shows("id", "predictions", "changed_at", "right"),
}


def _of(value: Any) -> Any:
    return record(value, _RECORDS)


def write(runs: Runs, options: WriteOptions, output: Output | None = None) -> Document:
    """The comparison of `runs` as a document, names in a fixed order, null for what cannot be
    compared.

    `figures` is flat, as gates name it; `texts` has a row for each text, in input order.
    """
    comparison = runs.comparison
    assert comparison is not None
    pairing, heads, models = comparison.pairing, comparison.heads, comparison.all_models
    predictions = comparison.predictions
    made = {
        "schema_version": COMPARISON_VERSION,
        "reportgen_version": comparison.head.info.versions["reportgen"],
        "title": options.title,
        "provenance": {
            key: {**_of(side.info), "colouring": _colouring(side)}
            for key, side in (("base", comparison.base), ("head", comparison.head))
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
        "null": _of(comparison.null),
        "models": _models(models),
        "trend": _of(models and models.trend),
        "figures": comparison.figures,
        "quality": _quality(predictions.quality if predictions else None),
        "gates": gate_records(options.gates),
        "notes": _of(comparison.notes),
        "tokens": token_records(comparison),
        "layers": {layer.key: _of(layer) for layer in comparison.layers},
        "jsd": heads and _of(heads.distance.tolist()),
        "texts": text_records(comparison),
    }
    return Document(to_json(made).encode())


def _colouring(side: Findings) -> dict[str, object] | None:
    """How far the colours of a model agree with effects, as its own summary has it; null where they
    are not judged."""
    view, judged = side.colouring.view, side.colouring.judgement
    if judged is None:
        return None
    return {"view": view, "agreement": _of(judged.agreement), **_of(judged)}


def _models(models: AllModels | None) -> list[dict[str, object]] | None:
    """Every model that was compared, the first of them first; null where there are two."""
    if models is None:
        return None
    return [
        {
            **_of(info),
            "n_texts": models.n_texts,
            "figures": {row.key: value_record(row.values[i]) for row in models.rows},
            "from_first": _of(from_first),
            "from_previous": _of(from_previous),
        }
        for i, (info, from_first, from_previous) in enumerate(
            zip(
                models.infos,
                (None, *models.from_first),
                (None, *models.from_previous),
                strict=True,
            )
        )
    ]


def _trend_models(trend: Trend) -> list[dict[str, object]]:
    """The models of a trend, and their texts that do not count."""
    return [
        {
            "name": point.name,
            "step": point.step,
            "texts_missing": unmatched.n_missing,
            "texts_not_in_first": unmatched.n_other,
        }
        for point, unmatched in zip(trend.checkpoints, trend.unmatched, strict=True)
    ]


def value_record(figure: ModelValue | None) -> dict[str, object] | None:
    """A figure of one model, and its change from the first; what is not known is left out."""
    if figure is None:
        return None
    fields: dict[str, object] = {"value": rounded(figure.value)}
    if figure.change is not None:
        fields["change"] = rounded(figure.change.difference)
        fields |= {f"change_{end}": value for end, value in ends(figure.change.interval).items()}
        fields["n_texts"] = figure.change.n_texts
    if figure.interval is not None:
        fields |= ends(figure.interval)
    fields |= {"gain": figure.gain} if figure.gain is not None else {}
    fields |= {"layer": figure.layer} if figure.layer is not None else {}
    fields |= {"view": figure.view} if figure.view is not None else {}
    return fields | (_of(figure.judgement) or {})


def _quality(quality: Quality | None) -> dict[str, object] | None:
    """How well both models fit the labels; null where there are none that fit the output."""
    if quality is None:
        return None
    return {
        "verdict": quality.verdict,
        "decided_by": quality.deciding.name,
        "predictions_moved": not quality.is_unmoved,
        "n_texts": quality.n_texts,
        **{figure.name: _of(figure) for figure in quality.figures},
    }


def token_records(comparison: Comparison) -> list[dict[str, object]]:
    """A record of each token, those that changed most first; null where a figure of it was not
    measured."""
    return list(map(_of, comparison.tokens))


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


def change_record(change: Change | None) -> dict[str, object] | None:
    """A figure in both models and its change; null where it was not measured."""
    fields: dict[str, object] | None = _of(change)
    return fields
