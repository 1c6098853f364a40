"""Checks the columns of a table of a results folder: the types, and that no required value is
missing."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from reportgen.results.measure_register import USER_SCORES
from reportgen.results.tables.schema import (
    DELETION_SCORES,
    GRADIENT_STEPS,
    TABLES,
    WEIGHTED_STEPS,
)

# The columns in which no value may be missing.
FILLED: Mapping[str, tuple[str, ...]] = {
    "texts": (
        *("text_id", "text", "source", "status", "message", "n_tokens", "n_content"),
        *("n_truncated", "n_unknown", "scores", "score_names", "first_token"),
    ),
    "tokens": (
        *("text", "position", "unit", "token", "is_special", "received_last", "received_all"),
        *("expected", "received_layers", "expected_layers"),
    ),
    "heads": ("text", "layer", "head", "uniform_share", "head_class"),
    "roles": ("text", "layer", "role", "n_tokens", "share", "expected"),
    "layers": ("text", "layer"),
    "targets": ("text", "position", "unit", "token", "is_special", "is_given"),
    "decoder_heads": ("text", "part", "layer", "head", "special_share", "uniform_share"),
    "predictions": ("text", "item"),
    "evidence": ("text", "message"),
    "effects": ("text", "position"),
    "target_effects": ("text", "position"),
    "sinks": ("text", "subject", "test", "n_controls", "share_layers", "expected_layers"),
    "sink_scores": (
        *("text", "subject", "layer", "head", "n_pairs", "lead", "lead_square", "share"),
        *("expected", "error"),
    ),
    "agreement": ("text", "view", "statistic"),
    "shuffled": ("text", "view", "value"),
    "edits": ("text", "edit", "status", "scores", "message", "extra"),
    "head_effects": ("text", "layer", "head", "effect"),
}
_LARGEST = 3.4028235e38  # of float32, in which models run and pages draw
# Columns of lists in which values may be missing: what stands before a token is not moved by it.
_GAPPED = (DELETION_SCORES, GRADIENT_STEPS, WEIGHTED_STEPS, USER_SCORES)


def require_columns(table: pa.Table, name: str) -> pa.Table:
    """The columns of `table` that the schema of `name` lists, converted to their types.

    Raises:
        ValueError: a column is missing, exists twice, has another type, or holds a missing value or
            a number that is not finite where that cannot be.
    """
    columns = []
    for field in TABLES[name]:
        if table.column_names.count(field.name) != 1:
            raise ValueError(f"no column {field.name!r}")
        try:
            column = table[field.name].cast(field.type)
            column.validate(full=True)
        except pa.ArrowException as error:
            raise ValueError(
                f"column {field.name!r} holds {table[field.name].type}, not {field.type}"
            ) from error
        if column.null_count and field.name in FILLED[name]:
            raise ValueError(f"column {field.name!r} has missing values")
        _require_whole_values(column, field.name)
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=TABLES[name])


def _require_whole_values(column: pa.ChunkedArray, name: str) -> None:
    """Check that lists have no missing values and that numbers are finite, and not so large that
    sums of their squares would not be."""
    values = flat(column)
    if pa.types.is_list(column.type) and values.null_count and name not in _GAPPED:
        raise ValueError(f"column {name!r} has missing values in its lists")
    if pa.types.is_floating(values.type) and not pc.all(pc.is_finite(values), min_count=0).as_py():
        raise ValueError(f"column {name!r} holds a number that is not finite")
    if pa.types.is_floating(values.type) and len(values):
        ends = pc.min_max(values).as_py()
        if max(abs(end or 0.0) for end in ends.values()) > _LARGEST:
            raise ValueError(f"column {name!r} holds a number beyond {_LARGEST:.2g}")


def flat(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The values of a column; of a column of lists, the values in them."""
    return pc.list_flatten(column) if pa.types.is_list(column.type) else column
