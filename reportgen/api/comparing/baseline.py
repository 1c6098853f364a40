"""A baseline: results kept small in a repository, for later models to be compared with, and to be
replaced by those of a new model.

Small results are tables as any results have them. Columns that no comparison reads are left out, as
are the attention maps; of the table of heads only the means over the heads are kept, in the table
of layers. What is kept has the values it had, bit for bit.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from reportgen.comparison import match_texts
from reportgen.errors import ResultsError, UsageError, unwritten
from reportgen.files import BASELINE_FILE, Staging, scratch_folder
from reportgen.findings import Findings, Gate, Value, draw_agreement
from reportgen.report import watched
from reportgen.results import (
    AGAIN_SMALL,
    DELETION_SCORES,
    EXTRA,
    HEAD_MEANS,
    INFO_BYTES,
    MAP_CELLS,
    SMALL,
    TABLES,
    FolderSource,
    Results,
    RunInfo,
    Statistic,
    one_commit,
    open_own,
    open_results,
    read_info,
    require_merged,
    require_regular,
    table_of,
    write_info,
)
from reportgen.tasks import target_of

# The figures of a comparison that take attention maps; of some also the ends of an interval.
_MAP_FIGURES = ("jsd_mean", "jsd_max", "heads_changed")
_ABOUT = (
    "Results that reportgen keeps small, so that later models can be compared with them: reportgen "
    "compare FOLDER --head MODEL. The figures below are those of the whole results."
)
_LEFT_OUT = (
    f"attention maps, so how far apart attention is ({', '.join(_MAP_FIGURES)}) is not compared",
    "single heads, of which the means over heads are kept",
    "the layers of single tokens, and measures of evidence other than deletion",
    "statistics of agreement other than rank correlations, and sink tests",
)

_STATISTICS: tuple[Statistic, ...] = ("spearman", "spearman_size")
_OF_MAPS = ("_offset", "_bytes", MAP_CELLS)  # how the names of columns about maps end
_LEVEL = 19  # of Zstandard: these files are written once and read often


class _Model(msgspec.Struct, frozen=True):
    """The model of a baseline."""

    weights_sha256: str


class _Described(msgspec.Struct, frozen=True):
    """The part of baseline.json that reportgen reads; its other lines are for people."""

    figures: dict[str, Value]
    # Rows by table; None in a file of a version that did not list them.
    tables: dict[str, int] | None = None
    # What ties the files of a baseline together; None in a file of such a version.
    tables_sha256: str | None = None
    model: _Model | None = None


def _read_described(results: Results) -> _Described:
    """Read baseline.json of a baseline.

    Raises:
        ResultsError: it is missing, cannot be read, or is that of other results.
    """
    path = results.folder / BASELINE_FILE
    try:
        content = _described_bytes(results)
        return msgspec.json.decode(content, type=_Described)
    except FileNotFoundError as error:
        raise ResultsError(f"{path}: is missing; {AGAIN_SMALL}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: cannot be read; {AGAIN_SMALL}") from error


def _described_bytes(results: Results) -> bytes:
    """The content of baseline.json of a baseline.

    Raises:
        ResultsError: it is not the one that the manifest lists.
        OSError, ValueError: it cannot be read.
    """
    file = results.stored_in.file(BASELINE_FILE)
    if (size := require_regular(file)) > INFO_BYTES:
        raise ValueError(size)
    with file.unchecked() as stream:  # first, what git has left in it
        require_merged(stream.read(INFO_BYTES), file.path)
    with file.open() as stream:
        return stream.read(INFO_BYTES)


def kept_figures(findings: Findings) -> Mapping[str, Value]:
    """The figures by name. For results kept small, read them from the folder: they were computed
    before the results were made small.

    Raises:
        ResultsError: that file cannot be read.
    """
    if not findings.info.settings.small:
        return findings.figures
    return _read_described(findings.results).figures


def check_gates(gates: Sequence[Gate], folders: Sequence[Path]) -> None:
    """Check that no gate is on a figure that takes attention maps, which results kept small lack.

    Raises:
        UsageError: one is, and the results in one of the `folders` are kept small.
        ResultsError: these cannot be read.
    """
    for gate in gates:
        if not re.fullmatch(rf"({'|'.join(_MAP_FIGURES)})(_low|_high)?", gate.figure):
            continue
        where = f"{gate.source}: {gate.level}-if" if gate.source else f"--{gate.level}-if"
        for folder in folders:
            if read_info(folder).settings.small:
                raise UsageError(
                    f"{where} {gate.expression!r}: {folder} was kept small, without attention "
                    f"maps, so {gate.figure} cannot be compared; leave the gate out, or keep whole "
                    "results (reportgen analyze without --small)"
                )


def require_complete(results: Results) -> None:
    """Check that no table of a baseline is missing, cut or of another baseline, so that a lost
    table is not mistaken for one that was never measured, and no mixture, such as git leaves where
    two branches changed a baseline, for results. Other results are checked when they are read.

    Raises:
        ResultsError: a file of it is missing, or is not the one that was written.
    """
    source = results.source
    if not results.info.settings.small or not isinstance(source, FolderSource):
        return
    described = _read_described(results)
    n_rows = _listed(described)
    for name, wanted in n_rows.items():
        path = source.folder / f"{name}.parquet"
        if not source.has(path.name):
            raise ResultsError(f"{path}: is missing; {AGAIN_SMALL}")
        n_stored = len(source.table(name).select(["text_id" if name == "texts" else "text"]))
        if n_stored != wanted:
            raise ResultsError(
                f"{path}: has {n_stored:,} rows, not {wanted:,} as {BASELINE_FILE} says; "
                f"{AGAIN_SMALL}"
            )
    # Where there is a manifest, it has told so of each table.
    told = described.tables_sha256 if source.manifest is None else None
    is_mixed = told is not None and told != _tables_checksum(source.folder, n_rows)
    if described.model is not None:
        is_mixed |= described.model.weights_sha256 != results.info.model.weights_sha256
    if is_mixed:
        raise ResultsError(
            f"{source.folder}: holds files of two baselines; {one_commit(source.folder)}"
        )


def _tables_checksum(folder: Path, names: Iterable[str]) -> str:
    """A checksum of the tables called `names` in the baseline at `folder`."""
    digests = (sha256((folder / f"{name}.parquet").read_bytes()).digest() for name in sorted(names))
    return sha256(b"".join(digests)).hexdigest()


def _listed(described: _Described) -> Mapping[str, int]:
    """The number of rows of each table that baseline.json lists; empty for a baseline written
    before it had this list."""
    tables = described.tables or {}
    return {name: n_rows for name, n_rows in tables.items() if name in SMALL}


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
        "tables_sha256": _tables_checksum(made, n_rows),
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
            and _said(_described_bytes(old)) == _said(described)
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
    tables, others = next(sides), next(sides)
    return tables.keys() == others.keys() and all(
        tables[name].equals(others[name]) for name in tables
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
        stored = results.stored("evidence")  # with variants, which averages leave out
        is_extra = stored[EXTRA].fillna(False).to_numpy(np.bool_)
        sample = stored["text"].to_numpy(np.int32)[~is_extra]
        rows = rows.filter(np.isin(rows["text"].to_numpy(), sample))
    if name == "evidence":
        rows = _with(rows, EXTRA, pa.array([False] * len(rows), pa.bool_()))
    if name == "agreement":  # of the others a comparison says nothing
        drawn = draw_agreement(results)
        drawn = drawn[drawn["statistic"].isin(_STATISTICS)]
        rows = table_of(name, drawn)
    if name == "layers":
        texts, layers = (rows[column].to_numpy().astype(np.intp) for column in ("text", "layer"))
        for column, kept in HEAD_MEANS.items():
            values = results.mean_of_heads(column)[texts, layers - 1]
            rows = _with(rows, kept, pa.array(values, pa.float64(), from_pandas=True))
    return rows


def _with(rows: pa.Table, column: str, values: pa.Array) -> pa.Table:
    place = rows.schema.get_field_index(column)
    return rows.set_column(place, rows.schema.field(place), values)
