"""The texts that a page lists first."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings


def listed_first(findings: "Findings") -> tuple[int, ...]:
    """The rows of `texts` that a page lists first, each once: the text that is open first, those
    that deserve a look, and those with the largest errors. Only texts that were analysed are among
    them."""
    picked = findings.picked
    rows = dict.fromkeys((picked.first, *picked.texts, *picked.worst))
    return tuple(row for row in rows if findings.analysed[row])
