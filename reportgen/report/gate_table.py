"""The gates as a table of a report: what was asked, what was found, whether it passed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from reportgen.gates import GateResult, errors_first, found_text
from reportgen.report.language import Language

State: TypeAlias = Literal["failed", "warning", "passed"]


@dataclass(frozen=True, slots=True)
class GateRow:
    """One gate in words; the writers escape them."""

    state: State
    result: str  # the state in words
    condition: str  # when it fails or warns
    found: str


def gate_rows(results: Sequence[GateResult], language: Language) -> tuple[GateRow, ...]:
    """A row a gate, errors first; the columns are `gates.result`, `condition` and `found` of the
    strings."""
    return tuple(_row(result, language) for result in errors_first(results))


def _row(result: GateResult, language: Language) -> GateRow:
    gate = result.gate
    state: State = "passed" if result.passed else "failed" if gate.level == "fail" else "warning"
    return GateRow(
        state=state,
        result=language.say("gates", state),
        condition=language.say("gates", f"{gate.level}_if", expression=gate.expression),
        found=language.say("gates", "not_measured")
        if result.found is None
        else found_text(result.found),
    )
