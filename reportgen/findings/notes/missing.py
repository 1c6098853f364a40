"""Notes on what was not measured, and why: because of the model, of some texts, or of one text."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reportgen.findings.notes.note import Note, Values, explained, plain
from reportgen.findings.notes.trust import incomplete_text_note, unconserved_text_note
from reportgen.findings.repeated_texts import READ, n_different
from reportgen.results import (
    CHANGES,
    EFFECT,
    EXTRA,
    MIN_CONTENT,
    MIN_TEXTS,
    MIN_UNITS,
    SINK_TESTS,
    VIEWS,
    Reason,
)

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings

_HAVE_OWN_NOTE: tuple[Reason, ...] = ("interrupted", "constant_output")
# All that may be missing, in the order in which it is listed everywhere. The effect is missing
# where the change without a unit is.
MEASURES = (*(view for view in CHANGES if view != EFFECT), *VIEWS, *SINK_TESTS)


def constant_notes(findings: "Findings") -> list[Note]:
    """A note if nothing moves the output."""
    if findings.info.evidence.level == "none" or not findings.is_constant:
        return []
    return [plain("constant", explained(findings.info), kind="trust")]


def copies_notes(findings: "Findings") -> list[Note]:
    """A note if some texts are copies: intervals are then narrower than they should be.

    None where texts are redacted, since dots do not tell which are the same.
    """
    if findings.results.is_redacted:
        return []
    texts = findings.texts[list(READ)][findings.analysed]
    different = n_different(texts)
    if different == len(texts):
        return []
    id = "copies" if different >= MIN_TEXTS else "copies-few"
    values = {
        "n_copies": len(texts) - different,
        "n_different": different,
        "n_analysed": len(texts),
        "min_texts": MIN_TEXTS,
    }
    return [plain(id, values)]


def missing_notes(findings: "Findings") -> list[Note]:
    """Notes on what was not measured: because of the model, an interruption, or the texts."""
    evidence = findings.info.evidence
    if evidence.level == "none":
        return []
    output = explained(findings.info)
    by_reason: dict[Reason, list[str]] = {}
    for measure in (measure for measure in MEASURES if measure in evidence.withheld):
        by_reason.setdefault(evidence.withheld[measure], []).append(measure)
    notes = [
        plain("withheld", {"measures": "\n".join(measures), "reason": reason}, kind="banner")
        for reason, measures in by_reason.items()
        if reason not in _HAVE_OWN_NOTE
    ]
    if evidence.interrupted:
        notes.append(plain("interrupted", {}, kind="banner"))
    n_analysed = int(findings.analysed.sum())
    if evidence.n_texts < n_analysed:
        counts = {"n_chosen": evidence.n_texts, "n_analysed": n_analysed}
        values: Values = {**counts, **output}
        if evidence.interrupted:
            notes.append(plain("evidence-stopped", values))
        else:
            values = {**values, "n_extra": evidence.n_extra}
            also = "evidence-extra" if evidence.n_extra else None
            notes.append(plain("evidence-some", values, kind="trust", also=(also,)))
    n_flawed = int(findings.results.evidence["message"].ne("").sum())
    if n_flawed:
        counts = {"n_flawed": n_flawed, "n_chosen": len(findings.results.evidence)}
        notes.append(plain("evidence-flawed", counts, kind="trust"))
    return notes


def missing_text_notes(findings: "Findings", text: int) -> list[Note]:
    """Notes on what was not measured, or not well, on row `text` of `texts`, an analysed text."""
    evidence = findings.info.evidence
    if evidence.level == "none":
        return []
    output = explained(findings.info)
    notes = [_unproven(findings, text)]
    row = findings.results.evidence_row(text)
    if row is None:
        also = None if evidence.interrupted else "evidence-choice"
        counts = {"n_chosen": evidence.n_texts}
        notes.append(plain("evidence-none-text", {**counts, **output}, also=(also,)))
        return [note for note in notes if note is not None]
    if not pd.isna(row[EXTRA]) and row[EXTRA]:
        notes.append(plain("evidence-extra-text", {}))
    notes += [incomplete_text_note(findings, row), unconserved_text_note(findings, row)]
    message = str(row["message"])
    if message:
        notes.append(plain("evidence-flawed-text", {"message": message.rstrip(".。")}))
    effects = findings.results.effects_of(text)
    changes = np.empty(0) if effects is None else effects[EFFECT].to_numpy(np.float64)
    known = changes[~np.isnan(changes)]
    if len(known):
        if not known.any() and not findings.is_constant:
            notes.append(plain("constant-text", output))
        notes.append(_few_units(findings, text, row))
    return [note for note in notes if note is not None]


def _unproven(findings: "Findings", text: int) -> Note | None:
    """A note if the self-check of the value vectors failed on this text but not on all."""
    if "received_norm_all" in findings.info.evidence.withheld:
        return None
    return plain("norms-text", {}) if text in findings.without_norms else None


def _few_units(findings: "Findings", text: int, row: Mapping[str, Any]) -> Note | None:
    """A note if the text has too few display units to rank and no other note says it is short."""
    if findings.texts["n_content"].iloc[text] < MIN_CONTENT:
        return None
    n_units, n_rows = int(findings.n_units[text]), row["n_rows"]
    if not pd.isna(n_rows) and int(n_rows) < int(findings.texts["n_tokens"].iloc[text]):
        # Version 0.1 explained the last token of a causal model, which was not run itself.
        tokens = findings.results.tokens_of(text, "is_special", "unit").iloc[: int(n_rows)]
        n_units = tokens.loc[~tokens["is_special"].astype(bool), "unit"].nunique()
    if n_units >= MIN_UNITS:
        return None
    return plain("units-text", {"n_units": n_units, "min_units": MIN_UNITS})
