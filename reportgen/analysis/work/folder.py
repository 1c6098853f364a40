"""The folder with the results of items, one file each; an analysis that ended early continues from
it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Self
from zipfile import ZipFile, ZipInfo

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from reportgen.analysis.work.item import WorkItem, WorkResult
from reportgen.errors import OutputError, first_line
from reportgen.files import keep

_FACTS, _MAPS, _TABLE = "facts.json", "maps.bin", ".arrow"
MANIFEST = "manifest"  # in the facts
MOST_FRAMES = 16  # texts whose tokens are kept as a data frame, which takes more than a table
RUN_FILE = "run.json"  # beside the results: what the run found out at its start


class WorkFolder:
    """The results of the items of one analysis, one file each.

    A file gets its name when it is whole and on the disk. One that is damaged all the same counts
    as missing, so its item is done again.
    """

    def __init__(self, path: Path) -> None:
        """The results lie in the folder `path`."""
        self.path = path
        # By name of the file, its facts as JSON, which takes less memory.
        self._known: dict[str, bytes] = {}
        # Of the window that was asked for last, and of its texts that were asked for last.
        self._tokens: tuple[WorkItem, pa.Table] | None = None
        self._frames: dict[int, pd.DataFrame] = {}

    def save(self, item: WorkItem, result: WorkResult) -> None:
        """Keep a result.

        Raises:
            OutputError: the disk is full or fails.
        """
        keep(self.path / item.name, _packed(item, result, self._run_id))
        self._known[item.name] = _facts_json(result.facts)

    def facts(self, item: WorkItem) -> Mapping[str, Any] | None:
        """The facts in the result of `item`; None if there is no complete one."""
        if item.name not in self._known:
            try:
                with _StoredResult(item, self.path / item.name, self._run_id) as stored:
                    stored.check()
                    self._known[item.name] = _facts_json(stored.facts)
            except (OSError, ValueError):
                return None
        facts: Mapping[str, Any] = json.loads(self._known[item.name])
        return facts

    def load(self, item: WorkItem) -> WorkResult:
        """The result of `item`, which has one.

        Raises:
            OutputError: it can no longer be read.
        """
        with self._open(item) as stored:
            return stored.whole()

    def tokens_of(self, item: WorkItem, row: int) -> pd.DataFrame:
        """The tokens of the text `row`, whose attention was measured by `item`, in the order of
        positions. They must not be changed: several steps of a job ask for the same text."""
        if row not in self._frames:
            if self._tokens is None or self._tokens[0] != item:
                with self._open(item) as stored:
                    self._tokens = (item, stored.table("tokens"))
            if len(self._frames) == MOST_FRAMES:
                self._frames.clear()
            rows = self._tokens[1]
            rows = rows.filter(pc.equal(rows["text"], row))
            self._frames[row] = rows.to_pandas(use_threads=False)  # of few rows; threads cost more
        return self._frames[row]

    @contextmanager
    def _open(self, item: WorkItem) -> "Iterator[_StoredResult]":
        assert self.facts(item) is not None
        path = self.path / item.name
        try:
            with _StoredResult(item, path, self._run_id) as stored:
                yield stored
        except (OSError, ValueError) as error:
            raise OutputError(
                f"{path}: can no longer be read ({first_line(error)}); give the same command again"
            ) from error

    @property
    def _run_id(self) -> str:
        """The id of the run whose results these are: the SHA-256 of what it found out at its start;
        "" where nothing is known of it."""
        try:
            return sha256((self.path / RUN_FILE).read_bytes()).hexdigest()
        except FileNotFoundError:
            return ""


def _facts_json(facts: Mapping[str, Any]) -> bytes:
    rest = {
        name: value for name, value in facts.items() if name not in ("rows", "tables", MANIFEST)
    }
    return json.dumps(rest, separators=(",", ":")).encode()


def _packed(item: WorkItem, result: WorkResult, run_id: str) -> bytes:
    """The content of the file of a result: a zip, whose facts have the id of the run, and the size
    and SHA-256 of each other part."""
    stream = BytesIO()
    contents = {name + _TABLE: _table_bytes(rows) for name, rows in result.tables.items()}
    contents[_MAPS] = result.maps
    listed = {name: [len(part), sha256(part).hexdigest()] for name, part in contents.items()}
    facts = {
        "rows": list(item.rows),
        "tables": list(result.tables),
        MANIFEST: {"run_id": run_id, "files": listed},
        **result.facts,
    }
    with ZipFile(stream, "w") as parts:
        for name, part in {_FACTS: json.dumps(facts).encode(), **contents}.items():
            parts.writestr(ZipInfo(name), part)
    return stream.getvalue()


class _StoredResult:
    """The result of `item` in a file; its parts are read as they are needed, and checked then.

    Raises:
        ValueError: the file is damaged, or the result is that of other texts or of another run; any
            method may raise it.
    """

    def __init__(self, item: WorkItem, path: Path, run_id: str) -> None:
        if not path.is_file():  # a pipe would be waited for
            raise FileNotFoundError(path)
        with _naming_damage():
            self._parts = ZipFile(path)
            self.facts: Mapping[str, Any] = json.loads(self._parts.read(_FACTS))
            is_same = self.facts["rows"] == list(item.rows)
            self._listed: Mapping[str, Any] = self.facts[MANIFEST]["files"]
            is_own = self.facts[MANIFEST]["run_id"] == run_id
        if not is_same:
            raise ValueError("it is of other texts")
        if not is_own:
            raise ValueError("it is of another run")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._parts.close()

    def check(self) -> None:
        """Check that all parts are there and as they were written."""
        with _naming_damage():
            tables = [name + _TABLE for name in self.facts["tables"]]
            is_whole = set(self._parts.namelist()) == {_FACTS, _MAPS, *tables}
        if not is_whole:
            raise ValueError("parts of it are missing")
        for name in (_MAPS, *tables):
            self._read(name)

    def table(self, name: str) -> pa.Table:
        """The rows of the table `name`."""
        content = self._read(name + _TABLE)
        with _naming_damage():
            return pa.ipc.open_stream(content).read_all()

    def _read(self, name: str) -> bytes:
        """The part `name`."""
        with _naming_damage():
            part = self._parts.read(name)
            stamp = [len(part), sha256(part).hexdigest()]
            is_same = self._listed[name] == stamp
        if not is_same:
            raise ValueError(f"{name} in it is damaged")
        return part

    def whole(self) -> WorkResult:
        """All of it."""
        names = [part.removesuffix(_TABLE) for part in self._parts.namelist() if _TABLE in part]
        tables = {name: self.table(name) for name in names}
        return WorkResult(tables, self.facts, self._read(_MAPS))


def _table_bytes(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    content: bytes = sink.getvalue().to_pybytes()
    return content


@contextmanager
def _naming_damage() -> Iterator[None]:
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # one bit of a header leads to any of a dozen kinds of error
        raise ValueError(f"it is damaged ({error})") from error
