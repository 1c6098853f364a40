"""Draws texts with replacement, for bootstrap intervals; every run draws the same."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000  # at least
_MOST_RESAMPLES = 8000
_DRAWN_TEXTS = 40_000  # over all resamples, as far as the two limits allow
_FEW_TEXTS = 128
_SEED = 20190601
# More texts are put into so many groups at random, and groups are drawn in place of texts: the mean
# over a group varies as that of its texts, and so do the means of resamples, in the memory of so
# many texts (Kleiner et al. 2014 draw groups for the same reason).
GROUPS = 20_000
_BATCH_CELLS = 1_000_000  # drawn at once: a number that is drawn takes eight times its count


def resamples(n_texts: int) -> int:
    """How many resamples an interval rests on: more for few texts, whose interval ends lie further
    out."""
    return min(max(RESAMPLES, _DRAWN_TEXTS // n_texts), _MOST_RESAMPLES)


def resampled_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """`[resample, figure]`: means of `[text, figure]` over texts, or groups of them, drawn with
    replacement."""
    n_texts = len(values)
    if n_texts <= GROUPS:
        sums = [drawn.astype(np.float64) @ values for drawn in draw_counts(n_texts)]
        means: NDArray[np.float64] = np.concatenate(sums) / n_texts
        return means
    groups = _groups(n_texts)
    columns = [np.bincount(groups, weights=column, minlength=GROUPS) for column in values.T]
    of_groups = np.column_stack([*columns, np.bincount(groups, minlength=GROUPS)])
    drawn_sums = np.concatenate(
        [drawn.astype(np.float64) @ of_groups for drawn in draw_counts(GROUPS)]
    )
    group_means: NDArray[np.float64] = drawn_sums[:, :-1] / drawn_sums[:, -1:]
    return group_means


@lru_cache(maxsize=1)
def _groups(n_texts: int) -> NDArray[np.int32]:
    """`[text]`: the group of each text. Groups are as equal in size as possible."""
    groups = np.arange(n_texts, dtype=np.int32) % GROUPS
    np.random.default_rng(_SEED).shuffle(groups)
    return groups


def draw_counts(n_texts: int) -> Iterator[NDArray[np.uint8]]:
    """`[resample, text]`: how often each text is drawn, a few resamples at a time. The numbers are
    kept unless there are very many texts."""
    size = 1 + _BATCH_CELLS // n_texts
    if n_texts <= GROUPS:
        drawn = _drawn(n_texts)
        yield from (drawn[i : i + size] for i in range(0, len(drawn), size))
        return
    random, n = np.random.default_rng(_SEED), resamples(n_texts)
    for i in range(0, n, size):
        yield _counts(random, min(size, n - i), n_texts)


def _drawn(n_texts: int) -> NDArray[np.uint8]:
    """`[resample, text]`: how often each text is drawn, which is never as often as 256 times.

    Drawing takes far longer than what follows, so it is kept: for few texts always, in 9 MB, since
    tokens stand in every number of texts.
    """
    return (_drawn_few if n_texts <= _FEW_TEXTS else _drawn_many)(n_texts)


def _draw(n_texts: int) -> NDArray[np.uint8]:
    random, n = np.random.default_rng(_SEED), resamples(n_texts)
    size = 1 + _BATCH_CELLS // n_texts
    drawn = np.empty((n, n_texts), np.uint8)
    for i in range(0, n, size):
        drawn[i : i + size] = _counts(random, min(size, n - i), n_texts)
    return drawn


def _counts(random: np.random.Generator, n: int, n_texts: int) -> NDArray[np.uint8]:
    """`[resample, text]`: how often each text is drawn in `n` resamples."""
    drawn = np.empty((n, n_texts), np.uint8)
    for row, texts in zip(drawn, random.integers(0, n_texts, drawn.shape), strict=True):
        row[:] = np.bincount(texts, minlength=n_texts)
    return drawn


_drawn_few, _drawn_many = lru_cache(maxsize=_FEW_TEXTS)(_draw), lru_cache(maxsize=2)(_draw)
