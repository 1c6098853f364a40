"""Puts the tables of a results folder together from the results of tasks, in input order."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from reportgen.analysis.tasks.tally import Tally
from reportgen.analysis.tasks.task import TaskResult
from reportgen.results.info import DECODER_PARTS
from reportgen.results.tables.schema import ANALYSIS_TABLES, TABLES
from reportgen.results.tables.write import Recorder

_OFFSETS = ("map_offset", *(f"{part}_offset" for part in DECODER_PARTS))


def write_attention(folder: Path, windows: Iterable[TaskResult]) -> Tally:
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
