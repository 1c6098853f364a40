"""Cases of a test of which some run always, and the others with `-m whole` alone."""

from collections.abc import Iterable
from typing import Any

import pytest


def some_of(cases: Iterable[Any], *always: Any) -> list[Any]:
    """`cases` as `parametrize` takes them: those that are none of `always` repeat in another kind
    or language what these look at."""
    every = list(cases)
    assert all(one in every for one in always)
    return [one if one in always else _left_to_whole(one) for one in every]


def _left_to_whole(case: Any) -> Any:
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.whole)
