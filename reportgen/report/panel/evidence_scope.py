"""Describes the evidence: on which texts, about which figure, what is missing, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.findings import MEASURES, Findings, largest_changes, live_rows_note
from reportgen.report.language.language import Language
from reportgen.report.language.sentences import beside, measure_names, scalar_name
from reportgen.report.panel.unit_measures import TextEffects, cls_name
from reportgen.results import COLOURS, Evidence, Reason, TextUnits


@dataclass(frozen=True, slots=True)
class Scope:
    """Sentences about the evidence on all texts; each is "" if it does not apply."""

    off: str  # evidence was switched off
    stopped: str  # the user stopped it, and what is missing because of that
    explained: str  # the figure of the output that is explained
    texts: str  # the number of texts with evidence
    withheld: tuple[tuple[str, str], ...]  # names of missing measures, and the reason
    colours: str  # measures that are missing among the colours
    live: str  # how few rows of the last layer the output reads; "" if all, or unknown
    spread: float | None = None  # range of the explained figure
    largest: float = 0.0  # the largest change of it, in all texts


def make_scope(findings: Findings, language: Language) -> Scope:
    """The scope of the evidence in the results."""
    evidence = findings.info.evidence
    if evidence.level == "none":
        return Scope(language.say("evidence", "off"), "", "", "", (), "", "")
    total, changes = int(findings.analysed.sum()), largest_changes(findings.results)
    return Scope(
        off="",
        stopped=_stopped(findings, language) if evidence.interrupted else "",
        explained=language.say(
            "evidence", "explained", scalar=scalar_name(findings.info, language)
        ),
        texts=_texts(evidence, total, language),
        withheld=_withheld(findings, language),
        colours=_colours(findings, language),
        live=_live(findings, language),
        spread=findings.explained_range,
        largest=float(changes.max()) if len(changes) else 0.0,
    )


def _texts(evidence: Evidence, total: int, language: Language) -> str:
    """How many of the `total` analysed texts have evidence, and which."""
    counts = {"n": evidence.n_texts, "total": total}
    if evidence.n_texts == total:
        return language.say("evidence", "texts_all", **counts)
    kind = "stopped" if evidence.interrupted else "some"
    sentences = [language.say("evidence", f"texts_{kind}", **counts)]
    if evidence.n_extra:
        sentences.append(language.say("evidence", "texts_extra", n=evidence.n_extra))
    if "received_norm_all" not in evidence.withheld:
        sentences.append(language.say("evidence", "norms_all"))
    return language.sentences(sentences)


def _live(findings: Findings, language: Language) -> str:
    note = live_rows_note(findings)
    rows = findings.live_rows
    return "" if note is None or rows is None or rows.are_all else beside(note, language)


def _stopped(findings: Findings, language: Language) -> str:
    cut = [id for id, why in findings.info.evidence.withheld.items() if why == "interrupted"]
    if not cut:
        return language.say("evidence", "stopped")
    names = _names(cut, findings, language)
    return language.say("evidence", "stopped_missing", names=names)


def _withheld(findings: Findings, language: Language) -> tuple[tuple[str, str], ...]:
    """Missing measures by reason, in the order in which the reasons first appear."""
    by_reason: dict[Reason, list[str]] = {}
    for id, reason in findings.info.evidence.withheld.items():
        by_reason.setdefault(reason, []).append(id)
    return tuple(
        (_names(ids, findings, language), language.say("reasons", reason))
        for reason, ids in by_reason.items()
    )


def _colours(findings: Findings, language: Language) -> str:
    missing = [id for id in findings.info.evidence.withheld if id in COLOURS]
    if not missing:
        return ""
    return language.say("strip", "withheld", names=_names(missing, findings, language))


def _names(ids: Sequence[str], findings: Findings, language: Language) -> str:
    """The names of measures and tests, in the order in which they are always listed."""
    row = cls_name(findings.info, language) or ""
    ordered = [measure for measure in MEASURES if measure in ids]
    return measure_names(ordered, language, row)


def row_read_alone(findings: Findings, units: TextUnits, effects: TextEffects | None) -> int | None:
    """The unit whose row of the last layer the output reads alone: in this text, or else in all
    that have evidence; None where it reads several, or that is not known."""
    if units.cls_token is None:
        return None
    rows = findings.live_rows
    is_alone = (
        rows is not None and rows.reads_cls_only
        if effects is None or effects.live_rows is None
        else effects.reads_cls_only and effects.live_rows == 1
    )
    return units.unit_of[units.cls_token] if is_alone else None
