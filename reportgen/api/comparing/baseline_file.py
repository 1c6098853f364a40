"""Reads baseline.json of results kept small, and checks that all tables it lists are there."""

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from reportgen.errors import ResultsError, UsageError
from reportgen.files import BASELINE_FILE
from reportgen.findings import Findings, Gate, Value
from reportgen.results import (
    AGAIN_SMALL,
    INFO_BYTES,
    SMALL,
    FolderSource,
    Results,
    one_commit,
    read_info,
    require_merged,
    require_regular,
)

# The figures of a comparison that take attention maps; of some also the ends of an interval.
OF_MAPS = ("jsd_mean", "jsd_max", "heads_changed")


class _Model(msgspec.Struct, frozen=True):
    """The model of a baseline."""

    weights_sha256: str


class Described(msgspec.Struct, frozen=True):
    """The part of baseline.json that reportgen reads; its other lines are for people."""

    figures: dict[str, Value]
    # Rows by table; None in a file of a version that did not list them.
    tables: dict[str, int] | None = None
    # What ties the files of a baseline together; None in a file of such a version.
    tables_sha256: str | None = None
    model: _Model | None = None


def read_described(results: Results) -> Described:
    """Read baseline.json of a baseline.

    Raises:
        ResultsError: it is missing, cannot be read, or is that of other results.
    """
    path = results.folder / BASELINE_FILE
    try:
        content = described_bytes(results)
        return msgspec.json.decode(content, type=Described)
    except FileNotFoundError as error:
        raise ResultsError(f"{path}: is missing; {AGAIN_SMALL}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: cannot be read; {AGAIN_SMALL}") from error


def described_bytes(results: Results) -> bytes:
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
    return read_described(findings.results).figures


def check_gates(gates: Sequence[Gate], folders: Sequence[Path]) -> None:
    """Check that no gate is on a figure that takes attention maps, which results kept small lack.

    Raises:
        UsageError: one is, and the results in one of the `folders` are kept small.
        ResultsError: these cannot be read.
    """
    for gate in gates:
        if not re.fullmatch(rf"({'|'.join(OF_MAPS)})(_low|_high)?", gate.figure):
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
    described = read_described(results)
    n_rows = _listed(described)
    for name, wanted in n_rows.items():
        path = source.folder / f"{name}.parquet"
        if not source.has(path.name):
            raise ResultsError(f"{path}: is missing; {AGAIN_SMALL}")
        found = len(source.table(name).select(["text_id" if name == "texts" else "text"]))
        if found != wanted:
            raise ResultsError(
                f"{path}: has {found:,} rows, not {wanted:,} as {BASELINE_FILE} says; {AGAIN_SMALL}"
            )
    # Where there is a manifest, it has told so of each table.
    told = described.tables_sha256 if source.manifest is None else None
    is_mixed = told is not None and told != tables_checksum(source.folder, n_rows)
    if described.model is not None:
        is_mixed |= described.model.weights_sha256 != results.info.model.weights_sha256
    if is_mixed:
        raise ResultsError(
            f"{source.folder}: holds files of two baselines; {one_commit(source.folder)}"
        )


def tables_checksum(folder: Path, names: Iterable[str]) -> str:
    """A checksum of the tables called `names` in the baseline at `folder`."""
    own = (sha256((folder / f"{name}.parquet").read_bytes()).digest() for name in sorted(names))
    return sha256(b"".join(own)).hexdigest()


def _listed(described: Described) -> Mapping[str, int]:
    """The number of rows of each table that baseline.json lists; empty for a baseline written
    before it had this list."""
    tables = described.tables or {}
    return {name: n_rows for name, n_rows in tables.items() if name in SMALL}
