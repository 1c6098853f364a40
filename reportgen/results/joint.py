"""Groups of units that say the same, as the table of effects has them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.results.tables.schema import JOINT, JOINT_EFFECT
from reportgen.results.units import Unit, is_unspaced

NUMBERS = "①②③④⑤⑥⑦⑧⑨"  # how groups are marked in a text
EACH = 0.3  # of the change without a group: each unit that changes less can be left out


@dataclass(frozen=True, slots=True)
class JointUnits:
    """Units of a text that say the same: each can be left out, all of them together cannot."""

    units: tuple[int, ...]  # numbers of display units, in order
    effect: float  # f(whole) - f(without all of them)
    each: bool  # whether leaving out any one of them changes little of that

    @property
    def sign(self) -> int:
        """1 where they raise the explained figure, -1 where they lower it."""
        return 1 if self.effect > 0 else -1


def joint_units(effects: pd.DataFrame | None, unit_of: Sequence[int]) -> tuple[JointUnits, ...]:
    """The groups of a text, by its rows of the table of effects and the unit of each token."""
    if effects is None:
        return ()
    numbers = effects[JOINT].to_numpy(np.float64, na_value=np.nan)
    changes = effects["deletion"].to_numpy(np.float64)
    groups = []
    for number in range(int(np.nanmax(numbers)) + 1 if np.isfinite(numbers).any() else 0):
        rows = np.flatnonzero(numbers == number)
        effect = float(effects[JOINT_EFFECT].to_numpy(np.float64)[rows[0]])
        units = tuple(sorted({unit_of[int(row)] for row in rows}))
        largest = float(np.abs(changes[rows]).max())
        groups.append(JointUnits(units, effect, largest <= EACH * abs(effect)))
    return tuple(groups)


def joint_label(group: JointUnits, units: Sequence[Unit], segments: Sequence[str]) -> str:
    """The characters of a group, with "…" for what stands between its units."""
    label = ""
    for before, index in zip((None, *group.units), group.units, strict=False):
        if before is not None:
            label += _between(before, index, units, segments)
        label += units[index].label
    return label


def _between(before: int, index: int, units: Sequence[Unit], segments: Sequence[str]) -> str:
    one, other = units[before], units[index]
    segment = other.segment or 0
    if one.segment == other.segment and index == before + 1:
        if one.end is None or other.start is None:
            return " " if other.begins_word else ""
        return segments[segment][one.end : other.start]
    return "…" if is_unspaced(segments[segment]) else " … "
