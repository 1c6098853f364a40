"""What one analysis measured, and the folder of open formats that holds it.

The folder holds `results.json` (what was run, on what), `texts.parquet`, `tokens.parquet`,
`heads.parquet`, `roles.parquet` and `maps.bin` (the packed attention maps one after another).
Layers and heads count from 1; texts, positions and units count from 0. Nothing here imports torch.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from reportgen.errors import ResultsError
from reportgen.info import (
    HEAD_CLASSES,
    OUTPUT_KINDS,
    SCHEMA_VERSION,
    Checks,
    HeadClass,
    InputInfo,
    ModelInfo,
    OutputInfo,
    OutputKind,
    Role,
    RunInfo,
    Settings,
    Status,
)
from reportgen.maps import require_whole

__all__ = [
    "HEAD_CLASSES",
    "OUTPUT_KINDS",
    "SCHEMA_VERSION",
    "TABLES",
    "Checks",
    "HeadClass",
    "InputInfo",
    "ModelInfo",
    "OutputInfo",
    "OutputKind",
    "Results",
    "Role",
    "RunInfo",
    "Settings",
    "Status",
    "open_results",
    "write_info",
]

TEXTS_SCHEMA = pa.schema(
    [
        ("text_id", pa.string()),
        ("text", pa.string()),
        ("pair", pa.string()),  # second segment; null where there is none
        ("label", pa.string()),  # as given; null where there is none
        ("label_value", pa.float64()),  # the label read as a number; null where it is none
        ("group", pa.string()),
        ("source", pa.string()),  # file:line
        ("status", pa.string()),  # ok, truncated, empty, failed
        ("message", pa.string()),  # why a text is empty or failed; "" otherwise
        ("n_tokens", pa.int32()),  # as the model saw them, special tokens included
        ("n_content", pa.int32()),  # without special tokens
        ("n_truncated", pa.int32()),  # tokens that were cut off
        ("cut_text", pa.int32()),  # code point of `text` where it was cut; null where it was not
        ("cut_pair", pa.int32()),  # the same for `pair`
        ("n_unknown", pa.int32()),  # unknown tokens
        ("prediction", pa.float64()),  # the number; null where the output is not one number
        ("prediction_label", pa.string()),  # class, labels or next token; null otherwise
        ("scores", pa.list_(pa.float64())),  # numbers; logits; log-probabilities (next token)
        ("score_names", pa.list_(pa.string())),  # the five next tokens; empty otherwise
        ("effective_tokens", pa.float64()),  # exp(entropy), mean over layers, heads, queries
        ("effective_content", pa.float64()),  # the same over content tokens, renormalised
        ("first_token", pa.int64()),  # its first row in `tokens`
        ("map_offset", pa.int64()),  # where its maps start in maps.bin; null where not kept
        ("map_bytes", pa.int64()),
    ]
)
TOKENS_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),  # row of `texts`
        ("position", pa.int32()),
        ("unit", pa.int32()),  # display unit, counted from 0 in each text
        ("segment", pa.int8()),  # 0 text, 1 pair; null for special tokens
        ("token", pa.string()),  # as the tokenizer writes it
        ("token_id", pa.int32()),
        ("start", pa.int32()),  # code points of the segment's own text; null for special tokens
        ("end", pa.int32()),
        ("is_special", pa.bool_()),
        ("role", pa.string()),  # key of its Role; null for content
        ("cls_row_last", pa.float32()),  # means over heads; null where there is no [CLS] row
        ("received_last", pa.float32()),
        ("cls_row_all", pa.float32()),  # means over heads and layers
        ("received_all", pa.float32()),
        ("expected", pa.float32()),  # of `received`, under an even spread, mean over layers
        ("cls_row_layers", pa.list_(pa.float32())),  # [layer], means over heads
        ("received_layers", pa.list_(pa.float32())),  # [layer]
        ("expected_layers", pa.list_(pa.float32())),  # [layer]
    ]
)
HEADS_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),
        ("layer", pa.int16()),
        ("head", pa.int16()),
        ("special_share", pa.float32()),  # sums of `received`; null where the role is absent
        ("cls_share", pa.float32()),
        ("sep_share", pa.float32()),
        ("uniform_share", pa.float32()),  # even-spread value of special_share
        ("entropy", pa.float32()),  # 0..1 over all visible keys; null for one token
        ("distance", pa.float32()),  # tokens, over content keys, renormalised; null without them
        ("head_class", pa.string()),
    ]
)
ROLES_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),
        ("layer", pa.int16()),
        ("role", pa.string()),  # key of a Role
        ("n_tokens", pa.int16()),  # how many tokens of the text play it
        ("share", pa.float32()),  # sum of `received` over them, mean over heads
        ("expected", pa.float32()),  # its even-spread value
        ("self_share", pa.float32()),  # of the weight their own rows spread, the part on the role
    ]
)
TABLES: Mapping[str, pa.Schema] = {
    "texts": TEXTS_SCHEMA,
    "tokens": TOKENS_SCHEMA,
    "heads": HEADS_SCHEMA,
    "roles": ROLES_SCHEMA,
}


@dataclass(frozen=True)
class Results:
    """A results folder, opened; tables are read when they are first asked for.

    `texts`, `heads` and `roles` are whole DataFrames in input order; `tokens` is one too, and
    `tokens_of(text)` is the cheap way to one text's rows.
    """

    folder: Path
    info: RunInfo

    @cached_property
    def texts(self) -> pd.DataFrame:
        """A row a text, in input order; columns as in `TEXTS_SCHEMA`."""
        return _frame(self._table("texts"))

    @cached_property
    def tokens(self) -> pd.DataFrame:
        """A row a model token; columns as in `TOKENS_SCHEMA`."""
        return _frame(self._tokens)

    @cached_property
    def heads(self) -> pd.DataFrame:
        """A row a text, layer and head; columns as in `HEADS_SCHEMA`."""
        return _frame(self._table("heads"))

    @cached_property
    def roles(self) -> pd.DataFrame:
        """A row a text, layer and special-token role; columns as in `ROLES_SCHEMA`."""
        return _frame(self._table("roles"))

    def tokens_of(self, text: int) -> pd.DataFrame:
        """The tokens of row `text` of `texts`, in the order of their positions."""
        row = self.texts.iloc[text]
        rows = self._tokens.slice(int(row["first_token"]), int(row["n_tokens"]))
        return _frame(rows)

    def packed_maps(self, text: int) -> bytes | None:
        """The packed attention maps of row `text` of `texts` (see `maps`), None where not kept."""
        row = self.texts.iloc[text]
        if pd.isna(row["map_offset"]):
            return None
        path = self.folder / "maps.bin"
        try:
            with path.open("rb") as stream:
                stream.seek(int(row["map_offset"]))
                packed = stream.read(int(row["map_bytes"]))
            require_whole(packed, self.info.model.n_layers, self.info.model.n_heads)
        except (OSError, ValueError) as error:
            raise ResultsError(f"{path}: {error}; run `reportgen analyze` again") from error
        return packed

    @cached_property
    def _tokens(self) -> pa.Table:
        return self._table("tokens")

    def _table(self, name: str) -> pa.Table:
        path = self.folder / f"{name}.parquet"
        try:
            table = pq.read_table(path)
        except (OSError, pa.ArrowException) as error:
            raise ResultsError(f"{path}: cannot be read; run `reportgen analyze` again") from error
        missing = [column for column in TABLES[name].names if column not in table.column_names]
        if missing:
            raise ResultsError(f"{path}: no column {missing[0]!r}; run `reportgen analyze` again")
        return table


def _frame(table: pa.Table) -> pd.DataFrame:
    """A DataFrame whose integers and booleans stay whole where a value is missing."""
    whole = {
        pa.int8(): pd.Int8Dtype(),
        pa.int16(): pd.Int16Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    frame: pd.DataFrame = table.to_pandas(types_mapper=whole.get)
    return frame


def open_results(folder: Path) -> Results:
    """Open the results folder at `folder`.

    Raises:
        ResultsError: it is not one, is damaged, or was written by a newer reportgen.
    """
    path = folder / "results.json"
    try:
        record = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ResultsError(
            f"{folder}: not a results folder (no results.json); make one with `reportgen analyze`"
        ) from error
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path}: cannot be read ({error})") from error
    version = record.get("schema_version") if isinstance(record, dict) else None
    if not isinstance(version, int):
        raise ResultsError(f"{path}: no schema_version; run `reportgen analyze` again")
    if version > SCHEMA_VERSION:
        raise ResultsError(
            f"{path}: schema {version} is newer than this reportgen reads "
            f"({SCHEMA_VERSION}); update reportgen"
        )
    try:
        return Results(folder, _run_info(record))
    except (KeyError, TypeError, AttributeError) as error:
        raise ResultsError(f"{path}: damaged ({error}); run `reportgen analyze` again") from error


def write_info(folder: Path, info: RunInfo) -> None:
    """Write `info` as the folder's `results.json`."""
    text = json.dumps(asdict(info), ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    (folder / "results.json").write_text(text + "\n", "utf-8")


def _run_info(record: Mapping[str, Any]) -> RunInfo:
    return RunInfo(
        created=record["created"],
        versions=record["versions"],
        model=_known(ModelInfo, record["model"]),
        output=_known(OutputInfo, record["output"] | {"labels": tuple(record["output"]["labels"])}),
        roles=tuple(_known(Role, role) for role in record["roles"]),
        inputs=tuple(_known(InputInfo, item) for item in record["inputs"]),
        checks=_known(Checks, record["checks"]),
        settings=_known(Settings, record["settings"]),
        remarks=tuple(record.get("remarks", ())),
        schema_version=record["schema_version"],
    )


def _known(kind: Any, record: Mapping[str, Any]) -> Any:
    """A `kind` from the fields it knows; what a later version added is passed over."""
    return kind(**{f.name: record[f.name] for f in fields(kind) if f.name in record})
