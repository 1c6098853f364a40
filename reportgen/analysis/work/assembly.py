"""Puts the tables of a results folder together from the results of items, in input order, and says
why measures are missing over all texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reportgen.analysis.work.item import WorkItem, WorkResult
from reportgen.analysis.work.tally import Tally
from reportgen.results import (
    ANALYSIS_TABLES,
    DECODER_PARTS,
    EDITS,
    EFFECT,
    EVIDENCE_TABLES,
    EXTRA,
    SINK_TESTS_AT,
    TABLES,
    Reason,
    Recorder,
    Results,
    RunInfo,
    Subject,
    View,
)
from reportgen.tasks import items_from_texts

if TYPE_CHECKING:
    from reportgen.analysis.evidence.text_evidence import TextEvidence

_OFFSETS = ("map_offset", *(f"{part}_offset" for part in DECODER_PARTS))


@dataclass
class SinkResults:
    """What the sink tests found.

    Attributes:
        items: one for each text that was tested, in the order of the texts.
    """

    subjects: tuple[Subject, ...] = ()
    withheld: dict[str, Reason] = field(default_factory=dict)
    items: list[WorkItem] = field(default_factory=list)


def write_attention(folder: Path, windows: Iterable[WorkResult]) -> Tally:
    """Write the tables of attention and the maps of all `windows` into `folder`; returns the totals
    over all texts."""
    tally, n_bytes = Tally(), 0
    with Recorder(folder, ANALYSIS_TABLES) as recorder:
        for window in windows:
            texts = _moved(window.tables["texts"], "first_token", tally.n_tokens)
            for name in _OFFSETS:
                texts = _moved(texts, name, n_bytes)
            for name in ANALYSIS_TABLES:
                recorder.add(name, texts if name == "texts" else window.tables[name])
            recorder.append_maps(window.maps)
            n_bytes += len(window.maps)
            tally = tally.plus(Tally(**window.facts["tally"]))
    return tally


def write_predictions(folder: Path, results: Results) -> None:
    """Write the table of predictions of `results` into their `folder`, where all other tables of
    texts are. How a label is read takes those of all texts to know, so it comes after them."""
    with Recorder(folder, ["predictions"]) as recorder:
        for rows in items_from_texts(results):
            recorder.add("predictions", rows)


def write_evidence(
    folder: Path,
    info: RunInfo,
    measures: Iterable[View],
    *,
    results: Iterable[WorkResult],
    tested: Iterable[WorkResult],
    beside: Iterable[WorkResult],
    edits: Iterable[WorkResult],
    sinks: SinkResults,
    is_stopped: bool,
) -> RunInfo:
    """Write the tables of evidence and results.json into `folder`; returns all facts about the run.

    Args:
        info: the facts before evidence was measured.
        results: of items of evidence. `tested` are those of sink tests, which `sinks` lists, and
            `beside` those of heads and with shuffled weights, and `edits` those of edits.
        is_stopped: whether the user interrupted the work.
    """
    with Recorder(folder, _tables(info)) as recorder:
        for result in edits:
            _add(recorder, result.tables)
        if info.evidence.level == "none":
            recorder.finish(info)
            return info
        sink_tables = [*tested]
        messages = {
            item.rows[0]: sink_table.facts["message"]
            for item, sink_table in zip(sinks.items, sink_tables, strict=True)
        }
        reasons = Reasons()
        n_texts = n_extra = n_scores = 0
        unread_scores: list[Reason] = []
        for result in results:
            rows = with_messages(result.tables["evidence"], messages)
            reasons.add(result.facts["reasons"])
            unread_scores += result.facts["unread_scores"]
            n_scores += len(result.tables["sink_scores"])
            extra = rows[EXTRA].to_pylist()
            n_texts += extra.count(False)
            n_extra += extra.count(True)
            _add(recorder, {**result.tables, "evidence": rows})
        for result in (*sink_tables, *beside):
            _add(recorder, result.tables)
        before = info.evidence
        is_cut = is_stopped and not sinks.items
        evidence = replace(
            before,
            n_texts=n_texts,
            n_extra=n_extra,
            withheld={
                **before.withheld,
                **reasons.withheld(measures, is_stopped=is_stopped),
                **dict.fromkeys(SINK_TESTS_AT[before.level] if is_cut else (), "interrupted"),
                **sinks.withheld,
            },
            subjects=sinks.subjects,
            interrupted=is_stopped,
            unread_scores=unread_scores[0] if unread_scores and not n_scores else None,
        )
        info = replace(info, evidence=evidence)
        recorder.finish(info)
    return info


def _tables(info: RunInfo) -> list[str]:
    """The tables that are written after the first pass: that of edits only where any was tried."""
    return [name for name in EVIDENCE_TABLES if name != EDITS or info.settings.edits]


def _add(recorder: Recorder, tables: Mapping[str, pa.Table]) -> None:
    for name, rows in tables.items():
        recorder.add(name, rows)


def with_messages(evidence: pa.Table, messages: Mapping[int, str]) -> pa.Table:
    """Rows of the table of evidence, with `messages` (by row of `texts`) appended to those of the
    same text."""
    parts = zip(
        evidence["message"].to_pylist(),
        map(messages.get, evidence["text"].to_pylist()),
        strict=True,
    )
    joined = ["; ".join(filter(None, both)) for both in parts]
    at = evidence.schema.get_field_index("message")
    return evidence.set_column(at, evidence.schema.field(at), pa.array(joined, pa.string()))


def _moved(rows: pa.Table, name: str, by: int) -> pa.Table:
    """`rows` with `by` added to the column `name`."""
    at = rows.schema.get_field_index(name)
    moved = pc.add(rows[name], pa.scalar(by, TABLES["texts"].field(name).type))
    return rows.set_column(at, rows.schema.field(at), moved)


def reasons_of(texts: Sequence["TextEvidence"]) -> dict[str, Any]:
    """Why measures are missing in `texts`, with what was measured on them so far, for `Reasons`."""
    explained = [item for item in texts if item.explained is not None]
    left_out = ("deletion", EFFECT)
    changes = [
        item.effects[name] for item in explained for name in left_out if name in item.effects
    ]
    return {
        "missing": [dict(item.missing) for item in explained],
        "measured": sorted({measure for item in explained for measure in item.effects}),
        "is_moved": any(bool(np.nan_to_num(effects).any()) for effects in changes),
    }


class Reasons:
    """Collects over all texts why measures are missing."""

    def __init__(self) -> None:
        self._missing: list[Mapping[View, Reason]] = []  # per explained text
        self._measured: set[View] = set()  # measures that at least one text has
        self._is_moved = False  # whether leaving something out ever moved the output

    def add(self, reasons: Mapping[str, Any]) -> None:
        """Add what `reasons_of` some texts gave."""
        self._missing += reasons["missing"]
        self._measured.update(reasons["measured"])
        self._is_moved |= reasons["is_moved"]

    def withheld(self, measures: Iterable[View], *, is_stopped: bool) -> dict[View, Reason]:
        """Those of `measures` that no text has, or that are 0 in every text, with the reason.

        `is_stopped`: the user interrupted the work before all texts were done.
        """
        reasons: dict[View, Reason] = {}
        for measure in measures:
            reason = _shared([missing.get(measure) for missing in self._missing])
            if reason is not None:
                reasons[measure] = reason
            elif measure not in self._measured:
                reasons[measure] = "interrupted" if is_stopped else "failed"
        if "deletion" in self._measured and not self._is_moved:
            reasons["deletion"] = "constant_output"
        return reasons


def _shared(reasons: Iterable[Reason | None]) -> Reason | None:
    """The first of `reasons` if every text has one; None if some text has none."""
    every = list(reasons)
    return every[0] if every and all(every) else None
