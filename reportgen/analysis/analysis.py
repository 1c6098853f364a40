"""One analysis, or one shard of it: what is left to do, and the results when all is done.

Nothing of a model is imported here, so that shards can be merged without one.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from reportgen.analysis.engines.engine import AttentionOrder, Engine, ThisProcess
from reportgen.analysis.gather_evidence import Gatherer
from reportgen.analysis.options import ListedFirst
from reportgen.analysis.progress import Progress
from reportgen.analysis.run_info import Begun, evidence_before, run_info
from reportgen.analysis.tasks.assembly import write_attention
from reportgen.analysis.tasks.folder import TaskFolder
from reportgen.analysis.tasks.identity import begun_in
from reportgen.analysis.tasks.plan import WHOLE, Plan, Shard, candidates_in, choose, extra_tasks
from reportgen.analysis.tasks.tally import (
    Kept,
    Tally,
    counted,
    nothing_analysed,
    require_known_tokens,
)
from reportgen.analysis.tasks.task import Task
from reportgen.results.info import RunInfo
from reportgen.results.store import Results, open_first_pass, open_own
from reportgen.results.tables.schema import EVIDENCE_TABLES
from reportgen.results.tables.write import Recorder
from reportgen.texts.read import TextSet

if TYPE_CHECKING:
    from reportgen.analysis.worker import Worker


class Analysis:
    """One analysis, or one shard of it."""

    def __init__(
        self,
        texts: TextSet,
        worker: Callable[[], "Worker"],
        begun: Begun,
        tasks: TaskFolder,
        progress: Progress,
        shard: Shard = WHOLE,
        engine: Engine | None = None,
    ) -> None:
        """Plan the work.

        Args:
            worker: loads the model, where something is left to measure.
            engine: what carries out the tasks; None: `worker` alone.
        """
        self._texts = texts
        self._worker = worker
        self._engine = engine or ThisProcess(worker)
        self._tasks = tasks
        self._progress = progress
        self._begun = begun
        sample = choose(candidates_in(texts), begun.info.evidence.asked)
        self._plan = Plan(len(texts.texts), sample, shard)
        self._gatherer = Gatherer(worker, self._engine, tasks, self._plan, begun, progress)

    @classmethod
    def by(
        cls,
        worker: "Worker",
        tasks: TaskFolder,
        progress: Progress,
        shard: Shard = WHOLE,
        engine: Engine | None = None,
    ) -> Self:
        """The analysis that `worker` starts or continues; the model is already loaded."""
        begun = begun_in(tasks.path, worker)
        return cls(worker.texts, lambda: worker, begun, tasks, progress, shard, engine)

    def run(self, folder: Path, listed_first: ListedFirst | None) -> Results:
        """Do all that is left to do, and write the results into the empty `folder`."""
        self._begin()
        self._attend()
        return self.finish(folder, listed_first)

    def finish(self, folder: Path, listed_first: ListedFirst | None) -> Results:
        """Write the results into the empty `folder`, when the attention of all texts is measured.

        Evidence that has no result is measured, for which the model may have to be loaded.
        """
        windows = (self._tasks.load(window) for window in self._plan.windows)
        tally = write_attention(folder, windows)
        if tally.n_tokens == 0:
            raise nothing_analysed(self._texts, tally)
        info = run_info(self._begun, tally)
        with Recorder(folder, EVIDENCE_TABLES) as recorder:
            if self._begun.has_evidence:
                info = replace(info, evidence=evidence_before(self._begun, tally))
                extra = self._extra(folder, info, listed_first)
                info = replace(info, evidence=self._gatherer.run(info.evidence, extra, recorder))
            recorder.finish(info)
        return open_own(folder, info)

    def run_shard(self) -> None:
        """Measure attention and the evidence on the sample, of a shard; an interrupt ends it."""
        self._begin()
        self._attend()
        if self._begun.has_evidence:
            self._gatherer.measure(self._gatherer.sample_tasks())
            if self._gatherer.is_stopped:
                raise KeyboardInterrupt

    def missing(self) -> list[Task]:
        """The tasks without a result: of attention, and of evidence on the sample."""
        lacking = [task for task in self._plan.windows if self._tasks.facts(task) is None]
        if lacking or not self._begun.has_evidence:
            return lacking
        return [task for task in self._gatherer.sample_tasks() if self._tasks.facts(task) is None]

    def shards_of(self, tasks: Iterable[Task], n_shards: int) -> list[int]:
        """The numbers of the shards, of `n_shards`, that `tasks` are in."""
        return sorted({self._plan.shard_of(task.rows[0], n_shards) for task in tasks})

    def _begin(self) -> None:
        """Report the cost of what is left to do, and what was done before."""
        worker = self._worker()
        left = [window for window in self._plan.windows if self._tasks.facts(window) is None]
        n_texts, n_left = len(self._plan.rows), sum(len(window.rows) for window in left)
        sample = self._expected_sample()
        if n_left < n_texts:
            n_evidence = len(sample) if self._begun.has_evidence else 0
            self._progress.resumed(n_texts - n_left, n_texts, n_evidence)
        asked = None if worker.options.evidence_budget is None else worker.asked
        room = worker.room_for(worker.expected(sample))
        cost = replace(worker.cost(n_left, sample), room=room, asked=asked)
        self._progress.begin(cost)

    def _expected_sample(self) -> list[int]:
        """The texts that are still to get evidence, as far as that is known."""
        found: list[int] = []
        for window in self._plan.windows:
            facts = self._tasks.facts(window)
            known = window.rows if facts is None else facts["analysed"]
            for task in self._plan.evidence(window, known):
                if self._tasks.facts(task) is None:
                    found += task.rows
        return found

    def _attend(self) -> None:
        """Measure the attention of all texts, window by window."""
        for done in self._engine.run(self._attention_orders()):
            self._tasks.save(done.task, done.result)
            self._gatherer.report(done)

    def _attention_orders(self) -> Iterator[AttentionOrder]:
        """The windows that were not measured yet.

        Each is tokenised here, to know which texts before the next one keep their maps.
        """
        is_alone = self._engine.is_alone
        worker = self._worker()
        ahead = worker.window if is_alone else worker.expected_window
        tally, kept = Tally(), self._kept_before()
        for task in self._plan.windows:
            facts = self._tasks.facts(task)
            if facts is not None:
                kept = Kept(kept.asked, *facts["kept"])
                tally = tally.plus(Tally(**facts["tally"]))
                continue
            window = ahead(task)
            require_known_tokens(worker.model, tally, window.encoded)
            yield AttentionOrder(task, kept, window if is_alone else None)
            kept = worker.kept_after(window, kept)
            tally = tally.plus(counted(window.encoded))

    def _kept_before(self) -> Kept:
        """The texts of earlier shards that keep their maps."""
        worker = self._worker()
        kept = Kept(worker.options.keep_maps)
        for task in self._plan.before if kept.asked != "none" else ():
            kept = worker.kept_after(worker.expected_window(task), kept)
        return kept

    def _extra(
        self, folder: Path, info: RunInfo, listed_first: ListedFirst | None
    ) -> tuple[Task, ...]:
        """The tasks of evidence on texts beside the sample."""
        if listed_first is None:
            return ()
        sample = {row for task in self._gatherer.sample_tasks() for row in task.rows}
        analysed = {row for window in self._plan.windows for row in self._gatherer.analysed(window)}
        listed = analysed.intersection(listed_first(open_first_pass(folder, info)))
        tasks = tuple(extra_tasks(sorted(listed.difference(sample))))
        left = [row for task in tasks if self._tasks.facts(task) is None for row in task.rows]
        if left:
            worker = self._worker()
            self._progress.extend(worker.extra_cost(left))
        return tasks
