"""How numbers and shares are written, and how many digits they have.

One rule for percentages holds wherever one is printed: on the page, in notes, Markdown and
Confluence, in charts and on the terminal. A measured share has one decimal, and more only where it
would read as 0 or 100 without being so. The reasons:

- In a column the digits stand under one another. Without a decimal from ten on, 61 would stand
  above 9.8 as if both were tens.
- A figure reads the same in a sentence and in the table behind it, so that one can be found from
  the other, and 100.0 % means all.
- A second decimal would say more than some dozens of texts can tell.

A share is written otherwise only where it is not a measured figure of the results: `exact_percent`
for what was chosen (a 95 % interval, a threshold, the marks of an axis), `about_percent` for what
is read from packed maps, which hold two digits. Two tables of narrow figures name the percent sign
in their heading instead: shares of single tokens have two decimals, since an equal share over 100
tokens is already 1 %, and the cells of a grid of heads have none, since their colour says the rest.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import floor, isfinite, log10

from reportgen.tasks import Scale

MINUS = "\u2212"
NOTHING = "–"  # where there is no figure
# How a figure of quality is written, by its scale.
QUALITY_STYLES: Mapping[Scale, str] = {
    "error": "number",
    "ratio": "number",
    "share": "percent",
    "correlation": "correlation",
}
DIGITS = 3  # significant ones, of a figure in a table or in a sentence about one text
IN_SHORT = 2  # the same on the first screen
_MORE = 3  # decimals at most, beyond those asked for


@dataclass(frozen=True, slots=True)
class Style:
    """How one kind of figure is written in a sentence."""

    digits: Callable[[float], str]
    phrase: str = ""  # key of the string of `[number]` around the digits; "" for none
    between: str = "range"  # key of the string of `[number]` that joins two ends


def fixed(value: float, digits: int) -> str:
    """`value` with `digits` decimals, a true minus sign and no negative zero."""
    text = f"{value:,.{digits}f}"
    if "-" not in text:
        return text
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def written(value: float, digits: int | None, with_sign: bool = False) -> str:
    """`value` with `digits` decimals; None for those that `number` gives; "–" if it is not finite.

    With a sign, a value that is printed as more than 0 has a plus in front.
    """
    if digits is not None and isfinite(value):
        digits = short_of(1.0, value, digits)
    return in_column(value, digits, with_sign)


def in_column(value: float, digits: int | None, with_sign: bool = False) -> str:
    """As `written`, for figures that 1 is no limit of: all of a column have the same decimals."""
    if not isfinite(value):
        return NOTHING
    text = number(value) if digits is None else fixed(value, digits)
    return f"+{text}" if with_sign and value > 0 and text.strip("0.,") else text


def is_zero(value: float, digits: int | None) -> bool:
    """Whether `written` prints a value as 0."""
    return not written(value, digits).strip(f"{MINUS}0.,")


def number(value: float) -> str:
    """`value` with three significant digits, written out between 0.0001 and ten million."""
    if not isfinite(value):
        return str(value).replace("-", MINUS)
    digits = decimals(value)
    if digits is None:
        return f"{value:.{DIGITS - 1}e}".replace("-", MINUS)
    return fixed(value, short_of(1.0, value, digits))


def decimals(value: float, digits: int = DIGITS) -> int | None:
    """How many decimals give a finite value so many significant digits, such as the largest figure
    of a column; None where `number` writes a power of ten."""
    if value == 0:
        return 0
    size = floor(log10(abs(float(f"{value:.{digits - 1}e}"))))  # of 9.996 as it is printed, 10.0
    return max(0, digits - 1 - size) if -4 <= size <= 6 else None


def told_apart(first: float, second: float) -> tuple[str, str]:
    """Two numbers as `number` writes them, with as many more digits as tell them apart."""
    written = number(first), number(second)
    if written[0] != written[1] or first == second:
        return written
    places = decimals(max(abs(first), abs(second)))
    tried = range((places or 0) + 1, (places or 0) + 1 + _MORE)
    pairs = ((fixed(first, digits), fixed(second, digits)) for digits in tried)
    return next((pair for pair in pairs if pair[0] != pair[1]), written)


def short_of(whole: float, value: float, digits: int) -> int:
    """How many decimals, `digits` or up to three more, keep a `value` below `whole` from being
    printed as `whole`: 0.9997 would read 1.00 with two decimals, so it gets four."""
    if abs(value) >= whole or abs(value) < whole - 0.5:  # too far off to be printed as it
        return digits
    tried = range(digits, digits + _MORE + 1)
    return next((d for d in tried if float(f"{abs(value):.{d}f}") < whole), digits)


def percentage(share: float) -> str:
    """A share in 0..1 in percent, without the sign: one decimal, more where it would read as 0 or
    100 without being so."""
    x = 100.0 * share
    if abs(x) >= 0.1:
        return fixed(x, short_of(100.0, x, 1))
    tried = range(1, 1 + _MORE + 1)
    digits = next((d for d in tried if (x == 0) == (not float(f"{x:.{d}f}"))), 1)
    return fixed(x, short_of(100.0, x, digits))


def token_percentage(share: float) -> str:
    """The share of a single token in percent, without the sign, with two decimals; "–" where it is
    not finite."""
    return fixed(100.0 * share, 2) if isfinite(share) else NOTHING


def points(difference: float) -> str:
    """A difference of two shares in percentage points, with its sign; decimals as `percentage`."""
    text = percentage(difference)
    return f"+{text}" if difference > 0 and text.strip("0.") else text


def exact(value: float) -> str:
    """A number that was chosen, as it was chosen."""
    return f"{value + 0.0:,.10g}".replace("-", MINUS)  # 0, not -0


def about_percentage(share: float) -> str:
    """A share in 0..1 in percent, without the sign, with two significant digits."""
    x = 100.0 * share
    size = floor(log10(abs(x))) if x else 1
    return fixed(x, min(4, max(0, 1 - size)))


def count(value: float) -> str:
    """A whole number, in groups of three digits."""
    return f"{int(value):,}"


def rounded(value: float) -> str:
    """A number with one decimal below 10, none above; a whole count without."""
    if isinstance(value, int):
        return f"{value:,}"
    text = f"{value:.1f}"
    return text if float(text) < 10 else f"{value:,.0f}"


def times(value: float) -> str:
    """How many times as large something is: below 1 with two significant digits and at most three
    decimals; from 1 on as `rounded`."""
    if value == 0:
        return "0"
    if value >= 0.995:
        return rounded(float(value))
    digits = 2 if value >= 0.0995 else 3
    return f"{value:.{digits}f}"


def correlation(value: float) -> str:
    """A number from -1 to 1 with two decimals, a true minus sign and no negative zero."""
    return fixed(value, short_of(1.0, value, 2))


def difference(value: float) -> str:
    """As `correlation`, with a third decimal where two would hide on which side of 0 it lies."""
    is_hidden = float(f"{value:.2f}") == 0 and float(f"{value:.3f}") != 0
    return fixed(value, 3) if is_hidden else correlation(value)


# The styles that can follow the colon in `{name:style}`.
STYLES: Mapping[str, Style] = {
    "percent": Style(percentage, "percent"),
    "signed_percent": Style(percentage, "percent", between="signed_range"),
    "exact_percent": Style(lambda share: exact(100.0 * share), "percent"),
    "about_percent": Style(about_percentage, "about_percent"),
    "points": Style(points, "points"),
    "points_apart": Style(percentage, "points"),  # a distance, which has no sign
    "texts": Style(count, "texts"),
    "layers": Style(count, "layers"),
    "heads": Style(count, "heads"),
    "count": Style(count),
    "exact": Style(exact),
    "number": Style(number),
    "rounded": Style(rounded),
    "times": Style(times),
    "correlation": Style(correlation, between="signed_range"),
    "difference": Style(difference, between="signed_range"),
}
