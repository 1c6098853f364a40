"""One dot for each unit of a text: across how much the model looks at it, up how much the
prediction changes without it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log2, sqrt

from markupsafe import escape

from reportgen.report.charts.colours import INK, LOWERS, MUTED, PAPER, RAISES, ROLE_COLOURS, RULE
from reportgen.report.charts.svg import Drawing, px
from reportgen.report.language.printable import half_widths, shorten

_WIDTH, _HEIGHT = 392, 212
_LEFT, _RIGHT, _TOP, _BOTTOM = 8, 8, 16, 34
_DOUBLINGS = 4  # on either side of the average, after which dots stand at the edge
_NAME = 14  # half-width characters of a name
_LETTERS, _SMALL = 11, 10  # pixels
_HALF = 0.64  # of the size of the letters: what a half-width character takes, at most
_STEP = 8  # pixels by which a name gives way to a dot
_MOST_NAMES = 40  # units; of more, only those that are used have a name


@dataclass(frozen=True, slots=True)
class UnitDot:
    """A unit of a text, or several that count as a whole."""

    name: str
    times: float  # attention per token, times that of an average text token
    change: float  # without it; above 0 where it raises the prediction
    unit: int | None = None  # its number; None for several


@dataclass(frozen=True, slots=True)
class DotWords:
    """What stands in the corners of the chart and below it."""

    both: str
    used: str
    looked_at: str
    neither: str
    across: str


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "_Box") -> bool:
        """Whether any of it covers any of the other."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def draw_unit_scatter(
    dots: Sequence[UnitDot], least: float, has_sign: bool, words: DotWords, sentence: str
) -> Drawing:
    """The chart, with the names of dots that are looked at or used, as far as there is room.

    Args:
        least: The size of a change from which on a unit counts as used.
        has_sign: Whether changes tell what raises the prediction from what lowers it.
    """
    most = max(least, *(abs(dot.change) for dot in dots))
    places = [(_across(dot.times), _up(dot.change, most)) for dot in dots]
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    level, even = px(_up(least, most)), px(_across(1.0))
    corners = _corners(words, [_box_of(x, y) for x, y in places])
    shapes = (
        f'<path class=rule d="M{even} {_TOP}V{bottom}M{_LEFT} {level}H{right}" '
        f'stroke={MUTED} stroke-dasharray="2 3" fill=none />'
        f'<path class=rule d="M{_LEFT} {bottom}H{right}" stroke={RULE} />'
        f"{_corner_names(corners)}{_axis(words)}{_marks(dots, places, has_sign)}"
        f"{_names(dots, places, least, [box for _, box in corners])}"
    )
    return Drawing("used", _WIDTH, _HEIGHT, sentence, shapes)


def _corners(words: DotWords, dots: Sequence[_Box]) -> list[tuple[str, _Box]]:
    """The names in the corners with their room, each as near to its corner as no dot is in it."""
    corners = []
    for name, at_right, at_bottom in (
        (words.used, False, False),
        (words.both, True, False),
        (words.neither, False, True),
        (words.looked_at, True, True),
    ):
        wide = _SMALL * _HALF * half_widths(name)
        top = _HEIGHT - _BOTTOM - 15 if at_bottom else 0
        room = int(_across(1.0) - _LEFT - wide)  # up to the middle
        boxes = []
        for inset in range(0, max(room, 1), _STEP):
            left = _WIDTH - _RIGHT - wide - inset if at_right else _LEFT + inset
            boxes.append(_Box(left, top, left + wide, top + 13))
        free = (box for box in boxes if not any(box.meets(dot) for dot in dots))
        corners.append((name, next(free, boxes[0])))
    return corners


def _corner_names(corners: Sequence[tuple[str, _Box]]) -> str:
    texts = "".join(
        f"<text x={px(box.right)} y={px(box.bottom - 2)} text-anchor=end>{escape(name)}</text>"
        if box.left > _WIDTH / 2
        else f"<text x={px(box.left)} y={px(box.bottom - 2)}>{escape(name)}</text>"
        for name, box in corners
    )
    return f"<g font-size={_SMALL} fill={MUTED}>{texts}</g>"


def _box_of(x: float, y: float) -> _Box:
    """The room of a dot."""
    return _Box(x - 6, y - 6, x + 6, y + 6)


def _across(times: float) -> float:
    doublings = log2(times) if times > 0 else -_DOUBLINGS
    share = (min(_DOUBLINGS, max(-_DOUBLINGS, doublings)) + _DOUBLINGS) / (2 * _DOUBLINGS)
    return _LEFT + 6 + share * (_WIDTH - _LEFT - _RIGHT - 12)


