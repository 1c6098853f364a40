"""What exploring one text takes beside its maps: every head's figures, segments, and words."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any
from unicodedata import name

import numpy as np
import pandas as pd

from reportgen.info import HEAD_CLASSES
from reportgen.report.units import TextUnits, Unit
from reportgen.results import Results

_FIGURES = {"special": "special_share", "entropy": "entropy", "distance": "distance"}
# Scripts that set no space between words.
_UNSPACED = ("HIRAGANA", "KATAKANA", "CJK", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")


def head_figures(results: Results, text: int) -> dict[str, str]:
    """The figures of every head of row `text` of `texts`, layer by layer.

    Float32 in base64, NaN where a figure is not defined; `classes` has a digit a head, the place
    of its class in `HEAD_CLASSES`.
    """
    rows = results.heads_of(text)
    figures = {key: _floats(rows[column]) for key, column in _FIGURES.items()}
    classes = "".join(str(HEAD_CLASSES.index(found)) for found in rows["head_class"])
    return {**figures, "classes": classes}


def reading(units: TextUnits, texts: Sequence[str]) -> dict[str, Any]:
    """How a text can be read otherwise than unit by unit; `texts` are those of its segments.

    `segment` is `[unit]`, the segments of a pair; `words` is `[unit]`, the word each belongs to.
    Each stands only where it has something to say; `unspaced` says that words cannot be told.
    """
    found: dict[str, Any] = {}
    segments = [unit.segment for unit in units.units]
    if {0, 1} <= set(segments):
        found |= {"pair": True, "segment": segments}
    if any(is_unspaced(text) for text in texts):
        return found | {"unspaced": True}
    words = word_of(units.units, texts)
    return found | {"words": words} if words[-1] + 1 < len(words) else found


def word_of(units: Sequence[Unit], texts: Sequence[str]) -> list[int]:
    """`[unit]`, the number of the word it belongs to: what stands between two spaces.

    Special tokens are words of their own. Without places in the text, the marks of the tokenizer
    say where a word begins.
    """
    words: list[int] = []
    before: Unit | None = None
    for unit in units:
        goes_on = before is not None and _goes_on(before, unit, texts)
        words.append((words[-1] if words else -1) + (not goes_on))
        before = unit
    return words


def _goes_on(before: Unit, unit: Unit, texts: Sequence[str]) -> bool:
    if before.is_special or unit.is_special or unit.segment != before.segment:
        return False
    if unit.start is None or before.end is None or unit.segment is None:
        return not unit.begins_word
    around = texts[unit.segment][max(0, before.end - 1) : unit.start + 1]
    return not any(character.isspace() for character in around)


def is_unspaced(text: str) -> bool:
    """Whether a text has characters of a script that sets no space between words."""
    return any(name(character, "").startswith(_UNSPACED) for character in set(text))


def _floats(column: pd.Series) -> str:
    return b64encode(column.to_numpy("<f4", na_value=np.nan).tobytes()).decode("ascii")
