"""The rows of one made-up text in every table but that of texts and those of evidence."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from reportgen.results import CROSS, CROSS_NORM, CROSS_SIZES, TOP

Token = tuple[str, int | None, int | None]  # with its span, which special tokens have not


@dataclass(frozen=True)
class OneText:
    """An analysed text: its attention `[layer, head, query, key]`, and the norms `[layer, key]`
    where they are measured."""

    index: int
    tokens: list[Token]
    maps: np.ndarray
    norms: np.ndarray | None
    completed_from: int | None = None  # code point at which the completion begins
    held: tuple[int, ...] = ()  # positions of masks

    @property
    def n_tokens(self) -> int:
        return len(self.tokens)

    def is_completion(self, start: int | None) -> bool:
        """Whether a token that begins at `start` is one of the completion."""
        return None not in (start, self.completed_from) and start >= self.completed_from

    def place(self, start: int | None, at: int | None) -> int | None:
        """The code point `at` of the segment of a token that begins at `start`."""
        return at - self.completed_from if self.is_completion(start) else at

    @cached_property
    def is_special(self) -> np.ndarray:
        return special_ones(self.tokens)

    @property
    def has_special(self) -> bool:
        """Whether it stands between [CLS] and [SEP]."""
        return bool(self.is_special.any())

    @cached_property
    def entropy(self) -> np.ndarray:
        """`[layer, head, query]`."""
        return entropies(self.maps)

    @cached_property
    def mean(self) -> np.ndarray:
        """The mean over heads, `[layer, query, key]`."""
        return self.maps.mean(axis=1)

    @cached_property
    def received(self) -> np.ndarray:
        """`[layer, key]`."""
        return self.mean.mean(axis=1)

    @property
    def cls_row(self) -> np.ndarray:
        """`[layer, key]`."""
        return self.mean[:, 0, :]

    @property
    def views(self) -> dict[str, np.ndarray]:
        """What is read off the attention, by the name of its view."""
        views = {"received_all": self.received.mean(0), "received_last": self.received[-1]}
        if self.has_special:
            views |= {"cls_row_all": self.cls_row.mean(0), "cls_row_last": self.cls_row[-1]}
        if self.norms is not None:
            views["received_norm_all"] = self.norms.mean(0)
            views["received_norm_last"] = self.norms[-1]
        return views


def special_ones(tokens: list[Token]) -> np.ndarray:
    """Which tokens stand for no part of the text."""
    return np.array([start is None for _, start, _ in tokens], dtype=bool)


def entropies(maps: np.ndarray) -> np.ndarray:
    return -(maps * np.log(maps + 1e-30)).sum(-1)


def token_rows(one: OneText) -> dict[str, Any]:
    """A row for each token."""
    n, special, norms, n_layers = one.n_tokens, one.has_special, one.norms, len(one.maps)
    is_special, cls_row, received, rows = one.is_special, one.cls_row, one.received, range(n)
    return {
        "text": [one.index] * n,
        "position": list(rows),
        "unit": list(rows),
        "segment": [
            None if s else 2 * one.is_completion(start)
            for s, (_, start, _) in zip(is_special, one.tokens, strict=True)
        ],
        "token": [token for token, _, _ in one.tokens],
        "token_id": list(rows),
        "start": [one.place(start, start) for _, start, _ in one.tokens],
        "end": [one.place(start, end) for _, start, end in one.tokens],
        "is_special": is_special.tolist(),
        "role": [None if not s else ("cls" if i == 0 else "sep") for i, s in enumerate(is_special)],
        "is_held": [i in one.held for i in rows],
        "cls_row_last": cls_row[-1] if special else [None] * n,
        "received_last": received[-1],
        "cls_row_all": cls_row.mean(0) if special else [None] * n,
        "received_all": received.mean(0),
        "expected": [1 / n] * n,
        "cls_row_layers": [cls_row[:, i] if special else None for i in rows],
        "received_layers": [received[:, i] for i in rows],
        "expected_layers": [[1 / n] * n_layers for _ in rows],
        "received_norm_last": [None] * n if norms is None else norms[-1],
        "received_norm_all": [None] * n if norms is None else norms.mean(0),
        "received_norm_layers": [None if norms is None else norms[:, i] for i in rows],
        "value_size_layers": [
            None if norms is None else [0.2 if i == 0 else 2.0] * n_layers for i in rows
        ],
        "value_ratio_layers": [
            None if norms is None else [0.1 if i == 0 else 1.0] * n_layers for i in rows
        ],
        "output_rank_layers": [
            None if norms is None else [1.25 if i == 0 else 3.0] * n_layers for i in rows
        ],
        "activation_layers": [
            None if norms is None else [500.0 if i == 0 else 10.0] * n_layers for i in rows
        ],
        CROSS: [None] * n,
        f"{CROSS}_layers": [None] * n,
        CROSS_NORM: [None] * n,
        f"{CROSS_NORM}_layers": [None] * n,
        CROSS_SIZES: [None] * n,
    }


def layer_rows(one: OneText) -> dict[str, Any]:
    """A row for each layer."""
    n_layers, norms = len(one.maps), one.norms
    return {
        "text": [one.index] * n_layers,
        "layer": list(range(1, n_layers + 1)),
        "mixing": [None if norms is None else 0.25] * n_layers,
        "learned_share": [None] * n_layers,
        "learned_expected": [None] * n_layers,
    }


def head_rows(one: OneText) -> dict[str, Any]:
    """A row for each head of each layer."""
    n, special, is_special, maps = one.n_tokens, one.has_special, one.is_special, one.maps
    per_head = maps.mean(axis=2)  # [layer, head, key]
    where = [(layer, head) for layer in range(maps.shape[0]) for head in range(maps.shape[1])]
    return {
        "text": [one.index] * len(where),
        "layer": [layer + 1 for layer, _ in where],
        "head": [head + 1 for _, head in where],
        "special_share": [per_head[w][is_special].sum() if special else None for w in where],
        "cls_share": [per_head[w][0] if special else None for w in where],
        "sep_share": [per_head[w][-1] if special else None for w in where],
        "learned_share": [None] * len(where),
        "uniform_share": [is_special.sum() / n] * len(where),
        **_top_rows(one, [per_head[w] for w in where]),
        "entropy": [one.entropy[w].mean() / np.log(n) if n > 1 else None for w in where],
        "distance": [_distance(maps[w], ~is_special) for w in where],
        "head_class": [
            "vertical" if per_head[w][is_special].sum() > 0.5 else "heterogeneous" for w in where
        ],
    }


def _top_rows(one: OneText, received: list[np.ndarray]) -> dict[str, Any]:
    """The text token that each head gives most beyond its equal share, all its places together."""
    n, at = one.n_tokens, {}
    for place, (token, *_) in enumerate(one.tokens):
        if not one.is_special[place]:
            at.setdefault(token if place else None, []).append(place)
    own = [places for places in at.values() if len(places) / n <= 0.5]
    if not own:
        return {name: [None] * len(received) for name in TOP}
    tops = [max(own, key=lambda at: (sum(r[at]) * n - len(at)) / (n - len(at))) for r in received]
    return {
        "top_position": [places[0] for places in tops],
        "top_share": [sum(r[places]) for r, places in zip(received, tops, strict=True)],
        "top_expected": [len(places) / n for places in tops],
    }


def role_rows(one: OneText) -> dict[str, Any]:
    """A row for [CLS] and one for [SEP] in each layer."""
    n, norms, received = one.n_tokens, one.norms, one.received
    where = [(layer, role) for layer in range(len(one.maps)) for role in (0, n - 1)]
    return {
        "text": [one.index] * len(where),
        "layer": [layer + 1 for layer, _ in where],
        "role": ["cls" if role == 0 else "sep" for _, role in where],
        "n_tokens": [1] * len(where),
        "share": [received[layer, role] for layer, role in where],
        "expected": [1 / n] * len(where),
        "self_share": [one.mean[layer, role, role] for layer, role in where],
        "norm_share": [None if norms is None else norms[layer, role] for layer, role in where],
        "value_size": [None if norms is None else (0.2, 1.8)[role > 0] for _, role in where],
        "content_value_size": [None if norms is None else 2.0 for _ in where],
        "output_rank": [None if norms is None else (1.25, 3.0)[role > 0] for _, role in where],
        "activation": [None if norms is None else (500.0, 12.0)[role > 0] for _, role in where],
        "content_activation": [None if norms is None else 10.0 for _ in where],
        "value_ratio": [None if norms is None else (0.1, 0.9)[role > 0] for _, role in where],
    }


def _distance(weights: np.ndarray, content: np.ndarray) -> float:
    inside = weights[:, content]
    gaps = np.abs(np.arange(len(weights))[:, None] - np.arange(len(weights))[content])
    return float(((inside * gaps).sum(1) / inside.sum(1)).mean())
