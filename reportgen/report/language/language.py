"""Every visible string in English and Japanese, and how figures are written in it.

The strings are in `strings/`, one file for each part of a report. An entry has both languages side
by side, and a form for one thing where it differs from that for several:

    texts = { en_one = "{x} text", en = "{x} texts", ja = "テキスト{x}件" }

How a figure is written belongs to its sentence, as in `{share:percent}`; `numbers.STYLES` lists
the styles.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from string import Formatter
from typing import Any, cast

from reportgen.findings import CONFIDENCE, Interval
from reportgen.report.language.numbers import NOTHING, STYLES, exact
from reportgen.report.language.printable import visible
from reportgen.results import USER_PREFIX

LANGUAGES = ("en", "ja")


@dataclass(frozen=True, slots=True)
class Language:
    """All strings in one language, by section and key; those for one thing under `key_one`."""

    code: str
    words: Mapping[str, Mapping[str, Any]]

    def say(self, section: str, key: str, **values: object) -> str:
        """The string `key` of `section`, or of `[common]` where the section has none; its
        `{names}` filled with `values`."""
        words = self.words[section]
        text: str = words[key] if key in words else self.words["common"][key]
        return self.fill(text, values) if values else text

    def key_of(self, section: str, key: str, of: str | None) -> str:
        """The key of the words that `section` has for one thing, such as a task: that of the
        generic ones where it has none, which `key` is."""
        special = f"{key}_{of}"
        return special if special in self.words[section] else key

    def parts_of(self, kind: str) -> Mapping[str, Any]:
        """What the segments of a text and the steps of a task are called; empty where it has no
        such words."""
        words = self.words.get(kind, {})
        return words if "first" in words or "choose" in words else {}

    def measure(self, id: str, key: str, **values: object) -> str:
        """A string about the measure `id`: its `name`, `legend` or `method`; or its `short` name,
        which is its name where that is short."""
        words = self.measure_words(id)
        if id.startswith(USER_PREFIX):
            values["title"] = visible(id.removeprefix(USER_PREFIX))
        text: str = words["name"] if key == "short" and key not in words else words[key]
        return self.fill(text, values) if values else text

    def measure_words(self, id: str) -> Mapping[str, Any]:
        """The strings about the measure `id`, by key; all scores of users have the same."""
        words: Mapping[str, Any] = self.words["measures"]["user" if USER_PREFIX in id else id]
        return words

    def count(self, section: str, key: str, n: int, **values: object) -> str:
        """The string `key` of `section` in the form for `n` things; `{n}` is the count."""
        one = f"{key}_one"
        is_one = n == 1 and one in self.words[section]
        return self.say(section, one if is_one else key, n=n, **values)

    def sentences(self, parts: Iterable[str]) -> str:
        """Sentences one after another; those that are empty are left out."""
        return self.say("common", "space").join(filter(None, parts))

    def listed(self, names: Iterable[str]) -> str:
        """Names, or parts of a sentence, with commas between; those that are empty are left out."""
        return self.say("common", "comma").join(filter(None, names))

    def fill(self, text: str, values: Mapping[str, object]) -> str:
        """`text` with its `{names}` filled: each figure in the style its name is followed by."""
        return "".join(
            piece if name is None else piece + self._figure(values[name], style)
            for piece, name, style in _pieces(text)
        )

    def _figure(self, value: object, style: str) -> str:
        if style:
            return self.write(cast("float | Interval | None", value), style)
        if isinstance(value, float):
            raise TypeError(f"the string does not say how to write {value}")
        return str(value)

    def write(self, figure: float | Interval | None, style: str) -> str:
        """A figure, or both ends of an interval, in one of `numbers.STYLES`; "–" for None."""
        if figure is None:
            return NOTHING
        how = STYLES[style]
        if isinstance(figure, Interval):
            low, high = (how.digits(end) for end in figure)
            x = low if low == high else self.say("number", how.between, low=low, high=high)
        else:
            x = how.digits(figure)
        if not how.phrase:
            return x
        is_one = figure == 1 and f"{how.phrase}_one" in self.words["number"]
        return self.say("number", f"{how.phrase}_one" if is_one else how.phrase, x=x)

    def percent(self, share: float) -> str:
        """A measured share in 0..1 as a percentage, such as `31.2 %`."""
        return self.write(share, "percent")


@lru_cache(maxsize=4096)  # a page fills the same strings thousands of times
def _pieces(text: str) -> tuple[tuple[str, str | None, str], ...]:
    """What stands before each name of a string, the name and its style; None and "" at the end."""
    return tuple((piece, name, style or "") for piece, name, style, _ in Formatter().parse(text))


@cache
def load_language(code: str) -> Language:
    """The strings in the language `code`, en or ja."""
    sections: dict[str, Mapping[str, Any]] = {}
    for path in files("reportgen.report.language").joinpath("strings").iterdir():
        sections |= tomllib.loads(path.read_text("utf-8"))
    return Language(code, {name: _translated(entries, code) for name, entries in sections.items()})


def _translated(node: Any, code: str) -> Any:
    """`node` of a file of strings with every entry in the language `code` alone."""
    if isinstance(node, list):
        return [_translated(item, code) for item in node]
    if isinstance(node, dict):
        pairs = (pair for name, value in node.items() for pair in _entry(name, value, code))
        return dict(pairs)
    return node


def _entry(name: str, value: Any, code: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict) or "en" not in value:
        yield name, _translated(value, code)
        return
    yield name, _finished(value[code])
    if f"{code}_one" in value:
        yield f"{name}_one", _finished(value[f"{code}_one"])


def _finished(text: str) -> str:
    """`text` with the confidence of intervals, and no line break before a percent sign."""
    shown = text.replace("{CONFIDENCE}", exact(100.0 * CONFIDENCE))
    return shown.replace(" %", "\u00a0%")
