"""Findings as JSON: what of each class stands in a file, in which order and under which name."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from operator import attrgetter
from typing import Any, TypeAlias

from reportgen.findings import (
    Bin,
    Calibration,
    Estimate,
    Findings,
    Interval,
    Judgement,
    LengthTrend,
    Subset,
    WhereWrong,
    rounded,
)

# An attribute, or its name in JSON and where it is, such as "sure=is_sure"; a name with a function
# that gives its value; or a function alone, whose result's entries stand in line with the others.
Read: TypeAlias = Callable[[Any], object]
Entry: TypeAlias = str | tuple[str, Read] | Read


@dataclass(frozen=True, slots=True)
class Record:
    """What of a class stands in JSON."""

    entries: tuple[Entry, ...]
    only_known: bool = False  # what is None is left out


def shows(*entries: Entry, only_known: bool = False) -> Record:
    """The record of these entries."""
    return Record(entries, only_known)


Records: TypeAlias = Mapping[type, Record]


def record(content: Any, records: Records) -> Any:
    """`content` as JSON: each float rounded, null for None. A class that is not in `records` has
    all its fields."""
    if type(content) in records:
        return _entries(content, records[type(content)], records)
    if is_dataclass(content) and not isinstance(content, type):
        names = tuple(item.name for item in fields(content))
        return _entries(content, Record(names), records)
    if isinstance(content, Interval):
        return ends(content)
    if isinstance(content, Mapping):
        return {name: record(value, records) for name, value in content.items()}
    if isinstance(content, tuple | list):
        return [record(value, records) for value in content]
    return rounded(content)


def _entries(content: Any, spec: Record, records: Records) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for entry in spec.entries:
        if callable(entry):
            made |= record(entry(content), records) or {}
            continue
        if isinstance(entry, str):
            name, _, place = entry.partition("=")
            value = attrgetter(place or name)(content)
        else:
            name, value = entry[0], entry[1](content)
        made[name] = record(value, records)
    return {name: value for name, value in made.items() if not spec.only_known or value is not None}


def to_json(record: object) -> str:
    """A record as JSON in which a CI log takes no string as a command (see `printable`)."""
    text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)
    return text.replace("##", "#\\u0023") + "\n"


def ends(interval: Interval | None) -> dict[str, object]:
    """Both ends of an interval; null for None."""
    low, high = interval or (None, None)
    return {"low": rounded(low), "high": rounded(high)}


def its_ends(content: Any) -> dict[str, object]:
    """Both ends of the interval of `content`."""
    return ends(content.interval)


SHARED: Records = {
    Estimate: shows("mean", its_ends, "n_texts"),
    Judgement: shows("verdict", "baseline", "over_baseline=over", only_known=True),
}
_ERRORS: Records = {
    **SHARED,
    WhereWrong: shows("n_texts", "n_compared=n_tried", "error", "length=trend", "parts"),
    LengthTrend: shows(
        *("correlation", "shortest_third=shortest", "longest_third=longest", "p", "sure=is_sure")
    ),
    Subset: shows(
        "by=aspect",
        ("name", lambda part: part.name or None),
        lambda part: dict(zip(("from", "to"), part.band or (None, None), strict=True)),
        *("error", "elsewhere=rest", ("difference", lambda part: ends(part.difference))),
        *("p", "sure=is_sure"),
    ),
    Calibration: shows(
        *("verdict", "n_predictions=n_items", "mean_probability=mean_chance", "right"),
        *("overconfidence=gap", "p", "error", "plain_error", "error_by_chance=noise"),
        "curve=bins",
    ),
    Bin: shows("n_predictions=n_items", "probability=chance", "right"),
}
_NOWHERE: Mapping[str, Any] = {
    **dict.fromkeys(("n_texts", "n_compared", "error", "length")),
    "parts": [],
}


def errors_record(findings: Findings) -> dict[str, object] | None:
    """Where predictions are wrong, and whether their probabilities fit; null without right
    answers."""
    if findings.scored is None:
        return None
    slopes = findings.slopes
    return {
        "measure": findings.scored.measure,
        "against_constant": findings.against_constant,
        **(record(findings.where_wrong, _ERRORS) or _NOWHERE),
        "slope": slopes.verdict if slopes else None,
        "calibration": record(findings.calibration, _ERRORS),
    }
