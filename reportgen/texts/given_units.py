"""Units that a file gives with a text and its pair: parts as strings, or as places [start, end]."""

import json
import re
from collections.abc import Sequence

from reportgen.errors import quoted, without_surrogates

EXAMPLE = 'write ["New York", "is big"] or [[0, 8], [9, 15]]'
_NUMBER = re.compile("[0-9]{1,12}")
_LONGEST = 40  # characters of a unit that a message quotes
OF_A_PAIR = 'write {"text": ["New York"], "pair": ["is big"]} for units of a text and of its pair'
SEGMENTS = ("text", "pair")
Place = tuple[int, int]  # first code point and end
Places = tuple[Place, ...]


def given_units(value: str, text: str, pair: str = "") -> tuple[Places, Places]:
    """The places in `text` and in `pair` of the units that the JSON `value` names, in order.

    It is a list with the units of the text, or an object with such lists of "text" and "pair". An
    item is a string, which is looked for after the unit before it, or [start, end] in code points.
    Places are those of `without_surrogates(text)`, which is what is analysed.

    Raises:
        ValueError: with what is wrong, for a message.
    """
    try:
        given = json.loads(value, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        given = None
    if isinstance(given, list):
        return _places(given, text), ()
    if not isinstance(given, dict):
        raise ValueError(f"no JSON list of units; {EXAMPLE}")
    lists = {name: units for name, units in given.items() if name in SEGMENTS and units is not None}
    if len(given.keys() | SEGMENTS) > len(SEGMENTS) or not all(
        isinstance(units, list) for units in lists.values()
    ):
        raise ValueError(f"an object of other things than lists of units; {OF_A_PAIR}")
    try:
        of_pair = _places(lists.get("pair", []), pair)
    except ValueError as error:
        raise ValueError(f"in the pair, {error}") from error
    return _places(lists.get("text", []), text), of_pair


def _places(items: Sequence[object], text: str) -> Places:
    places: list[Place] = []
    end = 0
    for number, item in enumerate(items, 1):
        start, end = _place(item, number, text, end)
        places.append((start, end))
    shifted = without_surrogates(text) != text
    return tuple(
        (len(without_surrogates(text[:start])), len(without_surrogates(text[:end])))
        if shifted
        else (start, end)
        for start, end in places
    )


def _place(item: object, number: int, text: str, least: int) -> Place:
    """The place of a unit that begins at `least` or later."""
    if isinstance(item, str) and item:
        start = text.find(item, least)
        if start < 0:
            raise ValueError(
                f"unit {number}, {quoted(repr(item[:_LONGEST]))}, does not stand in the text"
                f"{f' after unit {number - 1}' if least else ''}; write units as the text has "
                "them, in its order"
            )
        return start, start + len(item)
    if isinstance(item, list) and len(item) == 2:
        start, end = (_code_point(each, number) for each in item)
        if end > len(text):
            raise ValueError(
                f"unit {number} ends at {end}, but the text has {len(text)} characters"
            )
        if start < least:
            raise ValueError(
                f"unit {number} begins at {start}, before the end of unit {number - 1} at {least}; "
                "give units in the order of the text, without overlap"
            )
        if start > end:
            raise ValueError(f"unit {number} begins at {start}, after its end at {end}")
        if start < end:
            return start, end
    if item == "" or (isinstance(item, list) and len(item) == 2):
        raise ValueError(f"unit {number} is empty; leave it out")
    raise ValueError(f"unit {number} is neither a string nor [start, end]; {EXAMPLE}")


def _code_point(value: object, number: int) -> int:
    if not (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise ValueError(
            f"unit {number}: start and end are whole numbers from 0, counted in characters"
        )
    return int(value)
