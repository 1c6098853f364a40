"""Figures of the author's own: numbers that reportgen does not measure, with a name, a unit and
which way is better, and by text where they are means over the texts.

They lie in `figures.json` of the results folder, which the author may write; no manifest lists it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from reportgen.errors import UsageError, without_surrogates
from reportgen.files import read_within

FIGURES_BYTES = 50_000_000
_MOST = 100  # figures
_LONGEST = {"unit": 20, "meaning": 300}  # characters
Better: TypeAlias = Literal["higher", "lower", "none"]
_FIELDS = ("name", "value", "unit", "better", "meaning", "per_text")
AUTHOR = "author_"  # how the name of such a figure begins wherever figures are named
# What gates and tables put behind a name does not end one.
ENDINGS = ("low", "high", "base", "head", "change")
NAME_PATTERN = r"[A-Za-z][A-Za-z0-9_]{0,39}" + "".join(rf"(?<!_{end})" for end in ENDINGS)
_NEAR = 1e-6  # how far a value may be from the mean of what is given by text


@dataclass(frozen=True, slots=True)
class AuthorFigure:
    """A figure of the author's own."""

    name: str
    value: float | None  # None: the mean over the texts
    unit: str = ""
    better: Better = "none"
    meaning: str = ""
    by_text: Mapping[str, float] | tuple[float, ...] | None = None  # by id; or in their order

    @property
    def key(self) -> str:
        """What gates and tables call it."""
        return AUTHOR + self.name


AuthorFigures: TypeAlias = tuple[AuthorFigure, ...]


@dataclass(frozen=True, slots=True)
class FiguresFile:
    """A file of figures that was read."""

    name: str
    figures: AuthorFigures


def read_figures(path: str) -> FiguresFile:
    """The figures in the file at `path`, an option's value.

    Raises:
        UsageError: the file cannot be read, or holds something else.
    """
    shown = f"--figures {without_surrogates(path)}"
    try:
        content = read_within(Path(path), FIGURES_BYTES)
    except FileNotFoundError as error:
        raise UsageError(f"{shown}: no such file") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no path"
        raise UsageError(f"{shown}: cannot be read ({why})") from error
    return FiguresFile(Path(path).name, parsed(content, shown))


def parsed(content: bytes, source: str) -> AuthorFigures:
    """The figures in a file of JSON; messages begin with `source`.

    Raises:
        UsageError: it holds something else.
    """

    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is no number")

    try:
        text = content.decode("utf-8-sig")
        given = json.loads(text, parse_constant=refuse, object_pairs_hook=_unique)
    except RecursionError as error:
        raise UsageError(f"{source}: not figures; {_FORM}") from error
    except ValueError as error:
        raise UsageError(f"{source}: not JSON of figures ({error}); {_FORM}") from error
    return figures_of(given, source)


_FORM = (
    'write {"clicks": 0.12}, or [{"name": "clicks", "value": 0.12, "better": "higher"}] with unit, '
    "meaning and per_text"
)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            raise ValueError(f"{name!r:.60} stands there twice")
        made[name] = value
    return made


def figures_of(given: object, source: str) -> AuthorFigures:
    """The figures that are given as numbers by name, or as records; messages begin with `source`.

    Raises:
        UsageError: a name, a number or a field is none.
    """
    if isinstance(given, Mapping):
        records: list[Any] = [
            {"name": name, "value": v, "better": "none"} for name, v in given.items()
        ]
    elif isinstance(given, Sequence) and not isinstance(given, str | bytes):
        records = list(given)
    else:
        raise UsageError(f"{source}: not figures; {_FORM}")
    if len(records) > _MOST:
        raise UsageError(f"{source}: {len(records):,} figures; give {_MOST} at most")
    figures = tuple(_figure(record, n, source) for n, record in enumerate(records, 1))
    names = [figure.name for figure in figures]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"{source}: two figures are called {twice!r}; give each a name of its own")
    return figures


