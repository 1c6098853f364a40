"""Characters that cannot be seen, or that turn text around, made visible as `⟨U+202E⟩`."""

import unicodedata
from collections.abc import Iterator

# Cc control, Cf format (bidi, zero width), Zl and Zp line and paragraph separators, Co private
# use, Cs surrogates, Cn unassigned.
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Co", "Cs", "Cn"})
_JOINER = "\u200d"
# What may stand on either side of the joiner in an emoji sequence: symbols and their modifiers
# (So, Sk), and the variation selector and keycap (Mn, Me).
_EMOJI = frozenset({"So", "Sk", "Mn", "Me"})


def visible(text: str) -> str:
    """`text` with every unseen character written as a chip, such as `⟨U+202E⟩`."""
    return "".join(f"⟨{piece}⟩" if is_chip else piece for piece, is_chip in segments(text))


def segments(text: str) -> list[tuple[str, bool]]:
    """`text` cut into `(piece, is_chip)`: runs of plain text, and names such as `U+202E`.

    A zero-width joiner inside an emoji sequence belongs to the plain text.
    """
    return list(_segments(text))


def _segments(text: str) -> Iterator[tuple[str, bool]]:
    start = 0
    for place, character in enumerate(text):
        if unicodedata.category(character) not in _UNSEEN or _joins_emoji(text, place):
            continue
        if start < place:
            yield text[start:place], False
        yield f"U+{ord(character):04X}", True
        start = place + 1
    if start < len(text):
        yield text[start:], False


def _joins_emoji(text: str, place: int) -> bool:
    if text[place] != _JOINER or not 0 < place < len(text) - 1:
        return False
    before, after = text[place - 1], text[place + 1]
    return unicodedata.category(before) in _EMOJI and unicodedata.category(after) == "So"
