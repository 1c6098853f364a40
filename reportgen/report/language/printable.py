"""Text made safe to print: unseen characters made visible, long text shortened, and no line that
the log of a continuous integration (CI) takes as a command.

GitHub's runner reads standard output and standard error. It takes a line as a command that begins
with `::` after any space, and `##[` anywhere in a line; other hosts read `##vso[`.
"""

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote

_NAME = "reportgen: "
LABEL_WIDTH = 14  # half-width characters under an axis
TOKEN_WIDTH = 40  # of a token in a sentence
_MARK = re.compile(r"#(?=#(?:vso)?\[)", re.IGNORECASE)
# The pieces of a page: its data, its scripts and styles (which hold no text of the user), and what
# could begin a command anywhere else.
_PIECE = re.compile(
    rb'<script type="application/json"[^>]*>.*?</script>|<(script|style)\b.*?</\1>|##', re.DOTALL
)


def inert(line: str) -> str:
    """`line` as one line that no log takes as a command, with unseen characters made visible."""
    shown = _MARK.sub("# ", visible(line))
    return _NAME + shown if shown.lstrip().startswith("::") else shown


def inert_page(page: bytes) -> bytes:
    """The same page, written so that no log it is printed to takes any of its text as a command."""
    return _PIECE.sub(_inert_piece, page)


def _inert_piece(match: re.Match[bytes]) -> bytes:
    if match[0] == b"##":
        return b"#&#35;"
    return match[0] if match[1] else match[0].replace(b"##", rb"#\u0023")


def text_address(id: str) -> str:
    """What follows `#` in the address of the text with this id on a page: `id=movie7025`."""
    return f"id={quote(id, safe='', errors='replace')}"


def shorten(text: str, width: int = LABEL_WIDTH, slack: int = 0) -> str:
    """`text` cut in the middle to `width` half-width characters; a wide character counts as two.
    It stays whole where it is longer by `slack` at most."""
    if half_widths(text) <= width + slack:
        return text
    half = (width - 1) // 2
    return f"{_prefix(text, half)}…{_prefix(text[::-1], half)[::-1]}"


def _prefix(text: str, width: int) -> str:
    taken = 0
    for index, character in enumerate(text):
        taken += half_widths(character)
        if taken > width:
            return text[:index]
    return text


def half_widths(text: str) -> int:
    """How wide `text` is in half-width characters."""
    if text.isascii():
        return len(text)
    return len(text) + sum(width in "WF" for width in map(unicodedata.east_asian_width, text))


# What stands for a line break, a tab and a space wherever a text or a token is printed, also for
# the mark that a tokenizer has for a space (`▁`, `Ġ`). A token alone has its name too: `spoken`.
LINE_BREAK, TAB, SPACE = "↵", "⇥", "␣"
_MARKS = {"\n": LINE_BREAK, "\t": TAB}
# Cc control, Cf format (bidi, zero width), Zl and Zp line and paragraph separators, Co private
# use, Cs surrogates, Cn unassigned.
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Co", "Cs", "Cn"})
_JOINER = "\u200d"
# What runs from right to left, with the spaces, digits and punctuation between its words, but not
# across what stands between the names and figures of a sentence.
_RIGHT = r"\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
_BETWEEN = rf"[^{_RIGHT}A-Za-z<>“”「」→·|\u3000-\u9fff\ue000-\ue0ff]{{0,40}}"
FROM_RIGHT = re.compile(rf"[{_RIGHT}]+(?:{_BETWEEN}[{_RIGHT}]+)*")
# What may stand on either side of the joiner in an emoji sequence: symbols and their modifiers
# (So, Sk), and the variation selector and keycap (Mn, Me).
_EMOJI = frozenset({"So", "Sk", "Mn", "Me"})


def visible(text: str) -> str:
    """`text` with every unseen character written as a chip, such as `⟨U+202E⟩`; a line break and a
    tab as their marks."""
    return "".join(
        f"⟨{piece}⟩" if is_chip and piece not in _MARKS.values() else piece
        for piece, is_chip in segments(text)
    )


def segments(text: str) -> list[tuple[str, bool]]:
    """`text` cut into `(piece, is_chip)`: runs of plain text, and marks or names such as `U+202E`.

    A line break of two characters has one mark. A zero-width joiner inside an emoji sequence
    belongs to the plain text.
    """
    if text.isprintable():  # nearly all are
        return [(text, False)] if text else []
    return list(_segments(text))


def _segments(text: str) -> Iterator[tuple[str, bool]]:
    start = 0
    for place, character in enumerate(text):
        if unicodedata.category(character) not in _UNSEEN or _joins_emoji(text, place):
            continue
        if start < place:
            yield text[start:place], False
        if not text.startswith("\r\n", place):  # the second of them has the mark
            yield _MARKS.get(character, f"U+{ord(character):04X}"), True
        start = place + 1
    if start < len(text):
        yield text[start:], False


def _joins_emoji(text: str, place: int) -> bool:
    if text[place] != _JOINER or not 0 < place < len(text) - 1:
        return False
    before, after = text[place - 1], text[place + 1]
    return unicodedata.category(before) in _EMOJI and unicodedata.category(after) == "So"
