"""A comparison as tables for spreadsheets and notebooks.

Each table has one row per text, token, figure, layer or head; that of more than two models has one
row per figure and model. Every figure is that of compare.json.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from reportgen.comparison import AllModels, Comparison, Runs, worse
from reportgen.errors import UsageError
from reportgen.findings import figure_list, rounded
from reportgen.report.format_register import Document, Output, table_name
from reportgen.report.json.comparison import (
    change_record,
    text_records,
    token_records,
    value_record,
)
from reportgen.report.json.records import ends
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.language import load_language
from reportgen.report.options import COMPARE_TABLE_NAMES, CompareTableName, WriteOptions
from reportgen.report.sections.overview_compared import limit_of_heads
from reportgen.report.spreadsheets import frame_of, to_document

_ENDS = ("base", "head", "change", "low", "high")
_FIGURES = ("deletion_effect", "looked_at", "received")
# The columns of each table with their types. The prediction is a number where the model gives one
# number, and words otherwise.
CHANGE_COLUMNS = {
    **dict.fromkeys(("text_id", "source", "text", "label"), "string"),
    **dict.fromkeys(("prediction_base", "prediction_head"), "string"),
    "prediction_change": "float64",
    "prediction_moved": "boolean",
    "outcome": "string",
    **dict.fromkeys(("error_growth", "right_change", "jsd", "deletion_change"), "float64"),
    "deletion_rank_correlation": "float64",
    "comparable": "boolean",
    **dict.fromkeys(("status_base", "status_head"), "string"),
}
TOKEN_COLUMNS = {
    "token": "string",
    "turn": "string",
    "n_texts": "Int64",
    **{f"{figure}_{end}": "float64" for figure in _FIGURES for end in _ENDS},
    "deletion_effect_n_texts": "Int64",
    "turn_p_adjusted": "float64",
    "looks_p_adjusted": "float64",
}
FIGURE_COLUMNS = {
    "figure": "string",
    **dict.fromkeys(("value", "low", "high"), "float64"),
    **dict.fromkeys(("unit", "meaning"), "string"),
}
LAYER_COLUMNS = {
    "figure": "string",
    "layer": "Int64",
    **dict.fromkeys(_ENDS, "float64"),
    "n_texts": "Int64",
}
TREND_COLUMNS = {
    "figure": "string",
    "token": "string",
    "layer": "Int64",
    "model": "string",
    "step": "Int64",
    **dict.fromkeys(("value", "low", "high"), "float64"),
    **dict.fromkeys(("change", "change_low", "change_high"), "float64"),
    **dict.fromkeys(("gain", "view", "verdict", "baseline"), "string"),
}
HEAD_COLUMNS = {"layer": "Int64", "head": "Int64", "jsd": "float64", "changed": "boolean"}


def write(runs: Runs, options: WriteOptions, output: Output) -> Document:
    """The table that the output is named after, as CSV or Parquet."""
    comparison = runs.comparison
    assert comparison is not None
    name = table_name(output.path, COMPARE_TABLE_NAMES)
    document = to_document(comparison_table(comparison, name), output)
    if name != "heads" or comparison.heads is not None:
        return document
    why = limit_of_heads(comparison, CompareWords(comparison, load_language(options.lang)))
    return replace(document, reduced=(f"{output.path}: {why}",) if why else ())


def comparison_table(comparison: Comparison, name: CompareTableName) -> pd.DataFrame:
    """The table `name`; a value that does not exist is missing.

    `changes` has a row for each text: first those that got worse, then those whose prediction moved
    most, then the others in input order. `tokens` has those that changed most first.

    Raises:
        UsageError: two models have no `trend`.
    """
    if name == "changes":
        return _changes(comparison)
    if name == "tokens":
        return frame_of(map(_flat, token_records(comparison)), TOKEN_COLUMNS)
    if name == "figures":
        return frame_of(_figures(comparison), FIGURE_COLUMNS)
    if name == "layers":
        return frame_of(_layers(comparison), LAYER_COLUMNS)
    if name == "trend":
        return frame_of(_trend(comparison.all_models), TREND_COLUMNS)
    return frame_of(_heads(comparison), HEAD_COLUMNS)


def _changes(comparison: Comparison) -> pd.DataFrame:
    texts, predictions = comparison.head.texts, comparison.predictions
    labels = comparison.pairing.labels["label"].tolist()
    given = zip(texts["source"], texts["text"], labels, strict=True)
    rows = [
        {"text_id": record["id"], "source": source, "text": text, "label": label, **record}
        for (source, text, label), record in zip(given, text_records(comparison), strict=True)
    ]
    places = [] if predictions is None else [*worse(predictions), *predictions.order]
    first = [] if predictions is None else predictions.texts[places].tolist()
    order = dict.fromkeys((*first, *range(len(rows))))
    is_number = predictions is not None and predictions.is_number
    ends = {f"prediction_{side}": "float64" for side in ("base", "head")} if is_number else {}
    return frame_of((rows[text] for text in order), CHANGE_COLUMNS | ends)


def _flat(record: Mapping[str, object]) -> dict[str, object]:
    """The record of a token, with what is nested in it under names of its own."""
    flat = dict(record)
    for figure in _FIGURES:
        nested = record[figure]
        if isinstance(nested, Mapping):
            flat |= {f"{figure}_{name}": value for name, value in nested.items()}
    return flat


def _figures(comparison: Comparison) -> Iterable[dict[str, object]]:
    known, figures = figure_list("compare"), comparison.figures
    ends = {f"{name}_{end}" for name in figures for end in ("low", "high")}
    for name, value in figures.items():
        if name not in ends:
            low, high = (figures.get(f"{name}_{end}") for end in ("low", "high"))
            figure = known.find(name)
            unit, meaning = (figure.unit, figure.meaning) if figure else (None, None)
            yield dict(zip(FIGURE_COLUMNS, (name, value, low, high, unit, meaning), strict=True))


def _layers(comparison: Comparison) -> Iterable[dict[str, object]]:
    for layer in comparison.layers:
        for i in range(max(len(layer.base), len(layer.head))):
            sides = {"base": layer.base, "head": layer.head}
            ends = {name: rounded(side[i]) for name, side in sides.items() if i < len(side)}
            change = change_record(layer.changes[i]) if layer.changes else None
            yield {"figure": layer.key, "layer": i + 1, **ends, **(change or {})}


def _trend(compared: AllModels | None) -> Iterable[dict[str, object]]:
    """Each figure in every model, then what special tokens get beyond their equal share."""
    if compared is None:
        raise UsageError("the table trend is of more than two models; name further results folders")
    models = [{"model": point.name, "step": point.step} for point in compared.trend.checkpoints]
    for row in compared.rows:
        for model, value in zip(models, row.values, strict=True):
            named = {"figure": row.key, "token": row.token or None, **model}
            if value is not None:
                yield named | (value_record(value) or {})
    for sink in compared.trend.sinks:
        for layer, states in enumerate(sink.layers, 1):
            for model, state in zip(models, states, strict=True):
                if state is not None:
                    record = {"value": rounded(state.excess.mean), **ends(state.excess.interval)}
                    named = {"figure": "excess", "token": sink.token, "layer": layer, **model}
                    yield named | record | {"verdict": "sink" if state.is_sink else None}


def _heads(comparison: Comparison) -> Iterable[dict[str, object]]:
    heads = comparison.heads
    if heads is None:
        return
    for layer, distances in enumerate(heads.distance.tolist()):
        for head, distance in enumerate(distances):
            changed = bool(heads.changed[layer, head])
            yield {
                "layer": layer + 1,
                "head": head + 1,
                "jsd": rounded(distance),
                "changed": changed,
            }
