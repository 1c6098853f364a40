"""Splits an analysis into items, based only on its input: every process that takes part knows all
items, whichever it does itself."""

from array import array
from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from reportgen.analysis.work.item import WorkItem
from reportgen.texts import TextSet

Item = TypeVar("Item")
# Texts whose batches are planned together: enough to find texts of the same length, few enough that
# memory does not grow with the number of texts.
WINDOW = 128
# Texts whose evidence is measured together: few enough that an interrupt loses little.
CHUNK = 8


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Split `items` into parts of `size`, the last of which may be smaller."""
    return (items[start : start + size] for start in range(0, len(items), size))


def candidates_in(texts: TextSet) -> Sequence[int]:
    """The rows of texts that can get evidence."""
    return array("q", (row for row, text in enumerate(texts.texts) if not text.is_blank))


def choose(candidates: Sequence[int], asked: str) -> tuple[int, ...]:
    """The `candidates` that get evidence: all of them ("all"), or a number, evenly spaced and in
    input order."""
    n = len(candidates) if asked == "all" else min(int(asked), len(candidates))
    return tuple(candidates[(i * len(candidates)) // n] for i in range(n))


class Plan:
    """The items of an analysis of `n_texts` texts.

    Attributes:
        windows: the items that measure attention, in input order.
    """

    def __init__(self, n_texts: int, sample: Sequence[int]) -> None:
        """`sample`: the rows that are to get evidence."""
        self.windows = tuple(WorkItem("attention", rows) for rows in chunks(range(n_texts), WINDOW))
        self._sample = frozenset(sample)

    def evidence(self, window: WorkItem, analysed: Collection[int]) -> tuple[WorkItem, ...]:
        """The items of evidence on the sample in a `window`, of which the texts `analysed` have
        figures.

        A text of the sample that has none leaves its place to the next one that is in no sample,
        else to the one before.
        """
        chosen = sorted(self._sample.intersection(window.rows))
        free = [row for row in window.rows if row in analysed and row not in self._sample]
        sample = []
        for row in chosen:
            if row not in analysed:
                if not free:
                    continue
                row = free.pop(next((i for i, other in enumerate(free) if other > row), -1))
            sample.append(row)
        return tuple(WorkItem("evidence", tuple(rows)) for rows in chunks(sorted(sample), CHUNK))

    def window_of(self, row: int) -> WorkItem:
        """The window that the text `row` is in."""
        return self.windows[row // WINDOW]


def extra_items(rows: Sequence[int]) -> Iterator[WorkItem]:
    """The items of evidence on texts beside the sample."""
    return (WorkItem("extra", tuple(some)) for some in chunks(sorted(rows), CHUNK))
