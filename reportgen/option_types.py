"""Options given from Python, held against what the command line would have let through."""

from collections.abc import Mapping
from dataclasses import fields
from numbers import Integral
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from reportgen.errors import UsageError

Choices = TypeVar("Choices")
_CALLED: Mapping[Any, str] = {str: "text", int: "a whole number", bool: "True or False"}


def options_of(kind: type[Choices], given: Mapping[str, Any]) -> Choices:
    """A group of options with the values `given` by name.

    Raises:
        UsageError: it has no option of a name, or one does not take its value.
    """
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for name in given:
        if name not in known:
            raise UsageError(f"{name}: no such option; there are {', '.join(known)}")
    hints = get_type_hints(kind, include_extras=True)
    return kind(**{name: _taken(name, value, hints[name]) for name, value in given.items()})


def check_language(lang: object) -> None:
    """See that there are words in a language.

    Raises:
        UsageError: there are none.
    """
    from reportgen.report.options import Lang

    _taken("lang", lang, Lang)


def _taken(name: str, value: Any, hint: Any) -> Any:
    """`value` as the option has it."""
    least = None
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        least = getattr(extras[0], "min", None)
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    for kind in kinds:
        found = _as(value, kind)
        if found is not None or (value is None and kind is NoneType):
            if least is not None and found is not None and found < least:
                raise UsageError(f"{name} {value!r}: takes {least} or more")
            return found
    said = ", ".join(text for kind in kinds for text in _words(kind))
    raise UsageError(f"{name} {value!r:.80}: takes {said}")


def _as(value: Any, kind: Any) -> Any:
    """`value` as one of its `kind`, None where it is none."""
    if get_origin(kind) is Literal:
        return value if isinstance(value, str) and value in get_args(kind) else None
    if kind is int:
        is_whole = isinstance(value, Integral) and not isinstance(value, bool)
        return int(value) if is_whole else None
    if kind is Path:
        return Path(value) if isinstance(value, (str, Path)) else None
    if get_origin(kind) is list:
        is_list = isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value)
        return list(value) if is_list else None
    return value if isinstance(value, kind) else None


def _words(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return tuple(map(repr, get_args(kind)))
    if kind is NoneType:
        return ("None",)
    if get_origin(kind) is list:
        return ("a list of texts",)
    return (_CALLED.get(kind, "a path"),)
