"""How far apart two models' attention is: by head, by text and by layer.

The distance of a query's two rows is the square root of their Jensen-Shannon divergence, base 2
(Lin 1991): 0 where they are the same, 1 where they have no key in common. A text's distance is the
mean over its queries. Maps are compared as they are packed: bytes that differ by at most one step
count as equal, so that rounding alone makes no distance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from reportgen.comparison.change import HEAD_LEAST, Change, changes, equal_if_close
from reportgen.comparison.pairing import Pairing
from reportgen.findings import Booleans, Findings, Floats, Interval, Places, mean_intervals
from reportgen.results import Results, map_cells, map_levels

_AT_ONCE = 100_000  # weights of a text, up to which all its layers are compared in one go
STEP = 1  # bytes that two packed weights may differ by and count as equal
_WEIGHTS = (np.arange(256) / 255.0) ** 2
_PRODUCTS = -entr(_WEIGHTS) / np.log(2)  # w log2(w), 0 for 0
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class HeadChanges:
    """The distance of both models' attention, over the texts whose whole maps both results
    hold."""

    texts: Places  # rows of `texts`
    by_text: Floats  # [text of `texts`], distance, mean over layers and heads
    distance: Floats  # [layer, head], mean over texts
    intervals: tuple[tuple[Interval | None, ...], ...]  # [layer][head], over texts
    special: tuple[tuple[Change, ...], ...]  # [layer][head], share of special tokens; none: ()
    limit: float = HEAD_LEAST  # attention has moved if its distance is above this
    # Whether what the models put out moved too; None where that is not compared.
    outputs_moved: bool | None = None

    @property
    def changed(self) -> Booleans:
        """`[layer, head]`: which heads changed: their attention moved, and so did the outputs."""
        return self.moved & (self.outputs_moved is not False)

    @property
    def moved(self) -> Booleans:
        """`[layer, head]`: in which heads attention moved. Where there is an interval, all of it
        must lie above the limit."""
        lowest = [
            [
                mean if interval is None else interval.low
                for mean, interval in zip(*row, strict=True)
            ]
            for row in zip(self.distance.tolist(), self.intervals, strict=True)
        ]
        return np.array(lowest) > self.limit

    @property
    def ranking(self) -> list[tuple[int, int]]:
        """Layer and head, both from 0, of every head, the largest distance first."""
        order = np.argsort(-self.distance, axis=None, kind="stable").tolist()
        return [divmod(place, self.distance.shape[1]) for place in order]


def head_changes(
    base: Results,
    head: Results,
    pairing: Pairing,
    least: float = 0.0,
    outputs_moved: bool | None = None,
) -> HeadChanges | None:
    """How far apart both models' attention is in each head. None if they have different numbers of
    layers or heads, or if no text has its whole maps in both results.

    Attention has moved in a head if its distance is above HEAD_LEAST and above `least`; the head
    has changed unless it is known of the outputs that they have not moved.

    One text is read at a time, and one number per head is kept of it.
    """
    if not pairing.same_shape:
        return None
    texts, by_text = [], []
    for text, distances in _distances(base, head, pairing):
        texts.append(text)
        by_text.append(distances)
    if not texts:
        return None
    rows = np.array(texts, np.intp)
    by_head = np.stack(by_text)  # [text, layer, head]
    n_layers, n_heads = by_head.shape[1:]
    intervals = mean_intervals(by_head.reshape(len(rows), -1))
    return HeadChanges(
        texts=rows,
        by_text=by_head.mean(axis=(1, 2)),
        distance=by_head.mean(axis=0),
        intervals=_square(intervals, n_layers, n_heads),
        special=_special(base, head, pairing),
        limit=max(HEAD_LEAST, least),
        outputs_moved=outputs_moved,
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
    # Bytes that count as equal are made equal, the same way whichever model is the base.
    old, new = (np.where(near[moved], lower[moved], side[moved]) for side in rows)
    sums = [np.maximum(_WEIGHTS[side].sum(axis=1), _WEIGHTS[1]) for side in (old, new)]
    # As Lin writes it: the entropy of the middle less the mean of both entropies. The entropy of a
    # packed row can be looked up byte by byte, so that only one logarithm per key is computed.
    entropies = [
        np.log2(total) - _PRODUCTS[side].sum(axis=1) / total
        for side, total in zip((old, new), sums, strict=True)
    ]
    middle = _WEIGHTS[old] / (2 * sums[0][:, None])
    middle += _WEIGHTS[new] / (2 * sums[1][:, None])
    logarithms = np.zeros_like(middle)
    np.log2(middle, out=logarithms, where=middle > 0)
    divergence = -np.einsum("rk,rk->r", middle, logarithms) - (entropies[0] + entropies[1]) / 2
    distances[moved] = np.sqrt(np.clip(divergence, 0.0, 1.0))
    return distances.reshape(base.shape[:-1])


def _distances(base: Results, head: Results, pairing: Pairing) -> Iterator[tuple[int, Floats]]:
    """The distances `[layer, head]` of each text, with its row of `texts`."""
    for text in np.flatnonzero(pairing.aligned).tolist():
        if any(map_cells(side.text_row(text)) is not None for side in (base, head)):
            continue  # cells tell less apart than tokens do
        old, new = map_levels(base, text), map_levels(head, text)
        if old is None or new is None:
            continue
        if old.size <= _AT_ONCE:
            yield text, row_distances(old, new).mean(axis=-1)
        else:
            layers = zip(old, new, strict=True)
            yield text, np.stack([row_distances(a, b).mean(axis=-1) for a, b in layers])


def _special(base: Results, head: Results, pairing: Pairing) -> tuple[tuple[Change, ...], ...]:
    """The share of special tokens by head; empty if one of the models uses none."""
    model = base.info.model
    old, new = (
        results.head_values("special_share")[pairing.aligned].astype(np.float64)
        for results in (base, head)
    )
    known = np.isfinite(old + new).all(axis=(1, 2))
    if not known.any():
        return ()
    old, new = (side[known].reshape(known.sum(), -1) for side in (old, new))
    by_head = changes(old, equal_if_close(old, new))
    return _square(by_head, model.n_layers, model.n_heads)


def _square(flat: Sequence[T], n_layers: int, n_heads: int) -> tuple[tuple[T, ...], ...]:
    """`[layer * head]` as `[layer][head]`."""
    return tuple(tuple(flat[i * n_heads : (i + 1) * n_heads]) for i in range(n_layers))


ALL_SPECIAL = "special"
ENTROPY = "entropy"


@dataclass(frozen=True, slots=True)
class LayerChanges:
    """The changes of one figure, layer by layer; means over heads, then over the texts that have it
    in both models."""

    key: str  # "special" for all special tokens together, "entropy", or the key of a Role
    tokens: tuple[str, str]  # as base and head write the role's token; "" for what is no role
    base: tuple[float, ...]  # [layer]
    head: tuple[float, ...]  # [layer], as many as the head has
    changes: tuple[Change, ...]  # [layer]; none where the numbers of layers differ
    n_texts: int

    @property
    def largest(self) -> Change | None:
        """The largest change of any layer; None if layers cannot be compared."""
        return max(self.changes, key=lambda change: abs(change.difference), default=None)


def layer_changes(base: Findings, head: Findings, pairing: Pairing) -> tuple[LayerChanges, ...]:
    """The changes of what all special tokens get, of what each role gets that both models have, and
    of the entropy. A figure that no text has in both models is left out.

    Only texts count that both models analysed and that have enough text tokens.
    """
    texts = base.takes_part & head.takes_part & pairing.analysed
    old, new = ({role.key: role.token for role in side.info.roles} for side in (base, head))
    sides = base.results, head.results
    shares, entropies = (
        [results.mean_of_heads(column) for results in sides]
        for column in ("special_share", "entropy")
    )
    every = [_layer_changes(ALL_SPECIAL, ("", ""), texts, *shares)]
    for key in old:
        if key in new:
            roles = (role_by_layer(results, key) for results in sides)
            every.append(_layer_changes(key, (old[key], new[key]), texts, *roles))
    every.append(_layer_changes(ENTROPY, ("", ""), texts, *entropies))
    return tuple(each for each in every if each is not None)


def _layer_changes(
    key: str, tokens: tuple[str, str], texts: Booleans, base: Floats, head: Floats
) -> LayerChanges | None:
    """The changes over `texts` `[text]` of a figure `[text, layer]` that is NaN where a text has
    none; None where no text has it in both."""
    known = texts & np.isfinite(base).all(axis=1) & np.isfinite(head).all(axis=1)
    old, new = base[known], head[known]
    if not len(old):
        return None
    by_layer: tuple[Change, ...] = ()
    if old.shape == new.shape:
        new = equal_if_close(old, new)
        by_layer = changes(old, new)
    before, after = (tuple(side.mean(axis=0).tolist()) for side in (old, new))
    return LayerChanges(key, tokens, before, after, by_layer, len(old))


def role_by_layer(results: Results, key: str) -> Floats:
    """`[text, layer]`: the share that a special-token role gets; NaN if a text has no such
    token."""
    text, layer, share = results.of_role(key, "text", "layer", "share")
    shares = np.full((len(results.texts), results.info.model.n_layers), np.nan)
    shares[text.astype(np.intp), layer.astype(np.intp) - 1] = share
    return shares
