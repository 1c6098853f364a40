"""One text's inert data for the script, at the level the size plan gives it."""

from base64 import b64encode
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from reportgen.report.data import layer_means, text_data
from reportgen.report.plan import Level
from reportgen.results import Results


class Block:
    """The data block of row `index` of `texts`, made when it is asked for."""

    def __init__(self, results: Results, index: int, env: jinja2.Environment) -> None:
        row = results.texts.iloc[index]
        self.kept = not pd.isna(row["map_offset"])
        self._results = results
        self._index = index
        self._env = env
        self._map_bytes = int(row["map_bytes"]) if self.kept else 0
        self._means: bytes | None = None

    @cached_property
    def _data(self) -> Mapping[str, Any]:
        return text_data(self._results, self._index)

    def heads_size(self) -> int | None:
        """Bytes of the block with every head, without reading the maps; None without maps."""
        if not self.kept:
            return None
        return len(self._set(b"").encode()) + 4 * -(-self._map_bytes // 3)

    def layers_size(self) -> int:
        """Bytes of the block with layer means."""
        return len(self.at(Level.LAYERS).encode())

    def at(self, level: Level) -> Markup:
        """The block at `level`; empty below layer means."""
        if level < Level.LAYERS or not self.kept:
            return Markup("")
        packed = self._results.packed_maps(self._index) or b""
        if level is Level.HEADS:
            return self._set(packed)
        if self._means is None:
            self._means = layer_means(packed, self._results.info)
        return self._set(self._means)

    def _set(self, packed: bytes) -> Markup:
        return Markup(
            self._env.get_template("sections/data.html.jinja").render(
                number=self._index + 1,
                data=self._data,
                maps=b64encode(packed).decode("ascii"),
            )
        )
