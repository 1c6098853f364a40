"""How the processes of a run begin: a copy of this one has what a new one imports for seconds."""

import multiprocessing
from itertools import chain, repeat
from types import SimpleNamespace

import pytest

from reportgen.analysis.engines import pool


def begin_as(patch: pytest.MonkeyPatch, *first: str) -> None:
    """Let the first processes begin in these ways, and those after them as copies."""
    ways, of = chain(first, repeat("fork")), multiprocessing.get_context
    chosen = SimpleNamespace(get_context=lambda asked: of(next(ways)))
    patch.setattr(pool, "multiprocessing", chosen)
