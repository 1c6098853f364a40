"""Mean value vectors over texts, from sums that do not grow with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import torch
from torch import Tensor

from reportgen.evidence.sink_cases import Case, Group

# Whose vectors: the key of a subject; None for content that is no subject.
Kind: TypeAlias = str | None
# Value vectors, [value head, size] for each layer.
Vectors: TypeAlias = Sequence[Tensor]


class ValueSums:
    """Takes one text's value vectors layer by layer and adds them up for each kind of token."""

    def __init__(self, case: Case) -> None:
        kinds: dict[Kind, tuple[int, ...]] = {g.subject: g.positions for g in case.subjects}
        self._places = kinds | ({None: case.content} if case.content else {})
        self.counts = {kind: len(positions) for kind, positions in self._places.items()}
        self.sums: dict[Kind, list[Tensor]] = {kind: [] for kind in self._places}

    def take(self, layer: int, values: Tensor) -> None:
        """Add the next layer's `values` `[text, key, value head, size]`, of the one text."""
        for kind, positions in self._places.items():
            self.sums[kind].append(values[0, list(positions)].double().sum(dim=0))


@dataclass
class ValueMeans:
    """Sums over texts; the mean over all texts but one."""

    n_texts: dict[Kind, int] = field(default_factory=dict)
    _counts: dict[Kind, int] = field(default_factory=dict)
    _sums: dict[Kind, list[Tensor]] = field(default_factory=dict)

    def add(self, text: ValueSums) -> None:
        """Add one text."""
        for kind, sums in text.sums.items():
            self.n_texts[kind] = self.n_texts.get(kind, 0) + 1
            self._counts[kind] = self._counts.get(kind, 0) + text.counts[kind]
            before = self._sums.get(kind)
            self._sums[kind] = (
                sums if before is None else [a + b for a, b in zip(before, sums, strict=True)]
            )

    def of_others(self, kind: Kind, text: ValueSums) -> Vectors:
        """The mean vectors of `kind` over all texts that were added but `text`, one of at
        least two that have the kind."""
        count = self._counts[kind] - text.counts[kind]
        pairs = zip(self._sums[kind], text.sums[kind], strict=True)
        return [(total - own) / count for total, own in pairs]


def at_places(groups: Sequence[Group], means: Mapping[Kind, Vectors]) -> list[Tensor]:
    """For each layer `[place, value head, size]`: at each position of each of `groups`, one after
    another, the mean of its kind."""
    kinds = [group.subject for group in groups for _ in group.positions]
    n_layers = len(means[kinds[0]])
    return [torch.stack([means[kind][layer] for kind in kinds]) for layer in range(n_layers)]
