"""Gathers the evidence of an analysis, task by task, and records it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pandas as pd

from reportgen.analysis.engines.crew import Crew, Done, EvidenceOrder
from reportgen.analysis.evidence.sinks.measure import SinkTester
from reportgen.analysis.evidence.sinks.run import SinkRun
from reportgen.analysis.evidence.sinks.subjects import MAX_TEXTS, evenly_spaced
from reportgen.analysis.evidence.text_evidence import Reasons
from reportgen.analysis.progress import Progress
from reportgen.analysis.tasks.assembly import EvidenceWriter, with_messages
from reportgen.analysis.tasks.folder import TaskFolder
from reportgen.analysis.tasks.identity import Begun
from reportgen.analysis.tasks.plan import Plan
from reportgen.analysis.tasks.tally import Tally
from reportgen.analysis.tasks.task import Task, TaskResult
from reportgen.analysis.worker import Worker
from reportgen.files.interrupts import held_back
from reportgen.results.info import SINK_TESTS, Evidence, Reason
from reportgen.results.schema import EXTRA
from reportgen.results.write import Recorder
from reportgen.texts.read import TextInput


class Gatherer:
    """Gathers evidence, after the attention of all texts of a plan was measured.

    Attributes:
        is_stopped: whether the user interrupted it.
    """

    def __init__(
        self, worker: Worker, crew: Crew, tasks: TaskFolder, plan: Plan, progress: Progress
    ) -> None:
        self._worker = worker
        self._crew = crew
        self._tasks = tasks
        self._plan = plan
        self._progress = progress
        self.is_stopped = False
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
        sinks = SinkRun()
        tester = _sink_tester(self._worker)
        if tester is not None and not self.is_stopped:
            with self._until_interrupted():
                self._test_sinks(tester, sinks)
        return self._recorded(before, tasks, sinks, recorder)

    def measure(self, tasks: Iterable[Task]) -> None:
        """Measure the evidence of `tasks`, but what was done before."""
        left = (task for task in tasks if self._tasks.facts(task) is None)
        results = self._crew.run(EvidenceOrder(task, *self._texts_of(task.rows)) for task in left)
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
        if not self._crew.is_alone:
            for step in self._worker.steps(done.task):
                self._progress.advance(step, len(done.task.rows))

    def _texts_of(self, rows: Sequence[int]) -> tuple[list[TextInput], Mapping[int, pd.DataFrame]]:
        """The texts `rows` with what the model added to them, and the tokens of each."""
        sources: list[TextInput] = []
        for row in rows:
            facts = self._tasks.facts(self._plan.window_of(row))
            assert facts is not None
            sources += self._worker.with_added([row], facts)
        return sources, {row: self._tokens_of(row) for row in rows}

    def _tokens_of(self, row: int) -> pd.DataFrame:
        return self._tasks.tokens_of(self._plan.window_of(row), row)

    def _test_sinks(self, tester: SinkTester, sinks: SinkRun) -> None:
        sample = [row for task in self.sample_tasks() for row in task.rows]
        rows = [sample[i] for i in evenly_spaced(len(sample), MAX_TEXTS)]
        sources, tokens = self._texts_of(rows)
        texts = self._worker.in_units(rows, sources, tokens)
        items = self._worker.evidence_run.explained(rows, texts)
        sinks.run(
            tester, items, self._worker.roles, tokens.__getitem__, self._tasks, self._progress
        )

    def _recorded(
        self, before: Evidence, tasks: Sequence[Task], sinks: SinkRun, recorder: Recorder
    ) -> Evidence:
        """Record what was measured, and summarise it."""
        messages: dict[int, str] = {}
        tables: list[TaskResult] = []
        for task in sinks.tasks:
            result = self._tasks.load(task)
            messages[task.rows[0]] = result.facts["message"]
            tables.append(result)
        writer, reasons = EvidenceWriter(recorder), Reasons()
        n_texts = n_extra = 0
        done = (task for task in tasks if self._tasks.facts(task) is not None)
        for result in (*map(self._tasks.load, done), *self._partial):
            rows = with_messages(result.tables["evidence"], messages)
            reasons.add(result.facts["reasons"])
            extra = rows[EXTRA].to_pylist()
            n_texts += extra.count(False)
            n_extra += extra.count(True)
            writer.add(replace(result, tables={**result.tables, "evidence": rows}))
        for result in tables:
            writer.add(result)
        writer.flush()
        is_full = self._worker.options.evidence == "full"
        cut = SINK_TESTS if is_full and self.is_stopped and not sinks.tasks else ()
        measures = self._worker.evidence_run.measures
        return replace(
            before,
            n_texts=n_texts,
            n_extra=n_extra,
            withheld={
                **before.withheld,
                **reasons.withheld(measures, is_stopped=self.is_stopped),
                **dict.fromkeys(cut, "interrupted"),
                **sinks.withheld,
            },
            subjects=sinks.subjects,
            interrupted=self.is_stopped,
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


def evidence_before(worker: Worker, begun: Begun, tally: Tally) -> Evidence:
    """The summary of the evidence before it is gathered."""
    views = ["received_norm_all", "received_norm_last"]
    norms, explainer = worker.norms, worker.explainer
    reason: Reason | None = norms if isinstance(norms, str) else None
    if reason is None and tally.n_proven == 0:  # though the trial succeeded
        reason = "values_unproven"
    withheld = {} if reason is None else dict.fromkeys(views, reason)
    across = None if worker.decoder is None else worker.decoder.why_no_norms(tally.n_cross_proven)
    if across is not None:
        withheld["cross_received_norm"] = across
    error = begun.norms_error
    return Evidence(
        level=worker.options.evidence,
        scalar=explainer.scalar,
        target=explainer.target,
        against=explainer.against,
        asked=worker.asked,
        norms_error=None if error is None else max(error, tally.norms_error or 0.0),
        withheld=withheld,
    )


def _sink_tester(worker: Worker) -> SinkTester | None:
    """Make the sink tester; None if sink tests were not asked for."""
    if worker.options.evidence != "full":
        return None
    norms = worker.norms
    assert norms is not None
    return SinkTester(
        worker.explainer,
        worker.capture,
        norms if isinstance(norms, str) else norms.projections,
        is_causal=worker.probed.is_causal,
        has_window=worker.model.has_window,
    )
