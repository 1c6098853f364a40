"""Rounds figures so far that they do not tell words apart, in tables and in whole findings."""

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from reportgen.report.redact.rules import Rule

Floats = NDArray[np.float64]
Found = TypeVar("Found")


def to_digits(values: Floats, digits: int) -> Floats:
    """`values`, of any shape, rounded to so many significant digits."""
    size = np.abs(values)
    known = np.isfinite(values) & (size > 0)
    place = np.zeros_like(values)
    place[known] = np.floor(np.log10(size[known])) - (digits - 1)
    scale = 10.0 ** np.abs(place)
    whole = np.where(place < 0, values * scale, values / scale)
    rounded = np.where(known, np.round(whole), values)
    return np.where(known, np.where(place < 0, rounded / scale, rounded * scale), values)


def to_step(values: Floats, step: float) -> Floats:
    """`values` rounded to multiples of `step`."""
    per_one = 1.0 / step  # whole for all steps in use, so that 0.3 is 0.3 and not 0.30000000000004
    rounded: Floats = np.round(values * per_one) / per_one
    return rounded


def to_levels(values: Floats, of: NDArray[np.intp]) -> Floats:
    """Which of `values` are more than half of the largest of their group, each with its sign, and 0
    for others; `of` `[value]` is the group. Their size is the same in all groups: the mean of the
    largest, to one digit."""
    size = np.where(np.isfinite(values), np.abs(values), 0.0)
    most = np.zeros(int(of.max(initial=-1)) + 1)
    np.maximum.at(most, of, size)
    largest = most[of]
    share = np.divide(values, largest, out=np.zeros_like(values), where=largest > 0)
    known = most[np.unique(of[size > 0])]
    size_of_all = to_digits(np.array([known.mean() if len(known) else 0.0]), 1)
    levels: Floats = np.round(share) * size_of_all + 0.0  # no -0
    return np.where(np.isfinite(values), levels, np.nan)


def round_column(column: pa.ChunkedArray, rule: Rule) -> pa.ChunkedArray:
    """A column of numbers, or of lists of numbers, rounded as `rule` says; nulls stay."""
    return pa.chunked_array([_rounded(chunk, rule) for chunk in column.chunks], column.type)


def _rounded(chunk: pa.Array, rule: Rule) -> pa.Array:
    if pa.types.is_list(chunk.type):
        flat = _rounded(chunk.flatten(), rule)
        lengths = pc.list_value_length(chunk).fill_null(0).to_numpy(zero_copy_only=False)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        mask = pc.is_null(chunk)
        return pa.ListArray.from_arrays(
            pa.array(offsets, pa.int32()), flat, chunk.type, mask=mask if chunk.null_count else None
        )
    values = chunk.cast(pa.float64()).to_numpy(zero_copy_only=False)
    rounded = to_digits(values, int(rule.by)) if rule.how == "digits" else to_step(values, rule.by)
    nulls = chunk.is_null().to_numpy(zero_copy_only=False)
    return pa.array(rounded, pa.float64(), mask=nulls).cast(chunk.type)


def coarse(content: Found, digits: int = 2) -> Found:
    """`content` with every float in it rounded to so many significant digits: a number, an array,
    or data classes, tuples, lists and dictionaries of these. Anything else stays as it is."""
    made: Any = _coarse(content, digits)
    return cast("Found", made)


def _coarse(content: Any, digits: int) -> Any:
    if isinstance(content, bool | int | str) or content is None:
        return content
    if isinstance(content, float):
        return float(to_digits(np.array([content]), digits)[0])
    if isinstance(content, np.ndarray):
        is_float = np.issubdtype(content.dtype, np.floating)
        return to_digits(content.astype(np.float64), digits) if is_float else content
    if isinstance(content, tuple) and hasattr(content, "_fields"):  # a named tuple
        return type(content)(*(_coarse(each, digits) for each in content))
    if isinstance(content, tuple | list):
        return type(content)(_coarse(each, digits) for each in content)
    if isinstance(content, dict):
        return {key: _coarse(each, digits) for key, each in content.items()}
    if is_dataclass(content) and not isinstance(content, type):
        parts = {item.name: getattr(content, item.name) for item in fields(content) if item.init}
        return replace(content, **{name: _coarse(value, digits) for name, value in parts.items()})
    return content
