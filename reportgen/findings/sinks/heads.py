"""In how many single heads a special token is a sink (the sink rate of Gu et al. 2024)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reportgen.findings.attention import column_means, excess, takes_part
from reportgen.findings.statistics import Floats
from reportgen.results.measure_register import SINK_EXCESS
from reportgen.results.store import Results

_COLUMNS = {"cls": "cls_share", "sep": "sep_share"}


@dataclass(frozen=True, slots=True, eq=False)
class SinkHeads:
    """What each head gives one special token beyond the equal share, mean over texts."""

    excess: Floats  # [layer, head]

    @property
    def n_heads(self) -> int:
        """The heads of all layers."""
        return self.excess.size

    @property
    def n_sink(self) -> int:
        """Those that give it at least SINK_EXCESS."""
        return int((self.excess >= SINK_EXCESS).sum())

    @property
    def n_by_layer(self) -> tuple[int, ...]:
        """Those of each layer."""
        return tuple(map(int, (self.excess >= SINK_EXCESS).sum(axis=1)))

    @property
    def share(self) -> float:
        """Their share of all heads."""
        return self.n_sink / self.n_heads


def sink_heads(results: Results) -> Mapping[str, SinkHeads]:
    """By key of a role, over the texts that take part and have it; without roles that no such text
    has, and without those whose shares were not stored by head.

    These are stored for [CLS] and separators, and for all special tokens together: so for any role
    that is a model's only one.
    """
    keys = [role.key for role in results.info.roles]
    columns = {keys[0]: "special_share"} if len(keys) == 1 else _COLUMNS
    rows, model = results.roles, results.info.model
    found: dict[str, SinkHeads] = {}
    for key in keys:
        own = rows[rows["role"] == key]
        if key not in columns or own.empty:
            continue
        even = np.full((len(results.texts), model.n_layers), np.nan)
        even[own["text"].to_numpy(np.intp), own["layer"].to_numpy(np.intp) - 1] = own["expected"]
        beyond = excess(
            results.head_values(columns[key]).astype(np.float64),
            np.repeat(even[:, :, None], model.n_heads, axis=2),
        )
        counted = takes_part(results) & np.isfinite(beyond).all(axis=(1, 2))
        if counted.any():
            found[key] = SinkHeads(column_means(beyond, counted))
    return found
