"""The data block of one text, with the attention maps that the page carries of it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup

from reportgen.report.html.packing import TargetPooling, in_letters, pool_maps, target_pooling
from reportgen.report.html.script_data import LENGTHS, text_data
from reportgen.report.html.size_plan import Level
from reportgen.results import (
    DECODER_PARTS,
    DecoderPart,
    Packer,
    Part,
    Pooling,
    Results,
    cross_sizes,
    map_cells,
    packed_part,
    pool,
    pooling,
    quantise,
    stored_pooling,
    text_units,
    unpacked_maps,
)

_VALUES = "values"  # the part of a page that has cross-attention times value of a pooled text


class Block:
    """The data block of row `index` of `texts`, made when it is asked for.

    The maps of a text with more than `pool_above` tokens are pooled; None: never.
    """

    def __init__(
        self, results: Results, index: int, env: jinja2.Environment, pool_above: int | None = None
    ) -> None:
        row = results.text_row(index)
        self.kept = not pd.isna(row["map_offset"])
        self._results = results
        self._index = index
        self._env = env
        self._pool_above = pool_above
        self._n_tokens = int(row["n_tokens"])
        self._map_bytes = int(row["map_bytes"]) if self.kept else 0

    @cached_property
    def pooling(self) -> Pooling | None:
        """How its maps are pooled; None if they are not."""
        return stored_pooling(self._results, self._index) or self._to_pool

    @cached_property
    def _to_pool(self) -> Pooling | None:
        """How they are pooled here; None if they are not, or are pooled in the results."""
        above, row = self._pool_above, self._results.text_row(self._index)
        is_short = above is None or self._n_tokens <= above
        if is_short or not self.kept or map_cells(row) is not None:
            return None
        units = text_units(self._results, self._index)
        return pooling(units.units, units.unit_of)

    def heads_size(self) -> int | None:
        """Bytes of the block with every head; maps are only read where they are pooled. None
        without maps."""
        if not self.kept:
            return None
        n_bytes = self._map_bytes if self._to_pool is None else len(self._heads)
        parts: dict[str, int] = {part: len(packed) for part, packed in self._parts.items()}
        if self._values is not None:
            parts[_VALUES] = len(self._values[0])
        empty = self._set(b"", dict.fromkeys(parts, b""))
        return len(empty.encode()) + sum(n + -(-n // 4) for n in (n_bytes, *parts.values()))

    def layers_size(self) -> int | None:
        """Bytes of the block with layer means; None without maps."""
        return len(self.at(Level.LAYERS).encode()) if self.kept else None

    def at(self, level: Level) -> Markup:
        """The block at `level`; empty below layer means."""
        if level < Level.LAYERS or not self.kept:
            return Markup("")
        if level is Level.HEADS:
            parts: dict[str, bytes] = dict(self._parts.items())
            if self._values is not None:
                parts[_VALUES] = self._values[0]
            return self._set(self._heads, parts)
        return self._set(
            self._means,
            {part: self._pooled(part, mean_over_heads=True) for part in self._parts},
            Level.LAYERS,
        )

    @cached_property
    def _data(self) -> Mapping[str, Any]:
        return text_data(self._results, self._index, self.pooling, self._target)

    @property
    def _heads(self) -> bytes:
        whole = self._results.packed_maps(self._index) if self._to_pool is None else None
        return whole or self._pooled_heads

    @cached_property
    def _pooled_heads(self) -> bytes:
        return self._pooled("encoder", mean_over_heads=False)

    @cached_property
    def _means(self) -> bytes:
        return self._pooled("encoder", mean_over_heads=True)

    @cached_property
    def _parts(self) -> Mapping[DecoderPart, bytes]:
        """The maps of a decoder of its own, pooled where the text or what it writes is long."""
        every = ((part, packed_part(self._results, self._index, part)) for part in DECODER_PARTS)
        return {
            part: self._pooled(part, mean_over_heads=False) if any(self._sides(part)) else packed
            for part, packed in every
            if packed is not None
        }

    @cached_property
    def _target(self) -> TargetPooling:
        return target_pooling(self._results, self._index, self._pool_above)

    def _sides(self, part: Part) -> tuple[Pooling | None, Pooling | None]:
        """How the rows and the columns of a part's maps are pooled."""
        if part == "encoder":
            return self._to_pool, self._to_pool
        if part == "decoder":
            return self._target.read, self._target.read
        return self._target.written, self.pooling

    def _pooled(self, part: Part, *, mean_over_heads: bool) -> bytes:
        maps = unpacked_maps(self._results, self._index, part) or ()
        return pool_maps(maps, *self._sides(part), mean_over_heads=mean_over_heads)

    @cached_property
    def _values(self) -> tuple[bytes, list[float]] | None:
        """Where the text is pooled: cross-attention times the lengths of vectors, which cells have
        no one of, and what the weights of each layer and head are in; None without."""
        sizes = None if self.pooling is None else cross_sizes(self._results, self._index)
        if sizes is None:
            return None
        packer, units = Packer(), []
        maps = unpacked_maps(self._results, self._index, "cross") or ()
        for layer, lengths in zip(maps, sizes, strict=True):
            weighted = layer * lengths[:, None]
            unit = weighted.sum(axis=2).max(axis=1)  # so that no cell is above 1
            units += [float(f"{each:.4g}") for each in unit]
            weighted /= np.where(unit > 0, unit, 1)[:, None, None]
            packer.add(quantise(pool(weighted, *self._sides("cross"))))
        return packer.finish(), units

    def _set(self, packed: bytes, parts: Mapping[str, bytes], level: Level = Level.HEADS) -> Markup:
        data = self._data
        if level < Level.HEADS:
            data = {key: value for key, value in data.items() if key not in LENGTHS}
        elif self._values is not None:
            data = {**data, "longest": self._values[1]}
        return Markup(
            self._env.get_template("parts/data.html.jinja").render(
                number=self._index + 1,
                data=data,
                maps=Markup(in_letters(packed)),
                parts={part: Markup(in_letters(content)) for part, content in parts.items()},
            )
        )
