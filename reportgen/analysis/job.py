"""A job: what is to be measured of some texts, and what was."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pandas as pd

from reportgen.analysis.engines.engine import Engine, ThisProcess
from reportgen.analysis.evidence.sinks.subjects import (
    HEAD_TEXTS,
    Suspects,
    evenly_spaced,
    find_suspects,
)
from reportgen.analysis.options import ListedFirst
from reportgen.analysis.progress import Progress
from reportgen.analysis.run_info import RunStart, evidence_before, run_info
from reportgen.analysis.work.assembly import (
    SinkResults,
    write_attention,
    write_evidence,
    write_predictions,
)
from reportgen.analysis.work.folder import WorkFolder
from reportgen.analysis.work.identity import start_in
from reportgen.analysis.work.item import (
    AttentionInput,
    EvidenceInput,
    Measured,
    WorkItem,
    WorkResult,
)
from reportgen.analysis.work.plan import (
    CHUNK,
    Plan,
    candidates_in,
    choose,
    chunks,
    extra_items,
)
from reportgen.analysis.work.tally import (
    MapQuota,
    Tally,
    counted,
    nothing_analysed,
    require_known_tokens,
)
from reportgen.interrupts import held_back
from reportgen.results import Results, RunInfo, open_first_pass, open_own
from reportgen.texts import TextInput, TextSet

if TYPE_CHECKING:
    from reportgen.analysis.worker import Worker


class Job:
    """The attention of all texts, and the evidence on a sample of them.

    The steps, in this order: `begin`, `measure_attention`, `write_attention`, `measure_evidence`,
    `write_evidence`. What has a result in the folder is not measured again.

    Attributes:
        is_stopped: whether the user interrupted the evidence. What was measured is still written.
    """

    def __init__(
        self,
        texts: TextSet,
        worker: Callable[[], "Worker"],
        start: RunStart,
        results: WorkFolder,
        progress: Progress,
        engine: Engine | None = None,
    ) -> None:
        """Plan the work.

        Args:
            worker: loads the model, where something is left to measure.
            engine: where workers run; None: `worker` alone.
        """
        self._texts = texts
        self._worker = worker
        self._start = start
        self._results = results
        self._progress = progress
        self._engine = engine or ThisProcess(worker)
        sample = choose(candidates_in(texts), start.info.evidence.asked)
        self._plan = Plan(len(texts.texts), sample)
        self.is_stopped = False
        self._is_halved = False  # whether it was said that a worker ran out of memory
        self._evidence: list[WorkItem] = []  # on the sample and beside it
        self._edits: list[WorkItem] = []  # of the same texts
        self._partial: list[WorkResult] = []  # of an item that the user interrupted
        self._sinks = SinkResults()
        self._heads: list[WorkItem] = []  # effects of heads
        self._shuffled: list[WorkItem] = []  # with shuffled weights

    @classmethod
    def by(
        cls,
        worker: "Worker",
        results: WorkFolder,
        progress: Progress,
        engine: Engine | None = None,
    ) -> Self:
        """The job that `worker` starts or continues; the model is already loaded."""
        start = start_in(results.path, worker)
        return cls(worker.texts, lambda: worker, start, results, progress, engine)

    def missing(self) -> list[WorkItem]:
        """The items without a result: of attention, and of evidence on the sample."""
        lacking = [item for item in self._plan.windows if self._results.facts(item) is None]
        if lacking:
            return lacking
        sample = [*self._sample_items()]
        every = [*self._evidence_of(sample), *self._edits_of(sample)]
        return [item for item in every if self._results.facts(item) is None]

    def begin(self) -> None:
        """Report the cost of what is left to do, and what was done before."""
        worker = self._worker()
        left = [window for window in self._plan.windows if self._results.facts(window) is None]
        n_texts, n_left = len(self._texts.texts), sum(len(window.rows) for window in left)
        sample = self._expected_sample(lambda item: item)
        edited = self._expected_sample(WorkItem.with_edits) if self._start.has_edits else []
        if n_left < n_texts:
            n_evidence = len(sample) if self._start.has_evidence else 0
            self._progress.resumed(n_texts - n_left, n_texts, n_evidence)
        asked = None if worker.options.evidence_budget is None else worker.asked
        room = worker.room_for(worker.expected(sample))
        cost = worker.cost(n_left, sample).plus(worker.edit_cost(edited))
        cost = replace(cost, room=room, asked=asked)
        self._progress.begin(cost)

    def measure_attention(self) -> None:
        """Measure the attention of all texts, window by window."""
        for measured in self._engine.run(self._attention_inputs()):
            self._results.save(measured.item, measured.result)
            self._report(measured)

    def write_attention(self, folder: Path) -> Results:
        """Write the first pass over all texts into the empty `folder`.

        Raises:
            InputError, ModelError: no text has figures.
        """
        windows = (self._results.load(window) for window in self._plan.windows)
        tally = write_attention(folder, windows)
        if tally.n_tokens == 0:
            raise nothing_analysed(self._texts, tally)
        info = run_info(self._start, tally)
        if self._start.has_evidence:
            info = replace(info, evidence=evidence_before(self._start, tally))
        results = open_first_pass(folder, info)
        write_predictions(folder, results)
        return results

    def measure_evidence(
        self, first: Results | None = None, listed_first: ListedFirst | None = None
    ) -> None:
        """Measure all evidence that has no result, after the attention of all texts.

        Texts beside the sample run after it and apart from it, so that its figures are the same
        with and without them. An interrupt ends the work; a second one is raised.

        Args:
            first: the first pass over all texts; None where only the sample is measured.
        """
        if not (self._start.has_evidence or self._start.has_edits):
            return
        items = [*self._sample_items(), *self._extra_items(first, listed_first)]
        self._evidence, self._edits = self._evidence_of(items), self._edits_of(items)
        every = (*self._evidence, *self._edits)
        left = [item for item in every if self._results.facts(item) is None]
        inputs = (EvidenceInput(item, *self._texts_of(item.rows)) for item in left)
        measuring = self._engine.run(inputs) if left else iter(())
        while not self.is_stopped:
            measured: Measured | None = None
            with self._until_interrupted():
                measured = next(measuring, None)
            if measured is None:
                break
            if measured.is_stopped:
                self._partial.append(measured.result)
                self._stop()
                break
            with held_back() as came:
                self._results.save(measured.item, measured.result)
            if came:
                self._stop()
            self._report(measured)
        if first is None or not self._start.has_evidence:
            return
        for step in (self._test_sinks, self._measure_heads, self._shuffle):
            if not self.is_stopped:
                with self._until_interrupted():
                    step()

    def write_evidence(self, folder: Path, info: RunInfo) -> Results:
        """Write the evidence beside the first pass in `folder`, which `info` is of."""
        done = [item for item in self._evidence if self._results.facts(item) is not None]
        edits = [item for item in self._edits if self._results.facts(item) is not None]
        beside = [
            item
            for item in (*self._heads, *self._shuffled)
            if self._results.facts(item) is not None
        ]
        info = write_evidence(
            folder,
            info,
            self._start.measures,
            results=chain(map(self._results.load, done), self._partial),
            tested=map(self._results.load, self._sinks.items),
            beside=map(self._results.load, beside),
            edits=map(self._results.load, edits),
            sinks=self._sinks,
            is_stopped=self.is_stopped,
        )
        return open_own(folder, info)

    def _evidence_of(self, items: Sequence[WorkItem]) -> list[WorkItem]:
        return [*items] if self._start.has_evidence else []

    def _edits_of(self, items: Sequence[WorkItem]) -> list[WorkItem]:
        return [item.with_edits() for item in items] if self._start.has_edits else []

    def _expected_sample(self, measured: Callable[[WorkItem], WorkItem]) -> list[int]:
        """The texts of the sample, as far as it is known, that are still to be `measured`, by the
        items that are to do that."""
        rows: list[int] = []
        for window in self._plan.windows:
            facts = self._results.facts(window)
            known = window.rows if facts is None else facts["analysed"]
            for item in self._plan.evidence(window, known):
                if self._results.facts(measured(item)) is None:
                    rows += item.rows
        return rows

    def _attention_inputs(self) -> Iterator[AttentionInput]:
        """The windows that were not measured yet.

        Each is tokenised here, to know which texts before the next one keep their maps.
        """
        is_alone = self._engine.is_alone
        worker = self._worker()
        ahead = worker.window if is_alone else worker.expected_window
        tally, kept = Tally(), MapQuota(worker.options.keep_maps)
        for item in self._plan.windows:
            facts = self._results.facts(item)
            if facts is not None:
                kept = MapQuota(kept.asked, *facts["kept"])
                tally = tally.plus(Tally(**facts["tally"]))
                continue
            window = ahead(item)
            require_known_tokens(worker.model, tally, window.encoded, worker.options.max_unknown)
            yield AttentionInput(item, kept, window if is_alone else None)
            kept = worker.kept_after(window, kept)
            tally = tally.plus(counted(window.encoded))

    def _analysed(self, window: WorkItem) -> Sequence[int]:
        """The texts of a window that have figures."""
        facts = self._results.facts(window)
        assert facts is not None
        rows: Sequence[int] = facts["analysed"]
        return rows

    def _sample_items(self) -> Iterator[WorkItem]:
        """The items of evidence on the sample."""
        for window in self._plan.windows:
            yield from self._plan.evidence(window, self._analysed(window))

    def _sample(self) -> list[int]:
        return [row for item in self._sample_items() for row in item.rows]

    def _extra_items(
        self, first: Results | None, listed_first: ListedFirst | None
    ) -> tuple[WorkItem, ...]:
        """The items of evidence on texts beside the sample."""
        if first is None or listed_first is None:
            return ()
        analysed = {row for window in self._plan.windows for row in self._analysed(window)}
        listed = analysed.intersection(listed_first(first)).difference(self._sample())
        items = tuple(extra_items(sorted(listed)))
        left, edited = (
            [row for item in some if self._results.facts(item) is None for row in item.rows]
            for some in (self._evidence_of(items), self._edits_of(items))
        )
        if left or edited:
            worker = self._worker()
            self._progress.extend(worker.extra_cost(left).plus(worker.edit_cost(edited)))
        return items

    def _texts_of(self, rows: Sequence[int]) -> tuple[list[TextInput], Mapping[int, pd.DataFrame]]:
        """The texts `rows` with what the model added to them, and the tokens of each."""
        sources: list[TextInput] = []
        for row in rows:
            facts = self._results.facts(self._plan.window_of(row))
            assert facts is not None
            sources += self._worker().with_added([row], facts)
        return sources, {row: self._tokens_of(row) for row in rows}

    def _tokens_of(self, row: int) -> pd.DataFrame:
        return self._results.tokens_of(self._plan.window_of(row), row)

    def _test_sinks(self) -> None:
        """Do the sink tests on the sample."""
        sample, info = self._sample(), self._start.info
        suspects = find_suspects(info.evidence.level, sample, info.roles, self._tokens_of)
        n_done = self._test_suspects(suspects) if suspects.rows else 0
        self._progress.advance("sinks", min(len(sample), suspects.depth.most_texts) - n_done)

    def _test_suspects(self, suspects: Suspects) -> int:
        """Do the sink tests that are left; on how many texts."""
        # With the libraries of models.
        from reportgen.analysis.evidence.sinks.sink_tests import run_sink_tests

        worker = self._worker()
        sources, tokens = self._texts_of(suspects.rows)
        stored = self._stored(suspects.rows)
        texts = worker.explained(suspects.rows, sources, stored)
        tester, tokens_of = worker.sink_tester(suspects.depth), tokens.__getitem__
        return run_sink_tests(
            tester, suspects, texts, tokens_of, self._results, self._progress, self._sinks
        )

    def _measure_heads(self) -> None:
        """Measure what single heads do to the prediction, on a few texts of the sample."""
        if self._start.info.evidence.level != "full":
            return
        sample = self._sample()
        # Variants would not count: they are not independent of their originals.
        able = [row for row in sample if self._texts.texts[row].variant_of is None]
        rows = [able[i] for i in evenly_spaced(len(able), HEAD_TEXTS)]
        self._heads = [WorkItem("heads", (row,)) for row in rows]
        left = [item.rows[0] for item in self._heads if self._results.facts(item) is None]
        self._progress.advance("heads", min(len(sample), HEAD_TEXTS) - len(left))
        if not left:
            return
        from reportgen.analysis.evidence.head_effects import head_ablation

        worker = self._worker()
        heads = head_ablation(worker.explainer, worker.norms, worker.probed.n_layers)
        if heads is None:
            return
        sources, _ = self._texts_of(rows)
        texts = worker.explained(rows, sources, self._stored(rows))
        for row, result in heads.measure(texts, left):
            self._results.save(WorkItem("heads", (row,)), result)
            self._progress.advance("heads", 1)

    def _stored(self, rows: Sequence[int]) -> dict[int, tuple[float, str | None]]:
        """By text of `rows`, the value and the label of its target, where it has one."""
        targets: dict[int, tuple[float, str | None]] = {}
        for item in (item for item in self._sample_items() if not set(rows).isdisjoint(item.rows)):
            table = self._results.load(item).tables["evidence"]
            columns = (table[name].to_pylist() for name in ("text", "explained", "explained_label"))
            targets |= {row: (value, name) for row, value, name in zip(*columns, strict=True)}
        return {row: target for row, target in targets.items() if target[0] is not None}

    def _shuffle(self) -> None:
        """Measure what views of the model with its weights shuffled agree with."""
        from reportgen.analysis.cost.estimate import shuffled_texts
        from reportgen.analysis.evidence.shuffled import shuffled_agreement, weights_shuffled

        of_row = {row: item for item in self._sample_items() for row in item.rows}
        worker, sample = self._worker(), list(of_row)
        texts = [text for row in sample for text in worker.encode(self._texts_of([row])[0])]
        chosen = shuffled_texts(texts, worker.cost_basis)
        items = [
            WorkItem("shuffled", tuple(sample[i] for i in part)) for part in chunks(chosen, CHUNK)
        ]
        self._shuffled = items
        left = [item for item in items if self._results.facts(item) is None]
        if not left:
            return
        given = {item: self._texts_of(item.rows) for item in left}
        explained = {item: worker.explained(item.rows, given[item][0]) for item in left}
        with weights_shuffled(worker.model.module):
            for item in left:
                sources, tokens = given[item]
                effects = self._effects_of(item.rows, of_row)
                views = worker.views_of(explained[item], sources)
                target = worker.explainer.target
                self._results.save(item, shuffled_agreement(views, tokens, effects, target))
                self._progress.advance("shuffled", len(item.rows))

    def _effects_of(
        self, rows: Sequence[int], of_row: Mapping[int, WorkItem]
    ) -> dict[int, pd.DataFrame]:
        """By text, its rows of the table of effects."""
        frames: dict[int, pd.DataFrame] = {}
        for item in dict.fromkeys(of_row[row] for row in rows):
            frame = self._results.load(item).tables["effects"].to_pandas(use_threads=False)
            frames |= {
                int(text): effects for text, effects in frame.groupby("text") if text in rows
            }
        return frames

    def _report(self, measured: Measured) -> None:
        """Report the progress of an item, unless that was done while it was measured."""
        if not self._engine.is_alone:
            if measured.halved is not None and not self._is_halved:
                self._is_halved = True
                self._progress.halved(measured.halved, "a worker")
            for stage, n_texts in self._worker().stages(measured.item).items():
                self._progress.advance(stage, n_texts)

    @contextmanager
    def _until_interrupted(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            self._stop()

    def _stop(self) -> None:
        self.is_stopped = True
        self._progress.interrupted()
