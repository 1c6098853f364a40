"""Limits of files at a tenth, so that what passes them is made and read in a tenth of the time."""

import pytest

from reportgen.results.checks import limits as limits_of_results
from reportgen.texts import limits

ROOM = 1_000_000_000  # bytes of memory for a file that is as large as may be


@pytest.fixture
def tenth(monkeypatch: pytest.MonkeyPatch) -> int:
    """A tenth of what a file may hold, and of the memory that reading it may take, in bytes."""
    monkeypatch.setattr(limits_of_results, "UNPACKED", limits_of_results.UNPACKED // 10)
    for name in ("MAX_BYTES", "MAX_ROWS", "MAX_CELLS"):
        monkeypatch.setattr(limits, name, getattr(limits, name) // 10)
    return ROOM // 10
