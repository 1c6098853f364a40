"""How widely attention is spread, how much a block mixes tokens, which rows the output reads, and
how long texts are."""

from collections.abc import Mapping
from dataclasses import replace
from math import isnan
from typing import TYPE_CHECKING

from reportgen.findings.notes.citations import BRUNNER, CLARK, KOBAYASHI_2021
from reportgen.findings.notes.note import Note, about, explained, figure, plain
from reportgen.results import MIN_CONTENT, Subject

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings


def mixing_notes(findings: "Findings") -> list[Note]:
    """N19: how much of what an attention block puts out comes from other tokens."""
    estimate = findings.mixing
    if estimate is None:
        return []
    id = "N19-few" if estimate.interval is None else "N19"
    values = {"n_texts": estimate.n_texts, **figure("mixing", estimate)}
    return [plain(id, values, KOBAYASHI_2021)]


def spread_notes(findings: "Findings") -> list[Note]:
    """N15 over all texts, with how it is computed; the notes of each text do not repeat that."""
    columns = ["n_tokens", "effective_tokens", "n_content", "effective_content"]
    texts = findings.texts[columns][findings.takes_part]
    if texts.empty:
        return []
    if texts["effective_content"].notna().any():
        texts = texts[texts["effective_content"].notna()]
    means = {name: float(texts[name].mean()) for name in columns}
    return [replace(_spread_note(findings, {"n_texts": len(texts), **means}), also=("N15-method",))]


def length_notes(findings: "Findings") -> list[Note]:
    """N16 and N17: how many texts are too short for a verdict, or longer than the head size."""
    sizes = findings.texts["n_tokens"][findings.analysed]
    n_analysed = len(sizes)
    n_short = int((findings.texts["n_content"][findings.analysed] < MIN_CONTENT).sum())
    head_size = findings.info.model.head_size
    n_long = int((sizes > head_size).sum())
    notes: list[Note] = []
    if n_short:
        short = {"n_short": n_short, "n_analysed": n_analysed, "min_content": MIN_CONTENT}
        notes.append(plain("N16", short))
    if n_long:
        long = {"n_long": n_long, "n_analysed": n_analysed, "head_size": head_size}
        notes.append(plain("N17", long, BRUNNER))
    return notes


def text_spread_notes(findings: "Findings", text: int) -> list[Note]:
    """N15 to N17 for row `text` of `texts`, which was analysed."""
    row = findings.results.text_row(text)
    n_tokens, n_content = int(row["n_tokens"]), int(row["n_content"])
    head_size = findings.info.model.head_size
    notes: list[Note] = []
    if not n_content:
        notes.append(plain("N16-empty", {}))
    elif n_content < MIN_CONTENT:
        notes.append(plain("N16-text", {"n_content": n_content, "min_content": MIN_CONTENT}))
    else:
        effective = {name: float(row[name]) for name in ("effective_tokens", "effective_content")}
        counts = {"n_tokens": n_tokens, "n_content": n_content}
        notes.append(_spread_note(findings, counts | effective))
    if n_tokens > head_size:
        notes.append(plain("N17-text", {"n_tokens": n_tokens, "head_size": head_size}, BRUNNER))
    return notes


def live_rows_note(findings: "Findings") -> Note | None:
    """N9: how many rows of the last layer the output can depend on; exact, so without interval.

    None where it was not measured. Its id is N9-all where the output can depend on every row.
    """
    live = findings.live_rows
    if live is None:
        return None
    values = {
        "n_texts": live.n_texts,
        "n_live": _mean(live.n_live, live.n_texts),
        "n_rows": _mean(live.n_rows, live.n_texts),
        **explained(findings.info),
    }
    if live.are_all:
        return plain("N9-all", values)
    also = ("N9-earlier",) if findings.info.model.n_layers > 1 else ()
    cls = next((role for role in findings.info.roles if role.key == "cls"), None)
    if live.reads_cls_only and cls is not None:
        return about(Subject(cls.key, cls.token, "role"), "N9-cls", values, also=also)
    return plain("N9", values, also=also)


def _spread_note(findings: "Findings", values: Mapping[str, float]) -> Note:
    """N15; without the part on text tokens if that says the same or is not defined."""
    if findings.info.roles and not isnan(values["effective_content"]):
        return plain("N15", values, CLARK)
    kept = {key: value for key, value in values.items() if not key.endswith("content")}
    return plain("N15-tokens", kept, CLARK)


def _mean(total: int, n_texts: int) -> float | int:
    """A mean, as an integer if it is one."""
    return total / n_texts if total % n_texts else total // n_texts
