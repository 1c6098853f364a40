"""The heads that surely matter for the prediction, or that none is sure to."""

from dataclasses import dataclass

from reportgen.findings import Estimate, Findings
from reportgen.report.charts.cell_tracks import interval_text
from reportgen.report.components import Cell, Table, make_table
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import decimals, in_column
from reportgen.report.language.sentences import scalar_name
from reportgen.results import BY_ID, EFFECT
from reportgen.tasks import has_sign


@dataclass(frozen=True, slots=True)
class HeadsThatMatter:
    """The heads that are named, in a sentence and with their figures."""

    title: str
    sentence: str
    named: Table | None  # None where no head is


def why_no_heads(findings: Findings, language: Language) -> str:
    """Why full evidence has no effects of heads; "" where it has, and where none were asked for."""
    evidence = findings.info.evidence
    is_asked = evidence.level == "full"
    if not is_asked or findings.head_effects is not None:
        return ""
    if findings.results.is_redacted:
        return language.say("heads", "redacted")
    left = "interrupted" if evidence.interrupted else "failed"
    reason = evidence.withheld.get("received_norm_all", left)
    return language.say("heads", "not_measured", reason=language.say("reasons", reason))


def make_heads(findings: Findings, language: Language) -> HeadsThatMatter | None:
    """What single heads do to the prediction; None where that was not measured."""
    effects = findings.head_effects
    if effects is None:
        return None
    title, scalar = language.say("heads", "title"), scalar_name(findings.info, language)
    if effects.largest.interval is None:
        return HeadsThatMatter(title, language.count("heads", "few", effects.n_texts), None)
    if not effects.named:
        return HeadsThatMatter(title, language.say("heads", "none", scalar=scalar), None)
    digits = decimals(effects.largest.mean)

    def figure(estimate: Estimate, with_sign: bool = False) -> Cell:
        ends = interval_text(estimate.interval, digits, language)
        return Cell(in_column(estimate.mean, digits, with_sign), ends)

    has_signs = has_sign(BY_ID[EFFECT], findings.info.evidence.scalar)
    columns = ["head", "size", *(["effect"] if has_signs else [])]
    rows = [
        (
            Cell(f"L{head.layer}H{head.head}"),
            [figure(head.size), *([figure(head.effect, True)] if has_signs else [])],
        )
        for head in effects.named
    ]
    heads = language.listed(f"L{head.layer}H{head.head}" for head in effects.named)
    return HeadsThatMatter(
        title,
        language.count(
            "heads", "named", effects.n_named, heads=heads, scalar=scalar, top=effects.n_top
        ),
        make_table("", [language.say("heads", key) for key in columns], rows),
    )
