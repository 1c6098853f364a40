"""Where the lines, the tokens' names and the map of a text stand.

The drawn map of the page's script has the same geometry, so that it takes the place of this one
unseen: `templates/assets/js/map/geometry.js` says the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, radians, sin

from reportgen.report.language.printable import half_widths, shorten

WIDTH = 520
LINES = 60  # height of the lines
SLANT = 50  # degrees, of the names of columns
FOR_SEGMENTS = 18  # for the names of a pair's segments, on the left and above
_TOP, _BOTTOM = 8, 8
_RIGHT = 66  # for the colour bar
_LEAST_LEFT = 46
_HALF = 7 / 12  # of the size of the letters: what a half-width character takes, about
_LEAST_MAP = 40  # height, for the numbers beside the colour bar
_LETTERS = 12
_LEAST_LETTERS = 9


@dataclass(frozen=True, slots=True)
class Geometry:
    """Pixels in a drawing that is `WIDTH` wide."""

    left: float  # of lines and map
    right: float
    lines_start: float  # upper end of the lines
    lines_end: float  # lower end of the lines
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
    def height(self) -> float:
        """Of the whole drawing."""
        return self.map_end + _BOTTOM

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
    lines: float = LINES,
) -> Geometry:
    """The geometry for columns and rows of these names; without `rows` there is no map, and above
    it there is room for `lines`.

    `beside` is the room for what stands right of the text's columns, in columns, `beside_name` its
    name.
    """
    segments = FOR_SEGMENTS if is_pair else 0
    left = max(_LEAST_LEFT, _LETTERS * _HALF * _longest(rows) + 12) + segments
    right = WIDTH - _RIGHT
    column = (right - left) / (len(columns) + beside)
    longest = _longest((*columns, beside_name))
    tall = letters(0.8 * column) * _HALF * longest * sin(radians(SLANT))
    lines_end = _TOP + segments + lines
    cells = len(rows) + (beside * len(rows) / len(columns))
    height = min(26.0, max(10.0, (right - left) / (cells or 1)))
    height = max(height, _LEAST_MAP / (len(rows) or 1))
    return Geometry(
        left=left,
        right=right,
        lines_start=_TOP + segments,
        lines_end=lines_end,
        map_start=lines_end + tall + 16,
        column=column,
        row=height,
        n_rows=len(rows),
        n_columns=len(columns),
    )


def _longest(names: Sequence[str]) -> int:
    return max((half_widths(shorten(name)) for name in names), default=0)
