"""Translates remarks in results, which are in English, into the language of the page."""

import re
from collections.abc import Iterable, Mapping
from string import Formatter

from reportgen.report.language.language import Language, load_language

_ON_PAGE = "remarks_on_page"


def remark(english: str, language: Language) -> str:
    """A remark of a run in the words of a page in `language`, which name no options; unchanged if
    `[remarks]` does not have it."""
    known = _known(english)
    if language.code == "en" and (known is None or known[0] not in language.words[_ON_PAGE]):
        return english
    parts = english.split(", ")  # of a list, such as what a model reads
    spoken = [remark(part, language) for part in parts] if len(parts) > 1 else parts
    if all(translated != part for translated, part in zip(spoken, parts, strict=True)):
        return language.listed(spoken)
    if known is None:
        return english
    key, values = known
    named = {name: remark(value, language) for name, value in values.items()}
    table = _ON_PAGE if key in language.words[_ON_PAGE] else "remarks"
    return language.say(table, key, **named)


def remark_keys(remarks: Iterable[str]) -> set[str]:
    """The names in `[remarks]` of what a run says."""
    return {known[0] for text in remarks if (known := _known(text))}


def is_handed_over(english: str) -> bool:
    """Whether a remark says that the model was handed over in Python, which is no warning."""
    return english == load_language("en").say("remarks", "handed_over")


def _known(english: str) -> tuple[str, Mapping[str, str]] | None:
    """The name of a remark in `[remarks]`, and the values that are filled in."""
    for key, text in load_language("en").words["remarks"].items():
        if match := re.fullmatch(_pattern(text), english, re.DOTALL):
            return key, match.groupdict()
    return None


def _pattern(text: str) -> str:
    """A pattern of the sentences that filling the names of `text` gives."""
    return "".join(
        re.escape(fixed) + (f"(?P<{name}>.+?)" if name else "")
        for fixed, name, *_ in Formatter().parse(text)
    )
