"""Which rows of the last layer the output reads, and which unit's row that is."""

from reportgen.findings.findings import Findings
from reportgen.report.panel.coloured.measures import TextEffects
from reportgen.results.units import TextUnits


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
