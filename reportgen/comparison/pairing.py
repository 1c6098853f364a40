"""Finds what can be compared between two results of the same texts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.findings import Booleans, Findings
from reportgen.results import Results
from reportgen.tasks import n_numbers, task_of


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """Which texts and which figures of the two models can be compared."""

    n_texts: int
    analysed: Booleans  # [text], by both models, and no variant of another text
    aligned: Booleans  # [text], analysed, and split into the same tokens by both
    n_only_base: int  # texts that only this model has figures of
    n_only_head: int
    same_shape: bool  # numbers of layers and of heads
    same_output: bool  # kind of output, how many numbers, and the names of numbers and labels
    has_evidence: bool  # both do
    same_scalar: bool  # which one number evidence explains; False where either has none
    same_weights: bool  # byte for byte
    # `label` and `label_value` by text, of either result. A text whose labels differ has none here,
    # since a difference of its fit would be one of the labels.
    labels: pd.DataFrame
    n_other_labels: int  # texts whose labels differ
    n_other_units: int = 0  # texts with the same tokens, grouped into other units
    n_variants: int = 0  # texts that are variants of others, which figures over all leave out

    @property
    def n_independent(self) -> int:
        """Texts that are no variants."""
        return self.n_texts - self.n_variants

    @property
    def n_analysed(self) -> int:
        """Texts that both have figures of."""
        return int(self.analysed.sum())

    @property
    def n_other_tokens(self) -> int:
        """Texts that both have figures of, split into different tokens."""
        return self.n_analysed - self.n_aligned - self.n_other_units

    @property
    def n_aligned(self) -> int:
        """Texts that can be compared token by token."""
        return int(self.aligned.sum())


def pair(base: Findings, head: Findings) -> Pairing:
    """What can be compared between two results of the same texts in the same order."""
    independent = base.results.independent & head.results.independent
    old, new = base.analysed & independent, head.analysed & independent
    infos = base.info, head.info
    shapes = [(info.model.n_layers, info.model.n_heads) for info in infos]
    scalars = [
        (info.evidence.scalar, info.evidence.target, info.evidence.against) for info in infos
    ]
    labels, n_other_labels = common_labels((base.results, head.results))
    aligned, n_other_units = _aligned(base.results, head.results, old & new)
    return Pairing(
        n_texts=len(old),
        analysed=old & new,
        aligned=aligned,
        n_only_base=int((old & ~new).sum()),
        n_only_head=int((new & ~old).sum()),
        same_shape=shapes[0] == shapes[1],
        same_output=_same_output(base.results, head.results),
        has_evidence="none" not in {info.evidence.level for info in infos},
        same_scalar=base.info.evidence.scalar is not None and scalars[0] == scalars[1],
        same_weights=base.info.model.weights_sha256 == head.info.model.weights_sha256,
        labels=labels,
        n_other_labels=n_other_labels,
        n_other_units=n_other_units,
        n_variants=int((~independent).sum()),
    )


def _same_output(base: Results, head: Results) -> bool:
    outputs = [(side.info.output.kind, side.info.output.labels) for side in (base, head)]
    if outputs[0] != outputs[1] or not task_of(base.info.output).has_names:
        return outputs[0] == outputs[1]
    return len({n_numbers(side) for side in (base, head)} - {0}) < 2


def _aligned(base: Results, head: Results, both: Booleans) -> tuple[Booleans, int]:
    """`[text]`: whether a text of `both` has the same tokens, special tokens and units in both
    results; and the number of texts that differ only in their units."""
    columns = ("token", "is_special", "unit")
    if _are_equal(base, head, columns):
        return both.copy(), 0
    sides = [
        (
            results.texts["first_token"].tolist(),
            results.texts["n_tokens"].tolist(),
            [results.token_columns(name)[name].to_numpy() for name in columns],
        )
        for results in (base, head)
    ]
    (first, count, old), (other_first, other_count, new) = sides
    aligned, n_other_units = both.copy(), 0
    for text in np.flatnonzero(both):
        here = slice(first[text], first[text] + count[text])
        there = slice(other_first[text], other_first[text] + other_count[text])
        *tokens, units = (
            count[text] == other_count[text] and bool((a[here] == b[there]).all())
            for a, b in zip(old, new, strict=True)
        )
        aligned[text] = all(tokens) and units
        n_other_units += all(tokens) and not units
    return aligned, n_other_units


def _are_equal(base: Results, head: Results, columns: Sequence[str]) -> bool:
    """Whether all texts have the same tokens, by their `columns`."""
    places = [side.texts[["first_token", "n_tokens"]] for side in (base, head)]
    if not places[0].equals(places[1]):
        return False
    n_tokens = int(places[0]["n_tokens"].sum())
    return bool(
        base.token_part(0, n_tokens, *columns).equals(head.token_part(0, n_tokens, *columns))
    )


def common_labels(sides: Iterable[Results]) -> tuple[pd.DataFrame, int]:
    """The labels of the texts, without those that contradict each other between results, and the
    number of these."""
    frames = (results.texts[["label", "label_value"]] for results in sides)
    merged = next(frames)
    differs = pd.Series(False, merged.index)
    for other in frames:
        if other.equals(merged):
            continue
        both = merged["label"].notna() & other["label"].notna()
        same = (merged["label"].str.strip() == other["label"].str.strip()) | (
            merged["label_value"] == other["label_value"]
        )
        differs |= (both & ~same).astype(bool)
        merged = pd.DataFrame(
            {name: merged[name].where(merged["label"].notna(), other[name]) for name in merged}
        )
    labels = pd.DataFrame({name: merged[name].mask(differs) for name in merged})
    return labels, int(differs.sum())
