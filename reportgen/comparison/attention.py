"""How far two models' attention maps are apart, head by head and text by text.

Between the two rows of a query stands the square root of the Jensen-Shannon divergence, base 2
(Lin 1991), a distance from 0, the same, to 1, no key in common. A text's figure is the mean over
its queries. Maps are compared as they are packed: bytes that differ by no more than one step count
as equal, so that rounding gives no distance at all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from reportgen.comparison.change import SAME_SHARE, Change, Floats, changes, settled
from reportgen.comparison.pairing import Booleans, Pairing
from reportgen.findings.findings import Findings
from reportgen.findings.statistics import Interval, mean_intervals
from reportgen.results.info import Role
from reportgen.results.maps import unpack_levels
from reportgen.results.store import Results

STEP = 1  # bytes that two packed weights may differ by and count as equal
_WEIGHTS = (np.arange(256) / 255.0) ** 2
_PRODUCTS = -entr(_WEIGHTS) / np.log(2)  # w log2(w), 0 for 0
Places = NDArray[np.intp]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class HeadChanges:
    """Attention of both models, over the texts whose maps both have."""

    texts: Places  # rows of `texts`
    by_text: Floats  # [text of `texts`], distance, mean over layers and heads
    distance: Floats  # [layer, head], mean over texts
    intervals: tuple[tuple[Interval | None, ...], ...]  # [layer][head], over texts
    special: tuple[tuple[Change, ...], ...]  # [layer][head], share of special tokens; none: ()


def head_changes(base: Results, head: Results, pairing: Pairing) -> HeadChanges | None:
    """None where the models have other numbers of layers or heads, or no text's maps are in both.

    One text is read at a time; what is kept of it is a number a head.
    """
    if not pairing.same_shape:
        return None
    texts, found = [], []
    for text, distances in _distances(base, head, pairing):
        texts.append(text)
        found.append(distances)
    if not texts:
        return None
    rows = np.array(texts, np.intp)
    by_head = np.stack(found)  # [text, layer, head]
    n_layers, n_heads = by_head.shape[1:]
    intervals = mean_intervals(by_head.reshape(len(rows), -1))
    return HeadChanges(
        texts=rows,
        by_text=by_head.mean(axis=(1, 2)),
        distance=by_head.mean(axis=0),
        intervals=_square(intervals, n_layers, n_heads),
        special=_special(base, head, pairing),
    )


def row_distances(base: NDArray[np.uint8], head: NDArray[np.uint8]) -> Floats:
    """The distance of every query's rows, `[..., query]`, from packed weights `[..., query, key]`.

    Rows are made to sum to one first: packing rounds every weight by itself.
    """
    rows = base.reshape(-1, base.shape[-1]), head.reshape(-1, head.shape[-1])
    lower = np.minimum(*rows)
    near = np.maximum(*rows) - lower <= STEP
    distances = np.zeros(len(near))
    moved = ~near.all(axis=1)
    # What counts as equal becomes so on both sides, for a distance has no direction.
    own, other = (np.where(near[moved], lower[moved], side[moved]) for side in rows)
    sums = [np.maximum(_WEIGHTS[side].sum(axis=1), _WEIGHTS[1]) for side in (own, other)]
    # As Lin writes it: the entropy of the middle less the mean of both. That of a packed row can
    # be looked up byte by byte, so that one logarithm a key is left to take.
    entropies = [
        np.log2(total) - _PRODUCTS[side].sum(axis=1) / total
        for side, total in zip((own, other), sums, strict=True)
    ]
    middle = _WEIGHTS[own] / (2 * sums[0][:, None])
    middle += _WEIGHTS[other] / (2 * sums[1][:, None])
    logarithms = np.zeros_like(middle)
    np.log2(middle, out=logarithms, where=middle > 0)
    divergence = -np.einsum("rk,rk->r", middle, logarithms) - (entropies[0] + entropies[1]) / 2
    distances[moved] = np.sqrt(np.clip(divergence, 0.0, 1.0))
    return distances.reshape(base.shape[:-1])


def _distances(base: Results, head: Results, pairing: Pairing) -> Iterator[tuple[int, Floats]]:
    """Text by text, `[layer, head]`."""
    model = base.info.model
    shape = model.n_layers, model.n_heads
    for text in np.flatnonzero(pairing.aligned).tolist():
        packed = base.packed_maps(text), head.packed_maps(text)
        if packed[0] is None or packed[1] is None:
            continue
        layers = zip(*(unpack_levels(side, *shape) for side in packed if side), strict=True)
        yield text, np.stack([row_distances(a, b).mean(axis=-1) for a, b in layers])


def _special(base: Results, head: Results, pairing: Pairing) -> tuple[tuple[Change, ...], ...]:
    """The share of special tokens by head; none where neither model puts any around a text."""
    model = base.info.model
    own, other = (
        _by_text(results, "special_share", pairing.aligned).reshape(
            -1, model.n_layers, model.n_heads
        )
        for results in (base, head)
    )
    known = np.isfinite(own + other).all(axis=(1, 2))
    if not known.any():
        return ()
    flat = own[known].reshape(known.sum(), -1), other[known].reshape(known.sum(), -1)
    found = changes(flat[0], settled(flat[0], flat[1], 1.0, SAME_SHARE))
    return _square(found, model.n_layers, model.n_heads)


def _by_text(results: Results, column: str, texts: NDArray[np.bool_]) -> Floats:
    """A column of the table of heads, of `texts` alone, in their order."""
    heads = results.heads
    own = texts[heads["text"].to_numpy(np.intp)]
    values: Floats = heads[column].to_numpy(np.float64)[own]
    return values


def _square(flat: Sequence[T], n_layers: int, n_heads: int) -> tuple[tuple[T, ...], ...]:
    """`[layer * head]` as `[layer][head]`."""
    return tuple(tuple(flat[i * n_heads : (i + 1) * n_heads]) for i in range(n_layers))


ALL_SPECIAL = "special"
ENTROPY = "entropy"


@dataclass(frozen=True, slots=True)
class LayerChanges:
    """One figure by layer; means over heads, then over the texts that have it in both models."""

    key: str  # "special" for all special tokens together, "entropy", or the key of a Role
    tokens: tuple[str, str]  # as base and head write the role's token; "" for what is no role
    base: tuple[float, ...]  # [layer]
    head: tuple[float, ...]  # [layer], as many as the head has
    changes: tuple[Change, ...]  # [layer]; none where the numbers of layers differ
    n_texts: int

    @property
    def largest(self) -> Change | None:
        """The largest change of a layer; None where layers cannot be compared."""
        return max(self.changes, key=lambda change: abs(change.difference), default=None)


def layer_changes(base: Findings, head: Findings, pairing: Pairing) -> tuple[LayerChanges, ...]:
    """All special tokens, each role that both have, and entropy; what no text has is left out.

    Texts count that have figures in both, and content tokens enough for those on sinks.
    """
    texts = base.takes_part & head.takes_part
    own, other = (_by_key(side.info.roles) for side in (base, head))
    sides = base.results, head.results
    found = [
        _Sides(ALL_SPECIAL, ("", ""), *(_heads(side, "special_share") for side in sides)),
        *(
            _Sides(key, (own[key], other[key]), *(_role(side, key) for side in sides))
            for key in own
            if key in other
        ),
        _Sides(ENTROPY, ("", ""), *(_heads(side, "entropy") for side in sides)),
    ]
    return tuple(make for each in found if (make := each.over(texts & pairing.analysed)))


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    key: str
    tokens: tuple[str, str]
    base: Floats  # [text, layer], NaN where a text has none
    head: Floats

    def over(self, texts: Booleans) -> LayerChanges | None:
        known = texts & np.isfinite(self.base).all(axis=1) & np.isfinite(self.head).all(axis=1)
        own, other = self.base[known], self.head[known]
        if not len(own):
            return None
        found: tuple[Change, ...] = ()
        if own.shape == other.shape:
            other = settled(own, other, 1.0, SAME_SHARE)
            found = changes(own, other)
        means = [tuple(side.mean(axis=0).tolist()) for side in (own, other)]
        return LayerChanges(self.key, self.tokens, means[0], means[1], found, len(own))


def _by_key(roles: tuple[Role, ...]) -> dict[str, str]:
    return {role.key: role.token for role in roles}


def _heads(results: Results, column: str) -> Floats:
    """`[text, layer]`, mean over heads, of a column of the table of heads."""
    model, heads = results.info.model, results.heads
    values = heads[column].to_numpy(np.float64).reshape(-1, model.n_layers, model.n_heads)
    rows = heads["text"].to_numpy(np.intp)[:: model.n_layers * model.n_heads]
    return _placed(results, rows, values.mean(axis=2))


def _role(results: Results, key: str) -> Floats:
    """`[text, layer]`, the share of a special-token role."""
    rows = results.roles[results.roles["role"] == key]
    by_layer = rows.pivot(index="text", columns="layer", values="share")
    if by_layer.empty:
        return _placed(results, np.empty(0, np.intp), np.empty((0, results.info.model.n_layers)))
    return _placed(results, by_layer.index.to_numpy(np.intp), by_layer.to_numpy(np.float64))


def _placed(results: Results, rows: NDArray[np.intp], values: Floats) -> Floats:
    every = np.full((len(results.texts), values.shape[1]), np.nan)
    every[rows] = values
    return every
