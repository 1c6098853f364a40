"""One text's inert data for the script, at the level the size plan gives it."""

from base64 import b64encode
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from reportgen.report.data import text_data
from reportgen.report.plan import Level
from reportgen.report.pooling import Pooling, pool_maps, pooling
from reportgen.report.units import text_units
from reportgen.results import Results


class Block:
    """The data block of row `index` of `texts`, made when it is asked for.

    The maps of a text of more than `pool_above` tokens are pooled (None: of no text).
    """

    def __init__(
        self, results: Results, index: int, env: jinja2.Environment, pool_above: int | None = None
    ) -> None:
        row = results.texts.iloc[index]
        self.kept = not pd.isna(row["map_offset"])
        self._results = results
        self._index = index
        self._env = env
        self._pool_above = pool_above
        self._n_tokens = int(row["n_tokens"])
        self._map_bytes = int(row["map_bytes"]) if self.kept else 0

    @cached_property
    def pooling(self) -> Pooling | None:
        """How its maps are pooled, None where every token has its row and column."""
        above = self._pool_above
        if not self.kept or above is None or self._n_tokens <= above:
            return None
        units = text_units(self._results, self._index)
        return pooling(units.units, units.unit_of)

    def heads_size(self) -> int | None:
        """Bytes of the block with every head; maps are only read where they are pooled. None
        without maps."""
        if not self.kept:
            return None
        n_bytes = self._map_bytes if self.pooling is None else len(self._heads)
        return len(self._set(b"").encode()) + 4 * -(-n_bytes // 3)

    def layers_size(self) -> int | None:
        """Bytes of the block with layer means; None without maps."""
        return len(self.at(Level.LAYERS).encode()) if self.kept else None

    def at(self, level: Level) -> Markup:
        """The block at `level`; empty below layer means."""
        if level < Level.LAYERS or not self.kept:
            return Markup("")
        return self._set(self._heads if level is Level.HEADS else self._means)

    @cached_property
    def _data(self) -> Mapping[str, Any]:
        return text_data(self._results, self._index, self.pooling)

    @property
    def _packed(self) -> bytes:
        return self._results.packed_maps(self._index) or b""

    @cached_property
    def _pooled(self) -> bytes:
        return pool_maps(
            self._packed, self._results.info.model, self.pooling, mean_over_heads=False
        )

    @property
    def _heads(self) -> bytes:
        return self._packed if self.pooling is None else self._pooled

    @cached_property
    def _means(self) -> bytes:
        return pool_maps(self._packed, self._results.info.model, self.pooling, mean_over_heads=True)

    def _set(self, packed: bytes) -> Markup:
        return Markup(
            self._env.get_template("sections/data.html.jinja").render(
                number=self._index + 1,
                data=self._data,
                maps=b64encode(packed).decode("ascii"),
            )
        )
