"""Flat figures: their names, and how their values are read from the findings."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from itertools import groupby
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from reportgen.results import (
    SINK_TESTS,
    STATISTICS,
    USER_PREFIX,
    VIEWS,
)
from reportgen.tasks import Unit

if TYPE_CHECKING:
    from reportgen.findings.attention import LayerFigures
    from reportgen.findings.findings import Findings
    from reportgen.findings.sinks.heads import SinkHeads

Value: TypeAlias = float | int | None  # None: not measured, or not defined


class Key(NamedTuple):
    """A key in the names of a family of figures."""

    pattern: str  # what may take its place
    meaning: str


# A role is named after its token where it has no usual name; such a token has characters that no
# name of a figure may have.
_ROLE = r"cls|sep|bos|eos|\w*u[0-9a-f]{4,6}\w*"
KEYS: Mapping[str, Key] = {
    "role": Key(_ROLE, "a special token by its role: cls, sep, bos, eos"),
    "subject": Key(
        rf"{_ROLE}|first|token_\w+",
        "what the sink tests were done on: a role, first (the first position) or token_ and a "
        "token",
    ),
    "test": Key("|".join(SINK_TESTS), ", ".join(SINK_TESTS)),
    "view": Key(
        "|".join((*VIEWS, r"scores_\w+")),
        ", ".join((*VIEWS, "scores_ and the name of scores that came with the texts")),
    ),
    "statistic": Key("|".join(STATISTICS), ", ".join(STATISTICS)),
    "edit": Key(r"\w+", "a kind of edit by its name, with _ for spaces"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, or a family of figures with keys such as `<role>` in its name."""

    name: str
    unit: Unit
    meaning: str
    # Attributes that lead to its value, such as "label_fit.mae": from the findings, or from what
    # the keys in its name are of. "": the one called as the figure.
    place: str = ""
    has_interval: bool = False  # `_low` and `_high` are its 95 % interval
    is_optional: bool = False  # left out where it is not defined

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys in its name."""
        return tuple(re.findall(r"<(\w+)>", self.name))

    @property
    def names(self) -> tuple[str, ...]:
        """The name of the figure, then the names of the two ends of its interval."""
        return (self.name, *(f"{self.name}_{end}" for end in ("low", "high") if self.has_interval))

    def values(self, keys: Mapping[str, str], item: object) -> dict[str, "Value"]:
        """The values of the figure and of the ends of its interval by name, read from `item`.

        `keys` is what stands for the keys in its name.
        """
        value: Any = item
        for attribute in (self.place or self.name).split("."):
            if isinstance(value, Mapping):
                value = value[attribute]
            elif value is not None:
                value = getattr(value, attribute)
        if value is None and self.is_optional:
            return {}
        values = [value]
        if self.has_interval:
            values = [value.mean, value.low, value.high] if value else [None] * 3
        names = (re.sub(r"<(\w+)>", lambda key: keys[key[1]], name) for name in self.names)
        return dict(zip(names, map(rounded, values), strict=True))


Estimated = partial(Figure, has_interval=True)  # a figure with its interval


def within(part: str, *figures: Figure) -> tuple[Figure, ...]:
    """`figures`, each read from the `part` of the findings."""
    return tuple(
        replace(figure, place=f"{part}.{figure.place or figure.name}") for figure in figures
    )


_NAMED = 3  # figures of the same kind, in the error message for an unknown one


@dataclass(frozen=True, slots=True)
class FigureList:
    """The figures that a command measures, in the order in which they are listed."""

    command: str  # run or compare
    figures: tuple[Figure, ...]
    keys: Mapping[str, Key] = field(default_factory=lambda: KEYS)

    def find(self, name: str) -> Figure | None:
        """The figure or family that `name` belongs to; None where there is none.

        A figure with a name of its own goes before a family.
        """
        candidates = [figure for figure in self.figures if self._is_of(name, figure)]
        return min(candidates, key=lambda figure: figure.name.count("<"), default=None)

    def of(self, families: Iterable[str], names: Iterable[str]) -> frozenset[str]:
        """Those of `names` that are one of the figures `families`, or of these families; not the
        ends of their intervals."""
        pattern = re.compile("|".join(map(self._pattern, families)))
        return frozenset(name for name in names if pattern.fullmatch(name))

    def listing(self) -> list[str]:
        """One line per figure, for `--list-figures`."""
        also = "; also _low and _high, its 95 % interval over the texts"
        width = max(len(figure.name) for figure in self.figures)
        unit_width = max(len(figure.unit) for figure in self.figures)
        lines = [
            f"{figure.name:{width}}  {figure.unit:{unit_width}}  {figure.meaning}"
            + (also if figure.has_interval else "")
            for figure in self.figures
        ]
        used = [key for key in self.keys if any(f"<{key}>" in line for line in lines)]
        lines += [f"<{key}>: {self.keys[key].meaning}" for key in used]
        return lines

    def unknown(self, name: str) -> str:
        """The error message for an unknown `name`, with similar names and the command that lists
        all."""
        names = [name for figure in self.figures for name in figure.names]
        # Of "mae", or of "mae_change", there are "label_mae", or "mae_base" and "mae_head".
        kind = name.partition("_")[0]
        of_its_kind = [figure.name for figure in self.figures if kind in figure.name.split("_")]
        close = get_close_matches(name, names, n=1, cutoff=0.85) or of_its_kind[:_NAMED]
        meant = f" (is it {' or '.join(close)}?)" if close else ""
        return f"no figure is called {name!r}{meant}; see reportgen {self.command} --list-figures"

    def _is_of(self, name: str, figure: Figure) -> bool:
        return any(
            re.fullmatch(self._pattern(figure_name), name)
            if "<" in figure_name
            else figure_name == name
            for figure_name in figure.names
        )

    def _pattern(self, name: str) -> str:
        pieces = re.split(r"<(\w+)>", name)  # text, key, text, key, ...
        return "".join(
            f"(?:{self.keys[piece].pattern})" if place % 2 else re.escape(piece)
            for place, piece in enumerate(pieces)
        )


def figure_key(key: str) -> str:
    """The key of a role, a subject or a view as names of figures have it: letters, digits and `_`;
    any other character is `u` and its code point."""
    plain = key.replace(":", "_", 1) if key.startswith(("token:", USER_PREFIX)) else key
    return re.sub(r"\W", lambda match: f"u{ord(match[0]):04x}", plain)


def rounded(value: Value) -> Value:
    """A figure rounded to six digits, more than a float32 holds; None if it is not finite."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.6g}") or 0.0 if isfinite(value) else None  # 0.0, not -0.0


