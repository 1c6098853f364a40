"""Everything that changed from one model to another, in numbers and notes."""

from collections.abc import Mapping
from functools import cached_property

from reportgen.comparison.differences import Differences
from reportgen.comparison.figures import comparison_figures
from reportgen.comparison.notes import change_notes
from reportgen.findings.figure_register import Value
from reportgen.findings.findings import Findings
from reportgen.findings.notes.note import Note


class Comparison(Differences):
    """What differs between two models, the notes it calls for, and the flat figures.

    Make one with `compare` and hand it to every writer: each part is computed when it is first
    asked for, and kept.
    """

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """What changed, in reading order."""
        return tuple(change_notes(self))

    @cached_property
    def figures(self) -> Mapping[str, Value]:
        """The flat figures by name, in a fixed order; None for what cannot be compared."""
        return comparison_figures(self)


def compare(base: Findings, head: Findings) -> Comparison:
    """Compare two models on the same texts; texts are read one at a time.

    Raises:
        ComparisonError: the results are not of the same texts in the same order.
    """
    comparison = Comparison(base, head)
    _ = comparison.pairing  # fails here, not later, if they cannot be compared
    return comparison
