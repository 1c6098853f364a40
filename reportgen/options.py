"""An option: a field of a dataclass, declared once with its help and what it takes.

The command line, settings files, the Python API and the command that a report prints are all made
from these fields: to add an option, add a field and use it where it matters.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from functools import cache
from math import isfinite
from numbers import Integral, Real
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from reportgen.errors import UsageError, without_surrogates

Group = TypeVar("Group")  # a dataclass whose fields are options
# How a message names the values of a type; it lists those of a `Literal`.
_NAMES: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    Path: "a path",
    list[str]: "a list of texts",
}


@dataclass(frozen=True, slots=True)
class Option:
    """How the command line offers a field of an options class."""

    help: str
    panel: str | None = None  # the heading in the help that it stands under
    flags: tuple[str, ...] = ()  # its names there; by default that of the field
    metavar: str | None = None  # what the help shows for its value
    choices: tuple[str, ...] = ()  # the only values it takes
    least: int | None = None  # the smallest number it takes
    most: int | None = None  # the largest
    read: Callable[[str], Any] | None = None  # turns what is typed into the value
    write: Callable[[Any], Any] | None = None  # turns the value into what a printed command shows
    changes_page: bool = True  # whether the HTML page depends on it
    is_setting: bool = True  # whether a settings file may hold it
    is_common: bool = False  # whether the help of a command with many options shows it at once
    kind: Any = None  # the type of its field; `options_in` fills it in, and the default
    default: Any = None


def options_in(group: type) -> Mapping[str, Option]:
    """The options that the dataclass `group` declares, by name of the field."""
    return _declared_in(group)


@cache  # what a class declares is fixed, and its annotations take long to read
def _declared_in(group: type) -> Mapping[str, Option]:
    hints = get_type_hints(group, include_extras=True)
    return MappingProxyType(
        {
            field.name: replace(option, kind=get_args(hints[field.name])[0], default=field.default)
            for field in fields(group)
            for option in getattr(hints[field.name], "__metadata__", ())
        }
    )


def shown_options(*groups: Any, of_page: bool | None = None) -> dict[str, str | int | float | bool]:
    """The options in `groups` that differ from their defaults, as printed commands name them.

    `of_page` selects those that change the HTML page, or those that change other formats only.
    """
    shown: dict[str, str | int | float | bool] = {}
    for group in groups:
        for name, option in options_in(type(group)).items():
            value, is_wanted = getattr(group, name), of_page in (None, option.changes_page)
            if is_wanted and value != option.default:
                value = option.write(value) if option.write else value
                is_text = isinstance(value, str)
                shown[name.replace("_", "-")] = without_surrogates(value) if is_text else value
    return shown


def options_of(group: type[Group], given: Mapping[str, Any], *, is_python: bool = True) -> Group:
    """Make an options object from values by name; options that are not named keep their defaults.
    Messages write values as Python does if `is_python`, else as settings files do.

    Raises:
        UsageError: there is no option of a name, or it does not take its value.
    """
    known = options_in(group)
    for name in given:
        if name not in known:
            raise UsageError(no_such_option(name, known))
    values = (
        _value(name, value, known[name], is_python=is_python) for name, value in given.items()
    )
    return group(**dict(zip(given, values, strict=True)))


def no_such_option(name: str, known: Iterable[str], others: str = "there are ") -> str:
    """What is wrong with a keyword that is no option: the nearest of those that are `known`, else
    all of them after the words `others`."""
    known = list(known)
    if close := get_close_matches(name, known, n=1, cutoff=0.6):
        return f"{name}: no such option; did you mean {close[0]}?"
    return f"{name}: no such option; {others}{', '.join(known)}"


def _value(name: str, value: Any, option: Option, *, is_python: bool) -> Any:
    """`value` in the type of the option."""
    if option.read is not None and isinstance(value, str | Path):
        return option.read(str(value))
    kind = option.kind
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    if option.choices:
        kinds = tuple(Literal[option.choices] if kind is str else kind for kind in kinds)
    for kind in kinds:
        converted = _as(value, kind)
        if converted is not None or (value is None and kind is NoneType):
            if option.least is not None and converted is not None and converted < option.least:
                raise UsageError(f"{name} {value!r}: takes {option.least} or more")
            if option.most is not None and converted is not None and converted > option.most:
                raise UsageError(f"{name} {value!r}: takes {option.most} or less")
            return converted
    names = _NAMES if is_python else _NAMES | {bool: "true or false"}
    words = ", ".join(
        names[kind] if kind in names else ", ".join(map(repr, get_args(kind))) or "a path"
        for kind in kinds
        if kind is not NoneType
    )
    words += " or None" if is_python and NoneType in kinds else ""
    raise UsageError(f"{name} {value!r:.80}: takes {words}")


def _as(value: Any, kind: Any) -> Any:
    """`value` as the type `kind`, None if it cannot be."""
    if get_origin(kind) is Literal:
        return value if isinstance(value, str) and value in get_args(kind) else None
    if kind is int:
        is_whole = isinstance(value, Integral) and not isinstance(value, bool)
        return int(value) if is_whole else None
    if kind is float:
        is_number = isinstance(value, Real) and not isinstance(value, bool)
        return float(value) if is_number and isfinite(value) else None
    if kind is Path:
        return Path(value) if isinstance(value, (str, Path)) else None
    if get_origin(kind) is list:
        is_list = isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value)
        return list(value) if is_list else None
    return value if isinstance(value, kind) else None
