"""Gathers the evidence on the chosen texts, window by window, and records it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from statistics import pstdev
from typing import Any, TypeAlias

from reportgen.analysis.attention.batches import chunks
from reportgen.analysis.evidence.agreement import (
    Rankings,
    Score,
    agreement_columns,
    faithfulness,
    rankings,
    text_agreement,
    unit_views,
)
from reportgen.analysis.evidence.sinks.measure import SinkTester, sink_columns
from reportgen.analysis.evidence.sinks.subjects import (
    MAX_TEXTS,
    evenly_spaced,
    find_subjects,
    places,
)
from reportgen.analysis.evidence.stages import Stages
from reportgen.analysis.evidence.target import Explained, Explainer
from reportgen.analysis.evidence.text_evidence import (
    Floats,
    Reasons,
    TextEvidence,
    effect_columns,
    evidence_columns,
    target_effect_columns,
    with_messages,
)
from reportgen.analysis.progress import Progress
from reportgen.files.interrupts import held_back
from reportgen.models.tokens.encoded import EncodedText
from reportgen.results.info import (
    LEARNED_SINK,
    SINK_TESTS,
    Evidence,
    Reason,
    RunInfo,
    Subject,
    View,
)
from reportgen.results.row_groups import FirstPass
from reportgen.results.schema import EXTRA
from reportgen.results.write import Recorder

# Texts whose evidence is in memory at a time, and that are measured together: few enough that an
# interrupt loses little.
WINDOW = 128
CHUNK = 8
# From rows of the table of texts to the tokenised texts.
Encode: TypeAlias = Callable[[Sequence[int]], list[EncodedText]]


class Gatherer:
    """Gathers the evidence of one analysis, after its first pass."""

    def __init__(
        self,
        explainer: Explainer,
        stages: Stages,
        tester: SinkTester | None,
        first: FirstPass,
        info: RunInfo,
        recorder: Recorder,
        progress: Progress,
    ) -> None:
        self._explainer = explainer
        self._stages = stages
        self._tester = tester  # None: no sink tests
        self._first = first
        self._info = info
        self._recorder = recorder
        self._progress = progress
        self._spread = 0.0  # standard deviation of the scalar over a window of the sample
        self._is_stopped = False
        self._is_tested = False  # whether any text went through the sink tests
        self._columns: list[dict[str, list[Any]]] = []  # of the table of evidence, by window
        self._sink_messages: dict[int, str] = {}  # by text, errors of the sink tests
        self._reasons = Reasons()
        self._withheld: dict[str, Reason] = {}
        self._subjects: tuple[Subject, ...] = ()

    def run(self, sample: Sequence[int], extra: Sequence[int], encode: Encode) -> Evidence:
        """Measure and record the evidence of rows of `texts`.

        The `extra` rows get no agreement and no sink tests, which are for averages. They run after
        the `sample` and apart from it, so that its figures are the same with and without them.

        An interrupt ends the work, and what was measured so far is recorded. A second interrupt is
        raised.

        Returns:
            The summary of all evidence.
        """
        for rows, is_extra in (
            *((rows, False) for rows in chunks(sample, WINDOW)),
            *((rows, True) for rows in chunks(extra, WINDOW)),
        ):
            window: list[TextEvidence] = []
            scores: list[Score] = []
            with self._until_interrupted():
                window += self._explain(rows, encode(rows), is_extra=is_extra)
                self._measure(window, scores)
            self._record(window, scores)
            if self._is_stopped:
                break
        if self._tester is not None and not self._is_stopped:
            with self._until_interrupted():
                self._test_sinks(self._tester, sample, encode)
        return self._finish()

    def _explain(
        self, rows: Sequence[int], encoded: Sequence[EncodedText], *, is_extra: bool = False
    ) -> list[TextEvidence]:
        """Find the scalar of each text that is to be explained."""
        window = []
        for row, text, found in zip(rows, encoded, self._explainer.explain(encoded), strict=True):
            if isinstance(found, Explained):
                window.append(TextEvidence(row, text, found, is_extra))
            else:
                window.append(TextEvidence(row, text, None, is_extra, messages=[found]))
        return window

    def _measure(self, window: Sequence[TextEvidence], scores: list[Score]) -> None:
        """Take all measures of a window of texts; faithfulness is appended to `scores`."""
        sample = [item for item in window if not item.is_extra]
        # For embeddings the scalar of every whole text is 1.
        values = [item.explained.value for item in sample if item.explained is not None]
        if sample:
            self._spread = pstdev(values) if values else 0.0
        for measure in self._stages.taken:
            for chunk in chunks(window, CHUNK):
                explained = [item for item in chunk if item.explained is not None]
                self._stages.run(measure, explained, self._spread)
                self._progress.advance(measure, len(chunk))
        if not self._stages.is_full:
            return
        for chunk in chunks(sample, CHUNK):
            ranked = [self._rankings(item) for item in chunk]
            scores += faithfulness(self._explainer, [one for one in ranked if one is not None])
            self._progress.advance("faithfulness", len(chunk))

    def _rankings(self, item: TextEvidence) -> Rankings | None:
        if item.explained is None:
            return None
        offset = item.row.get("mask_offset")
        scalar = self._explainer.scalar
        return rankings(item.text, item.explained, self._views(item), scalar, offset)

    def _record(self, window: Sequence[TextEvidence], scores: Sequence[Score]) -> None:
        """Record what was measured on a window; only a second interrupt can stop that."""
        if self._is_stopped:
            self._append([item for item in window if item.effects or item.messages], scores)
            return
        with held_back() as came:
            self._append(window, scores)
        if came:
            self._stop()

    def _append(self, window: Sequence[TextEvidence], scores: Sequence[Score]) -> None:
        self._recorder.append("effects", effect_columns(window))
        self._recorder.append("target_effects", target_effect_columns(window))
        sample = [item for item in window if not item.is_extra]
        agreement = [
            score
            for item in sample
            if item.explained is not None
            for score in text_agreement(item.text, self._views(item), self._explainer.scalar)
        ]
        self._recorder.append("agreement", agreement_columns([*agreement, *scores]))
        self._columns.append(evidence_columns(window))
        self._reasons.add(sample)

    def _views(self, item: TextEvidence) -> dict[View, Floats]:
        return unit_views(
            self._first.tokens_of(item.text),
            item.all_effects(),
            is_causal=self._info.model.is_causal,
        )

    def _test_sinks(self, tester: SinkTester, sample: Sequence[int], encode: Encode) -> None:
        rows = [sample[i] for i in evenly_spaced(len(sample), MAX_TEXTS)]
        items = self._explain(rows, encode(rows))
        explained = {item.text: item.explained for item in items if item.explained is not None}
        self._subjects = find_subjects(self._info.roles, map(self._first.tokens_of, explained))
        if tester.has_learned_sinks:
            self._subjects += (LEARNED_SINK,)
        plan = tester.plan([*explained.values()], self._subjects)
        self._withheld |= {str(test): reason for test, reason in plan.withheld.items()}
        texts = list(explained.items())
        for index, measured in tester.run(plan):
            text, item = texts[index]
            found = places(self._subjects, item.text.tokens, item.text.roles)
            columns = sink_columns(text, measured.rows, found, self._first.tokens_of(text))
            self._recorder.append("sinks", columns)
            self._sink_messages[text] = measured.message
            self._is_tested = True
            self._progress.advance("sinks", 1)
        self._progress.advance("sinks", len(rows) - len(plan.cases))

    def _finish(self) -> Evidence:
        """Record the table of evidence, and summarise the evidence on all texts."""
        n_texts = n_extra = 0
        for columns in self._columns:
            n_texts += columns[EXTRA].count(False)
            n_extra += columns[EXTRA].count(True)
            self._recorder.append("evidence", with_messages(columns, self._sink_messages))
        cut = SINK_TESTS if self._tester and self._is_stopped and not self._is_tested else ()
        return replace(
            self._info.evidence,
            n_texts=n_texts,
            n_extra=n_extra,
            withheld={
                **self._info.evidence.withheld,
                **self._reasons.withheld(self._stages.measures, is_stopped=self._is_stopped),
                **dict.fromkeys(cut, "interrupted"),
                **self._withheld,
            },
            subjects=self._subjects,
            interrupted=self._is_stopped,
        )

    @contextmanager
    def _until_interrupted(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            self._stop()

    def _stop(self) -> None:
        self._is_stopped = True
        self._progress.interrupted()
