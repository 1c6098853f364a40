"""Joins the tokens of a text into words: what is measured and drawn as one unit."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from reportgen.models.tokens.encoded import EncodedText, TokenSpan
from reportgen.results import COMPLETION_SEGMENT
from reportgen.texts import Place, Places, WordSplitter

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_CONTINUES = "##"
_SPACE = re.compile(r"[ \n]")
_AFTER = 1_000  # code points after the last token that are split into words in any case
_MARK = "▁"  # of a space in front of a word
# What a token of nothing but a space is part of: the word that it begins, the one that it ends, or
# none.
Marks: TypeAlias = Literal["begin", "end"] | None
_NONE: tuple[Places, Places] = ((), ())


def joined_to_words(
    text: EncodedText,
    sources: tuple[str, str | None],
    splitter: WordSplitter,
    given: tuple[Places, Places] = _NONE,
    *,
    marks: Marks = None,
) -> EncodedText:
    """`text` with words as its units, instead of display units.

    Places of the text and of its pair that are `given` count as words, and what lies between is
    split.

    Tokens are one unit if they share a character or a word of `sources`, its text and pair; a token
    that reaches into the next word joins the two. A special token is a unit by itself. Where the
    tokenizer gives no offsets, its mark for a token that goes on (##) is followed. Tokens of a
    completion are not joined. With `marks` a token of nothing but the space between two words is no
    unit by itself: it begins the second or ends the first.
    """
    if all(span is None for span in text.spans):
        goes_on = [
            segment in (0, 1) and token.startswith(_CONTINUES)
            for token, segment in zip(text.tokens, text.segments, strict=True)
        ]
    else:
        words = [
            _words_of(_beginning(text, segment, source or ""), splitter, given[segment])
            for segment, source in enumerate(sources)
        ]
        if marks:
            spans = tuple(_at_word(span, words, marks) for span in text.spans)
            text = replace(text, spans=spans)
        touched = [_touched(span, words, marks) for span in text.spans]
        goes_on = [False, *_joined(text, touched)]
    units: list[int] = []
    for is_next in goes_on:
        units.append((units[-1] if units else -1) + (not is_next or not units))
    return replace(text, units=tuple(units))


def marks_of(tokenizer: "PreTrainedTokenizerBase") -> Marks:
    """What a space alone is where words are tokenised one by one, as data for taggers is: it begins
    a word, as in XLM-R, or there is none, as in SentencePiece without a prefix."""
    if tokenizer.convert_tokens_to_ids(_MARK) in (None, tokenizer.unk_token_id):
        return "begin"  # byte-level: such data needs the prefix
    try:
        ids = tokenizer(["a", "b"], is_split_into_words=True, add_special_tokens=False)["input_ids"]
    except Exception:  # user code
        return "begin"
    tokens = tokenizer.convert_ids_to_tokens(ids)
    return "begin" if any(token.startswith(_MARK) for token in tokens[1:]) else "end"


def _joined(text: EncodedText, touched: Sequence[tuple[int, int] | None]) -> list[bool]:
    """For every token but the first, whether it belongs to the unit of the token before it."""
    are_joined = []
    last = touched[0]  # word that the unit so far reaches to
    for i in range(1, len(touched)):
        words = touched[i]
        is_same = text.units[i] == text.units[i - 1] or (
            words is not None
            and last is not None
            and text.segments[i] == text.segments[i - 1]
            and words[0] <= last[1]
        )
        are_joined.append(is_same)
        ends = [each for each in ((last if is_same else None), words) if each is not None]
        last = max(ends, key=lambda each: each[1], default=None)
    return are_joined


def n_joined(text: EncodedText, given: tuple[Places, Places]) -> int:
    """How many of the `given` places of a text and of its pair are part of a larger unit, because a
    token reaches over their start or end."""
    return sum(_n_joined_in(text, number, places) for number, places in enumerate(given))


def _n_joined_in(text: EncodedText, segment: int, given: Places) -> int:
    count = 0
    spans = [span if span is not None and span.segment == segment else None for span in text.spans]
    units = dict[int, Place]()  # first code point and end of each unit of the segment
    for span, unit in zip(spans, text.units, strict=True):
        if span is not None and span.end > span.start:
            start, end = units.get(unit, (span.start, span.end))
            units[unit] = min(start, span.start), max(end, span.end)
    for start, end in given:
        touched = {
            unit
            for span, unit in zip(spans, text.units, strict=True)
            if span is not None and span.start < end and span.end > start
        }
        count += any(units[unit][0] < start or units[unit][1] > end for unit in touched)
    return count


def _beginning(text: EncodedText, segment: int, source: str) -> str:
    """`source` without most of what is cut off, which may be a thousand times as long: up to a
    space some way after its last token, so that all before it is split as in the whole."""
    ends = (span.end for span in text.spans if span is not None and span.segment == segment)
    at = max(ends, default=0) + _AFTER
    space = _SPACE.search(source, at, 2 * at)
    return source[: space.start() if space else 2 * at]


def _words_of(source: str, splitter: WordSplitter, given: Places) -> list[int]:
    places = [(start, min(end, len(source))) for start, end in given if start < len(source)]
    return _by_code_point(source, splitter.split(source, places))


def _by_code_point(source: str, words: Sequence[Place]) -> list[int]:
    """`[code point]`: the number of its word, -1 for a space."""
    numbers = [-1] * len(source)
    for number, (start, end) in enumerate(words):
        numbers[start:end] = [number] * (end - start)
    return numbers


def _at_word(
    span: TokenSpan | None, words: Sequence[Sequence[int]], marks: Marks
) -> TokenSpan | None:
    """The place of a token; of a space alone, that where the word begins, or ends, beside it."""
    if span is None or span.segment == COMPLETION_SEGMENT:
        return span
    of_text = words[span.segment]
    if any(word >= 0 for word in of_text[span.start : span.end]):
        return span
    at = span.end if marks == "begin" else span.start
    moved = replace(span, start=at, end=at)
    return span if _touched(moved, words, marks) is None else moved


def _touched(
    span: TokenSpan | None, words: Sequence[Sequence[int]], marks: Marks
) -> tuple[int, int] | None:
    """The first and the last word that a token has characters of; None without any, and for tokens
    of a completion, each of which is written by itself."""
    if span is None or span.segment == COMPLETION_SEGMENT:
        return None
    start, end = span.start, span.end
    if marks and start == end:
        start, end = (start, end + 1) if marks == "begin" else (max(start - 1, 0), end)
    touched = [word for word in words[span.segment][start:end] if word >= 0]
    return (min(touched), max(touched)) if touched else None
