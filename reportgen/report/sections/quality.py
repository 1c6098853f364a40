"""What the section on predictions is made of, whatever the model puts out."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

MIN_PREDICTIONS = 2  # texts below which there is nothing to say over all of them
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its name."""

    name: str
    value: str
    interval: str  # "" where it has none


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; with a step it is coloured."""

    text: str
    step: int | None = None
    colour: str = ""
    track: Markup | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows begin with their name."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    kind: str = "numbers"  # its class


@dataclass(frozen=True, slots=True)
class Quality:
    """The section on predictions."""

    headline: str
    remarks: tuple[str, ...]
    figures: tuple[Figure, ...] = ()
    interval_note: str = ""  # what the intervals are; "" where no figure has one
    chart: Markup | None = None
    chart_note: str = ""
    tables: tuple[Table, ...] = ()  # the first stands beside the chart
