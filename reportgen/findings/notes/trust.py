"""Notes on how far the views agree with what moves the output, and on measures that are not to be
trusted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from reportgen.findings.agreement_verdict import Judgement
from reportgen.findings.evidence import ViewFigures
from reportgen.findings.notes.citations import ABNAR, ALI, HASE, JAIN, NEELY, SERRANO, SUNDARARAJAN
from reportgen.findings.notes.note import Note, Values, explained, figure, plain
from reportgen.findings.notes.thresholds import ROLLOUT_SHARE, certain
from reportgen.findings.statistics import Estimate, Interval, is_reversed
from reportgen.results import (
    COLOURS,
    CONSERVED,
    CP_LRP_HOLDS,
    MASK_OFFSET,
    MIN_TEXTS,
    MIN_UNITS,
    USER_PREFIX,
    VIEWS,
    View,
)

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings


def trust_notes(findings: "Findings") -> list[Note]:
    """N13 on agreement, then N12, N13c, N13d, N14 and N14b on single measures."""
    if findings.info.evidence.level == "none" or findings.is_constant:
        return []
    output = explained(findings.info)
    row = next((role.token for role in findings.info.roles if role.key == "cls"), "")
    ranked = RankedViews(
        findings.agreement_by_size,
        findings.agreement_with_sign,
        findings.has_joint,
        findings.judgements,
    )
    agreement = agreement_notes(ranked, row, output, findings.info.model.is_causal)
    if not agreement and findings.results.effects["deletion"].notna().any():
        spearman = (item for item in findings.agreement if item.statistic == "spearman")
        n_ranked = max((figures.estimate.n_texts for figures in spearman), default=0)
        limits = {"n_ranked": n_ranked, "min_texts": MIN_TEXTS, "min_units": MIN_UNITS}
        agreement = [plain("N13-few", {**limits, **output}, JAIN, kind="banner")]
    rest = [
        rollout_note(findings.rollout_share, ranked.by_size.get("rollout"), ranked.has_joint),
        offset_note(findings.mask_offset, output),
        deletion_offset_note(findings.deletion_offset, output),
        incomplete_note(findings),
        unconserved_note(findings),
    ]
    return [*agreement, *(note for note in rest if note is not None)]


@dataclass(frozen=True, slots=True)
class RankedViews:
    """The rank correlations of views with the yardstick, each over enough texts for an interval."""

    by_size: Mapping[View, ViewFigures]  # of sizes with the size of effects
    with_sign: Mapping[View, ViewFigures]  # of views with a sign with effects as they are
    has_joint: bool = True  # units that say the same were looked for
    judgements: Mapping[View, Judgement] = field(default_factory=dict)  # beyond the baselines


def agreement_notes(ranked: RankedViews, row: str, output: Values, is_causal: bool) -> list[Note]:
    """N13 for each of the views that the page shows, beside the ceiling and the best baseline.

    All are compared by size; beside that, those with a sign also with it, and with the ceiling of
    that comparison.

    Args:
        ranked: the figures.
        row: the token whose row is the [CLS] row, "" for a last token.
        is_causal: whether attention received was ranked as a multiple of its even-spread value.
    """
    notes: list[Note] = []
    # The measures that the page has colours for, the one it shows first in front.
    known = {**ranked.by_size, **ranked.with_sign}
    shown = [view for view in VIEWS if view in COLOURS and view in known]
    shown += [view for view in known if view.startswith(USER_PREFIX)]
    joint = "-joint" if ranked.has_joint else ""
    received = [view for view in shown if view.startswith("received")]
    for view in shown:
        is_size = view in ranked.by_size
        figures = ranked.by_size if is_size else ranked.with_sign
        view_figures, ceiling = figures[view], figures.get("mask")
        judged = ranked.judgements.get(view) if is_size else None
        signed = ranked.with_sign.get(view) if is_size else None
        top = ranked.with_sign.get("mask") if signed else None
        values = {
            "n_texts": view_figures.estimate.n_texts,
            "view": view,
            "row": row,
            "effect": f"effect_{'size' if is_size else 'signed'}{joint.replace('-', '_')}",
            **figure("agreement", view_figures.estimate),
            **figure("ceiling", ceiling.estimate if ceiling else None),
            **_against(judged),
            **figure("signed", signed.estimate if signed else None),
            **figure("signed_ceiling", top.estimate if top else None),
            **output,
        }
        first = "" if notes else "-first"  # the first note explains its terms
        ends = view_figures.estimate.interval
        also = (
            _against_nothing(ends, judged),
            None if notes else f"N13-explained{joint}",
            "N13-even" if is_causal and view in received[:1] else None,
            f"N13-ceiling{first}{'' if is_size else '-signed'}" if ceiling else None,
            _against_baselines(judged),
            f"N13-signed{'-ceiling' if top else ''}" if signed else None,
        )
        notes.append(plain("N13", values, JAIN, SERRANO, NEELY, kind="agreement", also=also))
    return notes


def _against_nothing(ends: Interval | None, judged: Judgement | None) -> str | None:
    """N13-zero where the order may be unrelated, N13-opposite where it is reversed; N13-together
    where it may be unrelated because it is one of several."""
    if ends is not None and ends.low <= 0:
        return "N13-opposite" if is_reversed(ends) else "N13-zero"
    is_doubtful = judged is not None and (judged.agreement.low or 0.0) <= 0
    return "N13-together" if is_doubtful else None


def _against(judged: Judgement | None) -> Values:
    """The baseline that a view is told beside, and how far it is from that."""
    if judged is None or judged.baseline is None or judged.over is None:
        return {}
    base = judged.agreement.mean - judged.over.mean
    return {"baseline": judged.baseline, "base": base, **figure("over_baseline", judged.over)}


def _against_baselines(judged: Judgement | None) -> str | None:
    """Whether a view is surely better than all baselines, surely worse than one, or neither."""
    if judged is None or judged.over is None or judged.over.interval is None:
        return None
    low, high = judged.over.interval
    return "N13-better" if low > 0 else "N13-worse" if high < 0 else "N13b"


def rollout_note(
    share: Estimate | None, agreement: ViewFigures | None, has_joint: bool = True
) -> Note | None:
    """N12: special tokens get most of rollout, or rollout does not show agreement with effects.

    None where rollout was measured in too few texts for an interval.
    """
    if share is None or share.interval is None:
        return None
    values = {
        "n_texts": share.n_texts,
        **figure("rollout_share", share),
        **figure("rollout_agreement", agreement.estimate if agreement else None),
        **({"n_compared": agreement.estimate.n_texts} if agreement else {}),
        "rollout_limit": ROLLOUT_SHARE,
    }
    ends = agreement.estimate.interval if agreement else None
    is_unrelated = ends is not None and ends.low <= 0 <= ends.high
    most = certain(lambda value: value > ROLLOUT_SHARE, share.interval)
    key = f"N12-agreement{'-joint' if has_joint else ''}"
    also = (key if agreement else None,)
    if most or is_unrelated:
        return plain("N12" if most else "N12-unrelated", values, ABNAR, kind="trust", also=also)
    return plain("N12-unclear", values, ABNAR, kind="trust") if most is None else None


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
