"""The words of the page in one language, and how that language writes a number."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from math import floor, isfinite, log10
from typing import Any

from reportgen.report.language.numbers import short_of
from reportgen.report.language.sentences import Wording
from reportgen.results.info import OutputInfo

MINUS = "\u2212"
NOTHING = "–"  # stands where there is no figure


@dataclass(frozen=True, slots=True)
class Language:
    """Every visible string of the page, by section and key, in one language."""

    code: str
    words: Mapping[str, Mapping[str, Any]]
    wording: Wording  # of notes, views and tests

    def say(self, section: str, key: str, **values: object) -> str:
        """The string `key` of `section` with its `{names}` filled from `values`."""
        text: str = self.words[section][key]
        return text.format(**values) if values else text

    def count(self, section: str, key: str, n: int, **values: object) -> str:
        """The string `key` of `section`, or its `key_one` for one thing; `{n}` is the count."""
        return self.say(section, f"{key}_one" if n == 1 else key, n=f"{n:,}", **values)

    def output_kind(self, output: OutputInfo) -> str:
        """What a model puts out, such as `one of 3 classes`."""
        pooling = self.say("output", f"pooling_{output.pooling}") if output.pooling else ""
        return self.say("output", output.kind, n=len(output.labels), pooling=pooling)

    def percent(self, share: float, digits: int = 1) -> str:
        """A share in 0..1 as a percentage, such as `31.2 %`."""
        x = fixed(100 * share, short_of(100.0, 100 * share, digits))
        return self.say("number", "percent", x=x)


def load_language(code: str) -> Language:
    """The language `code`, en or ja."""
    path = files("reportgen.report.language").joinpath("strings", f"{code}.toml")
    return Language(code, tomllib.loads(path.read_text("utf-8")), Wording(code))


def fixed(value: float, digits: int) -> str:
    """`value` with so many decimals, a true minus sign and no negative zero."""
    text = f"{value:,.{digits}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def written(value: float, digits: int | None, with_sign: bool = False) -> str:
    """`value` with so many decimals, None for those `number` gives; "–" where there is none.

    With a sign, what is above zero as it is printed has a plus in front.
    """
    if not isfinite(value):
        return NOTHING
    if digits is not None:
        digits = short_of(1.0, value, digits)
    text = number(value) if digits is None else fixed(value, digits)
    return f"+{text}" if with_sign and value > 0 and text.strip("0.,") else text


def number(value: float) -> str:
    """`value` with four significant digits, written out between 0.0001 and ten million."""
    if not isfinite(value):
        return str(value).replace("-", MINUS)
    digits = decimals(value)
    if digits is None:
        return f"{value:.3e}".replace("-", MINUS)
    return fixed(value, short_of(1.0, value, digits))


def decimals(value: float) -> int | None:
    """How many decimals `number` gives a finite value; None where it writes a power of ten."""
    if value == 0:
        return 0
    size = floor(log10(abs(float(f"{value:.3e}"))))  # of 9.9996 as it is printed, 10.00
    return max(0, 3 - size) if -4 <= size <= 6 else None
