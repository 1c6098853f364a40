"""Gathers the evidence of an analysis, one task after another, and records it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from reportgen.analysis.engines.engine import Done, Engine, EvidenceOrder
from reportgen.analysis.evidence.collected import Reasons, SinkResults
from reportgen.analysis.evidence.sinks.subjects import Depth, Suspects, find_suspects
from reportgen.analysis.progress import Progress
from reportgen.analysis.run_info import Begun
from reportgen.analysis.tasks.assembly import with_messages
from reportgen.analysis.tasks.folder import TaskFolder
from reportgen.analysis.tasks.plan import CHUNK, Plan, chunks
from reportgen.analysis.tasks.task import Task, TaskResult
from reportgen.files.interrupts import held_back
from reportgen.results.info import SINK_TESTS_AT, Evidence, Reason
from reportgen.results.tables.schema import EXTRA
from reportgen.results.tables.write import Recorder
from reportgen.texts.read import TextInput

if TYPE_CHECKING:  # merging shards needs no libraries of models
    from reportgen.analysis.evidence.sinks.run_sink_tests import SinkTester
    from reportgen.analysis.worker import Worker


class Gatherer:
    """Gathers evidence, after the attention of all texts of a plan was measured.

    Attributes:
        is_stopped: whether the user interrupted it.
    """

    def __init__(
        self,
        worker: Callable[[], "Worker"],
        engine: Engine,
        tasks: TaskFolder,
        plan: Plan,
        begun: Begun,
        progress: Progress,
    ) -> None:
        """`worker` loads the model if something is left to measure."""
        self._worker = worker
        self._begun = begun
        self._engine = engine
        self._tasks = tasks
        self._plan = plan
        self._progress = progress
        self.is_stopped = False
        self._shuffled: list[Task] = []  # tasks with shuffled weights
        self._is_halved = False  # whether it was said that a worker ran out of memory
        # What was measured of a task that the user interrupted.
        self._partial: list[TaskResult] = []

    def analysed(self, window: Task) -> Sequence[int]:
        """The texts of a window that have figures."""
        facts = self._tasks.facts(window)
        assert facts is not None
        rows: Sequence[int] = facts["analysed"]
        return rows

    def sample_tasks(self) -> Iterator[Task]:
        """The tasks of evidence on the sample."""
        for window in self._plan.windows:
            yield from self._plan.evidence(window, self.analysed(window))

    def run(self, before: Evidence, extra: Sequence[Task], recorder: Recorder) -> Evidence:
        """Measure and record all evidence.

        Texts beside the sample run after it and apart from it, so that its figures are the same
        with and without them. An interrupt ends the work, and what was measured so far is recorded.
        A second interrupt is raised.

        Returns:
            The summary of all evidence.
        """
        tasks = [*self.sample_tasks(), *extra]
        self.measure(tasks)
        sinks = SinkResults()
        if not self.is_stopped:
            with self._until_interrupted():
                self._test_sinks(sinks)
        if not self.is_stopped:
            with self._until_interrupted():
                self._shuffle()
        return self._recorded(before, tasks, sinks, recorder)

    def measure(self, tasks: Iterable[Task]) -> None:
        """Measure the evidence of `tasks`, except what was done before."""
        left = (task for task in tasks if self._tasks.facts(task) is None)
        results = self._engine.run(EvidenceOrder(task, *self._texts_of(task.rows)) for task in left)
        while not self.is_stopped:
            done: Done | None = None
            with self._until_interrupted():
                done = next(results, None)
            if done is None:
                return
            if done.is_stopped:
                self._partial.append(done.result)
                self._stop()
                return
            with held_back() as came:
                self._tasks.save(done.task, done.result)
            if came:
                self._stop()
            self.report(done)

    def report(self, done: Done) -> None:
        """Report the progress of a task, unless that was done while it was carried out."""
        if not self._engine.is_alone:
            if done.halved is not None and not self._is_halved:
                self._is_halved = True
                self._progress.halved(done.halved, "a worker")
            for step, n_texts in self._worker().steps(done.task).items():
                self._progress.advance(step, n_texts)

    def _texts_of(self, rows: Sequence[int]) -> tuple[list[TextInput], Mapping[int, pd.DataFrame]]:
        """The texts `rows` with what the model added to them, and the tokens of each."""
        sources: list[TextInput] = []
        for row in rows:
            facts = self._tasks.facts(self._plan.window_of(row))
            assert facts is not None
            sources += self._worker().with_added([row], facts)
        return sources, {row: self._tokens_of(row) for row in rows}

    def _tokens_of(self, row: int) -> pd.DataFrame:
        return self._tasks.tokens_of(self._plan.window_of(row), row)

    def _test_sinks(self, sinks: SinkResults) -> None:
        sample = [row for task in self.sample_tasks() for row in task.rows]
        info = self._begun.info
        suspects = find_suspects(info.evidence.level, sample, info.roles, self._tokens_of)
        n_done = self._run_sink_tests(suspects, sinks) if suspects.need_model else 0
        self._progress.advance("sinks", min(len(sample), suspects.depth.most_texts) - n_done)

    def _shuffle(self) -> None:
        """Measure what views of the model with its weights shuffled agree with."""
        from reportgen.analysis.cost.estimate import shuffled_texts
        from reportgen.analysis.evidence.shuffled import weights_shuffled

        of_row = {row: task for task in self.sample_tasks() for row in task.rows}
        worker, sample = self._worker(), list(of_row)
        texts = [worker.encoded(row, *self._texts_of([row])) for row in sample]
        chosen = shuffled_texts(texts, self._begun.info.evidence.level, worker.cost_basis)
        tasks = [Task("shuffled", tuple(sample[i] for i in own)) for own in chunks(chosen, CHUNK)]
        self._shuffled = tasks
        left = [task for task in tasks if self._tasks.facts(task) is None]
        if not left:
            return
        given = {task: self._texts_of(task.rows) for task in left}
        items = {task: worker.explained(task.rows, *own) for task, own in given.items()}
        with weights_shuffled(worker.model.module):
            for task in left:
                sources, tokens = given[task]
                effects = self._effects_of(task.rows, of_row)
                views = worker.views_of(items[task], sources)
                self._tasks.save(task, worker.shuffled_agreement(views, tokens, effects))
                self._progress.advance("shuffled", len(task.rows))

    def _stored(self, rows: Sequence[int]) -> dict[int, tuple[float, str | None]]:
        """By text of `rows`, the value and the label of its scalar, where it has one."""
        found: dict[int, tuple[float, str | None]] = {}
        for task in (task for task in self.sample_tasks() if not set(rows).isdisjoint(task.rows)):
            table = self._tasks.load(task).tables["evidence"]
            columns = (table[name].to_pylist() for name in ("text", "explained", "explained_label"))
            found |= {row: (value, name) for row, value, name in zip(*columns, strict=True)}
        return {row: own for row, own in found.items() if own[0] is not None}

    def _effects_of(
        self, rows: Sequence[int], of_row: Mapping[int, Task]
    ) -> dict[int, pd.DataFrame]:
        """By text, its rows of the table of effects."""
        found: dict[int, pd.DataFrame] = {}
        for task in dict.fromkeys(of_row[row] for row in rows):
            frame = self._tasks.load(task).tables["effects"].to_pandas()
            found |= {int(text): own for text, own in frame.groupby("text") if text in rows}
        return found

    def _run_sink_tests(self, suspects: Suspects, sinks: SinkResults) -> int:
        """Do the sink tests; on how many texts."""
        # With the libraries of models, which merging shards needs for nothing else.
        from reportgen.analysis.evidence.sinks.sink_tests import run_sink_tests

        worker = self._worker()
        sources, tokens = self._texts_of(suspects.rows)
        stored = self._stored(suspects.rows)
        items = worker.explained_again(suspects.rows, sources, tokens, stored)
        tester, tokens_of = _sink_tester(worker, suspects.depth), tokens.__getitem__
        return run_sink_tests(
            tester, suspects, items, tokens_of, self._tasks, self._progress, sinks
        )

    def _recorded(
        self, before: Evidence, tasks: Sequence[Task], sinks: SinkResults, recorder: Recorder
    ) -> Evidence:
        """Record what was measured, and summarise it."""
        messages: dict[int, str] = {}
        tables: list[TaskResult] = []
        for task in sinks.tasks:
            result = self._tasks.load(task)
            messages[task.rows[0]] = result.facts["message"]
            tables.append(result)
        reasons = Reasons()
        n_texts = n_extra = n_scores = 0
        unread_scores: list[Reason] = []
        done = (task for task in tasks if self._tasks.facts(task) is not None)
        for result in (*map(self._tasks.load, done), *self._partial):
            rows = with_messages(result.tables["evidence"], messages)
            reasons.add(result.facts["reasons"])
            unread_scores += result.facts["unread_scores"]
            n_scores += len(result.tables["sink_scores"])
            extra = rows[EXTRA].to_pylist()
            n_texts += extra.count(False)
            n_extra += extra.count(True)
            _record(recorder, {**result.tables, "evidence": rows})
        for result in tables:
            _record(recorder, result.tables)
        for task in self._shuffled:
            if self._tasks.facts(task) is not None:
                _record(recorder, self._tasks.load(task).tables)
        is_cut = self.is_stopped and not sinks.tasks
        return replace(
            before,
            n_texts=n_texts,
            n_extra=n_extra,
            withheld={
                **before.withheld,
                **reasons.withheld(self._begun.measures, is_stopped=self.is_stopped),
                **dict.fromkeys(SINK_TESTS_AT[before.level] if is_cut else (), "interrupted"),
                **sinks.withheld,
            },
            subjects=sinks.subjects,
            interrupted=self.is_stopped,
            unread_scores=unread_scores[0] if unread_scores and not n_scores else None,
        )

    @contextmanager
    def _until_interrupted(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            self._stop()

    def _stop(self) -> None:
        self.is_stopped = True
        self._progress.interrupted()


def _record(recorder: Recorder, tables: Mapping[str, pa.Table]) -> None:
    for name, rows in tables.items():
        recorder.add(name, rows)


def _sink_tester(worker: "Worker", depth: Depth) -> "SinkTester":
    from reportgen.analysis.evidence.sinks.run_sink_tests import SinkTester

    norms = worker.norms
    assert norms is not None
    return SinkTester(
        worker.explainer,
        worker.capture,
        norms if isinstance(norms, str) else norms.projections,
        depth,
        n_layers=worker.probed.n_layers,
        is_causal=worker.probed.is_causal,
        has_window=worker.model.has_window,
    )
