"""Notes on measures that are not to be trusted."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from reportgen.findings.notes.citations import ALI, HASE, JAIN, SUNDARARAJAN
from reportgen.findings.notes.note import Note, Values, explained, figure, plain
from reportgen.findings.notes.thresholds import certain
from reportgen.findings.statistics import Estimate
from reportgen.results import (
    COLOURS,
    CONSERVED,
    CP_LRP_HOLDS,
    MASK_OFFSET,
    MIN_TEXTS,
    MIN_UNITS,
    USER_PREFIX,
)

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings


def trust_notes(findings: "Findings") -> list[Note]:
    """N13-few where agreement has no figures, then notes on single measures."""
    if findings.info.evidence.level == "none" or findings.is_constant:
        return []
    output = explained(findings.info)
    known = {*findings.agreement_by_size, *findings.agreement_with_sign}
    has_shown = any(view in COLOURS or view.startswith(USER_PREFIX) for view in known)
    few = None
    if not has_shown and findings.results.effects["deletion"].notna().any():
        spearman = (item for item in findings.agreement if item.statistic == "spearman")
        n_ranked = max((figures.estimate.n_texts for figures in spearman), default=0)
        limits = {"n_ranked": n_ranked, "min_texts": MIN_TEXTS, "min_units": MIN_UNITS}
        few = plain("N13-few", {**limits, **output}, JAIN, kind="banner")
    notes = [
        few,
        offset_note(findings.mask_offset, output),
        deletion_offset_note(findings.deletion_offset, output),
        incomplete_note(findings),
        unconserved_note(findings),
    ]
    return [note for note in notes if note is not None]


def offset_note(offset: Estimate | None, output: Values) -> Note | None:
    """N13c: putting [MASK] in any token's place moves the output the same way."""
    if offset is None or offset.interval is None:
        return None
    large = certain(lambda value: value > MASK_OFFSET, offset.interval)
    if large is False:
        return None
    values = {"n_texts": offset.n_texts, **figure("offset", offset), "mask_limit": MASK_OFFSET}
    return plain("N13c" if large else "N13c-unclear", {**values, **output}, HASE, kind="trust")


def deletion_offset_note(offset: Estimate | None, output: Values) -> Note | None:
    """N13d: leaving any token out moves the output the same way."""
    if offset is None or offset.interval is None:
        return None
    if not certain(lambda value: value > MASK_OFFSET, offset.interval):
        return None
    values = {"n_texts": offset.n_texts, **figure("offset", offset), "mask_limit": MASK_OFFSET}
    return plain("N13d", {**values, **output}, HASE, kind="trust")


def incomplete_note(findings: "Findings") -> Note | None:
    """N14: how many texts have integrated gradients that do not add up."""
    rows = findings.results.evidence[findings.results.evidence["ig_complete"].notna()]
    failed = rows[~rows["ig_complete"].astype(bool)]
    if failed.empty:
        return None
    counts = {"n_incomplete": len(failed), "n_attributed": len(rows)}
    return _incomplete("N14", failed["ig_error"].max(), failed["ig_steps"].max(), counts, findings)


def incomplete_text_note(findings: "Findings", row: Mapping[str, Any]) -> Note | None:
    """N14 for one text; `row` is its row of `evidence`."""
    holds = row["ig_complete"]
    failed = not pd.isna(holds) and not holds
    return (
        _incomplete("N14-text", row["ig_error"], row["ig_steps"], {}, findings) if failed else None
    )


def _incomplete(
    id: str, error: float, n_steps: int, counts: Mapping[str, int], findings: "Findings"
) -> Note:
    """`error` and `n_steps` are the largest; the error may be missing."""
    known = {} if pd.isna(error) else {"ig_error": float(error)}
    steps = {"ig_steps": int(n_steps)}
    values: Values = {**counts, **steps, **known, **explained(findings.info)}
    also = (f"{id}-error" if known else None,)
    return plain(id, values, SUNDARARAJAN, kind="trust", also=also)


def unconserved_note(findings: "Findings") -> Note | None:
    """N14b: how many texts have no shares of CP-LRP, because these do not add up; None where no
    text has any, which is told as missing."""
    if "cp_lrp" in findings.info.evidence.withheld:
        return None
    rows = findings.results.evidence[findings.results.evidence[CP_LRP_HOLDS].notna()]
    failed = rows[~rows[CP_LRP_HOLDS].astype(bool)]
    if failed.empty:
        return None
    counts = {"n_incomplete": len(failed), "n_attributed": len(rows), "conserved": CONSERVED}
    return plain("N14b", {**counts, **explained(findings.info)}, ALI, kind="trust")


def unconserved_text_note(findings: "Findings", row: Mapping[str, Any]) -> Note | None:
    """N14b for one text; `row` is its row of `evidence`."""
    holds = row[CP_LRP_HOLDS]
    if "cp_lrp" in findings.info.evidence.withheld or pd.isna(holds) or holds:
        return None
    return plain(
        "N14b-text", {"conserved": CONSERVED, **explained(findings.info)}, ALI, kind="trust"
    )
