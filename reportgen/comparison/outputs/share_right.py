"""How often two models are right where a text has several predictions, or an answer in words: tags
of words, masks, and answers to questions."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

import numpy as np

from reportgen.comparison.outputs.quality import Quality, rates_quality
from reportgen.comparison.pairing import Pairing
from reportgen.findings.findings import Findings
from reportgen.findings.statistics import Floats, Places
from reportgen.results.info import OutputKind
from reportgen.results.labels import NONE

# Of one text: how much is right in the old and in the new model, and of how many.
_Counts: TypeAlias = tuple[float, float, float]


_Count: TypeAlias = Callable[[Findings, Findings, int], _Counts | None]


def right_parts(
    base: Findings, head: Findings, pairing: Pairing, texts: Places
) -> tuple[Quality | None, Floats]:
    """The shares that are right in both models, over the labelled ones of `texts`, and `[text]`,
    the change of the share in each text (of an answer, of its F1). The first is None for other
    outputs and without usable labels; the second is NaN where the change is unknown, and empty for
    other outputs."""
    counts = _COUNTS.get(base.info.output.kind)
    if counts is None:
        return None, np.empty(0)
    labelled = pairing.labels["label"].notna().to_numpy(np.bool_)
    rows = [row for row in texts.tolist() if labelled[row]]
    found = {name: _of_all(own, base, head, rows) for name, own in counts.items()}
    known = {name: np.array([*own.values()], np.float64) for name, own in found.items() if own}
    if not known:
        return None, np.empty(0)
    *_, finest = found.values()
    was, now, of = np.array([finest.get(row, (np.nan,) * 3) for row in texts.tolist()]).T
    return rates_quality(known), (now - was) / of


def _of_all(
    count: _Count, base: Findings, head: Findings, rows: list[int]
) -> Mapping[int, _Counts]:
    """The counts of `count` for those of `rows` that have any."""
    found = ((row, count(base, head, row)) for row in rows)
    return {row: own for row, own in found if own is not None and own[2]}


def _tags(base: Findings, head: Findings, row: int) -> _Counts | None:
    own, other = (side.tags.words.get(row, ()) if side.tags else () for side in (base, head))
    if [word.name for word in own] != [word.name for word in other]:
        return None
    labels = [a.label if a.label != NONE else b.label for a, b in zip(own, other, strict=True)]
    known = [i for i, label in enumerate(labels) if label != NONE]
    right = [sum(side[i].tag == labels[i] for i in known) for side in (own, other)]
    return right[0], right[1], len(known)


def _masks(base: Findings, head: Findings, row: int) -> _Counts | None:
    own, other = (side.masks.by_text.get(row, ()) if side.masks else () for side in (base, head))
    pairs = [(a, b) for a, b in zip(own, other, strict=False) if a.label and b.label]
    if len(own) != len(other):
        return None
    return sum(a.rank == 0 for a, _ in pairs), sum(b.rank == 0 for _, b in pairs), len(pairs)


def _answers(figure: str, base: Findings, head: Findings, row: int) -> _Counts | None:
    """A figure of the answer to row `row` of `texts`; None where the right one is not known."""
    found = [side.answers.by_text.get(row) if side.answers else None for side in (base, head)]
    known = [float(getattr(own, figure)) for own in found if own is not None and own.labels]
    return (known[0], known[1], 1) if len(known) == 2 else None


_COUNTS: Mapping[OutputKind, Mapping[str, _Count]] = {
    "tags": {"tag_accuracy": _tags},
    "masks": {"mask_accuracy": _masks},
    "answer": {
        "answer_exact": partial(_answers, "is_exact"),
        "answer_f1": partial(_answers, "f1"),
    },
}
