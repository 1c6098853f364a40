"""An item of work: what is measured at one go, and what came of it.

What is not done yet is what has no result. So an analysis that ended early can go on, and several
processes or machines can share one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import pyarrow as pa

# attention of a window of texts; evidence on some of its texts in the sample; the same on texts
# beside the sample; sink tests of one text; what is the same with shuffled weights.
WorkKind: TypeAlias = Literal["attention", "evidence", "extra", "sinks", "shuffled"]


@dataclass(frozen=True, slots=True)
class WorkItem:
    """What is measured at one go."""

    kind: WorkKind
    rows: Sequence[int]  # a range or a tuple: of the table of texts, in input order; at least one

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
