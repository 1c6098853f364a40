"""Runs a text for the sink tests: unchanged, and with each group of its positions changed."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, TypeAlias

import torch
from torch import Tensor

from reportgen.analysis.attention.batches import Array
from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.device.copies import DeviceFigures
from reportgen.analysis.device.runs import BatchRuns
from reportgen.analysis.evidence.explainer import Explainer
from reportgen.analysis.evidence.sinks.cases import Case, Group, swapped
from reportgen.analysis.evidence.sinks.interventions import (
    is_hidden,
    is_renormalised,
    keys_hidden,
    values_read,
    values_replaced,
    visible_cells,
)
from reportgen.errors import CaptureError
from reportgen.models import Projection, moved, precise, tolerances
from reportgen.results import SinkTest

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
class Whole:
    """An unchanged text."""

    seen: tuple[Tensor, ...]  # for each layer [query, key]: whether any head has weight there
    first_maps: Tensor  # [head, query, key], of the first layer
    values: ValueSums | None  # None if values were not read


@dataclass(frozen=True, slots=True, eq=False)
class SinkOutcome:
    """A text with a group of its positions changed."""

    value: float  # of the target
    received: Array | None  # [layer, key], for a swap; None for other tests


@dataclass(frozen=True, slots=True, eq=False)
class SinkRuns:
    """Runs texts one by one through a model; for the fields see `SinkTester`."""

    explainer: Explainer
    capture: Capture
    projections: Sequence[Projection]
    n_layers: int
    is_causal: bool
    has_window: bool

    def whole(self, case: Case, *, reads_values: bool) -> Whole:
        """Run the unchanged text. Errors of the model are not caught."""
        maps_of_first: list[Tensor] = []
        seen: list[Tensor] = []
        values = ValueSums(case) if reads_values else None

        def take(layer: int, maps: Tensor) -> None:
            if layer == 0:  # a copy, because some models change their maps in place afterwards
                maps_of_first.append(maps[0].clone())
            seen.append((maps[0] > 0).any(dim=0))

        with nullcontext() if values is None else values_read(self.projections, values.take):
            self.capture.run(self.explainer.inputs([case.text]), take)
        return Whole(seen=tuple(seen), first_maps=maps_of_first[0], values=values)

    def changed(
        self,
        test: SinkTest,
        case: Case,
        groups: Sequence[Group],
        whole: Whole | None,
        means: Mapping[Kind, Vectors],
    ) -> dict[Group, SinkOutcome | str]:
        """Do `test` on each of `groups`: the outcome, or an error message.

        Args:
            whole: the text unchanged; only used by hide_key.
            means: mean value vectors of the kinds of `groups`; only used by mean_value.
        """
        # Where maps come with the output, those of all layers are in memory at once.
        holds = test in ("hide_key", "swap") and self.capture.way == "output"
        outcomes: dict[Group, SinkOutcome | str] = {}
        # Hidden keys have a row each in a batch; without learned sinks, all of a batch is.
        for alike in ([g for g in groups if g.positions], [g for g in groups if not g.positions]):
            runs: BatchRuns[SinkOutcome] = self.explainer.runs(
                [case.text] * len(alike), in_graph=holds
            )
            for run in runs:
                with run:
                    some = [alike[i] for i in run.rows]
                    run.results = self._outcomes(test, case, whole, means, some)
            outcomes |= zip(alike, runs.results, strict=True)
        return {
            group: self.explainer.target.undefined
            if isinstance(outcome, SinkOutcome) and not isfinite(outcome.value)
            else outcome
            for group, outcome in outcomes.items()
        }

    def _outcomes(
        self,
        test: SinkTest,
        case: Case,
        whole: Whole | None,
        means: Mapping[Kind, Vectors],
        groups: Sequence[Group],
    ) -> list[SinkOutcome]:
        """Run one batch, with a row for each of `groups`."""
        texts = [(swapped(case, g) if test == "swap" else None) or case.text for g in groups]
        inputs = self.explainer.inputs(texts)
        received: list[Tensor] = []
        if test == "swap":
            returned = self.capture.run(inputs, lambda _, maps: received.append(_received(maps)))
        elif test == "hide_key":
            assert whole is not None
            returned = self._without_keys(inputs, groups, whole)
        else:
            vectors = at_places(groups, means) if test == "mean_value" else None
            rows, keys = (
                moved(indices, self.explainer.model.device) for indices in _places(groups)
            )
            with values_replaced(self.projections, self.n_layers, rows, keys, vectors):
                returned = self.explainer.model.module(**inputs)
        outputs = self.explainer.model.reader.values(returned, inputs, texts)
        values = self.explainer.target.figures(outputs, [case.explained] * len(groups)).tolist()
        shares = _by_layer(received) if received else [None] * len(groups)
        return [SinkOutcome(*pair) for pair in zip(values, shares, strict=True)]

    def _without_keys(
        self, inputs: Mapping[str, Tensor], groups: Sequence[Group], whole: Whole
    ) -> Any:
        """Run the module with the keys of one group hidden in each row, or without learned sinks
        where the groups have no keys; what it returns.

        Raises:
            CaptureError: by its maps, the model did not hide the keys, or did more than that.
        """
        size = len(whole.first_maps[0])
        hidden = torch.zeros(len(groups), size, dtype=torch.bool)
        hidden[_places(groups)] = True
        hidden = moved(hidden, self.explainer.model.device)
        agreeing: list[Tensor] = []
        asked = visible_cells(hidden, is_causal=self.is_causal)
        most = tolerances(self.explainer.model.info.dtype)
        is_without = not any(group.positions for group in groups)
        learned = self.capture.has_learned_sinks and not is_without

        def check(layer: int, maps: Tensor) -> None:
            visible = asked.to(maps.device)
            if self.has_window:
                visible = visible & whole.seen[layer]
            agrees = is_hidden(maps, visible, most.row_sum, learned_sinks=learned)
            if layer == 0:
                agrees &= is_renormalised(
                    maps,
                    whole.first_maps,
                    visible,
                    most.repeated,
                    learned_sinks=learned,
                )
            agreeing.append(agrees)

        if is_without:
            with self.capture.without_learned_sinks():
                returned = self.capture.run(inputs, check)
        else:
            with keys_hidden(self.explainer.model.encoder, hidden, is_causal=self.is_causal):
                returned = self.capture.run(inputs, check)
        # Asked once: an answer for each layer would make the device wait for the host.
        if not torch.stack([agrees.to(hidden.device) for agrees in agreeing]).all():
            raise CaptureError("a key could not be hidden as asked")
        return returned


def _received(maps: Tensor) -> Tensor:
    """Attention received, mean over heads and queries, `[text, key]`; without padding."""
    return maps.float().mean(dim=(1, 2))


def _by_layer(layers: Sequence[Tensor]) -> Array:
    """Stack one `[text, key]` per layer to `[text, layer, key]`."""
    figures = DeviceFigures()
    for layer in layers:
        figures.add({"received": layer})
    return figures.read()["received"]


def _places(groups: Sequence[Group]) -> tuple[Tensor, Tensor]:
    """All positions of `groups`: the index of the group, `[place]`, and the position, `[place]`."""
    rows = [row for row, group in enumerate(groups) for _ in group.positions]
    keys = [position for group in groups for position in group.positions]
    return torch.tensor(rows, dtype=torch.long), torch.tensor(keys, dtype=torch.long)
