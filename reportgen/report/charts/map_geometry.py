"""Where the tokens' names, the map and the row below it stand, and the lines in their place.

The drawn map of the page's script has the same geometry, so that it takes the place of this one
unseen: `templates/assets/js/map/geometry.js` says the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, cos, radians, sin

from reportgen.report.language.printable import half_widths, shorten

WIDTH = 386
LINES = 60  # height of the lines
SLANT = 50  # degrees, of the names of columns
FOR_SEGMENTS = 18  # for the names of a pair's segments, on the left and above
BAR = 10  # height of the colour bar
LAST_MARK = 46  # what the last number below it takes
_TOP = 4
_BELOW_MAP = 9  # from the map to the row of all rows
_BELOW_ROWS = 14  # from there to the colour bar
_BELOW_BAR = 18  # for the numbers below the colour bar
_LEAST_LEFT = 40
_LEAST_RIGHT, _MOST_RIGHT = 6, 60
_HALF = 7 / 12  # of the size of the letters: what a half-width character takes, about
_LETTERS = 11.5
_LEAST_LETTERS = 10.5  # 9 pixels on the narrowest phones, where the drawing is smaller
_LEAST_ROW, _MOST_ROW = 10, 26


@dataclass(frozen=True, slots=True)
class Geometry:
    """Pixels in a drawing that is `WIDTH` wide."""

    left: float  # of the map, and of the lines in its place
    right: float
    top: float  # lower end of the names of segments
    map_start: float  # upper end of the map
    column: float  # width of a column
    row: float  # height of a row
    n_rows: int
    n_columns: int  # of the text; those of a map may stand for several

    @property
    def map_end(self) -> float:
        """Lower end of the map."""
        return self.map_start + self.row * self.n_rows

    @property
    def all_start(self) -> float:
        """Upper end of the row of all rows."""
        return self.map_end + _BELOW_MAP

    @property
    def all_end(self) -> float:
        """Lower end of the row of all rows."""
        return self.all_start + self.row

    @property
    def lines_end(self) -> float:
        """Lower end of lines that stand in the place of the map."""
        return self.map_start + LINES

    def bar_start(self, end: float) -> float:
        """Upper end of the colour bar below what ends at `end`."""
        return end + _BELOW_ROWS

    def height(self, end: float) -> float:
        """Of the whole drawing with a colour bar below what ends at `end`."""
        return self.bar_start(end) + BAR + _BELOW_BAR

    @property
    def column_letters(self) -> float:
        """The size of the letters of a column's name."""
        return letters(0.8 * self.column)

    @property
    def row_letters(self) -> float:
        """The size of the letters of a row's name."""
        return letters(0.95 * self.row)

    @property
    def column_every(self) -> int:
        """Of how many columns one is named."""
        return ceil(1.2 * self.column_letters / self.column - 1e-9)


def letters(room: float) -> float:
    """The size of letters that have this much room."""
    return min(_LETTERS, max(_LEAST_LETTERS, room))


def geometry(
    columns: Sequence[str],
    rows: Sequence[str],
    *,
    is_pair: bool = False,
    beside: float = 0.0,
    beside_name: str = "",
    below: str = "",
) -> Geometry:
    """The geometry for columns and rows of these names.

    `beside` is the room for what stands right of the text's columns, in columns, `beside_name` its
    name; `below` is the name of the row of all rows, "" without one.
    """
    segments = FOR_SEGMENTS if is_pair else 0
    left = max(_LEAST_LEFT, _LETTERS * _HALF * _longest((*rows, below)) + 10) + segments
    named = (*columns, beside_name) if beside_name else tuple(columns)
    most = (WIDTH - _LEAST_RIGHT - left) / (len(columns) + beside)
    right = WIDTH - _room_right(named, most, beside)
    column = (right - left) / (len(columns) + beside)
    tall = letters(0.8 * column) * _HALF * _longest(named) * sin(radians(SLANT))
    cells = len(rows) + (beside * len(rows) / len(columns))
    height = min(_MOST_ROW, max(_LEAST_ROW, (right - left) / (cells or 1)))
    return Geometry(
        left=left,
        right=right,
        top=_TOP + segments,
        map_start=_TOP + segments + tall + 12,
        column=column,
        row=height,
        n_rows=len(rows),
        n_columns=len(columns),
    )


def _room_right(names: Sequence[str], column: float, beside: float) -> float:
    """How far slanted names may reach beyond the last column."""
    wide = letters(0.8 * column) * _HALF * cos(radians(SLANT))
    ends = (
        wide * half_widths(shorten(name)) - column * (len(names) - i - 0.5)
        for i, name in enumerate(names)
    )
    return min(_MOST_RIGHT, max(_LEAST_RIGHT, *ends) + 4)


def _longest(names: Sequence[str]) -> int:
    return max((half_widths(shorten(name)) for name in names), default=0)