def measure(figures: FigureList, findings: "Findings") -> dict[str, Value]:
    """The values of all `figures` of a report by name, in order; None for figures that are not
    defined.

    Figures of evidence that was not gathered, and of roles the model does not have, are left out.
    """
    values: dict[str, Value] = {}
    for family, members in groupby(figures.figures, lambda figure: "".join(figure.keys[:1])):
        family_figures = tuple(members)
        for keys, item in _ITEMS[family](findings):
            for figure in family_figures:
                if figure.keys == tuple(keys):
                    values |= figure.values(keys, item)
    return values


def value_of(figures: FigureList, name: str, findings: "Findings") -> Value:
    """The value of one figure without keys in its name, without those of the others."""
    figure = figures.find(name)
    return None if figure is None else figure.values({}, findings)[name]


# What figures are read from, with what stands for the keys in their names.
_Items: TypeAlias = Iterator[tuple[Mapping[str, str], object]]


class _RolePeaks(NamedTuple):
    """A special-token role: the layer that its verdict names, that in which it gets the largest
    share, that in which it gets the largest multiple of an equal share, and single heads."""

    named: "LayerFigures | None"
    most: "LayerFigures | None"
    highest: "LayerFigures | None"
    heads: "SinkHeads | None"


def _whole(findings: "Findings") -> _Items:
    yield {}, findings


def _roles(findings: "Findings") -> _Items:
    for note in findings.notes:
        if note.is_verdict and note.role is not None:
            if not note.is_special:
                continue
            layers = findings.roles[note.role].layers
            judged = findings.roles[note.role].judged
            named = (layer for layer in judged if layer.layer == note.values.get("layer"))
            most = max(layers, key=lambda layer: layer.share.mean, default=None)
            highest = max(layers, key=lambda layer: layer.ratio.mean, default=None)
            heads = findings.sink_heads.get(note.role)
            yield (
                {"role": figure_key(note.role)},
                _RolePeaks(next(named, None), most, highest, heads),
            )


def _subjects(findings: "Findings") -> _Items:
    for figures in findings.subjects:
        keys = {"subject": figure_key(figures.subject.key)}
        yield keys, figures
        for test, tested in figures.tests.items():
            yield {**keys, "test": test}, tested


def _views(findings: "Findings") -> _Items:
    by_size = findings.agreement_by_size
    for figures in findings.agreement:
        keys = {"view": figure_key(figures.view), "statistic": figures.statistic}
        is_judged = figures is by_size.get(figures.view)
        judged = findings.judgements.get(figures.view) if is_judged else None
        yield keys, replace(figures, judgement=judged)


def _edits(findings: "Findings") -> _Items:
    kinds = findings.what_if.kinds if findings.what_if else ()
    plain = [re.sub(r"[\s-]+", "_", kind.name.strip()) for kind in kinds]
    for kind, name in zip(kinds, plain, strict=True):
        yield {"edit": figure_key(name if plain.count(name) == 1 else kind.name)}, kind


# By the first key in the names of the figures.
_ITEMS: Mapping[str, Callable[["Findings"], _Items]] = {
    "": _whole,
    "role": _roles,
    "subject": _subjects,
    "view": _views,
    "edit": _edits,
}
