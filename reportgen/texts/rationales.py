"""Marks that people put on a text as the reason for its label, a rationale (DeYoung et al. 2020):
places, marked words, or the text itself with its marked words between signs."""

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from reportgen.errors import quoted, without_surrogates
from reportgen.texts.given_units import SEGMENTS, Place, Places

EXAMPLE = 'write [[0, 8]], ["New York"], or the text with **New York** or <mark>New York</mark>'
OF_A_PAIR = 'write {"text": ["New York"], "pair": [[0, 4]]} for marks in a text and in its pair'
_LONGEST = 40  # characters of a mark that a message quotes
_NUMBER = re.compile("[0-9]{1,12}")
# The signs around a marked word in a text, before and after it.
_SIGNS: Final = (("<mark>", "</mark>"), ("**", "**"))


def rationale_places(value: str, text: str, pair: str = "") -> tuple[Places, Places]:
    """The marked places in `text` and in `pair`, each in the order of the text.

    `value` is a JSON list of marks in the text: [start, end] in code points, or a string that
    stands in the text as often as in the list. Or it is the text once more, with signs around what
    is marked; or an object with either for "text" and "pair". Places are those of
    `without_surrogates(text)`, which is what is analysed.

    Raises:
        ValueError: with what is wrong, for a message.
    """
    try:
        marks = json.loads(value, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        marks = None
    if not isinstance(marks, dict):
        return _of_segment(marks if isinstance(marks, list) else value, text), ()
    if marks.keys() - set(SEGMENTS) or not all(
        isinstance(of, list | str | None) for of in marks.values()
    ):
        raise ValueError(f"an object of other things than marks of text and pair; {OF_A_PAIR}")
    try:
        of_pair = _of_segment(marks.get("pair"), pair)
    except ValueError as error:
        raise ValueError(f"in the pair, {error}") from error
    return _of_segment(marks.get("text"), text), of_pair


def _of_segment(marks: object, text: str) -> Places:
    if isinstance(marks, str):
        return _without_surrogates(_signed(marks, text), text)
    return _places(marks if isinstance(marks, list) else [], text)


def _places(marks: Sequence[object], text: str) -> Places:
    places = list[tuple[Place, int]]()
    strings = [mark for mark in marks if isinstance(mark, str)]
    if marks and set(map(str, marks)) <= {"0", "1"}:  # of each token, as some data sets have it
        raise ValueError(f"0 and 1 say nothing of places; {EXAMPLE}")
    for number, mark in enumerate(marks, 1):
        if isinstance(mark, str):
            # A string that is listed twice stands at the first and at the second place.
            earlier = [one for one in marks[: number - 1] if one == mark]
            start = _starts(mark, text, number, strings.count(mark))[len(earlier)]
            places.append(((start, start + len(mark)), number))
        elif isinstance(mark, list) and len(mark) == 2:
            places.append((_place(mark, text, number), number))
        else:
            raise ValueError(f"mark {number} is neither a string nor [start, end]; {EXAMPLE}")
    places.sort()
    for (before, first), (after, second) in pairwise(places):
        if after[0] < before[1]:
            raise ValueError(f"marks {first} and {second} overlap; make them one")
    return _without_surrogates([place for place, _ in places], text)


def _starts(mark: str, text: str, number: int, n_listed: int) -> list[int]:
    """Where the string `mark` stands in the text: as often as it is listed."""
    if not mark:
        raise ValueError(f"mark {number} is empty; leave it out")
    shown = quoted(repr(mark[:_LONGEST]))
    starts = [match.start() for match in re.finditer(f"(?={re.escape(mark)})", text)]
    if not starts:
        raise ValueError(f"mark {number}, {shown}, does not stand in the text; copy it from there")
    if len(starts) != n_listed:
        times = "once" if len(starts) == 1 else f"{len(starts)} times"
        raise ValueError(
            f"mark {number}, {shown}, stands in the text {times}, and {n_listed} in the list; "
            f"write the place that is meant, such as [{starts[0]}, {starts[0] + len(mark)}]"
        )
    return starts


def _place(mark: Sequence[object], text: str, number: int) -> Place:
    if not all(isinstance(end, str) and _NUMBER.fullmatch(end) for end in mark):
        raise ValueError(
            f"mark {number}: start and end are whole numbers from 0, counted in characters"
        )
    start, end = (int(str(each)) for each in mark)
    if end > len(text):
        raise ValueError(f"mark {number} ends at {end}, but the text has {len(text)} characters")
    if start > end:
        raise ValueError(f"mark {number} begins at {start}, after its end at {end}")
    if start == end:
        raise ValueError(f"mark {number} is empty; leave it out")
    return start, end


def _signed(value: str, text: str) -> list[Place]:
    """The places between signs in `value`, which is `text` without them."""
    if value == text:
        return []
    for opening, closing in _SIGNS:
        if opening not in value or opening in text or closing in text:
            continue
        parts = re.split(f"({re.escape(opening)}|{re.escape(closing)})", value)
        if "".join(parts[::2]) != text:
            continue
        expected = [(opening, closing)[place % 2] for place in range(len(parts) // 2)]
        if parts[1::2] != expected or len(expected) % 2:
            raise ValueError(f"a mark is not closed, or not opened; write {opening}word{closing}")
        ends = [0]
        for part in parts[::2]:
            ends.append(ends[-1] + len(part))
        places = list(zip(ends[1:-1:2], ends[2::2], strict=False))
        if any(start == end for start, end in places):
            raise ValueError(f"{opening}{closing} marks nothing; leave it out")
        return places
    bare = value
    for sign in {sign for signs in _SIGNS for sign in signs if sign in value}:
        bare = bare.replace(sign, "")
    if bare == value:
        raise ValueError(f"neither a JSON list of marks nor the text with marks in it; {EXAMPLE}")
    if bare == text.replace("**", ""):
        raise ValueError("the text has ** itself; write <mark>word</mark> or [start, end]")
    differs = next((i for i, (a, b) in enumerate(zip(bare, text, strict=False)) if a != b), None)
    at = min(len(bare), len(text)) if differs is None else differs
    raise ValueError(
        f"without its marks this is not the text: they differ at character {at + 1}; copy the text "
        "and mark words in it, or write [start, end]"
    )


def _without_surrogates(places: Sequence[Place], text: str) -> Places:
    """The places in the text as it is analysed."""
    if without_surrogates(text) == text:
        return tuple(places)
    return tuple(
        (len(without_surrogates(text[:start])), len(without_surrogates(text[:end])))
        for start, end in places
    )
