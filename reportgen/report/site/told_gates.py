"""How a list of runs tells of gates that were not passed: what is allowed once, what was found in
each row."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from reportgen.findings import Operator
from reportgen.report.language.language import Language
from reportgen.report.sections.run import allowed_words
from reportgen.report.site.site_json import Entry

# As `site_json` keeps them: what was written, and the value that was found in brackets.
_KEPT = re.compile(
    r"(?P<figure>\S+?)\s*(?P<operator>[<>]=?|[=!]=)\s*(?P<limit>.+) \((?P<found>.+)\)"
)


@dataclass(frozen=True, slots=True)
class ToldGate:
    """A gate that a run did not pass."""

    figure: str
    found: str
    allowed: str  # in words


def told_gate(kept: str, language: Language) -> ToldGate:
    """The gate that a site keeps as `kept`."""
    match = _KEPT.fullmatch(kept)
    if match is None:  # as a later version may write it
        return ToldGate(kept, "", "")
    operator = cast("Operator", match["operator"])
    allowed = allowed_words(operator, match["limit"].strip(), language)
    return ToldGate(match["figure"], match["found"], allowed)


@dataclass(frozen=True, slots=True)
class GateLimits:
    """What the gates of all runs allow, by figure."""

    by_figure: Mapping[str, frozenset[str]]

    def note(self, language: Language) -> str:
        """What is allowed wherever it is the same; "" where nothing is to be said."""
        same = [
            f"{figure} {next(iter(of))}"
            for figure, of in self.by_figure.items()
            if self.is_one(figure)
        ]
        return language.say("site", "allowed_note", gates=language.listed(same)) if same else ""

    def is_one(self, figure: str) -> bool:
        """Whether the same is allowed in all runs."""
        return len(self.by_figure.get(figure, ())) == 1 and "" not in self.by_figure[figure]

    def in_row(self, gate: ToldGate, language: Language) -> str:
        """A gate in a row: what was found, and what is allowed where that is not said for all."""
        if self.is_one(gate.figure):
            return f"{gate.figure} {gate.found}"
        return in_full(gate, language)


def in_full(gate: ToldGate, language: Language) -> str:
    """What was found, and what is allowed."""
    if not gate.allowed:
        return gate.figure
    return language.say("gates", "told", figure=gate.figure, found=gate.found, allowed=gate.allowed)


def limits_of(entries: Iterable[Entry], language: Language) -> GateLimits:
    """What the gates of `entries` allow, as far as one was not passed."""
    allowed: dict[str, set[str]] = {}
    for entry in entries:
        for kept in (*entry.failed, *entry.warned):
            gate = told_gate(kept, language)
            allowed.setdefault(gate.figure, set()).add(gate.allowed)
    return GateLimits({figure: frozenset(of) for figure, of in allowed.items()})
