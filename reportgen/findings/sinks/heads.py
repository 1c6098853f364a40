"""In how many heads a special token is a sink (the sink rate of Gu et al. 2024)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reportgen.findings.attention import excess, takes_part
from reportgen.findings.statistics import Floats
from reportgen.results.measure_register import SINK_EXCESS
from reportgen.results.store import Results

_AT_ONCE = 10_000  # texts
_COLUMNS = {"cls": "cls_share", "sep": "sep_share"}


@dataclass(frozen=True, slots=True, eq=False)
class SinkHeads:
    """What each head gives one special token beyond the equal share, mean over texts."""

    excess: Floats  # [layer, head]

    @property
    def n_heads(self) -> int:
        """The number of heads in all layers."""
        return self.excess.size

    @property
    def n_sink(self) -> int:
        """The number of heads that give it at least SINK_EXCESS."""
        return int((self.excess >= SINK_EXCESS).sum())

    @property
    def n_by_layer(self) -> tuple[int, ...]:
        """The number of such heads in each layer."""
        return tuple(map(int, (self.excess >= SINK_EXCESS).sum(axis=1)))

    @property
    def share(self) -> float:
        """The share of such heads among all heads."""
        return self.n_sink / self.n_heads


def sink_heads(results: Results) -> Mapping[str, SinkHeads]:
    """The sink heads of each role, over the texts that count and have it. Left out are roles in no
    such text, and roles whose shares were not stored by head.

    These are stored for [CLS] and separators, and for all special tokens together: so for any role
    that is a model's only one.
    """
    keys = [role.key for role in results.info.roles]
    columns = {keys[0]: "special_share"} if len(keys) == 1 else _COLUMNS
    model = results.info.model
    found: dict[str, SinkHeads] = {}
    for key in keys:
        if key not in columns:
            continue
        even = _equal_shares(results, key)
        if even is None:
            continue
        counted = takes_part(results)
        total, n_texts = np.zeros((model.n_layers, model.n_heads)), 0
        for start in range(0, len(even), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            own = results.head_values(columns[key], part).astype(np.float64)
            expected = even[part, :, None].astype(np.float64)
            beyond = excess(own, np.repeat(expected, model.n_heads, axis=2))
            known = beyond[counted[part] & np.isfinite(beyond).all(axis=(1, 2))]
            total, n_texts = total + known.sum(axis=0), n_texts + len(known)
        if n_texts:
            found[key] = SinkHeads(total / n_texts)
    return found


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
