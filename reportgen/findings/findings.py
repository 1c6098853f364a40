"""Everything that one results folder says, in numbers and notes: what every output is made of."""

from collections.abc import Mapping
from functools import cached_property

from reportgen.findings.figure_register import Value
from reportgen.findings.figure_values import run_figures
from reportgen.findings.notes.note import Note
from reportgen.findings.notes.rules import corpus_notes, text_notes
from reportgen.findings.overall import Overall


class Findings(Overall):
    """The numbers over all texts, the notes they call for, and the flat figures.

    It holds no words and no markup. Make one for a results folder and hand it to every writer:
    each part is computed when it is first asked for, and kept.
    """

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """What holds for all texts together, in reading order."""
        return corpus_notes(self)

    @cached_property
    def figures(self) -> Mapping[str, Value]:
        """The flat figures by name, in a fixed order; None for what is not defined."""
        return run_figures(self, self.notes)

    def text_notes(self, text: int) -> tuple[Note, ...]:
        """What holds for row `text` of `texts` alone."""
        return text_notes(self, text)
