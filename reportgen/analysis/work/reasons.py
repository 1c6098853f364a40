"""Why measures are missing over all texts, and what the sink tests found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.analysis.work.item import WorkItem
from reportgen.results import EFFECT, Reason, Subject, View

if TYPE_CHECKING:  # merging shards needs no libraries of models
    from reportgen.analysis.evidence.text_evidence import TextEvidence


@dataclass
class SinkResults:
    """What the sink tests found.

    Attributes:
        items: one for each text that was tested, in the order of the texts.
    """

    subjects: tuple[Subject, ...] = ()
    withheld: dict[str, Reason] = field(default_factory=dict)
    items: list[WorkItem] = field(default_factory=list)


def reasons_of(texts: Sequence["TextEvidence"]) -> dict[str, Any]:
    """Why measures are missing in `texts`, with what was measured on them so far, for `Reasons`."""
    explained = [item for item in texts if item.explained is not None]
    left_out = ("deletion", EFFECT)
    found = [item.effects[name] for item in explained for name in left_out if name in item.effects]
    return {
        "missing": [dict(item.missing) for item in explained],
        "measured": sorted({measure for item in explained for measure in item.effects}),
        "is_moved": any(bool(np.nan_to_num(effects).any()) for effects in found),
    }


class Reasons:
    """Collects over all texts why measures are missing."""

    def __init__(self) -> None:
        self._missing: list[Mapping[View, Reason]] = []  # per explained text
        self._measured: set[View] = set()  # measures that at least one text has
        self._is_moved = False  # whether leaving something out ever moved the output

    def add(self, found: Mapping[str, Any]) -> None:
        """Add what `reasons_of` some texts gave."""
        self._missing += found["missing"]
        self._measured.update(found["measured"])
        self._is_moved |= found["is_moved"]

    def withheld(self, measures: Iterable[View], *, is_stopped: bool) -> dict[View, Reason]:
        """Those of `measures` that no text has, or that are 0 in every text, with the reason.

        `is_stopped`: the user interrupted the work before all texts were done.
        """
        found: dict[View, Reason] = {}
        for measure in measures:
            reason = _shared([own.get(measure) for own in self._missing])
            if reason is not None:
                found[measure] = reason
            elif measure not in self._measured:
                found[measure] = "interrupted" if is_stopped else "failed"
        if "deletion" in self._measured and not self._is_moved:
            found["deletion"] = "constant_output"
        return found


def _shared(reasons: Iterable[Reason | None]) -> Reason | None:
    """The first of `reasons` if every text has one; None if some text has none."""
    found = list(reasons)
    return found[0] if found and all(found) else None
