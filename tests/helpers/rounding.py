"""How far two right computations of one figure may lie apart: by rounding, and no further."""

from math import sqrt
from typing import Any

import numpy as np
import pytest
import torch

# Numbers that are added up, one after the other, on the way through a tiny model: in each of three
# layers about ten sums (vectors, scores, what is passed on, norms) over some thirty numbers each.
MODEL = 1000
# Sums follow each other, and a softmax, a norm or a quotient makes the error of one larger.
_FACTOR = 4


def rounding(size: float, depth: int = MODEL, dtype: torch.dtype = torch.float32) -> float:
    """The most that two computations of a figure may differ by which add up `depth` numbers of at
    most `size` in orders of their own.

    Each addition rounds by at most half of eps times what it holds, up or down, so that the error
    grows as the root of their number (Higham and Mary 2019). The order is that of the processor,
    which adds 4, 8 or 16 numbers side by side, of its libraries and of the number of threads.
    """
    return _FACTOR * torch.finfo(dtype).eps * size * sqrt(depth)


def near(expected: Any, *, size: float = 0.0, depth: int = MODEL) -> Any:
    """What is equal to `expected`, a number or an array, but for `rounding`.

    `size` is that of the largest number that it is made from. That of `expected` and 1, the size of
    vectors and scores in a model, are the least: a difference is rounded as what is subtracted.
    """
    values = np.asarray(expected, dtype=np.float64)
    single = values if values.ndim else float(values)
    return pytest.approx(single, rel=0, abs=_tolerance(values, size, depth), nan_ok=True)


def assert_near(
    found: Any, expected: Any, *, size: float = 0.0, depth: int = MODEL, err_msg: str = ""
) -> None:
    """`found`, an array or a column of a table, is `near` to `expected`."""
    values = np.asarray(expected, dtype=np.float64)
    tolerance = _tolerance(values, size, depth)
    np.testing.assert_allclose(found, values, rtol=0, atol=tolerance, err_msg=err_msg)


def _tolerance(values: np.ndarray, size: float, depth: int) -> float:
    own = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
    return rounding(max(1.0, own, size), depth)
