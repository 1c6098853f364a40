"""Figures of a text's attention maps: attention received, the [CLS] row, entropy, head classes.

They are computed layer by layer, so that no more than one layer's maps are in memory. A batch is
padded on the right. Padding queries are left out of every mean; padding keys must have a weight of
exactly 0, and the largest weight found on them is kept to be checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reportgen.analysis.attention.batches import (
    CONTENT,
    FIRST_ROLE,
    FIRST_SEGMENT,
    PADDING,
    REAL,
    SECOND_SEGMENT,
    SPECIAL,
    Array,
    Layout,
    even_spread,
)
from reportgen.analysis.attention.values.norms import TextNorms
from reportgen.analysis.device.copies import DeviceFigures
from reportgen.results import HEAD_CLASSES, MOST_OF_TEXT

# Head classes by rule, modelled on those of Kovaleva et al. 2019. Each is decided by a mean over
# content queries of the weight on special tokens (vertical), on content at most one token away
# (diagonal), or on content of the query's own segment (block).
VERTICAL = 0.5
DIAGONAL = 0.5
MIXED_EACH, MIXED_TOGETHER = 0.25, 0.6
BLOCK, BLOCK_OVER_EVEN = 0.8, 0.2


def near_weight(maps: Tensor, start: int, content: Tensor) -> Tensor:
    """The weight of each query on content at most one token away, `[text, head, query]`.

    Args:
        maps: `[text, head, query, key]`, of the queries from `start` on.
        content: `[text, 1, key]`, 1 for content.
    """
    n_rows = maps.shape[2]
    near = maps.diagonal(start, 2, 3) * content[..., start : start + n_rows]
    after = maps.diagonal(start + 1, 2, 3)
    n_after = after.shape[-1]
    near[..., :n_after] += after * content[..., start + 1 : start + 1 + n_after]
    before = maps.diagonal(start - 1, 2, 3)
    near[..., n_rows - before.shape[-1] :] += (
        before * content[..., max(0, start - 1) : start - 1 + n_rows]
    )
    return near


def classify(sums: Tensor, near: Tensor, even_own: Tensor, layout: Layout) -> Tensor:
    """Classify each head: `[text, head]`, indices into HEAD_CLASSES.

    Args:
        sums: `[text, head, query, column]`, of weights on the keys of each column of the layout.
        near: `[text, head, query]`, see `near_weight`.
        even_own: `[text, query]`, what an equal share gives to the query's own segment.
    """
    content = layout.columns[:, None, :, CONTENT]  # [text, 1, position]
    queries = content / content.sum(-1, keepdim=True)
    vertical = (sums[..., SPECIAL] * queries).sum(-1)
    diagonal = (near * queries).sum(-1)

    segments = layout.columns[..., FIRST_SEGMENT : SECOND_SEGMENT + 1]  # [text, position, segment]
    own_segment = (sums[..., FIRST_SEGMENT : SECOND_SEGMENT + 1] * segments[:, None]).sum(-1)
    block = (own_segment * queries).sum(-1)
    is_block = block > (even_own[:, None] * queries).sum(-1) + BLOCK_OVER_EVEN
    is_block &= (block >= BLOCK) & layout.has_pair[:, None]

    mixed = (
        (vertical >= MIXED_EACH)
        & (diagonal >= MIXED_EACH)
        & (vertical + diagonal >= MIXED_TOGETHER)
    )
    classes = torch.full_like(vertical, HEAD_CLASSES.index("heterogeneous"))
    for name, is_class in (
        ("block", is_block),
        ("diagonal", diagonal >= DIAGONAL),
        ("vertical", vertical >= VERTICAL),
        ("vertical+diagonal", mixed),
    ):
        classes.masked_fill_(is_class, HEAD_CLASSES.index(name))
    return classes


_TINY = torch.finfo(torch.float32).tiny
# Queries with less than this weight on text tokens are left out of figures over content alone.
MIN_CONTENT_MASS = 0.01


@dataclass(frozen=True, slots=True)
class TextSummary:
    """The figures of one text; NaN where a figure is not defined."""

    cls_row: Array  # [layer, key], mean over heads; NaN where there is no [CLS] row
    received: Array  # [layer, key], mean over heads and queries
    expected: Array  # [layer, key], of `received` with equal shares
    shares: Array  # [layer, head, role], sums of attention received
    special_share: Array  # [layer, head]
    # Of the text token that stands out most, all its places together: the first of these, what it
    # gets, and that with equal shares; NaN where there is no such token. [layer, head, figure]
    top: Array
    self_share: Array  # [layer, role], weight of a role's own rows on the role, mean over heads
    entropy: Array  # [layer, head], 0..1, mean over queries
    distance: Array  # [layer, head], tokens, mean over queries
    head_class: NDArray[np.int64]  # [layer, head], index into HEAD_CLASSES
    effective_tokens: float  # exp(entropy), mean over layers, heads and queries
    effective_content: float  # over text tokens alone, renormalised; mean of the layers' means
    row_sum_error: float  # largest distance of a row's sum from 1; with learned sinks beyond 1
    padding_mass: float  # largest weight of a row on padding
    learned_share: Array | None = None  # [layer, head], of a learned sink; None where there is none
    learned_even: Array | None = None  # [layer], that share with equal shares
    norms: TextNorms | None = None  # None where they were not measured
    in_stripes: bool = False  # whether no map was ever whole
    activations: Array | None = None  # [layer, key], largest hidden value over the text's median


@dataclass(frozen=True, slots=True, eq=False)
class EvenShares:
    """What equal shares of all keys that a query can see come to."""

    n_visible: Tensor  # [text, query], how many keys that is
    received: Tensor  # [text, key], mean over queries
    own_segment: Tensor  # [text, query], what the query's own segment gets


@dataclass(frozen=True, slots=True, eq=False)
class LayerSums:
    """What the figures of a layer are made of."""

    sums: Tensor  # [text, head, query, column], of the weights on the keys of the layout's columns
    negative_entropy: Tensor  # [text, head, query, 3], over real, padding and content keys
    reach: Tensor  # [text, head, query], distance times weight
    near: Tensor  # [text, head, query], the weight on content at most one token away
    received: Tensor  # [text, head, key], mean over queries
    cls_rows: Tensor  # [text, row, head, key], of the [CLS] row
    even: EvenShares


class BatchSummary:
    """Summarises the maps of one batch: `add` them layer by layer, then read `texts`."""

    def __init__(
        self, layout: Layout, *, has_window: bool = False, learned_sinks: bool = False
    ) -> None:
        """With `learned_sinks`, what a row lacks to 1 is the share of a learned sink, which counts
        as one more key."""
        self._layout = layout
        self._has_window = has_window
        self._learned_sinks = learned_sinks
        self._layers = DeviceFigures()
        self._places: dict[torch.device, tuple[Tensor, EvenShares]] = {}
        # Working memory for one layer, reused for the next.
        self._scratch = torch.empty(0)

    def _places_on(self, device: torch.device) -> tuple[Tensor, EvenShares]:
        """How far content stands from queries, and what equal shares come to."""
        if device not in self._places:
            layout = self._layout.on(device)
            rows = slice(0, layout.real.shape[1])
            self._places[device] = layout.distances(rows), self._even(layout, layout.visible(rows))
        return self._places[device]

    def add(self, maps: Tensor) -> None:
        """Add the maps of the next layer, `[text, head, query, key]`; they are not changed."""
        maps = maps.float()
        layout = self._layout.on(maps.device)
        distances, even = self._places_on(maps.device)
        if self._has_window:  # keys outside the window have a weight of exactly 0 in every head
            even = self._even(layout, (maps > 0).any(dim=1))

        received = (layout.query_mean[:, None, None] @ maps).squeeze(2)  # [text, head, key]
        sums = _by_column(maps, layout.columns)
        if (self._scratch.shape, self._scratch.device) != (maps.shape, maps.device):
            self._scratch = torch.empty_like(maps)
        scratch = torch.clamp(maps, min=_TINY, out=self._scratch).log_().mul_(maps)
        negative_entropy = _by_column(scratch, layout.columns[..., REAL : CONTENT + 1])
        self.add_layer(
            LayerSums(
                sums=sums,
                negative_entropy=negative_entropy,
                reach=torch.mul(maps, distances[:, None], out=scratch).sum(-1),
                near=near_weight(maps, 0, layout.columns[:, None, :, CONTENT]),
                received=received,
                cls_rows=maps[torch.arange(len(maps), device=maps.device)[:, None], :, layout.cls],
                even=even,
            )
        )

    def _even(self, layout: Layout, visible: Tensor) -> EvenShares:
        """What equal shares of `visible` keys, `[text, query, key]`, come to."""
        n_visible, received = even_spread(
            visible, layout.query_mean, learned_sinks=self._learned_sinks
        )
        segments = layout.columns[..., FIRST_SEGMENT : SECOND_SEGMENT + 1]
        even = visible / n_visible[..., None]
        return EvenShares(n_visible, received, ((even @ segments) * segments).sum(-1))

    def add_layer(self, layer: LayerSums) -> None:
        """Add the next layer by what was summed of its maps."""
        sums, n_visible = layer.sums, layer.even.n_visible
        layout = self._layout.on(sums.device)
        real, content = layout.real[:, None], layout.content[:, None]
        negative_entropy, received = layer.negative_entropy, layer.received
        entropy = -negative_entropy[..., REAL]  # [text, head, query], nats
        missing = 1 - sums[..., REAL] - sums[..., PADDING]
        learned = missing.clamp(min=0)
        if self._learned_sinks:
            entropy = entropy - learned.clamp(min=_TINY).log() * learned
        content_mass = sums[..., CONTENT]
        attends_content = content_mass >= MIN_CONTENT_MASS
        content_entropy = content_mass.log() - negative_entropy[..., CONTENT] / content_mass
        self._layers.add(
            {
                "cls_row": layer.cls_rows.mean((1, 2)),
                "received": received.mean(1),
                "expected": layer.even.received,
                "shares": received @ layout.columns[..., FIRST_ROLE:],
                "special_share": (received @ layout.columns[..., SPECIAL : SPECIAL + 1]).squeeze(
                    -1
                ),
                "top": _top(received, layer.even.received, layout),
                "self_share": _self_share(sums[..., FIRST_ROLE:], layout),
                "entropy": _mean(
                    entropy / n_visible[:, None].log(), real & (n_visible > 1)[:, None]
                ),
                "distance": _mean(layer.reach / content_mass, real & attends_content),
                "head_class": classify(sums, layer.near, layer.even.own_segment, layout),
                "effective_tokens": _mean(entropy.exp(), real).mean(1),
                "effective_content": _mean_over_heads(
                    content_entropy.exp(), content & attends_content
                ),
                "row_sum_error": _largest(
                    missing.clamp(max=0) if self._learned_sinks else missing, real
                ),
                "learned_share": (learned * layout.query_mean[:, None]).sum(-1),
                "learned_even": (layout.query_mean / n_visible).sum(-1),
                "padding_mass": _largest(sums[..., PADDING], real),
            }
        )

    def fetch(self) -> None:
        """Begin to copy the figures from the device, after the last layer."""
        self._layers.fetch()

    def texts(self) -> list[TextSummary]:
        """One summary per text, in the order of the batch."""
        stacked = self._layers.read()  # each [text, layer, ...]
        return [
            self._summary(row, {name: values[row] for name, values in stacked.items()})
            for row in range(len(self._layout.lengths))
        ]

    def _summary(self, row: int, layers: Mapping[str, NDArray[np.float32]]) -> TextSummary:
        keys = slice(self._layout.lengths[row])
        cls_row = layers["cls_row"][:, keys]
        return TextSummary(
            cls_row=cls_row if self._layout.has_cls[row] else np.full_like(cls_row, np.nan),
            received=layers["received"][:, keys],
            expected=layers["expected"][:, keys],
            shares=layers["shares"],
            special_share=layers["special_share"],
            top=layers["top"],
            self_share=layers["self_share"],
            entropy=layers["entropy"],
            distance=layers["distance"],
            head_class=layers["head_class"].astype(np.int64),
            effective_tokens=float(layers["effective_tokens"].mean()),
            effective_content=_mean_of_defined(layers["effective_content"]),
            row_sum_error=float(layers["row_sum_error"].max()),
            padding_mass=float(layers["padding_mass"].max()),
            learned_share=layers["learned_share"] if self._learned_sinks else None,
            learned_even=layers["learned_even"] if self._learned_sinks else None,
        )


def _by_column(maps: Tensor, columns: Tensor) -> Tensor:
    """`[text, head, query, column]`: sums of `maps` over the keys of each column."""
    return (maps.flatten(1, 2) @ columns).view(*maps.shape[:3], -1)


def _top(received: Tensor, even: Tensor, layout: Layout) -> Tensor:
    """`[text, head, 3]`: of the text token that gets most beyond its equal share, all its places
    together, the first place, what it gets, and its equal share; NaN where there is none.

    A token that equal shares would give most of a text to does not count.

    Args:
        received: `[text, head, key]`, mean over queries.
        even: `[text, key]`, the same with equal shares.
    """
    content, same = layout.content.to(received.dtype), layout.same
    shares = torch.zeros_like(received)
    shares.scatter_add_(2, same[:, None].expand_as(received), received * content[:, None])
    expected = torch.zeros_like(even).scatter_add_(1, same, even * content)
    counts = (expected > 0) & (expected <= MOST_OF_TEXT)
    excess = (shares - expected[:, None]) / (1 - expected[:, None]).clamp(min=_TINY)
    place = excess.masked_fill(~counts[:, None], -torch.inf).argmax(-1)  # [text, head]
    top = torch.stack(
        [
            place.to(received.dtype),
            shares.gather(2, place[..., None]).squeeze(-1),
            expected.gather(1, place),
        ],
        dim=-1,
    )
    return top.masked_fill(~counts.any(-1)[:, None, None], torch.nan)


def _self_share(role_sums: Tensor, layout: Layout) -> Tensor:
    """`[text, role]`: the weight that a role's own queries have on the role, mean over queries and
    heads."""
    queries = layout.columns[..., FIRST_ROLE:]  # [text, query, role]
    total = (role_sums.mean(1) * queries).sum(1)
    return total / queries.sum(1)


def _mean(values: Tensor, where: Tensor) -> Tensor:
    """Mean over the last axis of the values for which `where` is true; NaN if there are none."""
    kept = torch.where(where, values, 0.0)
    return kept.sum(-1) / where.expand_as(values).sum(-1)


def _mean_over_heads(values: Tensor, where: Tensor) -> Tensor:
    """Mean over heads and queries of the values for which `where` is true, `[text]`."""
    return _mean(values.flatten(1), where.flatten(1))


def _largest(values: Tensor, where: Tensor) -> Tensor:
    """The largest absolute value for which `where` is true, `[text]`; NaN if one is NaN."""
    return torch.where(where, values, 0.0).abs().amax((1, 2))


def _mean_of_defined(values: NDArray[np.float32]) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else float("nan")
