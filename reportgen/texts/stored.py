"""A sequence of many texts that takes little memory: the texts are in a file without a name."""

import pickle
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from tempfile import SpooledTemporaryFile
from typing import Any, Generic, TypeVar, overload

Item = TypeVar("Item")
FEW = 5_000  # items that are kept in memory as they are
_TOGETHER = 128
_IN_MEMORY = 2_000_000  # bytes; more lie on the disk


def kept(
    items: Iterable[Item],
    taken_apart: Callable[[Item], tuple[Any, ...]],
    made: Callable[..., Item],
) -> Sequence[Item]:
    """The `items` as a sequence: a tuple if they are few.

    `taken_apart` gives what pickle can write of an item, and `made` makes the item of that again.
    """
    rest = iter(items)
    first = tuple(islice(rest, FEW + 1))
    return Stored(chain(first, rest), taken_apart, made) if len(first) > FEW else first


class Stored(Sequence[Item], Generic[Item]):
    """The items of a sequence in a file; those read last are also in memory."""

    def __init__(
        self,
        items: Iterable[Item],
        taken_apart: Callable[[Item], tuple[Any, ...]],
        made: Callable[..., Item],
    ) -> None:
        self._how = (taken_apart, made)
        # It has no name, and goes away with this object.
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        self._ends = array("q", [0])  # of each part in the file
        self._size = 0
        self._read: tuple[int, list[Item]] = (-1, [])  # the number of a part, and its items
        rest = iter(items)
        while part := [taken_apart(item) for item in islice(rest, _TOGETHER)]:
            self._ends.append(self._ends[-1] + self._file.write(pickle.dumps(part)))
            self._size += len(part)

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Item, ...]: ...
    def __getitem__(self, at: int | slice) -> Item | tuple[Item, ...]:
        if isinstance(at, slice):
            return tuple(self[i] for i in range(*at.indices(self._size)))
        place = at + self._size if at < 0 else at
        if not 0 <= place < self._size:
            raise IndexError(at)
        return self._part(place // _TOGETHER)[place % _TOGETHER]

    def __iter__(self) -> Iterator[Item]:
        for number in range(len(self._ends) - 1):
            yield from self._part(number)

    def __reduce__(self) -> tuple[Any, ...]:  # for another process, which has no such file
        return kept, (tuple(self), *self._how)

    def _part(self, number: int) -> list[Item]:
        if self._read[0] != number:
            start, end = self._ends[number], self._ends[number + 1]
            self._file.seek(start)
            made = self._how[1]
            parts = pickle.loads(self._file.read(end - start))
            self._read = (number, [made(*values) for values in parts])
        return self._read[1]
