"""The tokens that the first pass recorded, read back a few texts at a time."""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pandas as pd
import pyarrow.parquet as pq


class FirstPass:
    """What the tables of `folder` hold of the tokens of each text; a context manager.

    The rows of texts that were recorded together are read together, and only the last of them are
    held: whoever asks for texts in input order reads each row once, and memory does not grow with
    the texts.
    """

    def __init__(self, folder: Path) -> None:
        texts = pq.read_table(folder / "texts.parquet", columns=["first_token", "n_tokens"])
        self._first, self._sizes = (column.to_numpy() for column in texts.columns)
        self._file = pq.ParquetFile(folder / "tokens.parquet")
        meta = self._file.metadata
        sizes = [meta.row_group(group).num_rows for group in range(meta.num_row_groups)]
        self._starts = np.cumsum([0, *sizes])  # [group], its first row
        self._held = range(0)  # row groups
        self._rows = pd.DataFrame()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def analysed(self) -> tuple[int, ...]:
        """The rows of `texts` that were analysed, in input order."""
        return tuple(np.flatnonzero(self._sizes).tolist())

    def tokens_of(self, text: int) -> pd.DataFrame:
        """The rows of a text that was analysed in the table of tokens, in the order of positions.

        Args:
            text: row of `texts`.
        """
        first, end = self._first[text], self._first[text] + self._sizes[text]
        ends = np.searchsorted(self._starts, (first, end - 1), side="right")
        groups = range(ends[0] - 1, ends[1])
        if groups != self._held:
            self._rows = self._file.read_row_groups(list(groups)).to_pandas()
            self._held = groups
        start = self._starts[groups[0]]
        return self._rows.iloc[first - start : end - start]
