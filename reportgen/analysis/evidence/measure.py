"""Measures the evidence on a few texts at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa

from reportgen.analysis.evidence.explainer import Explainer
from reportgen.analysis.evidence.measures.shapley import add_shapley
from reportgen.analysis.evidence.methods import Tools, load_method
from reportgen.analysis.evidence.sinks.query_key_scores import SinkScorer
from reportgen.analysis.evidence.text_evidence import (
    Floats,
    TextEvidence,
    effect_columns,
    evidence_columns,
    target_effect_columns,
)
from reportgen.analysis.progress import Progress, Stage
from reportgen.analysis.work.assembly import reasons_of
from reportgen.analysis.work.item import WorkItem, WorkResult
from reportgen.models import EncodedText, ExplainedText, ModelTarget
from reportgen.results import (
    BY_ID,
    Measure,
    Reason,
    View,
    agreement_columns,
    rows_of,
    text_agreement,
    unit_views,
)


@dataclass(frozen=True, slots=True)
class EvidenceTexts:
    """The texts of an item of evidence.

    Attributes:
        tokens: by row of the table of texts, its rows of the table of tokens.
        scored: rows of the texts whose scores of possible sinks are measured.
        yardstick: rows of the texts that have Shapley values in basic evidence.
        users: the scores that came with the texts.
    """

    item: WorkItem
    encoded: Sequence[EncodedText]
    tokens: Mapping[int, pd.DataFrame]
    scored: frozenset[int] = frozenset()
    yardstick: frozenset[int] = frozenset()
    users: tuple[Measure, ...] = ()

    @property
    def is_extra(self) -> bool:
        """Whether they are beside the sample: they get no agreement, which is for averages."""
        return self.item.kind == "extra"

    def views(self, text: TextEvidence) -> dict[View, Floats]:
        """All measures of one of them, by unit."""
        return unit_views(self.tokens[text.text], text.all_effects(), users=self.users)


@dataclass
class _EvidenceSoFar:
    """What was measured so far."""

    texts: list[TextEvidence] = field(default_factory=list)
    # Of possible sinks: rows of their table, and why a text has none.
    sink_scores: list[pa.Table] = field(default_factory=list)
    unread_scores: list[Reason] = field(default_factory=list)


def measure_evidence(
    tools: Tools, texts: EvidenceTexts, scorer: SinkScorer, progress: Progress
) -> tuple[WorkResult, bool]:
    """Take all measures of the level of evidence of `tools` on `texts`.

    Returns:
        Rows of the tables, with why measures are missing; and whether the user interrupted the
        work, so that they are not whole.
    """
    evidence = _EvidenceSoFar()  # as it comes, so that it survives an interrupt
    explainer, rows, n_texts = tools.explainer, texts.item.rows, len(texts.item.rows)
    try:
        _score_sinks(texts, scorer, progress, evidence)
        evidence.texts += explained_texts(explainer, rows, texts.encoded, is_extra=texts.is_extra)
        explained = [text for text in evidence.texts if text.explained is not None]
        for measure in tools.taken:
            load_method(BY_ID[measure]).run(tools, explained)
            progress.advance(measure, n_texts)
        if texts.yardstick:
            few = [text for text in explained if text.text in texts.yardstick]
            add_shapley(explainer, few, is_basic=True)
            progress.advance("shapley", len(texts.yardstick))
    except KeyboardInterrupt:
        evidence.texts = [text for text in evidence.texts if text.effects or text.messages]
        return _result(texts, evidence, explainer.target), True
    return _result(texts, evidence, explainer.target), False


def evidence_stages(
    tools: Tools, item: WorkItem, scored: frozenset[int], yardstick: frozenset[int]
) -> Mapping[Stage, int]:
    """The stages of an item, each with how many of its texts go through it; see `EvidenceTexts`."""
    return {
        "sink_scores": len(scored.intersection(item.rows)),
        "shapley": len(yardstick.intersection(item.rows)),
        **dict.fromkeys(tools.taken, len(item.rows)),
    }


def try_measures(tools: Tools, text: EncodedText) -> None:
    """Take all measures of a text that have a method, and discard the results."""
    evidence = explained_texts(tools.explainer, (0,), (text,))
    for measure in tools.taken:
        load_method(BY_ID[measure]).run(
            tools, [item for item in evidence if item.explained is not None]
        )


def explained_texts(
    explainer: Explainer,
    rows: Sequence[int],
    texts: Sequence[EncodedText],
    *,
    is_extra: bool = False,
) -> list[TextEvidence]:
    """Find the target of each text that is to be explained."""
    evidence = []
    for row, text, explained in zip(rows, texts, explainer.explain(texts), strict=True):
        if isinstance(explained, ExplainedText):
            evidence.append(TextEvidence(row, text, explained, is_extra))
        else:
            evidence.append(TextEvidence(row, text, None, is_extra, messages=[explained]))
    return evidence


def _score_sinks(
    texts: EvidenceTexts, scorer: SinkScorer, progress: Progress, evidence: _EvidenceSoFar
) -> None:
    """Measure the scores of possible sinks; a text that fails has none."""
    for row, text in zip(texts.item.rows, texts.encoded, strict=True):
        if row not in texts.scored:
            continue
        try:
            scores = scorer.measure(row, text)
        except (Exception, SystemExit):  # user code may call exit()
            scores = "failed"
        if isinstance(scores, str):
            evidence.unread_scores.append(scores)
        else:
            evidence.sink_scores.append(rows_of("sink_scores", scores))
        progress.advance("sink_scores", 1)


def _result(texts: EvidenceTexts, evidence: _EvidenceSoFar, target: ModelTarget) -> WorkResult:
    sample = [text for text in evidence.texts if not text.is_extra]
    agreement = [
        score
        for text in sample
        if text.explained is not None
        for score in text_agreement(
            text.text, texts.views(text), is_distance=target.is_distance, users=texts.users
        )
    ]
    columns: dict[str, Mapping[str, Any]] = {
        "effects": effect_columns(evidence.texts),
        "target_effects": target_effect_columns(evidence.texts),
        "agreement": agreement_columns(agreement),
        "evidence": evidence_columns(evidence.texts),
    }
    tables = {name: rows_of(name, values) for name, values in columns.items()}
    tables["sink_scores"] = pa.concat_tables([rows_of("sink_scores", {}), *evidence.sink_scores])
    facts = {"reasons": reasons_of(sample), "unread_scores": evidence.unread_scores}
    return WorkResult(tables, facts)