def _figure(record: object, place: int, source: str) -> AuthorFigure:
    where = f"{source}: figure {place}"
    if not isinstance(record, Mapping):
        raise UsageError(f"{where} is not a record; {_FORM}")
    name = record.get("name")
    if not isinstance(name, str) or not re.fullmatch(NAME_PATTERN, name) or name.startswith(AUTHOR):
        raise UsageError(
            f"{where}: name {name!r:.60}: write A-Z, a-z, 0-9 and _, a letter first, 40 at most, "
            f"without {AUTHOR} in front or {', '.join(f'_{end}' for end in ENDINGS)} at the end"
        )
    where = f"{source}: figure {name}"
    if other := next((key for key in record if key not in _FIELDS), None):
        raise UsageError(f"{where}: {other!r:.60}: no such field; there are {', '.join(_FIELDS)}")
    better: Any = record.get("better")
    if better not in get_args(Better):
        raise UsageError(f'{where}: better {better!r:.60}: write "higher", "lower" or "none"')
    texts = {field: record.get(field) or "" for field in _LONGEST}
    for field, text in texts.items():
        if not isinstance(text, str) or len(text) > _LONGEST[field]:
            raise UsageError(
                f"{where}: {field}: takes text of {_LONGEST[field]} characters at most"
            )
        texts[field] = without_surrogates(text)
    by_text = _by_text(record.get("per_text"), where)
    value = record.get("value")
    if value is None and by_text is None:
        raise UsageError(f"{where}: has no number; give value, or per_text")
    number = None if value is None else _number(value, f"{where}: value")
    return AuthorFigure(name, number, texts["unit"], better, texts["meaning"], by_text)


def _by_text(given: object, where: str) -> Mapping[str, float] | tuple[float, ...] | None:
    if given is None:
        return None
    if isinstance(given, Mapping):
        return {str(id): _number(v, f"{where}: text {id!r:.60}") for id, v in given.items()}
    listed = getattr(given, "tolist", lambda: given)()  # of numpy and pandas
    if not isinstance(listed, Sequence) or isinstance(listed, str | bytes):
        raise UsageError(f"{where}: per_text: give numbers by id, or a list in the texts' order")
    return tuple(_number(v, f"{where}: text {n}") for n, v in enumerate(listed, 1))


def _number(value: object, where: str) -> float:
    try:
        number = float(value) if isinstance(value, Real) and not _is_bool(value) else None
    except OverflowError:
        number = None
    if number is None or not isfinite(number):
        raise UsageError(f"{where} {value!r:.60}: no finite number; write one such as 0.12")
    return number


def _is_bool(value: object) -> bool:
    return type(value).__name__ in ("bool", "bool_")  # numpy has its own


def for_texts(given: AuthorFigures, ids: Sequence[str], source: str) -> AuthorFigures:
    """The same figures, what is given by text by the `ids` of the texts.

    Raises:
        UsageError: there is no text with an id, or a list has another length, or a value is not the
            mean of what is given by text.
    """
    known = set(ids)
    return tuple(
        _for_texts(figure, ids, known, f"{source}: figure {figure.name}") for figure in given
    )


def _for_texts(
    figure: AuthorFigure, ids: Sequence[str], known: AbstractSet[str], where: str
) -> AuthorFigure:
    by_text = figure.by_text
    if by_text is None:
        return figure
    if isinstance(by_text, tuple):
        if len(by_text) != len(ids):
            raise UsageError(
                f"{where}: per_text: {len(by_text):,} numbers for {len(ids):,} texts; give one for "
                "each, or by id"
            )
        by_text = dict(zip(ids, by_text, strict=True))
    if unknown := next((id for id in by_text if id not in known), None):
        raise UsageError(f"{where}: per_text: no text has the id {unknown!r:.60}")
    if not by_text:
        raise UsageError(f"{where}: per_text: is empty; give numbers by id, or leave it out")
    mean = sum(by_text.values()) / len(by_text)
    if figure.value is not None and abs(figure.value - mean) > _NEAR * max(1.0, abs(mean)):
        raise UsageError(
            f"{where}: value {figure.value:g} is not the mean of per_text, {mean:g}; leave one out"
        )
    return AuthorFigure(figure.name, None, figure.unit, figure.better, figure.meaning, by_text)


def figures_content(figures: AuthorFigures) -> bytes:
    """The file that holds `figures`.

    Raises:
        UsageError: it would be too large to be read.
    """
    records = [
        {
            "name": figure.name,
            "value": figure.value,
            "unit": figure.unit,
            "better": figure.better,
            "meaning": figure.meaning,
            "per_text": figure.by_text,
        }
        for figure in figures
    ]
    content = (json.dumps(records, ensure_ascii=False) + "\n").encode()
    if len(content) > FIGURES_BYTES:
        raise UsageError(
            f"figures: {len(content) // 10**6} MB with per_text, "
            f"{FIGURES_BYTES // 10**6} MB at most; give fewer figures by text"
        )
    return content
