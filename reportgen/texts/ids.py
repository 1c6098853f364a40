"""Finds ids that occur twice, with eight bytes of memory per text."""

from array import array
from collections.abc import Iterable
from hashlib import blake2b

from reportgen.errors import InputError
from reportgen.texts.columns import quoted_name

_REMEMBERED = 50_000  # ids that are kept as they are, so that the first double is told at once


class Ids:
    """The ids of texts, in their order."""

    def __init__(self) -> None:
        self._places: dict[str, str] = {}
        self._hashes = array("Q")

    def add(self, text_id: str, where: str) -> None:
        """Add the id of the text at the place `where`, which is for messages.

        Raises:
            InputError: it is one of the first ids.
        """
        if text_id in self._places:
            raise doubled(text_id, self._places[text_id], where)
        if len(self._places) < _REMEMBERED:
            self._places[text_id] = where
        self._hashes.append(_hash(text_id))

    def require_single(self, texts: Iterable[tuple[str, str]]) -> None:
        """Check that no id occurs twice; `texts` are all ids once more, each with its place.

        Raises:
            InputError: one does.
        """
        if len(self._hashes) <= _REMEMBERED:
            return
        import numpy as np  # takes a moment

        hashes = np.sort(np.frombuffer(self._hashes, np.uint64))
        doubles = set(hashes[1:][hashes[1:] == hashes[:-1]].tolist())
        found: dict[str, str] = {}
        for text_id, where in texts if doubles else ():
            if _hash(text_id) not in doubles:
                continue
            if text_id in found:
                raise doubled(text_id, found[text_id], where)
            found[text_id] = where


def doubled(text_id: str, first: str, where: str) -> InputError:
    """The error for an id that occurs at two places."""
    return InputError(
        f"{where}: the id {quoted_name(text_id)} already stands at {first}; make ids unique, or "
        "number the texts with --id-column ''"
    )


def _hash(text_id: str) -> int:
    return int.from_bytes(blake2b(text_id.encode(), digest_size=8).digest(), "little")
