"""Rows of many texts written together, as an analysis writes them, and not text by text."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.results import Recorder, RunInfo

FIRST, OTHERS = 3, 64  # texts; so that most tests read more than one row group, and none too many


class GatheringRecorder:
    """Gives `recorder` the rows of FIRST texts together, and then of OTHERS at a time."""

    def __init__(self, recorder: Recorder) -> None:
        self._at_once = FIRST
        self._recorder = recorder
        self._rows: dict[str, dict[str, list[Any]]] = {}
        self.append_maps = recorder.append_maps

    def append(self, table: str, columns: Mapping[str, Sequence[Any] | NDArray[Any]]) -> None:
        """As the method of `Recorder`."""
        if table == "texts" and len(self._rows.get("texts", {}).get("text", ())) == self._at_once:
            self._flush()
            self._at_once = OTHERS
        own = self._rows.setdefault(table, {name: [] for name in columns})
        for name, values in columns.items():
            own[name] += _rows(values)

    def finish(self, info: RunInfo) -> None:
        """As the method of `Recorder`."""
        self._flush()
        self._recorder.finish(info)

    def _flush(self) -> None:
        for table, columns in self._rows.items():
            self._recorder.append(table, columns)
        self._rows = {}


def _rows(values: Sequence[Any] | NDArray[Any]) -> list[Any]:
    """Of an array with two axes, a row that is NaN throughout is missing."""
    if isinstance(values, np.ndarray) and values.ndim == 2:
        return [None if np.isnan(row).all() else row for row in values]
    return [*values]
