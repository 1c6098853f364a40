"""Measures the evidence on a few texts at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa

from reportgen.analysis.evidence.collected import reasons_of
from reportgen.analysis.evidence.faithfulness import Rankings, faithfulness, rankings
from reportgen.analysis.evidence.measures.shapley import add_shapley
from reportgen.analysis.evidence.scalar import Explained, Explainer
from reportgen.analysis.evidence.sinks.sink_scores import SinkScorer
from reportgen.analysis.evidence.stages import Stages
from reportgen.analysis.evidence.text_evidence import (
    Floats,
    TextEvidence,
    effect_columns,
    evidence_columns,
    target_effect_columns,
)
from reportgen.analysis.progress import Progress, Stage
from reportgen.analysis.tasks.task import Task, TaskResult
from reportgen.models.tokens.encoded import EncodedText
from reportgen.results.agreement import Score, agreement_columns, text_agreement, unit_views
from reportgen.results.info import Reason, View
from reportgen.results.tables.write import rows_of


@dataclass(frozen=True, slots=True)
class Subjects:
    """The texts of a task of evidence.

    Attributes:
        tokens: by row of the table of texts, its rows of the table of tokens.
        spread: standard deviation of the scalar over texts.
        scored: rows of the texts whose scores of possible sinks are measured.
        yardstick: rows of the texts that have Shapley values in basic evidence.
    """

    task: Task
    texts: Sequence[EncodedText]
    tokens: Mapping[int, pd.DataFrame]
    spread: float
    scored: frozenset[int] = frozenset()
    yardstick: frozenset[int] = frozenset()


@dataclass
class _Measured:
    """What was measured so far."""

    texts: list[TextEvidence] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)  # of faithfulness
    # Of possible sinks: rows of their table, and why a text has none.
    sink_scores: list[pa.Table] = field(default_factory=list)
    unread_scores: list[Reason] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class EvidenceRun:
    """Takes the measures of one evidence level."""

    explainer: Explainer
    stages: Stages
    progress: Progress
    scorer: SinkScorer

    @property
    def measures(self) -> tuple[View, ...]:
        """The measures that are taken."""
        return self.stages.measures

    def steps(
        self, task: Task, scored: frozenset[int], yardstick: frozenset[int]
    ) -> Mapping[Stage, int]:
        """The steps of a task, each with how many of its texts go through it; see `Subjects`."""
        is_ranked = self.stages.is_full and task.kind != "extra"
        every = (*self.stages.taken, "faithfulness") if is_ranked else self.stages.taken
        return {
            "sink_scores": len(scored.intersection(task.rows)),
            "shapley": len(yardstick.intersection(task.rows)),
            **dict.fromkeys(every, len(task.rows)),
        }

    def run(self, asked: Subjects) -> tuple[TaskResult, bool]:
        """Measure the evidence on texts.

        Texts beside the sample (of a task "extra") get no agreement, which is for averages.

        Returns:
            Rows of the tables, with why measures are missing; and whether the user interrupted the
            work, so that they are not whole.
        """
        found = _Measured()
        try:
            self._measure(asked, found)
        except KeyboardInterrupt:
            found.texts = [item for item in found.texts if item.effects or item.messages]
            return self._result(asked, found), True
        return self._result(asked, found), False

    def try_on(self, text: EncodedText) -> None:
        """Take all measures of a text that have a stage, and discard the results."""
        found = [item for item in self.explained((0,), (text,)) if item.explained is not None]
        for measure in self.stages.taken:
            self.stages.run(measure, found, 0.0)

    def _measure(self, asked: Subjects, found: _Measured) -> None:
        """Take all measures, and store results in `found` as they come, so that they survive an
        interrupt."""
        is_extra = asked.task.kind == "extra"
        self._score_sinks(asked, found)
        found.texts += self.explained(asked.task.rows, asked.texts, is_extra=is_extra)
        explained = [item for item in found.texts if item.explained is not None]
        for measure in self.stages.taken:
            self.stages.run(measure, explained, asked.spread)
            self.progress.advance(measure, len(found.texts))
        if asked.yardstick:
            few = [item for item in explained if item.text in asked.yardstick]
            add_shapley(self.explainer, few, is_basic=True)
            self.progress.advance("shapley", len(asked.yardstick))
        if self.stages.is_full and not is_extra:
            ranked = [self._rankings(item, asked) for item in explained]
            found.scores += faithfulness(self.explainer, [one for one in ranked if one is not None])
            self.progress.advance("faithfulness", len(found.texts))

    def _score_sinks(self, asked: Subjects, found: _Measured) -> None:
        """Measure the scores of possible sinks; a text that fails has none."""
        for row, text in zip(asked.task.rows, asked.texts, strict=True):
            if row not in asked.scored:
                continue
            try:
                own = self.scorer.measure(row, text)
            except (Exception, SystemExit):  # user code may call exit()
                own = "failed"
            if isinstance(own, str):
                found.unread_scores.append(own)
            else:
                found.sink_scores.append(rows_of("sink_scores", own))
            self.progress.advance("sink_scores", 1)

    def explained(
        self, rows: Sequence[int], texts: Sequence[EncodedText], *, is_extra: bool = False
    ) -> list[TextEvidence]:
        """Find the scalar of each text that is to be explained."""
        found = []
        for row, text, own in zip(rows, texts, self.explainer.explain(texts), strict=True):
            if isinstance(own, Explained):
                found.append(TextEvidence(row, text, own, is_extra))
            else:
                found.append(TextEvidence(row, text, None, is_extra, messages=[own]))
        return found

    def _rankings(self, item: TextEvidence, asked: Subjects) -> Rankings | None:
        assert item.explained is not None
        offset = item.row.get("mask_offset")
        scalar = self.explainer.scalar
        return rankings(item.text, item.explained, self._views(item, asked), scalar, offset)

    def _result(self, asked: Subjects, found: _Measured) -> TaskResult:
        sample = [item for item in found.texts if not item.is_extra]
        agreement = [
            score
            for item in sample
            if item.explained is not None
            for score in text_agreement(item.text, self._views(item, asked), self.explainer.scalar)
        ]
        columns: dict[str, Mapping[str, Any]] = {
            "effects": effect_columns(found.texts),
            "target_effects": target_effect_columns(found.texts),
            "agreement": agreement_columns([*agreement, *found.scores]),
            "evidence": evidence_columns(found.texts),
        }
        tables = {name: rows_of(name, own) for name, own in columns.items()}
        tables["sink_scores"] = pa.concat_tables([rows_of("sink_scores", {}), *found.sink_scores])
        facts = {"reasons": reasons_of(sample), "unread_scores": found.unread_scores}
        return TaskResult(tables, facts)

    def _views(self, item: TextEvidence, asked: Subjects) -> dict[View, Floats]:
        return unit_views(asked.tokens[item.text], item.all_effects())
