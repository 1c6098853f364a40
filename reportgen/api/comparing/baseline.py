"""A baseline: results kept small in a repository, for later models to be compared with, and to be
replaced by those of a new model.

Small results are tables as any results have them. Columns that no comparison reads are left out, as
are the attention maps; of the table of heads only the means over the heads are kept, in the table
of layers. What is kept has the values it had, bit for bit.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from reportgen.api.comparing.baseline_file import (
    OF_MAPS,
    described_bytes,
    kept_figures,
    tables_checksum,
)
from reportgen.comparison import match_texts
from reportgen.errors import ResultsError, unwritten
from reportgen.files import BASELINE_FILE, Staging, scratch_folder
from reportgen.findings import Findings, Value, draw_agreement
from reportgen.report import watched
from reportgen.results import (
    DELETION_SCORES,
    EXTRA,
    HEAD_MEANS,
    MAP_CELLS,
    SMALL,
    TABLES,
    Results,
    RunInfo,
    Statistic,
    open_own,
    open_results,
    table_of,
    write_info,
)
from reportgen.tasks import target_of

_ABOUT = (
    "Results that reportgen keeps small, so that later models can be compared with them: reportgen "
    "compare FOLDER --head MODEL. The figures below are those of the whole results."
)
_LEFT_OUT = (
    f"attention maps, so how far apart attention is ({', '.join(OF_MAPS)}) is not compared",
    "single heads, of which the means over heads are kept",
    "the layers of single tokens, and measures of evidence other than deletion",
    "statistics of agreement other than rank correlations, and sink tests",
)

_STATISTICS: tuple[Statistic, ...] = ("spearman", "spearman_size")
_OF_MAPS = ("_offset", "_bytes", MAP_CELLS)  # how the names of columns about maps end
_LEVEL = 19  # of Zstandard: these files are written once and read often


def keep_baseline(results: Results, folder: Path, staging: Staging) -> int | None:
    """Write `results` to `folder` as a small baseline, and return its size in bytes. If the
    baseline there already says the same, leave its files as they are and return None.

    Raises:
        OutputError: it cannot be written.
    """
    info = small_info(results.info)
    with scratch_folder() as scratch:
        made = scratch / "baseline"
        try:
            made.mkdir()
            content = _described(results, made, write_small_tables(made, results))
            (made / BASELINE_FILE).write_bytes(content)
            write_info(made, info)
        except OSError as error:
            raise unwritten("the baseline", error) from error
        if _is_there(folder, open_own(made, info), content):
            return None
        staging.copy({path.name: path for path in made.iterdir()}, folder)
        return sum(path.stat().st_size for path in made.iterdir())


def _described(results: Results, made: Path, n_rows: Mapping[str, int]) -> bytes:
    """The text of baseline.json, for people and for git diff. It lists the number of rows of each
    table and has a checksum of the tables in `made`, so that a missing file is noticed, and one of
    another baseline."""
    info = results.info
    values: dict[str, Any] = {
        "about": _ABOUT,
        "left_out": _LEFT_OUT,
        "model": {"name": info.model.name, "weights_sha256": info.model.weights_sha256},
        "texts": len(results.texts),
        "tables": n_rows,
        "tables_sha256": tables_checksum(made, n_rows),
        "figures": {k: v for k, v in Findings(results).figures.items() if v is not None},
    }
    return (json.dumps(values, ensure_ascii=False, indent=1) + "\n").encode()


def _is_there(folder: Path, new: Results, described: bytes) -> bool:
    """Whether the baseline at `folder` says what `new` says."""
    try:
        old = open_results(folder)
        return (
            old.info.settings.small
            and same_content(old, new)
            and _said(described_bytes(old)) == _said(described)
        )
    except (ResultsError, OSError, ValueError):  # ends of lines may be those of a system
        return False


def _said(described: bytes) -> dict[str, Any]:
    """What a baseline.json says but for the checksum, which is of the bytes of the tables: another
    version may write the same rows in other bytes."""
    return {name: value for name, value in json.loads(described).items() if name != "tables_sha256"}


def accept(base: Findings, head: Findings, folder: Path, staging: Staging) -> list[str]:
    """Replace the results of `base` in `folder` by those of `head`, small if the old ones were, and
    return lines that say what changes. They are in place when `staging` is committed.

    Raises:
        OutputError: they cannot be written.
    """
    if head.info.evidence.interrupted:
        return [f"{folder}: not replaced, as the evidence of the new model was interrupted"]
    if base.info.settings.small and not head.info.settings.small:
        if keep_baseline(head.results, folder, staging) is None:
            return [f"{folder}: holds these results already; left as it is"]
    else:
        staging.copy(head.results.stored_in.files(), folder)
    names = [
        f"{side.info.model.name} ({side.info.model.weights_sha256[:8]})" for side in (base, head)
    ]
    lines = [f"{folder}: replaced: {names[0]} → {names[1]}"]
    was, now = len(base.texts), len(head.texts)
    matching = match_texts(base.results, head.results)
    if matching is not None and (n_common := len(matching.base)) < max(was, now):
        lines.append(
            f"  texts {was:,} → {now:,}, {n_common:,} in common: figures are of other texts, so "
            "they cannot be compared"
        )
    old, new = kept_figures(base), kept_figures(head)
    changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    shown = watched("run", dict.fromkeys(changed, 0))
    lines += [f"  {name} {_written(old.get(name))} → {_written(new.get(name))}" for name in shown]
    if rest := len(changed) - len(shown):
        more = "more figures" if shown else "figures"
        where = f"; git diff {folder / BASELINE_FILE}" if base.info.settings.small else ""
        lines.append(f"  {rest:,} {more} changed{where}")
    return lines if changed else [*lines, "  no figure changed"]


def _written(value: Value) -> str:
    return "none" if value is None else f"{value:.4g}" if isinstance(value, float) else f"{value:,}"


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
    is_lead = target_of(results.info.evidence).is_lead
    for name, columns in SMALL.items():
        rows = _rows(results, name)
        if not len(rows):
            continue
        kept = rows.column_names if columns is None else columns
        if name == "effects" and not is_lead:
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
        own = draw_agreement(results)
        rows = table_of(name, own[own["statistic"].isin(_STATISTICS)])
    if name == "layers":
        texts, layers = (rows[column].to_numpy().astype(np.intp) for column in ("text", "layer"))
        for column, kept in HEAD_MEANS.items():
            values = results.mean_of_heads(column)[texts, layers - 1]
            rows = _with(rows, kept, pa.array(values, pa.float64(), from_pandas=True))
    return rows


def _with(rows: pa.Table, column: str, values: pa.Array) -> pa.Table:
    place = rows.schema.get_field_index(column)
    return rows.set_column(place, rows.schema.field(place), values)
