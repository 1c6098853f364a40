"""What special tokens get and how widely attention spreads, layer by layer, in both models."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reportgen.comparing.change import SAME_SHARE, Change, Floats, changes, settled
from reportgen.comparing.pairing import Booleans, Pairing
from reportgen.info import Role
from reportgen.notes.figures import takes_part
from reportgen.results import Results

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


def layer_changes(base: Results, head: Results, pairing: Pairing) -> tuple[LayerChanges, ...]:
    """All special tokens, each role that both have, and entropy; what no text has is left out.

    Texts count that have figures in both, and content tokens enough for those on sinks.
    """
    texts = takes_part(base) & takes_part(head)
    own, other = (_by_key(results.info.roles) for results in (base, head))
    found = [
        _changes(
            ALL_SPECIAL, ("", ""), _heads(base, "special_share"), _heads(head, "special_share")
        ),
        *(
            _changes(key, (own[key], other[key]), _role(base, key), _role(head, key))
            for key in own
            if key in other
        ),
        _changes(ENTROPY, ("", ""), _heads(base, "entropy"), _heads(head, "entropy")),
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


def _changes(key: str, tokens: tuple[str, str], base: Floats, head: Floats) -> _Sides:
    return _Sides(key, tokens, base, head)


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
