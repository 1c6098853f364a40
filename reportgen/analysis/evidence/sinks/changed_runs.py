"""Runs a text for the sink tests: unchanged, and with each group of its positions changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import TypeAlias

import torch
from torch import Tensor

from reportgen.analysis.device.runs import BatchRuns
from reportgen.analysis.evidence.explainer import Explainer
from reportgen.analysis.evidence.sinks.cases import Case, Group
from reportgen.analysis.evidence.sinks.interventions import values_read, values_replaced
from reportgen.models import Projection, moved, precise

# The key of a subject; None for content that is not a subject.
Kind: TypeAlias = str | None
# Value vectors of one kind of token, [value head, size] for each layer.
Vectors: TypeAlias = Sequence[Tensor]


class ValueSums:
    """Sums the value vectors of one text for each kind of token, layer by layer."""

    def __init__(self, case: Case) -> None:
        kinds: dict[Kind, tuple[int, ...]] = {g.subject: g.positions for g in case.subjects}
        self._places = kinds | ({None: case.content} if case.content else {})
        self.counts = {kind: len(positions) for kind, positions in self._places.items()}
        self.sums: dict[Kind, list[Tensor]] = {kind: [] for kind in self._places}

    def take(self, layer: int, values: Tensor) -> None:
        """Add the next layer's `values`, `[1, key, value head, size]`."""
        for kind, positions in self._places.items():
            self.sums[kind].append(precise(values[0, list(positions)]).sum(dim=0))


@dataclass
class ValueMeans:
    """Sums value vectors over texts, for means over all texts but one."""

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
        """The mean vectors of `kind` over all added texts except `text`, which has that kind.

        At least one other text must have it.
        """
        count = self._counts[kind] - text.counts[kind]
        pairs = zip(self._sums[kind], text.sums[kind], strict=True)
        return [(total - of_text) / count for total, of_text in pairs]


def at_places(groups: Sequence[Group], means: Mapping[Kind, Vectors]) -> list[Tensor]:
    """The mean vectors of each position of each of `groups`, one group after another.

    Returns:
        `[place, value head, size]` for each layer.
    """
    kinds = [group.subject for group in groups for _ in group.positions]
    n_layers = len(means[kinds[0]])
    return [torch.stack([means[kind][layer] for kind in kinds]) for layer in range(n_layers)]


@dataclass(frozen=True, slots=True, eq=False)
class SinkRuns:
    """Runs texts one by one through a model; for the fields see `SinkTester`."""

    explainer: Explainer
    projections: Sequence[Projection]
    n_layers: int

    def values(self, case: Case) -> ValueSums:
        """The value vectors of the unchanged text. Errors of the model are not caught."""
        sums = ValueSums(case)
        inputs = self.explainer.inputs([case.text])
        with torch.inference_mode(), values_read(self.projections, sums.take):
            self.explainer.model.module(**inputs)
        return sums

    def changed(
        self, case: Case, groups: Sequence[Group], means: Mapping[Kind, Vectors] | None
    ) -> dict[Group, float | str]:
        """Replace the value vectors of each of `groups`: the target then, or an error message.

        Args:
            means: what takes their place, by the kind of the groups; None for zeros.
        """
        runs: BatchRuns[float] = self.explainer.runs([case.text] * len(groups))
        for run in runs:
            with run:
                run.results = self._targets(case, [groups[i] for i in run.rows], means)
        return {
            group: self.explainer.target.undefined
            if isinstance(outcome, float) and not isfinite(outcome)
            else outcome
            for group, outcome in zip(groups, runs.results, strict=True)
        }

    def _targets(
        self, case: Case, groups: Sequence[Group], means: Mapping[Kind, Vectors] | None
    ) -> list[float]:
        """Run one batch, with a row for each of `groups`."""
        texts = [case.text] * len(groups)
        inputs = self.explainer.inputs(texts)
        vectors = None if means is None else at_places(groups, means)
        rows, keys = (moved(indices, self.explainer.model.device) for indices in _places(groups))
        with values_replaced(self.projections, self.n_layers, rows, keys, vectors):
            returned = self.explainer.model.module(**inputs)
        outputs = self.explainer.model.reader.values(returned, inputs, texts)
        explained = [case.explained] * len(groups)
        targets: list[float] = self.explainer.target.figures(outputs, explained).tolist()
        return targets


def _places(groups: Sequence[Group]) -> tuple[Tensor, Tensor]:
    """All positions of `groups`: the index of the group, `[place]`, and the position, `[place]`."""
    rows = [row for row, group in enumerate(groups) for _ in group.positions]
    keys = [position for group in groups for position in group.positions]
    return torch.tensor(rows, dtype=torch.long), torch.tensor(keys, dtype=torch.long)
