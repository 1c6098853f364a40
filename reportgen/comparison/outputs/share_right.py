"""How often two models are right where a text has several predictions, or an answer in words: tags
of words, labels, masks, and answers to questions."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

import numpy as np

from reportgen.comparison.outputs.fit import Fit, rate_fits
from reportgen.comparison.pairing import Pairing
from reportgen.findings.findings import Findings
from reportgen.findings.outputs.tags import Word, spans
from reportgen.findings.statistics import Floats, Places
from reportgen.results.info import OutputKind
from reportgen.results.labels import NONE

# Of one text: how much is right in the old model and out of how much, and the same in the new one.
_Counts: TypeAlias = tuple[float, float, float, float]
_Count: TypeAlias = Callable[[Findings, Findings, int], _Counts | None]


def right_parts(
    base: Findings, head: Findings, pairing: Pairing, texts: Places
) -> tuple[tuple[Fit, ...], Floats]:
    """The shares that are right in both models, over the labelled ones of `texts`, and `[text]`,
    the change of the share in each text (of an answer, of its F1). The first is empty for other
    outputs and without usable labels; the second is NaN where the change is unknown, and empty for
    other outputs."""
    counts = _COUNTS.get(base.info.output.kind)
    if counts is None:
        return (), np.empty(0)
    labelled = pairing.labels["label"].notna().to_numpy(np.bool_)
    rows = [row for row in texts.tolist() if labelled[row]]
    found = {name: _of_all(own, base, head, rows) for name, own in counts.items()}
    known = {name: np.array([*own.values()], np.float64) for name, own in found.items() if own}
    if not known:
        return (), np.empty(0)
    *_, finest = found.values()
    was, of_was, now, of_now = np.array([finest.get(row, _UNKNOWN) for row in texts.tolist()]).T
    return rate_fits(known), now / of_now - was / of_was


def _of_all(
    count: _Count, base: Findings, head: Findings, rows: list[int]
) -> Mapping[int, _Counts]:
    """The counts of `count` for those of `rows` that have any."""
    found = ((row, count(base, head, row)) for row in rows)
    return {row: own for row, own in found if own is not None and own[1] and own[3]}


def _words(base: Findings, head: Findings, row: int) -> list[tuple[Word, Word, int]]:
    """The words of a text in both models, with their label or NONE; none where the models do not
    tag the same words."""
    own, other = (side.tags.words.get(row, ()) if side.tags else () for side in (base, head))
    if [word.name for word in own] != [word.name for word in other]:
        return []
    return [
        (a, b, a.label if a.label != NONE else b.label) for a, b in zip(own, other, strict=True)
    ]


def _tags(base: Findings, head: Findings, row: int) -> _Counts | None:
    known = [each for each in _words(base, head, row) if each[2] != NONE]
    n = len(known)
    was = sum(own.tag == label for own, _, label in known)
    now = sum(other.tag == label for _, other, label in known)
    return was, n, now, n


def _entities(base: Findings, head: Findings, row: int) -> _Counts | None:
    """Of entities of the texts all of whose words have a label: twice those that are right, out of
    those predicted and those expected, which makes F1."""
    words, names = _words(base, head, row), base.info.output.labels
    is_whole = all(label != NONE for *_, label in words)
    if base.tags is None or not base.tags.marks_entities or not is_whole:
        return None
    expected = set(spans([names[label] for *_, label in words]))
    found = [
        set(spans([names[word.tag] for word in side]))
        for side in ([a for a, *_ in words], [b for _, b, _ in words])
    ]
    was, now = (2 * len(own & expected) for own in found)
    return was, len(found[0]) + len(expected), now, len(found[1]) + len(expected)


def _label_sets(base: Findings, head: Findings, row: int) -> _Counts | None:
    """Whether all labels of a text are right; None where the right ones are not known."""
    sets = [side.label_sets for side in (base, head) if side.label_sets.known[row]]
    if not sets:
        return None
    given = sets[0].given[row]
    predicted = (np.asarray(side.texts["scores"].iloc[row]) for side in (base, head))
    was, now = (float(((own[: len(given)] > 0) == given).all()) for own in predicted)
    return was, 1, now, 1


def _masks(base: Findings, head: Findings, row: int) -> _Counts | None:
    own, other = (side.masks.by_text.get(row, ()) if side.masks else () for side in (base, head))
    pairs = [(a, b) for a, b in zip(own, other, strict=False) if a.label and b.label]
    if len(own) != len(other):
        return None
    n = len(pairs)
    return sum(a.rank == 0 for a, _ in pairs), n, sum(b.rank == 0 for _, b in pairs), n


def _answers(figure: str, base: Findings, head: Findings, row: int) -> _Counts | None:
    """A figure of the answer to row `row` of `texts`; None where the right one is not known."""
    found = [side.answers.by_text.get(row) if side.answers else None for side in (base, head)]
    known = [float(getattr(own, figure)) for own in found if own is not None and own.labels]
    return (known[0], 1, known[1], 1) if len(known) == 2 else None


_UNKNOWN = (np.nan, 1, np.nan, 1)
_COUNTS: Mapping[OutputKind, Mapping[str, _Count]] = {
    "labels": {"labels_exact": _label_sets},
    "tags": {"entity_f1": _entities, "tag_accuracy": _tags},
    "masks": {"mask_accuracy": _masks},
    "answer": {
        "answer_exact": partial(_answers, "is_exact"),
        "answer_f1": partial(_answers, "f1"),
    },
}
