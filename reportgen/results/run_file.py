"""The file results.json of a results folder: what was run."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from reportgen.errors import ResultsError, quoted
from reportgen.files import system
from reportgen.files.destinations import as_given, is_address
from reportgen.results.checks.limits import (
    HEADS,
    INFO_BYTES,
    LAYERS,
    require_merged,
    require_regular,
)
from reportgen.results.info import SCHEMA_VERSION, RunInfo, is_commit
from reportgen.results.tables.row_groups import AGAIN

if TYPE_CHECKING:
    from reportgen.results.store import Results

_MOST = 10**9  # of anything that a model has; --max-length takes as much


def read_info(folder: Path) -> RunInfo:
    """Read what was run from the results folder at `folder`.

    Raises:
        ResultsError: it is not a results folder, is damaged, or has a schema version that this
            version cannot read.
    """
    path = folder / "results.json"
    try:
        if (size := require_regular(path)) > INFO_BYTES:
            raise ValueError(f"{size / 1e6:,.0f} MB, at most {INFO_BYTES / 1e6:.0f} are read")
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ResultsError(f"{as_given(folder)}: {_what_it_is(folder)}") from error
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read ({error.strerror}); {AGAIN}") from error
    except ValueError as error:
        raise ResultsError(f"{path}: {error}; {AGAIN}") from error
    require_merged(content, path)
    try:
        _require_version(content, path)
        info = msgspec.json.decode(content, type=RunInfo)
        _require_info(info)
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: damaged: {quoted(str(error))}; {AGAIN}") from error
    return info


def _what_it_is(folder: Path) -> str:
    """A sentence on what a folder without results is."""
    if is_address(folder):
        return "results are read from this machine; copy them here"
    if not folder.exists():
        return "no such folder; check the name, or make it with `reportgen analyze`"
    n = sum(1 for _ in folder.glob("*/results.json"))
    if not n:
        return "not a results folder (no results.json); make one with `reportgen analyze`"
    return f"holds {n} results folder{'' if n == 1 else 's'}; give {folder / '*'}"


def write_info(folder: Path, info: RunInfo) -> None:
    """Write `info` as the folder's `results.json`."""
    text = json.dumps(asdict(info), ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    system.write(folder / "results.json", (text + "\n").encode())


def name_commit(results: "Results", commit: str | None) -> "Results":
    """The same results with the commit that was analysed, also written to their folder; unchanged
    if no commit is named."""
    if commit is None:
        return results
    info = replace(results.info, commit=commit)
    write_info(results.folder, info)
    return replace(results, info=info)


@dataclass(frozen=True)
class _Version:
    schema_version: int


def _require_version(content: bytes, path: Path) -> None:
    """Check that results.json has a schema version that this version can read."""
    try:
        version = msgspec.json.decode(content, type=_Version).schema_version
    except msgspec.ValidationError as error:
        raise ResultsError(f"{path}: no schema_version; {AGAIN}") from error
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: cannot be read ({error}); {AGAIN}") from error
    if version < 1:
        raise ResultsError(f"{path}: schema {version} is older than the first release; {AGAIN}")
    if version > SCHEMA_VERSION:
        raise ResultsError(
            f"{path}: schema {version} is newer than this reportgen reads "
            f"({SCHEMA_VERSION}); update reportgen"
        )


def _require_info(info: RunInfo) -> None:
    """Check the facts about a run beyond their types.

    Raises:
        ValueError: a value is impossible or missing.
    """
    most = {"n_layers": LAYERS, "n_heads": HEADS}
    for name in ("n_layers", "n_heads", "head_size", "max_tokens", "vocabulary_size"):
        if not 1 <= getattr(info.model, name) <= most.get(name, _MOST):
            raise ValueError(f"model.{name} cannot be {getattr(info.model, name)}")
    if info.evidence.level != "none" and info.evidence.scalar is None:
        raise ValueError("evidence.scalar is missing")
    if info.commit and not is_commit(info.commit):
        raise ValueError("commit does not name a commit")
    if "reportgen" not in info.versions:
        raise ValueError("versions.reportgen is missing")
