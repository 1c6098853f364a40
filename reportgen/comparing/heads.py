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

from reportgen.comparing.change import SAME_SHARE, Change, Floats, changes, settled
from reportgen.comparing.pairing import Pairing
from reportgen.maps import unpack_levels
from reportgen.notes.figures import Interval, mean_intervals
from reportgen.results import Results

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
