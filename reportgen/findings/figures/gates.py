"""Gates: conditions on figures that fail a job, or warn, such as `special_share_max > 0.8`."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import isfinite
from typing import Literal, TypeAlias, get_args

from reportgen.errors import UsageError
from reportgen.findings.figures.flat import FigureList, Value

Level: TypeAlias = Literal["fail", "warn"]
Operator: TypeAlias = Literal[">=", "<=", "==", "!=", ">", "<"]
_COMPARE: Mapping[Operator, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
_EXPRESSION = re.compile(
    rf"\s*(?P<figure>\S+?)\s*(?P<operator>{'|'.join(_COMPARE)})"
    rf"\s*(?P<number>{_NUMBER})\s*(?P<percent>%?)\s*"
)

_MOST_DIGITS = 6  # of a figure in summary.json
# A figure of a token of texts, unless it is named by a number: a dot (U+2022) and digits.
_OF_TOKEN = re.compile(r"sink_token_(?!u2022\d+_)\w+")


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition that must not hold: if it holds, the gate is not passed."""

    expression: str  # as it was written, without space around it
    level: Level
    figure: str
    operator: Operator
    expected: float  # the number it names; 5 % is 0.05
    is_percent: bool = False  # the number is written in percent
    source: str = ""  # the file it was read from; "" for the command line


@dataclass(frozen=True, slots=True)
class GateResult:
    """A gate and what was found; `value` is None for a figure that was not measured."""

    gate: Gate
    value: Value
    passed: bool


def parse_gate(
    expression: str,
    level: Level,
    figures: FigureList,
    source: str = "",
    others: FigureList | None = None,
) -> Gate:
    """Parse a gate from `expression`: `NAME OP NUMBER` or `NAME OP NUMBER%`. `others` are the
    figures of comparisons, to explain the error if such a one is used on a run.

    Raises:
        UsageError: it is not a gate, or names a figure that is not among `figures`.
    """
    where = f"{source}: {level}-if" if source else f"--{level}-if"
    match = _EXPRESSION.fullmatch(expression)
    if match is None:
        raise UsageError(
            f"{where} {expression!r}: not a gate; write a figure, one of "
            f'{" ".join(get_args(Operator))} and a number, such as "special_share_max > 0.8" or '
            f'"unknown_share > 5%"; see reportgen {figures.command} --list-figures'
        )
    expected = float(Decimal(match["number"]) / (100 if match["percent"] else 1))
    if not isfinite(expected):
        raise UsageError(f"{where} {expression!r}: the number is too large")
    if figures.find(match["figure"]) is None:
        if others is not None and others.find(match["figure"]) is not None:
            raise UsageError(
                f"{where} {expression!r}: {match['figure']} is a figure of a comparison; it goes "
                f"with reportgen {others.command}"
            )
        raise UsageError(f"{where} {expression!r}: {figures.unknown(match['figure'])}")
    written = next(name for name in _COMPARE if name == match["operator"])
    is_percent = bool(match["percent"])
    return Gate(expression.strip(), level, match["figure"], written, expected, is_percent, source)


def without_tokens(gate: Gate) -> Gate:
    """`gate` without the token that the name of its figure may hold, for redacted outputs: their
    figures call a token by a number, so such a figure is not measured."""
    figure = _OF_TOKEN.sub("sink_token_…", gate.figure)
    return replace(gate, expression=gate.expression.replace(gate.figure, figure), figure=figure)


def evaluate(gates: Sequence[Gate], figures: Mapping[str, Value]) -> tuple[GateResult, ...]:
    """Evaluate all `gates` on `figures`, and return the results in order.

    A figure that was not measured passes no gate: a gate is never passed in silence.
    """
    return tuple(_evaluate(gate, figures.get(gate.figure)) for gate in gates)


def errors_first(results: Sequence[GateResult]) -> tuple[GateResult, ...]:
    """Failed gates, then warnings, then passed gates, each in their order."""
    return tuple(sorted(results, key=lambda result: (result.passed, result.gate.level == "warn")))


def has_failed(results: Sequence[GateResult]) -> bool:
    """Whether a gate of the level `fail` was not passed."""
    return any(not result.passed and result.gate.level == "fail" for result in results)


def found_text(gate: Gate, value: float | int) -> str:
    """A figure as `gate` prints it, in percent where the gate is: with three significant digits,
    and as many more, up to the six that summary.json holds, as tell it from what is allowed."""
    if isinstance(value, int) and not gate.is_percent:
        return str(value)
    scale = 100 if gate.is_percent else 1
    shown, limit = scale * value, scale * gate.expected
    least = min(_MOST_DIGITS, max(3, len(str(int(abs(shown))))))  # all of a whole number
    texts = [f"{shown:.{digits}g}" for digits in range(least, _MOST_DIGITS + 1)]
    sides = [(float(text) > limit, float(text) < limit) for text in texts]
    told = next((t for t, side in zip(texts, sides, strict=True) if side == sides[-1]), texts[-1])
    return f"{told.replace('-', '−')}{'%' if gate.is_percent else ''}"


def gate_records(results: Sequence[GateResult]) -> list[dict[str, object]]:
    """The gates as summary.json and compare.json hold them."""
    return [
        {
            "expression": result.gate.expression,
            "level": result.gate.level,
            "figure": result.gate.figure,
            "operator": result.gate.operator,
            "expected": result.gate.expected,
            "found": result.value,
            "passed": result.passed,
        }
        for result in results
    ]


def _evaluate(gate: Gate, value: Value) -> GateResult:
    holds = value is None or _COMPARE[gate.operator](value, gate.expected)
    return GateResult(gate, value, passed=not holds)
