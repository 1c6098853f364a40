"""Results as tables for spreadsheets and notebooks.

Each table has one row per token, head, text, predicted item, sink test of a subject, view and
statistic of agreement, or edit of a text.
"""

import json
import re
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from reportgen.comparison import Runs
from reportgen.findings import (
    Choices,
    Estimate,
    Findings,
    SubjectFigures,
    ViewFigures,
    chance_of,
    excess,
)
from reportgen.report.format_register import Document, Output, table_name
from reportgen.report.options import TABLE_NAMES, Heads, RenderOptions, TableName
from reportgen.results import (
    CROSS,
    CROSS_NORM,
    EXTRA,
    JOINT,
    JOINT_EFFECT,
    PREDICTIONS_SCHEMA,
    SINK_TESTS_AT,
    Results,
    SinkTest,
    measured_values,
    token_table_columns,
    user_measures,
)
from reportgen.tasks import with_ids

# Means over heads; a sum over them is `n_heads` times as much.
_OVER_HEADS = ("cls_row_last", "received_last", "cls_row_all", "received_all", "expected")
TOKEN_COLUMNS = (
    *("text_id", "position", "unit", "segment", "token", "start", "end", "is_special"),
    *_OVER_HEADS,
    *("received_norm_all", "received_norm_last"),
    *token_table_columns("basic"),
    *(JOINT, JOINT_EFFECT),
)
HEAD_EFFECT = "head_effect"
HEAD_COLUMNS = (
    *("text_id", "layer", "head", "special_share", "cls_share", "sep_share", "cls_excess"),
    *("sep_excess", "learned_share", "uniform_share", "entropy", "distance", "head_class"),
    HEAD_EFFECT,
)
TEXT_COLUMNS = (
    *("text_id", "text", "label", "prediction", "label_error", "n_tokens", "n_truncated"),
    *("status", "message", "evidence"),
)
EDIT_COLUMNS = (
    *("text_id", "edit", "status", "changed", "before", "after", "prediction"),
    *("prediction_label", "message", "evidence"),
)
SINK_COLUMNS = {
    **dict.fromkeys(("token", "kind", "role", "test"), "string"),
    **dict.fromkeys(("ratio", "low", "high", "effect", "control"), "float32"),
    **dict.fromkeys(("n_texts", "layer"), "int32"),
    **dict.fromkeys(("share", "expected", "alike", "lead", "key_size"), "float32"),
}
AGREEMENT_COLUMNS = {
    **dict.fromkeys(("view", "statistic"), "string"),
    **dict.fromkeys(("mean", "low", "high"), "float32"),
    "n_texts": "int32",
}
# A spreadsheet runs a cell that begins with one of these; their wide forms count in Japanese ones.
_RUNS = tuple("=+-@\t\r\n＝＋－＠")
ALTERNATIVES = PREDICTIONS_SCHEMA.field("alternatives")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
# Words of texts, which stay words where a spreadsheet or pandas would read a number, a date, a
# truth value or nothing: `007`, `50,000`, `1e5`, `3/4`, `5月3日`, `May 5`, `TRUE`, `NA`.
_OF_WORDS = ("token", "text", "completion", "changed")
_MAY_BE_WORDS = ("predicted", "label")  # unless all of them are numbers
_READ_AS_FIGURE = re.compile(
    r"[\s(+\-＋－$€£¥￥.．]*[\d０-９][\d０-９.,．，:：/／%％()\s+\-eE年月日時分秒]*"
    r"|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[\s.-]*\d.*|true|false",
    re.IGNORECASE,
)
_READ_AS_NOTHING = frozenset(
    (
        *("#N/A", "#N/A N/A", "#NA", "<NA>", "N/A", "NA", "n/a", "NULL", "null", "None"),
        *("NaN", "nan", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
    )
)


def write(runs: Runs, options: RenderOptions, output: Output) -> Document:
    """The table that the output is named after, as CSV or Parquet."""
    frame = table(runs.findings, table_name(output.path, TABLE_NAMES), options.heads)
    return to_document(frame, output)


def table(findings: Findings, name: TableName, heads: Heads = "mean") -> pd.DataFrame:
    """The table `name`, in input order; a value that does not exist is missing.

    `tokens` has the means over heads or, with `heads="sum"`, the sums, of all that is a mean over
    heads; in `texts` the prediction is a number where the model gives one number, and words
    otherwise, and `evidence` is "sample", "extra" (beside the sample, in no average) or missing.
    `sinks` has a row for every test of the level of evidence, done or not; without evidence it and
    `agreement` have none. `edits` has a row for each edit of each text with evidence.
    """
    if name == "tokens":
        return _tokens(findings, heads)
    if name == "predictions":
        return with_ids(findings.results, findings.all_items)
    if name == "sinks":
        tests = SINK_TESTS_AT[findings.info.evidence.level]
        rows = [_sink_row(findings, s, test) for s in findings.subjects for test in tests]
        return frame_of(rows, SINK_COLUMNS)
    if name == "agreement":
        rows = [_agreement_row(figures) for figures in findings.agreement]
        return frame_of(rows, AGREEMENT_COLUMNS)
    if name == "edits":
        rows_of_edits = findings.results.edits
        kinds = rows_of_edits[EXTRA].map({False: "sample", True: "extra"}).astype("string")
        return _with_ids(findings.results, rows_of_edits.assign(evidence=kinds), EDIT_COLUMNS)
    if name == "heads":
        heads_of_texts = _whole_heads(findings.results)
        if findings.results.is_redacted:
            return _head_means(heads_of_texts)
        return _with_ids(findings.results, heads_of_texts, HEAD_COLUMNS)
    return _texts(findings)


def to_document(frame: pd.DataFrame, output: Output) -> Document:
    """A table as CSV or Parquet."""
    return Document(to_csv(frame) if output.is_csv else to_parquet(frame))


def to_csv(frame: pd.DataFrame) -> bytes:
    """UTF-8 with a byte order mark, so that Excel opens Japanese; lines end as in RFC 4180.

    A text cell that a spreadsheet would run as a formula gets a leading `'`, and so does a word of
    a text that it or pandas would read as anything but text; numbers stay numbers.
    A list of alternatives is JSON: `[["good", 0.9], ["bad", 0.1]]`.
    """
    safe = frame.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            write = _word if _holds_words(column, safe[column]) else _cell
            safe[column] = safe[column].map(write, na_action="ignore")
    text: str = safe.to_csv(index=False, lineterminator="\r\n")
    return text.encode("utf-8-sig")


def to_parquet(frame: pd.DataFrame) -> bytes:
    """Parquet, every text as it stands."""
    stream, schema = BytesIO(), pa.Schema.from_pandas(frame, preserve_index=False)
    place = schema.get_field_index(ALTERNATIVES.name)
    if place >= 0:  # its type would else be that of what a table happens to hold
        schema = schema.set(place, ALTERNATIVES)
    frame.to_parquet(stream, index=False, schema=schema)
    return stream.getvalue()


def _tokens(findings: Findings, heads: Heads) -> pd.DataFrame:
    effects = list(token_table_columns(findings.info.evidence.level))
    cross = () if findings.info.model.decoder is None else (CROSS, CROSS_NORM)
    columns = tuple(dict.fromkeys((*TOKEN_COLUMNS, *effects, *cross)))
    frame = findings.results.tokens[list(columns)].copy()
    effects.append(JOINT_EFFECT)
    frame[effects] = frame[effects].astype(np.float32)
    for measure in user_measures(findings.info.scores):
        frame[measure.id] = measured_values(measure, findings.results.tokens)
    if heads == "sum":
        # A plain int, so that float32 stays float32.
        frame[list(_OVER_HEADS)] *= findings.info.model.n_heads
    return frame


def _texts(findings: Findings) -> pd.DataFrame:
    rows = findings.results.stored("evidence").set_index("text")[EXTRA]
    evidence = rows.fillna(False).map({False: "sample", True: "extra"}).astype("string")
    frame = findings.texts.assign(
        prediction=findings.predictions,
        label_error=findings.label_errors,
        evidence=evidence.reindex(findings.texts.index),
    )
    columns = list(TEXT_COLUMNS)
    if (summary := findings.task.summary) is not None and findings.summaries:
        summaries = pd.Series(findings.summaries, dtype=np.float32)
        frame[summary.name] = summaries.reindex(frame.index)
        columns += ["completion", summary.name]
    if (choices := findings.choices) is not None:
        for name, values in _choice_columns(choices).items():
            frame[name] = pd.Series(values).reindex(frame.index)
            columns.append(name)
    if (what_if := findings.what_if) is not None and what_if.n_variants:
        changes = {one.variant: one.change for one in what_if.changes if one.variant is not None}
        change = pd.Series(changes, dtype=np.float32)
        frame["variant_change"] = change.reindex(frame.index)
        columns += ["variant_of", "variant", "variant_change"]
    return frame[columns]


def _choice_columns(choices: Choices) -> dict[str, dict[int, object]]:
    """The columns on choices, by row of `texts`."""
    every = choices.by_text.items()
    return {
        "choices": {i: json.dumps(chosen.names, ensure_ascii=False) for i, chosen in every},
        "right_choice": {i: chosen.right for i, chosen in every},
        "chance": {i: np.float32(chance_of(chosen)) for i, chosen in every},
    }


def _sink_row(findings: Findings, figures: SubjectFigures, test: SinkTest) -> dict[str, object]:
    """What a test found; the shares are those of the layer in which they stand out most."""
    subject, strongest = figures.subject, figures.strongest
    done = figures.tests.get(test)
    scores = findings.sink_scores.get(subject.key, {}).get(strongest.layer)
    key = scores.key_size if scores else None
    return {
        "token": subject.token,
        "kind": subject.kind,
        "role": subject.key if subject.kind == "role" else None,
        "test": test,
        **_estimate("ratio", done.ratio if done else None),
        "effect": done.effect.mean if done else None,
        "control": done.control.mean if done else None,
        "n_texts": done.effect.n_texts if done else 0,
        "layer": strongest.layer,
        "share": strongest.share.mean,
        "expected": strongest.expected,
        "alike": scores.alike.mean if scores else None,
        "lead": scores.lead.mean if scores else None,
        "key_size": key.mean if key else None,
    }


def _agreement_row(figures: ViewFigures) -> dict[str, object]:
    return {
        "view": figures.view,
        "statistic": figures.statistic,
        # From too few texts for an interval nothing is stated.
        **_estimate("mean", figures.stated),
        "n_texts": figures.estimate.n_texts,
    }


def _estimate(name: str, estimate: Estimate | None) -> dict[str, float | None]:
    low, high = (estimate and estimate.interval) or (None, None)
    return {name: estimate.mean if estimate else None, "low": low, "high": high}


def _whole_heads(results: Results) -> pd.DataFrame:
    """The heads, with what [CLS] and separators get in each beyond the equal share, and with what
    each does to the prediction."""
    heads, roles = results.heads, results.roles
    rows = pd.MultiIndex.from_frame(heads[["text", "layer"]])
    for role in ("cls", "sep"):
        equal = roles[roles["role"] == role].set_index(["text", "layer"])["expected"]
        even = equal.reindex(rows).to_numpy(np.float64)
        share = heads[f"{role}_share"].to_numpy(np.float64)
        heads = heads.assign(**{f"{role}_excess": excess(share, even).astype(np.float32)})
    effects = results.head_effects.rename(columns={"effect": HEAD_EFFECT})
    return heads.merge(effects, how="left", on=["text", "layer", "head"])


def frame_of(rows: Iterable[Mapping[str, object]], types: Mapping[str, str]) -> pd.DataFrame:
    """A table of `rows` with the columns in `types`, each of its type."""
    return pd.DataFrame(list(rows), columns=list(types)).astype(dict(types))


def _head_means(rows: pd.DataFrame) -> pd.DataFrame:
    """The mean over texts of each head: with all heads of a text its words can be found."""
    figures = [name for name in HEAD_COLUMNS if name not in ("text_id", "head_class")]
    means = rows[figures].groupby(["layer", "head"], as_index=False).mean()
    empty = means.assign(text_id=None, head_class=None)[list(HEAD_COLUMNS)]
    return empty.astype({"text_id": "string", "head_class": "string"})


def _with_ids(results: Results, rows: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """`rows` with the id of the text that each belongs to."""
    ids = results.texts["text_id"].to_numpy()[rows["text"].to_numpy(dtype=np.int64)]
    return rows.assign(text_id=ids)[list(columns)]


def _holds_words(name: str, cells: "pd.Series[Any]") -> bool:
    """Whether a column holds words of texts, of which some may look like figures."""
    if name in _MAY_BE_WORDS:
        return not all(_NUMBER.fullmatch(cell) for cell in cells.dropna())
    return name in _OF_WORDS


def _word(cell: str) -> str:
    is_read = _READ_AS_FIGURE.fullmatch(cell) or cell in _READ_AS_NOTHING
    return f"'{cell}" if is_read else _cell(cell)


def _cell(cell: Any) -> str:
    return _inert(cell) if isinstance(cell, str) else _pairs(cell)


def _pairs(alternatives: Iterable[Mapping[str, Any]]) -> str:
    """The names and probabilities of alternatives, which are null where they are not known."""
    pairs = [
        [alternative["name"], _short(alternative["probability"])] for alternative in alternatives
    ]
    return json.dumps(pairs, ensure_ascii=False)


def _short(value: float | None) -> float | None:
    """The number with as few digits that a float32 holds."""
    return None if value is None else float(str(np.float32(value)))


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_RUNS) and not _NUMBER.fullmatch(cell) else cell