def _up(change: float, most: float) -> float:
    """By its root, so that small changes can be told from none."""
    bottom = _HEIGHT - _BOTTOM - 6
    return bottom - sqrt(abs(change) / most) * (bottom - _TOP - 16) if most else bottom


def _marks(dots: Sequence[UnitDot], places: Sequence[tuple[float, float]], has_sign: bool) -> str:
    """The dots in a group for each direction of their changes; hollow ones of several units."""
    ways: list[tuple[str, str, Callable[[UnitDot], bool]]] = [
        ("up", RAISES, lambda dot: dot.change >= 0),
        ("dn", LOWERS, lambda dot: dot.change < 0),
    ]
    if not has_sign:
        ways = [("r0", ROLE_COLOURS[0], lambda dot: True)]
    shapes = ""
    for kind, colour, is_of_kind in ways:
        circles = "".join(
            _circle(dot, x, y) for dot, (x, y) in zip(dots, places, strict=True) if is_of_kind(dot)
        )
        shapes += f"<g class={kind} fill={colour} stroke={colour} stroke-width=2>{circles}</g>"
    return shapes


def _circle(dot: UnitDot, x: float, y: float) -> str:
    look = f"class=whole r=4.5 fill={PAPER}" if dot.unit is None else f"r=4 data-u={dot.unit}"
    return f"<circle cx={px(x)} cy={px(y)} {look} />"


def _names(
    dots: Sequence[UnitDot],
    places: Sequence[tuple[float, float]],
    least: float,
    corners: Sequence[_Box],
) -> str:
    """Names beside the dots, those of the largest changes first; each where it covers no dot and no
    other name."""
    taken = [*corners, *(_box_of(x, y) for x, y in places)]
    texts = ""
    for i in sorted(range(len(dots)), key=lambda i: (-abs(dots[i].change), -dots[i].times)):
        is_used, is_looked_at = abs(dots[i].change) >= least, dots[i].times > 1
        if not (is_used or (is_looked_at and len(dots) <= _MOST_NAMES)):
            continue
        (x, y), name = places[i], shorten(dots[i].name, _NAME)
        if (place := _room(name, x, y, taken)) is not None:
            box, anchor, at = place
            taken.append(box)
            texts += f"<text x={px(at)} y={px(box.bottom - 4)}{anchor}>{escape(name)}</text>"
    return f"<g font-size={_LETTERS} fill={INK}>{texts}</g>"


def _room(name: str, x: float, y: float, taken: Sequence[_Box]) -> tuple[_Box, str, float] | None:
    """Where a name stands beside its dot: its box, its anchor and its place across."""
    wide, tall = _LETTERS * _HALF * half_widths(name), _LETTERS + 5
    for left, top, anchor, at in (
        (x + 7, y - tall / 2, "", x + 7),
        (x - 7 - wide, y - tall / 2, " text-anchor=end", x - 7),
        (x - wide / 2, y - 7 - tall, " text-anchor=middle", x),
        (x - wide / 2, y + 7, " text-anchor=middle", x),
        (x + 4, y - 6 - tall, "", x + 4),
        (x + 4, y + 6, "", x + 4),
        (x - 4 - wide, y - 6 - tall, " text-anchor=end", x - 4),
        (x - 4 - wide, y + 6, " text-anchor=end", x - 4),
    ):
        box = _Box(left, top, left + wide, top + tall)
        is_inside = left >= 0 and box.right <= _WIDTH and top >= _TOP - 4
        is_inside = is_inside and box.bottom <= _HEIGHT - _BOTTOM + 2
        if is_inside and not any(box.meets(other) for other in taken):
            return box, anchor, at
    return None


def _axis(words: DotWords) -> str:
    y = _HEIGHT - _BOTTOM + 13
    low = ((1 / 16, "start", "≤ 1/16×"), (1 / 4, "middle", "1/4×"))
    names = (*low, (1.0, "middle", "1×"), (4.0, "middle", "4×"), (16.0, "end", "≥ 16×"))
    marks = "".join(
        f"<text x={px(_across(times))} y={y} text-anchor={anchor}>{name}</text>"
        for times, anchor, name in names
    )
    return (
        f"<g font-size={_SMALL} fill={MUTED}>{marks}<text x={_WIDTH // 2} y={_HEIGHT - 5} "
        f"text-anchor=middle>{escape(words.across)}</text></g>"
    )
