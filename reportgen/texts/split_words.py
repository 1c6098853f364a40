"""Splits texts into words: at spaces and punctuation, and Japanese by a segmenter or by script."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import regex

from reportgen.texts.given_units import Place

_DIGITS = r"\p{Nd}++(?:[.,．，:/]\p{Nd}++)*+"
_COUNTED = "円年月日時分秒人件個回本枚倍割歳位点名台社万億間"
_JAPANESE = r"\p{Han}\p{Hiragana}\p{Katakana}々〆ヶー"
# What is one word: a number with its currency or what it counts; a stretch of Japanese, which is
# split further; letters of other scripts, with digits and apostrophes in them; one mark of
# punctuation however often it is repeated; and any other character with what it is joined to, such
# as an emoji of several code points.
_WORD = regex.compile(
    rf"""
    (?P<number>[¥$€£￥]?{_DIGITS}(?![\p{{Latin}}_])(?:[%％‰℃]|[{_COUNTED}]+)?)
    | (?P<japanese>[{_JAPANESE}]+)
    | (?:(?![{_JAPANESE}])[\p{{L}}\p{{M}}\p{{N}}_])+(?:['’](?:(?![{_JAPANESE}])[\p{{L}}\p{{M}}])+)*
    | (?P<mark>\p{{P}})(?P=mark)*
    | (?!\s)\X
    """,
    regex.VERBOSE,
)
_SCRIPT = regex.compile(
    r"[\p{Han}々〆][\p{Han}々〆ヶ]*|\p{Hiragana}[\p{Hiragana}ー]*|[\p{Katakana}ー]+"
)


@dataclass(frozen=True, slots=True)
class WordSplitter:
    """Splits texts into words."""

    japanese: Callable[[str], list[str]]  # a stretch of Japanese to its words, in order
    segmenter: str | None  # what splits Japanese, such as "SudachiPy 0.7.0"; None: its scripts

    def split(self, text: str, given: Sequence[Place] = ()) -> list[Place]:
        """The start and end of each word of `text`, in code points; spaces belong to no word.

        Places that are `given` are words as they are, and what lies between them is split.
        """
        words: list[Place] = []
        at = 0
        for start, end in (*given, (len(text), len(text))):
            words += ((at + first, at + last) for first, last in self._split(text[at:start]))
            if end > start:
                words.append((start, end))
            at = end
        return words

    def _split(self, text: str) -> Iterator[Place]:
        for match in _WORD.finditer(text):
            if match["japanese"] is None:
                yield match.span()
                continue
            at = match.start()
            for word in self.japanese(match[0]):
                yield at, at + len(word)
                at += len(word)


def between_spaces(text: str) -> tuple[Place, ...]:
    """The start and end of each stretch of `text` between spaces, in code points."""
    return tuple(match.span() for match in regex.finditer(r"\S+", text))


def word_splitter() -> WordSplitter:
    """Makes a splitter that uses SudachiPy for Japanese if it is installed, else scripts."""
    try:
        from sudachipy import Dictionary, SplitMode

        tokenizer = Dictionary().create(mode=SplitMode.C)
    except Exception:  # not installed, or without a dictionary
        return WordSplitter(by_script, None)

    def by_dictionary(text: str) -> list[str]:
        return [word.surface() for word in tokenizer.tokenize(text)]

    return WordSplitter(by_dictionary, f"SudachiPy {version('sudachipy')}")


def by_script(text: str) -> list[str]:
    """Split a stretch of Japanese where its script changes."""
    return [match[0] for match in _SCRIPT.finditer(text)]
