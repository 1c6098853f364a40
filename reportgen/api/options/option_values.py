"""Option values, checked against the fields that declare them."""

from collections.abc import Mapping
from functools import cache
from math import isfinite
from numbers import Integral, Real
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from reportgen.errors import UsageError
from reportgen.report import Lang, Option, options_in

Choices = TypeVar("Choices")
# How a message names the values of a type; it lists those of a `Literal`.
_NAMES: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    Path: "a path",
    list[str]: "a list of texts",
}


def options_of(kind: type[Choices], given: Mapping[str, Any], *, is_python: bool = True) -> Choices:
    """Make an options object from values by name; options that are not named keep their defaults.
    Messages write values as Python does if `is_python`, else as settings files do.

    Raises:
        UsageError: there is no option of a name, or it does not take its value.
    """
    known = options_in(kind)
    for name in given:
        if name not in known:
            raise UsageError(f"{name}: no such option; there are {', '.join(known)}")
    declaring: type = kind
    hints = _hints(declaring)
    return kind(
        **{
            name: _value(name, value, hints[name], known[name], is_python=is_python)
            for name, value in given.items()
        }
    )


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    """The types of the options that `kind` declares, by name."""
    return MappingProxyType(get_type_hints(kind))


def check_language(lang: object) -> None:
    """Check that reports can be written in the language `lang`.

    Raises:
        UsageError: they cannot.
    """
    _value("lang", lang, Lang, Option(""))


def _value(name: str, value: Any, hint: Any, option: Option, *, is_python: bool = True) -> Any:
    """`value` in the type of the option."""
    if option.read is not None and isinstance(value, str):
        return option.read(value)
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if option.choices:
        kinds = tuple(Literal[option.choices] if kind is str else kind for kind in kinds)
    for kind in kinds:
        found = _as(value, kind)
        if found is not None or (value is None and kind is NoneType):
            if option.least is not None and found is not None and found < option.least:
                raise UsageError(f"{name} {value!r}: takes {option.least} or more")
            if option.most is not None and found is not None and found > option.most:
                raise UsageError(f"{name} {value!r}: takes {option.most} or less")
            return found
    names = _NAMES if is_python else _NAMES | {bool: "true or false"}
    words = ", ".join(
        names[kind] if kind in names else ", ".join(map(repr, get_args(kind)))
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
