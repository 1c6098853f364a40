"""Results with a roles table made by hand, for figures that are known exactly."""

import pandas as pd

from helpers.made_up.factories import changed
from reportgen.results import Results

# text, layer, role, share, expected, self_share
RoleRow = tuple[int, int, str, float, float, float]


def with_roles(results: Results, rows: list[RoleRow]) -> Results:
    """The same results with another roles table, in which no norms were measured."""
    columns = ["text", "layer", "role", "share", "expected", "self_share"]
    return changed(results, roles=pd.DataFrame(rows, columns=columns))


def same_in_every_text(share: float, expected: float = 0.1, n: int = 6) -> list[RoleRow]:
    """Both roles get an equal share in layer 1 and `share` in layer 2, in each of `n` texts."""
    return [
        (text, layer, role, value, expected, 0.05)
        for text in range(n)
        for layer, value in ((1, expected), (2, share))
        for role in ("cls", "sep")
    ]


def far_apart(low: float = 0.1, high: float = 0.56) -> list[RoleRow]:
    """Both roles get `low` in half of six texts and `high` in the others; an equal share: 5 %."""
    return [
        (text, 1, role, share, 0.05, 0.0)
        for text, share in enumerate((low, high) * 3)
        for role in ("cls", "sep")
    ]
