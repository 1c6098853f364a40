"""The file results.json of a results folder: what was run."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from reportgen.errors import ResultsError, quoted
from reportgen.files import as_given, is_address
from reportgen.results.checks.limits import (
    HEADS,
    INFO_BYTES,
    LAYERS,
    require_merged,
    require_regular,
)
from reportgen.results.info import SCHEMA_VERSION, RunInfo, is_commit
from reportgen.results.manifest import (
    INFO_FILE,
    ListedFile,
    Manifest,
    is_whole,
    list_files,
    with_manifest,
)
from reportgen.results.tables.row_groups import AGAIN

if TYPE_CHECKING:
    from reportgen.results.store import Results

_MOMENT = 0.05  # seconds, far longer than a folder is without its name while it is replaced
_MOST = 10**9  # of anything that a model has; --max-length takes as much


@dataclass(frozen=True, slots=True)
class _FileList:
    """The part of results.json that is about files."""

    manifest: Manifest | None = None


def read_info(folder: Path) -> RunInfo:
    """Read what was run from the results folder at `folder`.

    Raises:
        ResultsError: it is not a results folder, is damaged, or has a schema version that this
            version cannot read.
    """
    return read_run(folder)[0]


def read_run(folder: Path) -> tuple[RunInfo, Manifest | None]:
    """Read what was run, and the manifest of all files, from a results folder; None where it lists
    none.

    Raises:
        ResultsError: as `read_info`.
    """
    path = folder / INFO_FILE
    try:
        try:
            content = _content(path)
        except FileNotFoundError:  # another run may just be replacing the folder
            time.sleep(_MOMENT)
            content = _content(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise not_results(folder) from error
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read ({error.strerror}); {AGAIN}") from error
    except ValueError as error:
        raise ResultsError(f"{path}: {error}; {AGAIN}") from error
    require_merged(content, path)
    with _reading(path):
        _require_version(content, path)
    if not is_whole(content):
        raise ResultsError(
            f"{path}: damaged, or changed after the run: its run id does not fit it; {AGAIN}"
        )
    with _reading(path):
        info = msgspec.json.decode(content, type=RunInfo)
        _require_info(info)
        manifest = msgspec.json.decode(content, type=_FileList).manifest
        if manifest is not None:
            _require_manifest(manifest, content)
    return info, manifest


def _content(path: Path) -> bytes:
    if (size := require_regular(path)) > INFO_BYTES:
        raise ValueError(f"{size / 1e6:,.0f} MB, at most {INFO_BYTES / 1e6:.0f} are read")
    with path.open("rb") as stream:
        return stream.read(INFO_BYTES)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what is wrong with results.json into an error that names it."""
    try:
        yield
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: damaged: {quoted(str(error))}; {AGAIN}") from error


def not_results(folder: Path) -> ResultsError:
    """The error for a folder that is no results folder."""
    return ResultsError(f"{as_given(folder)}: {_what_it_is(folder)}")


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


def write_info(
    folder: Path, info: RunInfo, known: Mapping[str, ListedFile] | None = None
) -> Manifest:
    """Write `info` as the folder's `results.json`, with the manifest of the files that are there;
    those in `known` are not read for it. Returns the manifest."""
    content = with_manifest(asdict(info), list_files(folder, known or {}))
    (folder / INFO_FILE).write_bytes(content)
    return msgspec.json.decode(content, type=_FileList).manifest or Manifest("")


def name_commit(results: "Results", commit: str | None) -> "Results":
    """The same results with the commit that was analysed, also written to their folder; unchanged
    if no commit is named."""
    if commit is None:
        return results
    info = replace(results.info, commit=commit)
    _, manifest = read_run(results.folder)
    write_info(results.folder, info, manifest.files if manifest else {})
    return replace(results, info=info)


def _require_manifest(manifest: Manifest, content: bytes) -> None:
    """Check what a manifest says beyond its types.

    Raises:
        ValueError: a value is impossible.
    """
    if manifest.block_bytes < 1 or any(file.bytes < 0 for file in manifest.files.values()):
        raise ValueError("manifest: no file has that many bytes")
    if f'"run_id": "{manifest.run_id}"'.encode() not in content or len(manifest.run_id) != 64:
        raise ValueError("manifest.run_id is not the id of a run")


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
    if version < SCHEMA_VERSION:
        raise ResultsError(f"{path}: made by an older version: {AGAIN}")
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
