"""The texts that --detail chooses, in the order in which a page takes them in."""

from collections.abc import Sequence

import numpy as np

from reportgen.findings.detail import COUNTED, check_detail, named
from reportgen.findings.overall import Overall


def detailed(found: Overall, choice: str | None) -> tuple[tuple[int, ...], int]:
    """All rows of `texts` in the order in which the page takes them in, and how many of them, from
    the first, may carry more than their line.

    Without a choice every text may, those that deserve a look first.

    Raises:
        UsageError: `choice` is none, or names a text there is not.
    """
    ids = found.texts["text_id"].astype(str).tolist()
    check_detail(choice, ids)
    by_worth = found.order
    chosen = _chosen(found, choice, ids, by_worth)
    taken = set(chosen)
    return (*chosen, *(row for row in by_worth if row not in taken)), len(chosen)


def _chosen(
    found: Overall, choice: str | None, ids: Sequence[str], by_worth: Sequence[int]
) -> tuple[int, ...]:
    if choice is None:
        return tuple(by_worth)
    if choice in ("all", "none"):
        return tuple(range(len(ids))) if choice == "all" else ()
    if counted := COUNTED.fullmatch(choice):
        count = int(counted[2])
        return tuple(range(len(ids))[:count]) if counted[1] == "first" else _worst(found, count)
    rows = {name: row for row, name in reversed(list(enumerate(ids)))}
    return tuple(dict.fromkeys(rows[name] for name in named(choice, set(ids))))


def _worst(found: Overall, count: int) -> tuple[int, ...]:
    """The rows with the largest error against their label; without labels, those that deserve a
    look first."""
    errors = found.text_figures["error"].to_numpy(dtype=np.float64)
    known = np.flatnonzero(np.isfinite(errors))
    if not known.size:
        return found.order[:count]
    rows = known[np.argsort(-errors[known], kind="stable")]
    return tuple(int(row) for row in rows[:count])
