"""The folder with the results of tasks; an analysis that ended early continues from it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from reportgen.analysis.tasks.task import MANIFEST, RUN_FILE, StoredResult, Task, TaskResult, packed
from reportgen.errors import OutputError, first_line
from reportgen.files.unfinished import keep


class TaskFolder:
    """The results of the tasks of one analysis, one file each.

    A file gets its name when it is whole and on the disk. One that is damaged all the same counts
    as missing, so its task is done again.
    """

    def __init__(
        self, path: Path, parts: Sequence[Path] = (), unlisted: Sequence[Path] = ()
    ) -> None:
        """`parts`: more such folders, whose results count too; they are only read. Those `unlisted`
        are of an earlier version, and do not say what run they are of."""
        self.path = path
        self._places = (path, *parts)
        # By name of the file, where it is, and its facts as JSON, which takes less memory.
        self._known: dict[str, tuple[Path, bytes]] = {}
        self._run_ids: dict[Path, str | None] = dict.fromkeys(unlisted)  # by folder
        self._tokens: tuple[Task, pa.Table] | None = None  # of the window that was asked for last

    def save(self, task: Task, result: TaskResult) -> None:
        """Keep a result.

        Raises:
            OutputError: the disk is full or fails.
        """
        path = self.path / task.name
        keep(path, packed(task, result, self._run_id(self.path) or ""))
        self._known[task.name] = (path, _packed(result.facts))

    def facts(self, task: Task) -> Mapping[str, Any] | None:
        """The facts in the result of `task`; None if there is no complete one."""
        if task.name not in self._known:
            for place in self._places:
                path = place / task.name
                try:
                    with StoredResult(task, path, self._run_id(place)) as found:
                        found.check()
                        self._known[task.name] = (path, _packed(found.facts))
                        break
                except (OSError, ValueError):
                    continue
        if task.name not in self._known:
            return None
        facts: Mapping[str, Any] = json.loads(self._known[task.name][1])
        return facts

    def load(self, task: Task) -> TaskResult:
        """The result of `task`, which has one.

        Raises:
            OutputError: it can no longer be read.
        """
        with self._open(task) as found:
            return found.whole()

    def tokens_of(self, task: Task, row: int) -> pd.DataFrame:
        """The tokens of the text `row`, whose attention was measured by `task`, in the order of
        positions."""
        if self._tokens is None or self._tokens[0] != task:
            with self._open(task) as found:
                self._tokens = (task, found.table("tokens"))
        rows = self._tokens[1]
        frame: pd.DataFrame = rows.filter(pc.equal(rows["text"], row)).to_pandas()
        return frame

    @contextmanager
    def _open(self, task: Task) -> Iterator[StoredResult]:
        assert self.facts(task) is not None
        path = self._known[task.name][0]
        try:
            with StoredResult(task, path, self._run_id(path.parent)) as found:
                yield found
        except (OSError, ValueError) as error:
            raise OutputError(
                f"{path}: can no longer be read ({first_line(error)}); give the same command again"
            ) from error

    def _run_id(self, place: Path) -> str | None:
        """The id of the run whose results lie in `place`: the SHA-256 of what it found out at its
        start; "" where nothing is known of it, None where results do not say it."""
        if place not in self._run_ids:
            try:
                self._run_ids[place] = sha256((place / RUN_FILE).read_bytes()).hexdigest()
            except FileNotFoundError:
                return ""
        return self._run_ids[place]


def _packed(facts: Mapping[str, Any]) -> bytes:
    own = {name: value for name, value in facts.items() if name not in ("rows", "tables", MANIFEST)}
    return json.dumps(own, separators=(",", ":")).encode()
