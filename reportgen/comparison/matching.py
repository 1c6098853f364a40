"""Finds the texts that two results have in common when their inputs differ."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

import pandas as pd

from reportgen.errors import ComparisonError, quoted, some
from reportgen.results import Results
from reportgen.tasks import task_of


@dataclass(frozen=True, slots=True)
class Matching:
    """The texts that both results have, and the ids of the others."""

    base: tuple[int, ...]  # rows of `texts`, in the order of the base
    head: tuple[int, ...]  # the same texts in the head
    removed: tuple[str, ...]  # ids, only in the base
    added: tuple[str, ...]  # ids, only in the head
    altered: tuple[str, ...]  # ids in both, with another text

    @property
    def n_moved(self) -> int:
        """How many of the common texts have another place among them in the head."""
        return sum(row != here for row, here in zip(self.head, sorted(self.head), strict=True))


def match_texts(base: Results, head: Results, folders: Sequence[str] = ()) -> Matching | None:
    """The texts that both results have; None where they are the same in the same order.

    A text is the same where its id and its text, pair and completion are; of what is left, where
    all but its id are, so that texts without ids of their own may stand in another order. An error
    names `folders`, those of the two, where they are known.

    Raises:
        ComparisonError: no text is in both.
    """
    before, after = _hashes(base), _hashes(head)
    if before == after:
        return None
    ids, head_ids = (side.texts["text_id"].astype(str).tolist() for side in (base, head))
    matched: dict[int, int] = {}
    for keys in (
        (zip(ids, before, strict=True), zip(head_ids, after, strict=True)),
        (before, after),
    ):
        _match(matched, *keys)
    if not matched:
        writes = any(task_of(side.info.output).is_written for side in (base, head))
        written = " and their completions" if writes else ""
        old, latest = (f" ({quoted(name)})" if name else "" for name in folders or ("", ""))
        raise ComparisonError(
            f"no text is in both results: the old model's{old} have {len(before):,} texts (ids "
            f"{quoted(some(ids))}), the new model's{latest} {len(after):,} (ids "
            f"{quoted(some(head_ids))}); {_same_ids(head_ids, ids)}analyse one file of texts"
            f"{written} with both models"
        )
    rows = sorted(matched)
    left = {ids[row] for row in range(len(ids)) if row not in matched}
    taken = set(matched.values())
    new = {head_ids[row] for row in range(len(head_ids)) if row not in taken}
    return Matching(
        base=tuple(rows),
        head=tuple(matched[row] for row in rows),
        removed=tuple(each for each in dict.fromkeys(ids) if each in left - new),
        added=tuple(each for each in dict.fromkeys(head_ids) if each in new - left),
        altered=tuple(each for each in dict.fromkeys(ids) if each in left & new),
    )


def where_ids_stand(ids: Sequence[str], baseline: Iterable[str]) -> str:
    """A sentence on whether those of `ids` that a baseline lacks are ids of other texts in it."""
    return _same_ids(ids, baseline).removesuffix("; ") or f"nor are their ids ({quoted(some(ids))})"


def _same_ids(ids: Sequence[str], others: Iterable[str]) -> str:
    """A sentence on which of `ids` are also in `others`, for other texts; "" if none is."""
    known = set(map(str, others))
    both = [each for each in ids if each in known]
    if not both:
        return ""
    if len(both) == 1:
        return f"id {quoted(both[0])} is in both, but with another text; "
    named = f"{both[0]} to {both[-1]}" if len(both) > 2 and _is_run(both) else some(both)
    return f"ids {quoted(named)} are in both, but with other texts; "


def _is_run(ids: Sequence[str]) -> bool:
    """Whether `ids` are consecutive whole numbers."""
    return list(ids) == [str(n) for n in range(_number(ids[0]), _number(ids[0]) + len(ids))]


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 16 else 0


def _match(matched: dict[int, int], base: Iterable[object], head: Iterable[object]) -> None:
    """Add the rows of `base` and `head` with the same key to `matched`, in order, each at most
    once."""
    taken, free = set(matched.values()), dict[object, list[int]]()
    for row, key in enumerate(head):
        if row not in taken:
            free.setdefault(key, []).append(row)
    for row, key in enumerate(base):
        if row not in matched and free.get(key):
            matched[row] = free[key].pop(0)


def _hashes(results: Results) -> list[str]:
    """A hash of each text with everything else that the model was given for it."""
    columns = task_of(results.info.output).given(results.texts)
    return [
        sha256(json.dumps([None if pd.isna(part) else part for part in parts]).encode()).hexdigest()
        for parts in zip(*columns, strict=True)
    ]
