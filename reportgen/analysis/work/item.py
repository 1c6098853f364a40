"""An item of work: what is measured at one go, what a worker is given of it, and what came of it.

What is not done yet is what has no result. So an analysis that ended early can go on, and several
processes or machines can share one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pandas as pd
import pyarrow as pa

from reportgen.analysis.work.tally import MapQuota
from reportgen.texts import TextInput

if TYPE_CHECKING:
    from reportgen.models import EncodedText

# attention of a window of texts; evidence on some of its texts in the sample; the same on texts
# beside the sample; edits of texts of the sample, or of those beside it; sink tests of one text;
# effects of its heads; what is the same with shuffled weights.
WorkKind: TypeAlias = Literal[
    "attention", "evidence", "extra", "edits", "extra_edits", "sinks", "heads", "shuffled"
]


@dataclass(frozen=True, slots=True)
class WorkItem:
    """What is measured at one go."""

    kind: WorkKind
    rows: Sequence[int]  # a range or a tuple: of the table of texts, in input order; at least one

    @property
    def is_of_edits(self) -> bool:
        """Whether edits are tried on its texts."""
        return self.kind in ("edits", "extra_edits")

    def with_edits(self) -> "WorkItem":
        """The item of the edits of the texts of this item of evidence."""
        return WorkItem("extra_edits" if self.kind == "extra" else "edits", self.rows)

    @property
    def name(self) -> str:
        """The name of the file of its result."""
        return f"{self.kind}-{self.rows[0]:09}.zip"


@dataclass(frozen=True, slots=True, eq=False)
class WorkResult:
    """What was measured of an item."""

    tables: Mapping[str, pa.Table]  # rows of the results tables
    facts: Mapping[str, Any] = field(default_factory=dict)  # beside the tables; JSON can hold them
    maps: bytes = b""  # packed attention maps, one text after another


@dataclass(frozen=True, slots=True)
class Window:
    """Neighbouring texts whose attention is measured together, tokenised."""

    first: int  # row of the first of them
    sources: Sequence[TextInput]
    encoded: Sequence["EncodedText"]
    faults: Mapping[int, str]  # by index, error messages of texts that the tokenizer failed on
    writing_error: str | None = None  # the first of --generate

    @property
    def analysed(self) -> list[int]:
        """The indices of the texts that are run."""
        # Some tokenizers have tokens for spaces, but a blank text counts as empty.
        return [
            i
            for i, text in enumerate(self.encoded)
            if text.n_content and not self.sources[i].is_blank
        ]


@dataclass(frozen=True, slots=True)
class AttentionInput:
    """A window of texts whose attention is to be measured."""

    item: WorkItem
    kept: MapQuota  # the texts before it that keep their maps
    # Its texts, where they were tokenised already. Another process does that faster than it is sent
    # them.
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class EvidenceInput:
    """Texts whose evidence is to be measured."""

    item: WorkItem
    sources: Sequence[TextInput]  # with what the model added to them
    # By row of the table of texts, its rows of the table of tokens.
    tokens: Mapping[int, pd.DataFrame] = field(default_factory=dict)


WorkInput: TypeAlias = AttentionInput | EvidenceInput


@dataclass(frozen=True, slots=True)
class Measured:
    """What a worker measured of an item."""

    item: WorkItem
    result: WorkResult
    is_stopped: bool = False  # the user interrupted it, so that it is not whole
    halved: int | None = None  # see `Worker`
