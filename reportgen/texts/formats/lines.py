"""The lines of a text file, either decoded as a whole or read from disk as they are needed."""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

from reportgen.errors import InputError
from reportgen.texts.formats.encoding import JIS_SWITCH
from reportgen.texts.sources.unpacking import opened

_BLOCK = 1 << 20
LONGEST = 50_000_000  # bytes of a line, or of a record of several, that is read at once
_BEGINNING = 1 << 16  # characters


@dataclass(frozen=True, slots=True)
class Lines:
    r"""The lines of a text, each with its line end: \n, \r or both. The other separators of Unicode
    (U+2028, U+0085, form feed) are part of a text."""

    text: str

    def __iter__(self) -> Iterator[str]:
        text, start = self.text, 0
        ends = dict.fromkeys("\r\n", -1)  # the next of each; a search for both at once is slow
        while start < len(text):
            for end, place in ends.items():
                if place < start:
                    next_place = text.find(end, start)
                    ends[end] = len(text) if next_place < 0 else next_place
            at = min(ends.values())
            after = at + (2 if text.startswith("\r\n", at) else 1)
            yield text[start:after]
            start = after

    @property
    def beginning(self) -> str:
        """At least the first line, unless that is very long."""
        return self.text


@dataclass(frozen=True, slots=True)
class FileLines:
    """The lines of a file in UTF-8, which may be compressed and far larger than memory."""

    path: Path
    shown: str  # for messages

    def __iter__(self) -> Iterator[str]:
        try:
            with self._characters() as stream:
                yield from stream
        except (OSError, UnicodeDecodeError) as error:  # it was changed meanwhile
            raise InputError(f"{self.shown}: cannot be read to its end; read it again") from error

    @property
    def beginning(self) -> str:
        """At least the first line, unless that is very long."""
        with self._characters() as stream:
            return stream.read(_BEGINNING)

    @contextmanager
    def _characters(self) -> Iterator[TextIOWrapper]:
        with opened(self.path, self.shown) as stream:
            yield TextIOWrapper(stream, encoding="utf-8-sig", newline="")


def can_be_read_by_lines(
    path: Path, shown: str, most: int | None = None, *, is_named: bool = False
) -> bool:
    """Whether a file can be read line by line: it is UTF-8, no line is too long to be held in
    memory, and it unpacks to at most `most` bytes. Unless it is marked as UTF-8 or was said to be
    that (`is_named`), it has to be no other encoding that uses the same bytes (see `decode`).

    Raises:
        InputError: it is compressed and damaged.
        OSError: it cannot be read.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    length = size = 0  # of the line, and of the file so far
    last, is_ascii, may_be_jis = b"", True, False
    with opened(path, shown) as stream:
        while block := stream.read(_BLOCK):
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return False
            is_named = is_named or (not size and block.startswith(codecs.BOM_UTF8))
            size += len(block)
            is_ascii = is_ascii and block.isascii()
            may_be_jis = may_be_jis or JIS_SWITCH in last + block
            last = block[-1:]
            end = max(block.rfind(b"\n"), block.rfind(b"\r"))
            length = len(block) - end if end >= 0 else length + len(block)
            if length > LONGEST or (b"\0" in block and not is_named):
                return False
            if most is not None and size > most:
                return False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return is_named or not (may_be_jis and is_ascii)
