"""JSON back to the data classes that it was written from, every value of the type they name."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from reportgen.errors import without_surrogates

T = TypeVar("T")
_LARGEST = 1e308  # a float holds no more


def from_record(kind: type[T], found: object, place: str = "") -> T:
    """The data class `kind` from what JSON holds of it.

    What is missing takes its default; what `kind` does not have, of a later version, is passed
    over. Fields may be texts, numbers, booleans, None, literals, data classes, and tuples and
    mappings of them. `place` goes before the names in messages.

    Raises:
        ValueError: a value has no default and is missing, or is of another type.
    """
    if not isinstance(found, Mapping):
        raise _misfit(place, found)
    types = get_type_hints(kind)
    values = {}
    for field in fields(kind):  # type: ignore[arg-type]
        inner = f"{place}.{field.name}" if place else field.name
        if field.name in found:
            values[field.name] = _value(types[field.name], found[field.name], inner)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{inner} is missing")
    return kind(**values)


def _value(kind: Any, found: object, place: str) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return from_record(kind, found, place)  # type: ignore[arg-type]
    if origin in (Union, UnionType):
        for each in inner:
            with suppress(ValueError):
                return _value(each, found, place)
    elif origin is Literal:
        if found in inner:
            return found
    elif origin is tuple:
        if isinstance(found, list):
            return tuple(_value(inner[0], item, f"{place}[{i}]") for i, item in enumerate(found))
    elif origin is Mapping:
        if isinstance(found, dict):
            return {
                _value(inner[0], key, place): _value(inner[1], item, f"{place}.{key}")
                for key, item in found.items()
            }
    elif isinstance(found, bool):  # no number, though Python counts it as one
        if kind is bool:
            return found
    elif kind is float:
        if isinstance(found, int | float) and abs(found) <= _LARGEST:
            return float(found)
    elif kind is str:
        if isinstance(found, str):
            return without_surrogates(found)
    elif isinstance(found, kind):
        return found
    raise _misfit(place, found)


def _misfit(place: str, found: object) -> ValueError:
    shown = repr(found)
    shown = shown if len(shown) <= 40 else f"{shown[:37]}..."
    return ValueError(f"{place or 'all of it'} cannot be {shown}")
