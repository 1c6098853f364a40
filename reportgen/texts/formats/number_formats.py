"""How Excel shows the number of a cell: dates, percentages and leading zeros."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TypeAlias

# From a number as a workbook stores it to what is shown.
Shown: TypeAlias = Callable[[str], str]

_DATES = {*range(14, 18), *range(27, 32), 34, 35, 36, *range(50, 59)}
_TIMES = {18, 19, 20, 21, 32, 33, 45, 46, 47}
_DATES_WITH_TIMES = {22}
_PERCENT = {9, 10}
# What is shown as it stands, and what is no part of a number: quoted text, an escaped character, a
# colour or language, the width of a character, a character that fills the cell.
_LITERAL = re.compile(r'"[^"]*"|\\.|\[(?!(?:h+|m+|s+)\])[^\]]*\]|_.|\*.', re.DOTALL)
_DIGITS = re.compile(r'(?:0|\\.|"[^"]*"|[-() ])+', re.DOTALL)
_PART = re.compile(r'0|\\(.)|"([^"]*)"|([-() ])', re.DOTALL)
_DAY = 86_400


def shown_by(id: int, code: str | None, *, is_1904: bool = False) -> Shown:
    """How the number format `id` shows a number; `code` is the format itself if it is not a
    built-in one.

    Dates are written 2024-03-01, whatever the order of their parts. Numbers are not rounded.
    """
    section = (code or "").partition(";")[0]
    bare = re.sub("am/pm|a/p", "", _LITERAL.sub("", section).lower())
    has_elapsed = re.search(r"\[(h+|m+|s+)\]", bare) is not None
    has_time = has_elapsed or (code is None and id in _TIMES) or bool(re.search("[hs]", bare))
    has_date = bool(re.search("[yd]", bare)) or ("m" in bare and not has_time)
    if code is None:
        has_date = id in _DATES | _DATES_WITH_TIMES
        has_time |= id in _DATES_WITH_TIMES
    if bare == "general":
        return plain
    if has_date or has_time:
        return lambda value: _moment(value, has_date, has_time, is_1904)
    if "%" in bare or (code is None and id in _PERCENT):
        return lambda value: f"{_number(float(value) * 100)}%"
    if section.count("0") and _DIGITS.fullmatch(section) and section != "0":
        return lambda value: _filled(value, section)
    return plain


def plain(value: str) -> str:
    """A number as it is shown without a format: whole, or with at most 15 digits."""
    return value if re.fullmatch("-?[0-9]+", value) else _number(float(value))


def _number(value: float) -> str:
    return f"{value:.15g}".upper()


def _filled(value: str, section: str) -> str:
    """A whole number with the zeros and signs of its format, such as 007 or 012-3456."""
    number = float(value)
    if number < 0 or number != int(number):
        return plain(value)
    parts = list(_PART.finditer(section))
    n_places = sum(part[0] == "0" for part in parts)
    digits = str(int(number)).zfill(n_places)
    first, rest = digits[: len(digits) - n_places + 1], iter(digits[len(digits) - n_places + 1 :])
    pieces, is_first = [], True
    for part in parts:
        if part[0] != "0":
            pieces.append(part[1] or part[2] or part[3] or "")
        elif is_first:
            pieces.append(first)
            is_first = False
        else:
            pieces.append(next(rest))
    return "".join(pieces)


def _moment(value: str, has_date: bool, has_time: bool, is_1904: bool) -> str:
    """A date, a time of day or a length of time; a number that is none stays a number."""
    days = float(value)
    seconds = round(days * _DAY)
    if not has_date:
        if seconds < 0:
            return plain(value)
        hours, rest = divmod(seconds, 3600)
        return f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
    # Excel counts a 29 February 1900, which there was not.
    start = date(1904, 1, 1) if is_1904 else date(1899, 12, 31 if days < 60 else 30)
    try:
        moment = datetime.combine(start, datetime.min.time()) + timedelta(seconds=seconds)
    except OverflowError:
        return plain(value)
    if days < 0:
        return plain(value)
    return moment.strftime("%Y-%m-%d %H:%M:%S") if has_time else moment.date().isoformat()
