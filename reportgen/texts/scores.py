"""The scores of one text that stand beside it: how much each token, word or unit of it matters by
a method of the user's own, such as captum's or shap's."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite

from reportgen.errors import UsageError, quoted, without_surrogates
from reportgen.results import MEASURES, ScoreSource
from reportgen.texts.rows import OddCell

_EXAMPLE = 'write [0.2, -0.1], 0.2 -0.1, or [["good", 0.2], ["film", -0.1]]'
_SHOWN = 40  # characters that a message quotes
_LARGEST = 3.4028235e38  # of float32, which results and pages hold
_MOST_NAMES = 20  # of a run: each is one more entry in every list of the page
_LONGEST = 60  # characters of a name
_RENAME = "give another, as in --scores captum=scores.csv"


@dataclass(frozen=True, slots=True)
class UserScores:
    """Scores of one text, one for each of its tokens, words or units; lengths say of which."""

    name: str
    values: tuple[float, ...]  # all finite
    # What each is of, as the text or the tokenizer writes it; None where only numbers are given.
    words: tuple[str, ...] | None = None
    source: str = field(default="", repr=False)  # file:line, for messages


def score_columns(given: str | None) -> tuple[str, ...]:
    """The columns that `--score-columns` names; none if it was not given.

    Raises:
        UsageError: one stands twice.
    """
    names = tuple(filter(None, (part.strip() for part in (given or "").split(","))))
    if len(set(names)) < len(names):
        raise UsageError(f"--score-columns {given}: names a column twice")
    return names


def scores_in(name: str, cell: str | OddCell, source: str) -> UserScores:
    """The scores that a cell holds: a JSON list of numbers, or of pairs of a word and a number; or
    numbers with blanks between.

    Raises:
        ValueError: with what is wrong, for a message.
    """
    if isinstance(cell, OddCell) and cell.numbers is not None:
        return UserScores(name, tuple(map(finite, cell.numbers)), None, source)
    value = cell.as_json if isinstance(cell, OddCell) else cell
    if value is None:
        raise ValueError(f"{cell.what if isinstance(cell, OddCell) else ''} is no list; {_EXAMPLE}")
    if not value.lstrip().startswith("["):
        return UserScores(name, tuple(map(finite, value.split())), None, source)
    try:
        items = json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError(f"no list of scores; {_EXAMPLE}") from None
    if items and all(isinstance(item, list) for item in items):
        pairs = [_pair(item, number) for number, item in enumerate(items, 1)]
        words = tuple(word for word, _ in pairs)
        return UserScores(name, tuple(score for _, score in pairs), words, source)
    return UserScores(name, tuple(map(finite, items)), None, source)


def finite(item: object) -> float:
    """The number that `item` is, or that it writes.

    Raises:
        ValueError: it is no finite number; the message says what it is.
    """
    try:
        number = float(item) if isinstance(item, str | int | float) else float("nan")
    except (ValueError, OverflowError):
        number = float("nan")
    if not isfinite(number) or abs(number) > _LARGEST or isinstance(item, bool) or "_" in str(item):
        what = "null" if item is None else quoted(repr(item)[:_SHOWN])
        raise ValueError(f"{what} is no finite number; {_EXAMPLE}")
    return number


def _pair(item: Sequence[object], number: int) -> tuple[str, float]:
    if len(item) != 2 or not isinstance(item[0], str):
        raise ValueError(f"score {number} is no pair of a word and a number; {_EXAMPLE}")
    return without_surrogates(item[0]), finite(item[1])


def with_signs(
    sources: Iterable[ScoreSource], scores: Iterable[UserScores]
) -> tuple[ScoreSource, ...]:
    """`sources`, each with whether any of its `scores`, those of all texts, is below 0."""
    below = {given.name for given in scores if min(given.values, default=0.0) < 0}
    return tuple(replace(source, is_signed=source.name in below) for source in sources)


def require_names(names: Sequence[str]) -> None:
    """Check that the names of scores are apart from one another and from those of measures.

    Raises:
        UsageError: they are not; or one is empty or long, or there are many.
    """
    known = {measure.id for measure in MEASURES}
    for place, name in enumerate(names):
        if not name.strip() or len(name) > _LONGEST:
            raise UsageError(
                f"scores {quoted(repr(name[:_LONGEST]))}: a name has 1 to {_LONGEST} characters; "
                f"{_RENAME}"
            )
        if name in known:
            raise UsageError(
                f"scores {quoted(repr(name))}: a measure of reportgen has this name; {_RENAME}"
            )
        if name in names[:place]:
            raise UsageError(f"scores {quoted(repr(name))}: two have this name; {_RENAME}")
    if len(names) > _MOST_NAMES:
        raise UsageError(f"scores: {len(names)} names; give at most {_MOST_NAMES}")
