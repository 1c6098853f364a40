"""Results kept small enough for a repository: what a comparison takes of them, and no more.

Small results are tables as any results have them. Columns that no comparison reads are left out, as
are the attention maps; of the table of heads only the means over the heads are kept, in the table
of layers. What is kept has the values it had, bit for bit.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from reportgen.errors import ResultsError
from reportgen.results.agreement import drawn_agreement
from reportgen.results.info import RunInfo, Statistic
from reportgen.results.store import Results, open_results
from reportgen.results.tables.row_groups import FolderSource, table_of
from reportgen.results.tables.schema import (
    DELETION_SCORES,
    EXTRA,
    HEAD_MEANS,
    MAP_CELLS,
    SMALL,
    TABLES,
)

_STATISTICS: tuple[Statistic, ...] = ("spearman", "spearman_size")
_OF_MAPS = ("_offset", "_bytes", MAP_CELLS)  # how the names of columns about maps end
_LEVEL = 19  # of Zstandard: these files are written once and read often


def small_info(info: RunInfo) -> RunInfo:
    """The facts about a run whose results are kept small."""
    return replace(
        info,
        settings=replace(info.settings, small=True, keep_maps="none", maps_kept=0),
        evidence=replace(info.evidence, n_extra=0),
    )


def small_tables(results: Results) -> Iterator[tuple[str, pa.Table]]:
    """The tables of `results` that are kept, by name, each with the columns that are kept. Texts
    have no evidence in them if they got it only because a report lists them first."""
    is_margin = results.info.evidence.scalar == "margin"
    for name, columns in SMALL.items():
        rows = _rows(results, name)
        if not len(rows):
            continue
        kept = rows.column_names if columns is None else columns
        if name == "effects" and not is_margin:
            kept = [column for column in kept if column != DELETION_SCORES]
        yield name, rows.select(kept)


def write_small_tables(folder: Path, results: Results) -> dict[str, int]:
    """Write the small tables of `results` into `folder`, and return the number of rows of each. The
    same results always give the same bytes."""
    n_rows = {}
    for name, rows in small_tables(results):
        n_rows[name] = len(rows)
        whole = [f.name for f in rows.schema if not pa.types.is_floating(_flat_type(f.type))]
        split = {
            field.name if field.type == _flat_type(field.type) else f"{field.name}.list.element"
            for field in rows.schema
            if pa.types.is_floating(_flat_type(field.type))
        }
        pq.write_table(
            rows,
            folder / f"{name}.parquet",
            compression="zstd",
            compression_level=_LEVEL,
            use_dictionary=whole,
            column_encoding=dict.fromkeys(split, "BYTE_STREAM_SPLIT"),
            write_statistics=False,
            store_schema=False,
        )
    return n_rows


def same_content(one: Results, other: Results) -> bool:
    """Whether two small results are the same except for when and with which versions they were
    made."""
    infos = (replace(side.info, created="", versions={}, commit="") for side in (one, other))
    if next(infos) != next(infos):
        return False
    sides = (dict(small_tables(side)) for side in (one, other))
    own, others = next(sides), next(sides)
    return own.keys() == others.keys() and all(own[name].equals(others[name]) for name in own)


def mean_of_heads(results: Results, column: str) -> NDArray[np.float64]:
    """`[text, layer]`, mean over heads, of a column of the table of heads; of results kept small,
    one of HEAD_MEANS. NaN where a text has none."""
    if not results.info.settings.small:
        means: NDArray[np.float64] = results.head_values(column).astype(np.float64).mean(axis=2)
        return means
    rows = results.layers
    means = np.full((len(results.texts), results.info.model.n_layers), np.nan)
    texts, layers = (rows[name].to_numpy(np.intp) for name in ("text", "layer"))
    means[texts, layers - 1] = rows[HEAD_MEANS[column]].to_numpy(np.float64)
    return means


def open_whole(folder: Path) -> Results:
    """Open the results folder at `folder` for a report.

    Raises:
        ResultsError: as `open_results`, or the results were kept small.
    """
    results = open_results(folder)
    require_whole(results)
    return results


def require_whole(results: Results) -> None:
    """Check that results were not kept small.

    Raises:
        ResultsError: they were, so that there is no report of them.
    """
    if results.info.settings.small:
        folder = results.folder if isinstance(results.source, FolderSource) else Path("baseline")
        raise ResultsError(
            f"{folder}: results kept small (--small), without attention maps and most figures of "
            f"tokens and heads; they are there to be compared: reportgen compare {folder} --head "
            "MODEL"
        )


def _flat_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_list(kind) else kind


def _rows(results: Results, name: str) -> pa.Table:
    """The table `name` as it is kept, with all its columns."""
    rows = results.source.table(name).select(TABLES[name].names)
    if results.info.settings.small:
        return rows
    if name == "texts":
        gone = [column for column in rows.column_names if column.endswith(_OF_MAPS)]
        for column in gone:
            rows = _with(rows, column, pa.nulls(len(rows), rows.schema.field(column).type))
    if name in ("evidence", "effects"):
        sample = results.evidence["text"].to_numpy(np.int32)
        rows = rows.filter(np.isin(rows["text"].to_numpy(), sample))
    if name == "evidence":
        rows = _with(rows, EXTRA, pa.array([False] * len(rows), pa.bool_()))
    if name == "agreement":  # of the others a comparison says nothing
        own = drawn_agreement(results)
        rows = table_of(name, own[own["statistic"].isin(_STATISTICS)])
    if name == "layers":
        texts, layers = (rows[column].to_numpy().astype(np.intp) for column in ("text", "layer"))
        for column, kept in HEAD_MEANS.items():
            values = mean_of_heads(results, column)[texts, layers - 1]
            rows = _with(rows, kept, pa.array(values, pa.float64(), from_pandas=True))
    return rows


def _with(rows: pa.Table, column: str, values: pa.Array) -> pa.Table:
    place = rows.schema.get_field_index(column)
    return rows.set_column(place, rows.schema.field(place), values)
