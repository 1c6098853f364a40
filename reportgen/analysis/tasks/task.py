"""A task of an analysis, and its result, which is kept as one file until all tasks are done.

What is not done yet is what has no result. So an analysis that ended early can go on, and several
processes or machines can share one.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias
from zipfile import ZipFile, ZipInfo

import pyarrow as pa

# attention of a window of texts; evidence on some of its texts in the sample; the same on texts
# beside the sample; sink tests of one text; what is the same with shuffled weights.
Kind: TypeAlias = Literal["attention", "evidence", "extra", "sinks", "shuffled"]
_FACTS, _MAPS, _TABLE = "facts.json", "maps.bin", ".arrow"
MANIFEST = "manifest"  # in the facts
RUN_FILE = "run.json"  # beside the results: what the run found out at its start


@dataclass(frozen=True, slots=True)
class Task:
    """What is measured at one go."""

    kind: Kind
    rows: Sequence[int]  # a range or a tuple: of the table of texts, in input order; at least one

    @property
    def name(self) -> str:
        """The name of the file of its result."""
        return f"{self.kind}-{self.rows[0]:09}.zip"


@dataclass(frozen=True, slots=True, eq=False)
class TaskResult:
    """What a task measured."""

    tables: Mapping[str, pa.Table]  # rows of the results tables
    facts: Mapping[str, Any] = field(default_factory=dict)  # beside the tables; JSON can hold them
    maps: bytes = b""  # packed attention maps, one text after another


def packed(task: Task, result: TaskResult, run_id: str) -> bytes:
    """The content of the file of a result: a zip, whose facts have the id of the run, and the size
    and SHA-256 of each other part."""
    stream = BytesIO()
    own = {name + _TABLE: _table_bytes(rows) for name, rows in result.tables.items()}
    own[_MAPS] = result.maps
    listed = {name: [len(part), sha256(part).hexdigest()] for name, part in own.items()}
    facts = {
        "rows": list(task.rows),
        "tables": list(result.tables),
        MANIFEST: {"run_id": run_id, "files": listed},
        **result.facts,
    }
    with ZipFile(stream, "w") as parts:
        for name, part in {_FACTS: json.dumps(facts).encode(), **own}.items():
            parts.writestr(ZipInfo(name), part)
    return stream.getvalue()


class StoredResult:
    """The result of `task` in a file; its parts are read as they are needed, and checked then.

    Raises:
        ValueError: the file is damaged, or the result is that of other texts or of another run; any
            method may raise it.
    """

    def __init__(self, task: Task, path: Path, run_id: str | None) -> None:
        """`run_id`: None if it is not checked, nor whether the result lists its parts."""
        if not path.is_file():  # a pipe would be waited for
            raise FileNotFoundError(path)
        with _naming_damage():
            self._parts = ZipFile(path)
            self.facts: Mapping[str, Any] = json.loads(self._parts.read(_FACTS))
            is_same = self.facts["rows"] == list(task.rows)
            self._listed: Mapping[str, Any] | None = None
            if run_id is not None or MANIFEST in self.facts:
                self._listed = self.facts[MANIFEST]["files"]
            is_own = run_id in (None, self.facts.get(MANIFEST, {}).get("run_id"))
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
            own = [len(part), sha256(part).hexdigest()]
            is_same = self._listed is None or self._listed[name] == own
        if not is_same:
            raise ValueError(f"{name} in it is damaged")
        return part

    def whole(self) -> TaskResult:
        """All of it."""
        names = [part.removesuffix(_TABLE) for part in self._parts.namelist() if _TABLE in part]
        tables = {name: self.table(name) for name in names}
        return TaskResult(tables, self.facts, self._read(_MAPS))


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
