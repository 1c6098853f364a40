"""A task of an analysis, and its result, which is kept as one file until all tasks are done.

What is not done yet is what has no result. So an analysis that ended early can go on, and several
processes or machines can share one.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias
from zipfile import ZipFile, ZipInfo

import pyarrow as pa

# attention of a window of texts; evidence on some of its texts in the sample; the same on texts
# beside the sample; sink tests of one text; what is the same with shuffled weights.
Kind: TypeAlias = Literal["attention", "evidence", "extra", "sinks", "shuffled"]
_FACTS, _MAPS, _TABLE = "facts.json", "maps.bin", ".arrow"


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


def packed(task: Task, result: TaskResult) -> bytes:
    """The content of the file of a result: a zip, whose parts have checksums."""
    stream = BytesIO()
    facts = {"rows": list(task.rows), "tables": list(result.tables), **result.facts}
    with ZipFile(stream, "w") as parts:
        parts.writestr(ZipInfo(_FACTS), json.dumps(facts))
        for name, rows in result.tables.items():
            parts.writestr(ZipInfo(name + _TABLE), _table_bytes(rows))
        parts.writestr(ZipInfo(_MAPS), result.maps)
    return stream.getvalue()


class StoredResult:
    """The result of `task` in a file; its parts are read as they are needed.

    Raises:
        ValueError: the file is damaged, or the result is that of other texts; any method may raise
            it.
    """

    def __init__(self, task: Task, path: Path) -> None:
        if not path.is_file():  # a pipe would be waited for
            raise FileNotFoundError(path)
        with _naming_damage():
            self._parts = ZipFile(path)
            self.facts: Mapping[str, Any] = json.loads(self._parts.read(_FACTS))
            is_same = self.facts["rows"] == list(task.rows)
        if not is_same:
            raise ValueError("it is of other texts")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._parts.close()

    def check(self) -> None:
        """Check that all parts are there and as they were written."""
        with _naming_damage():
            damaged = self._parts.testzip()
            tables = (name + _TABLE for name in self.facts["tables"])
            is_whole = set(self._parts.namelist()) == {_FACTS, _MAPS, *tables}
        if not is_whole:
            raise ValueError("parts of it are missing")
        if damaged is not None:
            raise ValueError(f"{damaged} in it is damaged")

    def table(self, name: str) -> pa.Table:
        """The rows of the table `name`."""
        with _naming_damage():
            return pa.ipc.open_stream(self._parts.read(name + _TABLE)).read_all()

    def whole(self) -> TaskResult:
        """All of it."""
        names = [part.removesuffix(_TABLE) for part in self._parts.namelist() if _TABLE in part]
        with _naming_damage():
            maps = self._parts.read(_MAPS)
        return TaskResult({name: self.table(name) for name in names}, self.facts, maps)


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
