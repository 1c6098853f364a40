"""In how many single heads a token is a sink (the sink rate of Gu et al. 2024)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.findings.attention import excess, takes_part
from reportgen.findings.repeated_texts import first_alike
from reportgen.findings.statistics import Booleans, Floats, Places, low_of_means
from reportgen.results import MIN_TEXTS, MOST_OF_TEXT, SINK_EXCESS, TOP, Results, frame_of

_AT_ONCE = 10_000  # texts
_COLUMNS = {"cls": "cls_share", "sep": "sep_share"}
# Keys of what is no special token: the first position, else `token:` and the token.
FIRST_KEY = "first"


@dataclass(frozen=True, slots=True, eq=False)
class SinkHeads:
    """What each head gives one token beyond the equal share, mean over texts."""

    excess: Floats  # [layer, head]
    # [layer, head], the lower end of its interval, which holds for the strongest of all heads and
    # of all tokens that were tried
    low: Floats

    @property
    def n_heads(self) -> int:
        """The number of heads in all layers."""
        return self.excess.size

    @property
    def is_sink(self) -> Booleans:
        """`[layer, head]`: whether a head gives it at least SINK_EXCESS."""
        return np.asarray(self.excess >= SINK_EXCESS, np.bool_)

    @property
    def n_sink(self) -> int:
        """The number of such heads."""
        return int(self.is_sink.sum())

    @property
    def n_by_layer(self) -> tuple[int, ...]:
        """The number of such heads in each layer."""
        return tuple(map(int, self.is_sink.sum(axis=1)))

    @property
    def share(self) -> float:
        """The share of such heads among all heads."""
        return self.n_sink / self.n_heads

    @property
    def is_sure(self) -> bool:
        """Whether at least one head surely is one."""
        return bool((self.low >= SINK_EXCESS).any())

    @property
    def strongest(self) -> tuple[int, int]:
        """The layer and the head, from 1, that give it most."""
        layer, head = np.unravel_index(int(self.excess.argmax()), self.excess.shape)
        return int(layer) + 1, int(head) + 1


def all_heads(results: Results) -> Mapping[str, SinkHeads]:
    """The sink heads of special tokens by role, then of the first position and of text tokens."""
    return {**sink_heads(results), **token_heads(results)}


def sink_heads(results: Results) -> Mapping[str, SinkHeads]:
    """The sink heads of each special-token role, over the texts that count and have it. Left out
    are roles in no such text, and roles whose shares were not stored by head.

    These are stored for [CLS] and separators, and for all special tokens together: so for any role
    that is a model's only one.
    """
    keys = [role.key for role in results.info.roles]
    columns = {keys[0]: "special_share"} if len(keys) == 1 else _COLUMNS
    model = results.info.model
    heads: dict[str, SinkHeads] = {}
    for key in keys:
        if key not in columns:
            continue
        even = _equal_shares(results, key)
        if even is None:
            continue
        counted = takes_part(results)
        shape = (model.n_layers, model.n_heads)
        total, squares, n_texts = np.zeros(shape), np.zeros(shape), 0
        for start in range(0, len(even), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            shares = results.head_values(columns[key], part).astype(np.float64)
            expected = even[part, :, None].astype(np.float64)
            beyond = excess(shares, np.repeat(expected, model.n_heads, axis=2))
            known = beyond[counted[part] & np.isfinite(beyond).all(axis=(1, 2))]
            total, squares = total + known.sum(axis=0), squares + (known**2).sum(axis=0)
            n_texts += len(known)
        if n_texts:
            low = low_of_means(total, squares, n_texts, total.size * len(keys))
            heads[key] = SinkHeads(total / n_texts, low)
    return heads


def token_heads(results: Results) -> Mapping[str, SinkHeads]:
    """The heads of the first position, if it is content, and of text tokens that at least one head
    gives so much; by key, those of the most such heads first.

    A head counts in a text for the text token that it gives most, all its places together; what
    stands at the first position is apart. For any other token it counts as nothing, so that all
    figures are at most as large as they are. Equal texts count once.
    """
    info = results.info
    if results.is_redacted:
        return {}
    shape = info.model.n_layers, info.model.n_heads
    size = shape[0] * shape[1]
    names: dict[str, int] = {}
    n_texts = np.zeros(0, np.intp)  # [token], by `names`
    sums = _NO_SUMS
    for texts in _parts(results):
        more, counts = _tops(results, texts, names)
        n_texts = np.pad(n_texts, (0, len(names) - len(n_texts)))
        n_texts[: len(counts)] += counts
        sums = sums.plus(more)
    n_tried = int((n_texts >= MIN_TEXTS).sum())
    heads: dict[str, SinkHeads] = {}
    for key, token in names.items():
        start, end = np.searchsorted(sums.pair, (token * size, (token + 1) * size)).tolist()
        n, rows = int(n_texts[token]), slice(start, end)
        if n < MIN_TEXTS or not (sums.excess[rows] >= n * SINK_EXCESS).any():
            continue
        total, squares = np.zeros(size), np.zeros(size)
        places = sums.pair[rows] - token * size
        total[places], squares[places] = sums.excess[rows], sums.square[rows]
        low = low_of_means(total, squares, n, size * n_tried)
        heads[key] = SinkHeads((total / n).reshape(shape), low.reshape(shape))
    return dict(sorted(heads.items(), key=lambda item: (-item[1].n_sink, item[0])))


@dataclass(frozen=True, slots=True, eq=False)
class _ExcessSums:
    """Sums over texts of what heads give tokens beyond the equal share, `[pair]`, in the order of
    the pairs."""

    pair: NDArray[np.int64]  # number of the token * number of heads in all layers + which head
    excess: Floats
    square: Floats

    def plus(self, more: "_ExcessSums") -> "_ExcessSums":
        """These and `more` together."""
        pair, place = np.unique(np.concatenate([self.pair, more.pair]), return_inverse=True)

        def added(one: Floats, other: Floats) -> Floats:
            values = np.concatenate([one, other])
            sums: Floats = np.bincount(place, weights=values, minlength=len(pair)).astype(float)
            return sums

        return _ExcessSums(pair, added(self.excess, more.excess), added(self.square, more.square))


_NO_SUMS = _ExcessSums(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))


def _parts(results: Results) -> Iterator[Places]:
    """The texts that count, each of equal ones once, some at a time."""
    rows = np.flatnonzero(takes_part(results))
    _, firsts = np.unique(first_alike(results)[rows], return_index=True)
    rows = rows[np.sort(firsts)]
    for start in range(0, len(results.texts), _AT_ONCE):
        part = rows[(rows >= start) & (rows < start + _AT_ONCE)]
        if len(part):
            yield part


def _tops(results: Results, texts: Places, names: dict[str, int]) -> tuple[_ExcessSums, Places]:
    """What each head gives the token that it gives most, summed over `texts`; and how many of these
    have each token, `[token]`.

    Tokens are numbered by their keys in `names`, to which new ones are added.
    """
    part = slice(int(texts[0]), int(texts[-1]) + 1)
    token_at, counts = _content(results, texts, part, names)
    place, share, even = (
        results.head_values(name, part)[texts - texts[0]].reshape(len(texts), -1) for name in TOP
    )
    row, head = np.nonzero(np.isfinite(place))
    first = results.texts["first_token"].to_numpy(np.int64)
    token = token_at[first[texts[row]] - first[texts[0]] + place[row, head].astype(np.int64)]
    beyond = excess(share.astype(np.float64), even.astype(np.float64))[row, head]
    pair = (token * place.shape[1] + head)[token >= 0]
    beyond = beyond[token >= 0]
    return _NO_SUMS.plus(_ExcessSums(pair, beyond, beyond**2)), counts


def _content(
    results: Results, texts: Places, part: slice, names: dict[str, int]
) -> tuple[NDArray[np.int64], Places]:
    """The numbers of the tokens of a `part` of all texts, `[token]`, -1 for special ones; and of
    `texts` of that part, how many have each token, `[number]`.

    A token that equal shares would give most of a text to does not count there.
    """
    part_texts = results.texts.iloc[part]
    columns = ("text", "position", "token", "role", "expected")
    start, n_tokens = int(part_texts["first_token"].iloc[0]), int(part_texts["n_tokens"].sum())
    rows = frame_of(results.token_part(start, n_tokens, *columns))
    codes, tokens = pd.factorize(rows["token"])
    numbers = np.array([names.setdefault(f"token:{name}", len(names)) for name in tokens], np.int64)
    token_at = numbers[codes]
    is_content = rows["role"].isna().to_numpy(np.bool_)
    is_first = is_content & (rows["position"] == 0).to_numpy(np.bool_)
    if is_first.any():
        token_at[is_first] = names.setdefault(FIRST_KEY, len(names))
    token_at[~is_content] = -1
    kept = rows.assign(token=token_at)[is_content & rows["text"].isin(texts).to_numpy(np.bool_)]
    even = kept.groupby(["text", "token"], sort=False)["expected"].sum()
    numbered = even.index.get_level_values("token")[even.to_numpy() <= MOST_OF_TEXT]
    return token_at, np.bincount(numbered.to_numpy(np.intp), minlength=len(names))


def _equal_shares(results: Results, key: str) -> Floats | NDArray[np.float32] | None:
    """`[text, layer]`: what a role would get with equal shares, as stored; NaN for texts without
    it. None where no text has it."""
    text, layer, expected = results.of_role(key, "text", "layer", "expected")
    if not len(text):
        return None
    shape = len(results.texts), results.info.model.n_layers
    even: Floats | NDArray[np.float32] = np.full(shape, np.nan, expected.dtype)
    even[text.astype(np.intp), layer.astype(np.intp) - 1] = expected
    return even
