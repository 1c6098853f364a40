"""Words that are swapped for others: a file with the columns `from`, `to` and `kind`."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from io import StringIO
from pathlib import Path

from reportgen.errors import InputError, UsageError, quoted

_COLUMNS = ("from", "to", "kind", "both")
_YES = ("yes", "y", "true", "1", "both", "はい", "○")
_NO = ("", "no", "n", "false", "0", "いいえ")
_ARROW = " → "
# Letters and digits of scripts that put spaces between words. In others a word ends anywhere.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
_LETTER = rf"[^\W{_UNSPACED}\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"


@dataclass(frozen=True, slots=True)
class SwapList:
    """Swaps as a file gives them: all of it as text, so that runs can be told apart by it."""

    name: str  # of the file, without its folder
    rows: str  # CSV: what stands in a text, what takes its place, and the kind of swap

    def __str__(self) -> str:
        return f"{self.name} (SHA-256 {sha256(self.rows.encode()).hexdigest()[:12]})"

    @property
    def changes(self) -> Mapping[str, Callable[[str], str]]:
        """By kind, in the order of the file, the function that swaps all its words in a text.

        The longest word that stands at a place is swapped, each place once: a word that was put in
        is not swapped again.
        """
        return {
            kind: partial(_swap, _pattern(tuple(words)), words)
            for kind, words in self._kinds().items()
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """A remark for the user on words of one kind of which one stands in another, if any."""
        for words in self._kinds().values():
            for word in words:
                inside = re.compile(_whole(word))
                for other in words:
                    if other != word and inside.search(other):
                        return (
                            f"{self.name}: {quoted(repr(word))} stands in {quoted(repr(other))}; "
                            "of words that overlap, the longest is swapped",
                        )
        return ()

    def _kinds(self) -> dict[str, dict[str, str]]:
        """By kind, what takes the place of each word."""
        kinds: dict[str, dict[str, str]] = {}
        for old, new, kind in csv.reader(StringIO(self.rows, newline="")):
            kinds.setdefault(kind, {})[old] = new
        return kinds


def _swap(pattern: re.Pattern[str], words: Mapping[str, str], text: str) -> str:
    return pattern.sub(lambda word: words[word[0]], text)


def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Finds any of `words`, the longest at a place; of scripts with spaces only as whole words."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(_whole, longest_first)))


def _whole(word: str) -> str:
    before = rf"(?<!{_LETTER})" if re.match(_LETTER, word) else ""
    after = rf"(?!{_LETTER})" if re.search(rf"{_LETTER}\Z", word) else ""
    return f"{before}{re.escape(word)}{after}"


def read_swaps(path: str) -> SwapList:
    """Read the file of --swap: CSV, or another format by its suffix.

    Raises:
        InputError: it cannot be read, has a row that is no swap, or swaps that contradict others.
        UsageError: it lacks a column, or its suffix is that of no table.
    """
    from reportgen.texts.formats.file_formats import read_table
    from reportgen.texts.source_files import format_of, source_of

    input_format = format_of(path, None)
    if input_format in (None, "txt", "folder"):
        raise UsageError(f"--swap {path}: not a table; give a .csv with the columns from and to")
    source = source_of(path, input_format)
    table = read_table(source.content, input_format, source.shown)
    lacking = [name for name in _COLUMNS[:2] if name not in table.columns]
    if lacking:
        raise UsageError(
            f"--swap {source.shown}: no column {lacking[0]}; name its columns from, to and, to sum "
            "them up together, kind"
        )
    places: dict[tuple[str, str], tuple[str, str]] = {}  # by kind and `from`: `to`, and where
    for row in table.rows:
        place = f"{source.shown}{table.joint}{row.place}"
        cells = {name: _cell(row.cells.get(name), name, place) for name in _COLUMNS}
        for old, new, kind in _pairs(cells, place):
            known = places.setdefault((kind, old), (new, place))
            if known[1] != place:
                otherwise = "" if known[0] == new else " for something else"
                raise InputError(
                    f"{place}: {quoted(repr(old))} is swapped at {known[1]} already{otherwise}; "
                    "leave one out, or give it another kind"
                )
    if not places:
        raise InputError(f"{source.shown}: no swaps; write one in a row, such as 無料,0円")
    stream = StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows(
        (old, new, kind) for (kind, old), (new, _) in places.items()
    )
    return SwapList(Path(source.name).name, stream.getvalue())


def _cell(cell: object, name: str, place: str) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        raise InputError(f"{place}: {name} is not text")
    return cell.strip()


def _pairs(cells: Mapping[str, str], place: str) -> Iterator[tuple[str, str, str]]:
    """The swaps of one row: with `both` also the one back."""
    old, new, kind, both = (cells[name] for name in _COLUMNS)
    if not old:
        raise InputError(f"{place}: from is empty; write the word that is to be swapped")
    if old == new:
        raise InputError(f"{place}: from and to are the same; leave the row out")
    if both.lower() not in (*_YES, *_NO):
        raise InputError(f"{place}: both is {quoted(repr(both))}; write yes or no")
    kind = kind or f"{old}{_ARROW}{new}"
    yield old, new, kind
    if both.lower() in _YES:
        if not new:
            raise InputError(
                f"{place}: to is empty, so it cannot be swapped back; leave both empty"
            )
        yield new, old, kind
