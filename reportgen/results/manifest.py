"""The manifest in results.json: the size and SHA-256 of each file of a results folder, and an id of
the run. A file that was damaged, or that belongs to another run, is noticed when it is read.

The id is the SHA-256 of results.json itself, with an empty id. It stands for the whole run, as
results.json lists all other files; the same results have the same id, however they were made.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import file_digest, sha256
from io import BufferedReader
from pathlib import Path
from typing import Any, Literal

from reportgen.errors import ResultsError
from reportgen.files import RESULTS_FILES

INFO_FILE, MAPS_FILE = "results.json", "maps.bin"
# Bytes of maps.bin that have a SHA-256 of their own, so that one text's maps can be checked without
# reading those of all others.
BLOCK = 1 << 20
_ID = re.compile(rb'"run_id": "([0-9a-f]{64})"')
_NO_ID = b'"run_id": ""'


@dataclass(frozen=True, slots=True)
class ListedFile:
    """What results.json says of a file."""

    bytes: int
    sha256: str
    blocks: tuple[str, ...] = ()  # of the maps: the SHA-256 of each `block_bytes`


@dataclass(frozen=True, slots=True)
class Manifest:
    """What results.json says of all files of its folder."""

    run_id: str
    files: Mapping[str, ListedFile] = field(default_factory=dict)  # by name
    block_bytes: int = BLOCK


def with_manifest(record: Mapping[str, Any], files: Mapping[str, ListedFile]) -> bytes:
    """The content of results.json: `record`, and a manifest of `files`."""
    listed = {
        name: {key: value for key, value in asdict(file).items() if key != "blocks" or value}
        for name, file in files.items()
    }
    values = {**record, "manifest": {"run_id": "", "files": listed, "block_bytes": BLOCK}}
    text = json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    content = (text + "\n").encode()
    own_id = sha256(content).hexdigest().encode()
    return content.replace(_NO_ID, b'"run_id": "' + own_id + b'"')


def is_whole(content: bytes) -> bool:
    """Whether results.json is as it was written; also true if it has no run id."""
    content = _unix(content)
    ids = _ID.findall(content)
    return not ids or (
        len(ids) == 1 and sha256(_ID.sub(_NO_ID, content)).hexdigest().encode() == ids[0]
    )


def is_of_run(folder: Path, manifest: Manifest | None) -> bool:
    """Whether the results in `folder` are now those of the `manifest`; also true without one."""
    if manifest is None:
        return True
    try:
        ids = _ID.findall((folder / INFO_FILE).read_bytes())
    except OSError:
        return False
    return ids == [manifest.run_id.encode()]


def list_files(folder: Path, known: Mapping[str, ListedFile]) -> dict[str, ListedFile]:
    """What a manifest says of the files in `folder`; of those in `known` it is known already."""
    names = RESULTS_FILES - {INFO_FILE}
    paths = sorted(path for path in folder.iterdir() if path.name in names)
    return {path.name: known.get(path.name) or listed(path) for path in paths}


def listed(path: Path) -> ListedFile:
    """What a manifest says of the file at `path`."""
    with path.open("rb") as stream:
        if path.name.endswith(".json"):
            content = _unix(stream.read())
            return ListedFile(len(content), sha256(content).hexdigest())
        whole, blocks, size = sha256(), [], 0
        while block := stream.read(BLOCK):
            whole.update(block)
            size += len(block)
            if path.name == MAPS_FILE:
                blocks.append(sha256(block).hexdigest())
    return ListedFile(size, whole.hexdigest(), tuple(blocks))


def _unix(content: bytes) -> bytes:
    """A file of JSON with the ends of lines that were written; git may write others."""
    return content.replace(b"\r\n", b"\n")


class CheckedFile:
    """A file of results that is what its manifest lists, or is refused when it is opened.

    It is read as a whole for that, once; again only where its size or its time has changed.
    """

    def __init__(
        self, path: Path, listed: ListedFile | None, refusal: Callable[[str], ResultsError]
    ) -> None:
        """`listed`: None where there is no manifest; then nothing is checked. `refusal` makes the
        error of what is wrong."""
        self.path = path
        self._listed = listed
        self._refusal = refusal
        self._stamp: tuple[int, int] | None = None  # size and time of what was checked

    def stat(self) -> os.stat_result:
        """What the system says of it."""
        return self.path.stat()

    def open(self, mode: Literal["rb"] = "rb") -> BufferedReader:
        """Open it to be read.

        Raises:
            ResultsError: it is not the file that the manifest lists.
            OSError: it cannot be read.
        """
        try:
            stream = self.path.open("rb")
        except OSError as error:
            if self._stamp is None:
                raise
            raise self._refusal(f"it can no longer be read ({error.strerror})") from error
        try:
            if self._is_changed(stream) and self._listed is not None:
                self._require(stream, self._listed)
        except BaseException:
            stream.close()
            raise
        return stream

    def _is_changed(self, stream: BufferedReader) -> bool:
        """Whether the file is another one than was checked before."""
        status = os.fstat(stream.fileno())
        stamp, before = (status.st_size, status.st_mtime_ns), self._stamp
        self._stamp = stamp
        return stamp != before

    def _require(self, stream: BufferedReader, listed: ListedFile) -> None:
        self._require_size(stream, listed)
        self._stamp, stamp = None, self._stamp  # until it is known to be right
        if file_digest(stream, "sha256").hexdigest() != listed.sha256:
            raise self._refusal("its SHA-256 is not the one that results.json lists")
        self._stamp = stamp
        stream.seek(0)

    def _require_size(self, stream: BufferedReader, listed: ListedFile) -> None:
        size = os.fstat(stream.fileno()).st_size
        if size != listed.bytes:
            self._stamp = None
            raise self._refusal(f"it has {size:,} bytes, and results.json lists {listed.bytes:,}")


class CheckedMaps(CheckedFile):
    """The packed maps of all texts, of which those blocks are checked that are read."""

    def __init__(
        self,
        path: Path,
        listed: ListedFile | None,
        refusal: Callable[[str], ResultsError],
        block_bytes: int = BLOCK,
    ) -> None:
        super().__init__(path, listed, refusal)
        self._block_bytes = block_bytes
        self._right: set[int] = set()  # blocks that are known to be as they are listed

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset` on, or fewer at the end of the file.

        Raises:
            ResultsError: they are not what the manifest lists.
            OSError: the file cannot be read.
            ValueError, OverflowError: there are no such places in a file.
        """
        with self.path.open("rb") as stream:
            stream.seek(offset)
            size = max(0, min(size, os.fstat(stream.fileno()).st_size - offset))
            if self._listed is not None and size:
                if self._is_changed(stream):
                    self._right.clear()
                    self._require_size(stream, self._listed)
                self._require_blocks(stream, offset, offset + size)
                stream.seek(offset)
            return stream.read(size)

    def _require_blocks(self, stream: BufferedReader, start: int, end: int) -> None:
        """Check the blocks that hold the bytes from `start` to `end`."""
        assert self._listed is not None
        blocks = range(start // self._block_bytes, -(-end // self._block_bytes))
        for number in blocks:
            if number in self._right:
                continue
            stream.seek(number * self._block_bytes)
            digest = sha256(stream.read(self._block_bytes)).hexdigest()
            if self._listed.blocks[number : number + 1] != (digest,):
                raise self._refusal("its SHA-256 is not the one that results.json lists")
            self._right.add(number)
