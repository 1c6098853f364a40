"""A budget for evidence: a time, or a number of passes. Nothing heavy is imported here."""

import re
from dataclasses import dataclass

from reportgen.errors import UsageError

_BUDGET = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?) ?(s|m|h|passes)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Budget:
    """How much evidence on the sample may cost."""

    amount: float
    is_time: bool  # in seconds; False: in passes, forward and backward


def read_budget(text: str) -> Budget:
    """Read a value of --evidence-budget.

    Raises:
        UsageError: it is neither a time nor a number of passes, or 0.
    """
    match = _BUDGET.fullmatch(text)
    amount = float(match[1]) if match else 0.0
    if match is None or not amount:
        raise UsageError(
            f"--evidence-budget {text}: write a time such as 90s, 5m or 2h, or a number of passes "
            "such as 2000passes"
        )
    return Budget(amount * _SECONDS.get(match[2], 1), match[2] != "passes")


def is_timed(budget: str | None) -> bool:
    """Whether a value of --evidence-budget is a time."""
    return budget is not None and read_budget(budget).is_time
