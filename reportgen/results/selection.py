"""Selects some texts of a results folder, in a new order, to compare results whose inputs
differ."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reportgen.results.store import Results
from reportgen.results.tables.row_groups import LazyTable, MapShape, table_of
from reportgen.results.tables.schema import TABLES


def selected(results: Results, rows: Sequence[int]) -> Results:
    """`results` with only the texts `rows`, in that order; maps are still read from the
    original."""
    return replace(results, source=_SelectedSource(results, rows))


def whole_of(results: Results) -> Results:
    """The results from which `results` were selected; `results` itself if nothing was selected."""
    source = results.source
    return source.whole if isinstance(source, _SelectedSource) else results


class _SelectedSource:
    """The tables of `whole` with only the texts `rows`, renumbered."""

    def __init__(self, whole: Results, rows: Sequence[int]) -> None:
        self.whole = whole
        self._rows = np.asarray(rows, np.intp)

    def table(self, name: str) -> LazyTable:
        """The table `name`."""
        if name == "predictions":  # labels of fewer texts may be read otherwise: it is made again
            none: LazyTable = TABLES[name].empty_table()
            return none
        frame = self.whole.stored(name)
        if name == "texts":
            taken = frame.iloc[self._rows].reset_index(drop=True)
            sizes = taken["n_tokens"].to_numpy(np.int64)
            taken["first_token"] = np.cumsum(sizes) - sizes
            table: LazyTable = table_of(name, taken)
            return table
        places = np.full(len(self.whole.texts), -1, np.int64)
        places[self._rows] = np.arange(len(self._rows))
        place = places[frame["text"].to_numpy(np.intp)]
        taken = frame.assign(text=place)[place >= 0]
        rows: LazyTable = table_of(
            name, taken.sort_values("text", kind="stable", ignore_index=True)
        )
        return rows

    def maps(self, offset: int, size: int, shape: MapShape) -> bytes:
        """Packed attention maps of a text, which unpack to `shape`."""
        return self.whole.source.maps(offset, size, shape)
