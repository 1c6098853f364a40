"""Which texts two results have in common, where their inputs are not the same."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import pandas as pd

from reportgen.errors import ComparisonError, quoted, some
from reportgen.results.store import Results
from reportgen.results.tables.schema import COMPLETION


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


def match_texts(base: Results, head: Results) -> Matching | None:
    """The texts that both results have; None where they are the same in the same order.

    A text is the same where its id and its text, pair and completion are; of what is left, where
    all but its id are, so that texts without ids of their own may stand in another order.

    Raises:
        ComparisonError: no text is in both.
    """
    own, other = _hashes(base), _hashes(head)
    if own == other:
        return None
    ids, head_ids = (side.texts["text_id"].astype(str).tolist() for side in (base, head))
    found: dict[int, int] = {}
    for keys in ((zip(ids, own, strict=True), zip(head_ids, other, strict=True)), (own, other)):
        _match(found, *keys)
    if not found:
        raise ComparisonError(
            f"no text is in both results: the old model's have {len(own):,} texts (ids "
            f"{quoted(some(ids))}), the new model's {len(other):,} (ids {quoted(some(head_ids))}); "
            f"analyse one file of texts{_with_completions(base, head)} with both models"
        )
    rows = sorted(found)
    left = {ids[row] for row in range(len(ids)) if row not in found}
    taken = set(found.values())
    new = {head_ids[row] for row in range(len(head_ids)) if row not in taken}
    return Matching(
        base=tuple(rows),
        head=tuple(found[row] for row in rows),
        removed=tuple(each for each in dict.fromkeys(ids) if each in left - new),
        added=tuple(each for each in dict.fromkeys(head_ids) if each in new - left),
        altered=tuple(each for each in dict.fromkeys(ids) if each in left & new),
    )


def _match(found: dict[int, int], base: Iterable[object], head: Iterable[object]) -> None:
    """Add to `found` the rows of `base` and `head` with the same key, in order; none twice."""
    taken, free = set(found.values()), dict[object, list[int]]()
    for row, key in enumerate(head):
        if row not in taken:
            free.setdefault(key, []).append(row)
    for row, key in enumerate(base):
        if row not in found and free.get(key):
            found[row] = free[key].pop(0)


def _with_completions(*sides: Results) -> str:
    """What the file has to give beside its texts, since models write different completions."""
    has_completions = any(side.info.output.kind == "completion" for side in sides)
    return " and their completions" if has_completions else ""


def _hashes(results: Results) -> list[str]:
    """What tells each text from others: all that the model was given for it."""
    texts = results.texts
    columns = [texts[name].tolist() for name in ("text", "pair", COMPLETION)]
    if results.info.output.kind == "choice":
        columns = [columns[0], *_choices(texts)]
    return [
        sha256(json.dumps([None if pd.isna(part) else part for part in parts]).encode()).hexdigest()
        for parts in zip(*columns, strict=True)
    ]


def _choices(texts: pd.DataFrame) -> tuple[list[str | None], list[str]]:
    """The choices of each text, and what they stand behind: the pair ends in the one that the model
    picked."""
    pairs = zip(texts["pair"], texts["prediction_label"], strict=True)
    leads = [
        pair.removesuffix(picked) if isinstance(pair, str) and isinstance(picked, str) else pair
        for pair, picked in pairs
    ]
    return leads, [json.dumps(list(map(str, names))) for names in texts["score_names"]]
