"""Bytes as a page carries them in its blocks of data."""

from base64 import b85decode

_IN_BASE85 = str.maketrans(",.:", "<>&")


def from_letters(text: str) -> bytes:
    """The bytes of a block: base85, with other letters for those that HTML reads as its own.

    Raises:
        ValueError: `text` is no such block.
    """
    return b85decode(text.translate(_IN_BASE85))
