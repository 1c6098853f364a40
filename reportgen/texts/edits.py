"""The register of edits: changes of a text that are tried on a model.

To add an edit, write its function, an entry in `EDITS`, and its name and explanation in
`report/language/strings/edits.toml`.

An edit depends on nothing but the text, so that it is the same in every process. One that
leaves a text as it is does not apply to it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from unicodedata import category, east_asian_width, normalize

from reportgen.errors import UsageError
from reportgen.results import SWAP
from reportgen.texts.swaps import SwapList

Change = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Edit:
    """One kind of change.

    Attributes:
        keeps_order: what it leaves of a text stays in its order, each word once, so that the tag of
            a word can be compared before and after.
    """

    id: str  # in files and on the command line, and for its words
    change: Change
    keeps_order: bool = True


# Between digits, in numbers, and between letters, in names such as example.com, a mark stays.
_PUNCTUATION = re.compile(r"(?<![0-9])[.,:;!?…]|[.,:;!?…](?![0-9])|[、。，．！？；：]")
_IN_NAME = re.compile(r"(?<=[A-Za-z])[.:](?=[A-Za-z])")
_ENDS = "!?.。！？…"
_SENTENCE = re.compile(r".+?(?:[。！？]+|[.!?]+(?=\s|$)|\n+|$)", re.DOTALL)
# Emoji by themselves; characters that are emoji only with a selector; with what follows them.
_EMOJI = re.compile(
    "(?:[0-9#*]\ufe0f?\u20e3|(?:[\U0001f000-\U0001faff\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd"
    "\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce"
    "\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755"
    "\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55]|[\u00a9\u00ae\u2000-\u3299]\ufe0f)"
    "[\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*(?:\u200d(?=[^\\w\\s]))?)+"
)
_DIGIT = re.compile(r"[1-9１-９]")
_WIDE = {ord("!") + i: ord("！") + i for i in range(94)}
# Letters that stand side by side, of one script, in the order in which a typo is looked for.
_WORDS = (
    re.compile(r"[A-Za-zÀ-ɏͰ-ӿ]{4,}|[Ａ-Ｚａ-ｚ]{3,}"),
    re.compile(r"[ァ-ヺー]{3,}"),
    re.compile(r"[ぁ-ゖー]{3,}"),
    re.compile(r"[^\W\d_]{2,}"),
)


def _no_punctuation(text: str) -> str:
    names = {match.start() for match in _IN_NAME.finditer(text)}
    left = _PUNCTUATION.sub(lambda mark: mark[0] if mark.start() in names else " ", text)
    return _closed_up(text, left)


def _closed_up(text: str, changed: str) -> str:
    """`changed`, in which blanks stand for what was left out of `text`, without those that do not
    stand between two letters or digits of scripts with blanks."""
    kept: list[str] = []
    is_left_out = False  # what stands before
    for i, (before, after) in enumerate(zip(text, changed, strict=True)):
        is_beside = is_left_out and bool(kept) and kept[-1].isspace()
        if before != after:
            is_left_out = True
            left, right = kept[-1] if kept else "", changed[i + 1 : i + 2]
            if left.isalnum() and right.isalnum() and not (_is_wide(left) or _is_wide(right)):
                kept.append(after)
        elif not (is_beside and after.isspace()):
            is_left_out = False
            kept.append(after)
    return "".join(kept).strip() if changed.strip() else ""


def is_unspaced(text: str) -> bool:
    """Whether a text has characters of a script that does not put spaces between words."""
    from reportgen.results import is_unspaced as found  # with numpy, which takes a moment

    return found(text)


def _is_wide(character: str) -> bool:
    return east_asian_width(character) in "WF"


def _exclamation(text: str) -> str:
    bare = text.rstrip()
    if not bare or bare[-1] in "!！":
        return text
    return bare.rstrip(_ENDS) + ("！" if is_unspaced(text) else "!") if bare.rstrip(_ENDS) else text


def _no_brackets(text: str) -> str:
    return _without(text, lambda character: category(character) in ("Ps", "Pe"))


def _no_symbols(text: str) -> str:
    emoji = {i for match in _EMOJI.finditer(text) for i in range(*match.span())}
    left = "".join(
        " " if i not in emoji and _is_symbol(character) else character
        for i, character in enumerate(text)
    )
    return _closed_up(text, left)


def _is_symbol(character: str) -> bool:
    """Whether it is a mark such as ★ or →; signs of currencies and of arithmetic are none."""
    is_shape = "\u2190" <= character <= "\u21ff" or "\u25a0" <= character <= "\u25ff"
    return is_shape or character in "※♪" or category(character) == "So"


def _without(text: str, leaves_out: Callable[[str], bool]) -> str:
    left = "".join(" " if leaves_out(character) else character for character in text)
    return _closed_up(text, left)


def _no_emoji(text: str) -> str:
    left = _EMOJI.sub("", text)
    return text if left == text else re.sub(r"  +", " ", left).strip()


def _half_width(text: str) -> str:
    return normalize("NFKC", text)


def _full_width(text: str) -> str:
    return text.translate(_WIDE) if is_unspaced(text) else text


def _digits(text: str) -> str:
    return _DIGIT.sub(lambda digit: chr(ord(digit[0]) + (-8 if digit[0] in "9９" else 1)), text)


def _spaces(text: str) -> str:
    """Without blanks in a script that has none between words; else with each of them doubled."""
    return re.sub(r"\s+", "", text) if is_unspaced(text) else text.replace(" ", "  ")


def _typo(text: str) -> str:
    """With two neighbouring letters of the longest word swapped, in its middle; in Japanese of the
    longest word in katakana, else in hiragana, else of two kanji."""
    for pattern in _WORDS:
        words = sorted(pattern.finditer(text), key=lambda word: -len(word[0]))
        for word in words:
            size = len(word[0])
            for i in sorted(range(size - 1), key=lambda i: (abs(2 * i + 2 - size), i)):
                first, second = word[0][i], word[0][i + 1]
                if first != second:
                    at = word.start() + i
                    return text[:at] + second + first + text[at + 2 :]
    return text


def _sentence_order(text: str) -> str:
    """With its sentences in reverse order."""
    parts = [part.strip() for part in _SENTENCE.findall(text) if part.strip()]
    if len(parts) < 2:
        return text
    ends = re.search(rf"[{_ENDS}]+$", parts[0])
    if ends and parts[-1][-1] not in _ENDS:
        parts[-1] += ends[0]
    return _blank(text).join(reversed(parts))


def _repetition(text: str) -> str:
    bare = text.strip()
    return f"{bare}{_blank(text)}{bare}"


def _blank(text: str) -> str:
    """What stands between two sentences in the script of `text`."""
    return "" if is_unspaced(text) else " "


EDITS: tuple[Edit, ...] = (
    Edit("lower_case", str.lower),
    Edit("upper_case", str.upper),
    Edit("punctuation", _no_punctuation),
    Edit("exclamation", _exclamation),
    Edit("brackets", _no_brackets),
    Edit("symbols", _no_symbols),
    Edit("emoji", _no_emoji),
    Edit("half_width", _half_width),
    Edit("full_width", _full_width),
    Edit("digits", _digits),
    Edit("spaces", _spaces),
    Edit("typo", _typo),
    Edit("sentence_order", _sentence_order, keeps_order=False),
    Edit("repetition", _repetition, keeps_order=False),
)
EDIT_NAMES: tuple[str, ...] = tuple(edit.id for edit in EDITS)
ALL = "all"


def read_edits(text: str) -> str:
    """Check a value of --edits.

    Raises:
        UsageError: it names no edit, or one that there is not.
    """
    chosen_edits(text, None)
    return text


def chosen_edits(names: str | None, swaps: SwapList | None) -> tuple[Edit, ...]:
    """The edits that --edits and --swap ask for, in the order of the register, swaps last.

    Raises:
        UsageError: there is no edit of a name.
    """
    wanted = [name.strip() for name in (names or "").split(",")] if names is not None else []
    for name in wanted:
        if name != ALL and name not in EDIT_NAMES:
            raise UsageError(
                f"--edits {name!r:.80}: no such edit; write all, or some of {','.join(EDIT_NAMES)}"
            )
    edits = [edit for edit in EDITS if ALL in wanted or edit.id in wanted]
    swapped = () if swaps is None else swaps.changes.items()
    return (*edits, *(Edit(SWAP + kind, change) for kind, change in swapped))


# In place of what must stay as it is, such as a mask: characters that no edit changes.
_HELD = 0xF0000


def edited(edit: Edit, text: str, held: Sequence[str] = ()) -> str:
    """`text` with an `edit`; each of the strings `held`, such as the mask of a model, stays."""
    if not any(part in text for part in held):
        return edit.change(text)
    pattern = re.compile("|".join(map(re.escape, sorted(held, key=len, reverse=True))))
    parts = pattern.findall(text)
    numbers = iter(range(len(parts)))
    changed = edit.change(pattern.sub(lambda _: chr(_HELD + next(numbers)), text))
    for i, part in enumerate(parts):
        changed = changed.replace(chr(_HELD + i), part)
    return changed
