"""Hides how many tokens each word has: the tokens of a text are shared evenly among its units.

How many tokens a word has depends on the word alone. A redacted text keeps its number of tokens and
of units, and each unit keeps its figures, but every unit has as many tokens as the others, or one
more. Special tokens, masks and completions stay as they are.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.report.redact.rounding import Floats, to_levels, to_step
from reportgen.results import COMPLETION_SEGMENT, HELD, Combine, Results

Places = NDArray[np.intp]
_COLUMNS = ("text", "unit", "segment", "is_special", HELD)
_SHARE = 0.05  # to which the shares of special tokens are rounded


@dataclass(frozen=True, eq=False)
class Division:
    """The tokens of all texts, in order; units are counted through all texts."""

    text: Places  # [token], row of `texts`
    is_special: NDArray[np.bool_]  # [token]
    starts: Places  # [unit], its first token as it was
    unit: Places  # [token], the unit that it belongs to now
    firsts: Places  # [text], its first token; of all rows of `texts`
    names: NDArray[np.int32]  # [unit], its number in its text

    @property
    def units(self) -> NDArray[np.int32]:
        """`[token]`: the number of its unit in its text, as it is now."""
        units: NDArray[np.int32] = self.names[self.unit]
        return units

    def n_units(self) -> Places:
        """`[text]`: how many units it has that are no special tokens."""
        is_content = ~self.is_special[self.starts]
        counts: Places = np.bincount(self.text[self.starts][is_content], minlength=len(self.firsts))
        return counts

    def segments(self, segment: NDArray[np.float64]) -> Mapping[tuple[int, int], int]:
        """How many units each segment of each text has, from the `segment` of each token, NaN of
        special tokens."""
        segments = pd.DataFrame({"text": self.text, "segment": segment}).iloc[self.starts].dropna()
        return Counter(zip(segments["text"].tolist(), segments["segment"].astype(int), strict=True))

    def ranks(self, segment: NDArray[np.float64]) -> Floats:
        """`[token]`: the place of its unit among those of its segment, from 0, by the `segment` of
        each token; NaN of special tokens."""
        frame = pd.DataFrame({"text": self.text, "segment": segment}).iloc[self.starts]
        counted = frame.groupby(["text", "segment"]).cumcount().to_numpy(np.float64)
        ranks: Floats = np.where(frame["segment"].isna(), np.nan, counted)[self.unit]
        return ranks

    def place(self, text: int, position: int) -> int:
        """Where the unit of the token at `position` begins now, as a position in the text."""
        first = int(self.firsts[text])
        unit = int(np.searchsorted(self.starts, first + position, side="right")) - 1
        return int(np.searchsorted(self.unit, unit)) - first

    def levels(self, values: Floats, combine: Combine) -> Floats:
        """`[token]`: the figure of each unit in a few levels, on all of its tokens as they are now.

        `values` `[token]` are those of the tokens as they were. A share is that of one token. What
        special tokens get is rounded, and has no levels.
        """
        old = np.diff(self.starts, append=len(self.text))
        new = np.bincount(self.unit, minlength=len(self.starts))
        if combine == "share":
            by_unit, spread = np.add.reduceat(values, self.starts) / old, np.ones_like(new)
        elif combine == "length":
            by_unit, spread = np.sqrt(np.add.reduceat(values**2, self.starts)), np.sqrt(new)
        elif combine == "sum":
            by_unit, spread = np.add.reduceat(values, self.starts), new
        else:
            by_unit, spread = values[self.starts], np.ones_like(new)
        is_content = ~self.is_special[self.starts]
        unit_levels = to_step(by_unit, _SHARE)
        unit_levels[is_content] = to_levels(by_unit[is_content], self.text[self.starts][is_content])
        tokens: Floats = (unit_levels / spread)[self.unit]
        return tokens


def divide(results: Results) -> Division:
    """The tokens of `results`, shared evenly among the units of each stretch of text."""
    rows = results.token_columns(*_COLUMNS)
    text, unit = (rows[name].to_numpy(np.intp) for name in ("text", "unit"))
    is_special = rows["is_special"].to_numpy(np.bool_)
    held = rows[HELD].fillna(False).to_numpy(np.bool_)
    segment = rows["segment"].fillna(-1).to_numpy(np.int64)
    stays = is_special | held | (segment == COMPLETION_SEGMENT)
    begins = np.diff(text, prepend=-1) != 0
    new_unit = begins | (np.diff(unit, prepend=-1) != 0)
    # A stretch is a run of tokens that are shared among its units; one that stays is a stretch of
    # its own unit.
    new_stretch = begins | (np.diff(segment, prepend=-2) != 0) | (stays & new_unit)
    new_stretch |= np.diff(stays.astype(np.int8), prepend=-1) != 0
    new_stretch &= new_unit
    of_unit = np.cumsum(new_unit) - 1
    heads = np.flatnonzero(new_stretch)
    sizes = np.diff(heads, append=len(text))
    first_units = of_unit[heads]
    n_units = np.diff(first_units, append=int(of_unit[-1]) + 1 if len(of_unit) else 0)
    within = np.arange(len(text)) - np.repeat(heads, sizes)
    share = within * np.repeat(n_units, sizes) // np.repeat(sizes, sizes)
    now = np.repeat(first_units, sizes) + share
    starts = np.flatnonzero(new_unit)
    return Division(
        text=text,
        is_special=is_special,
        starts=starts.astype(np.intp),
        unit=now.astype(np.intp),
        firsts=results.texts["first_token"].to_numpy(np.intp),
        names=unit[starts].astype(np.int32),
    )
