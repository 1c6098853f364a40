"""Translates remarks in results, which are in English, into the language of the page."""

import re
from collections.abc import Mapping
from string import Formatter

from reportgen.report.language.language import Language, load_language


def remark(english: str, language: Language) -> str:
    """A remark of a run in `language`; unchanged if `[remarks]` does not have it."""
    if language.code == "en":
        return english
    parts = english.split(", ")  # of a list, such as what a model reads
    spoken = [remark(part, language) for part in parts] if len(parts) > 1 else parts
    if all(translated != part for translated, part in zip(spoken, parts, strict=True)):
        return language.listed(spoken)
    for key, text in load_language("en").words["remarks"].items():
        if match := re.fullmatch(_pattern(text), english, re.DOTALL):
            values: Mapping[str, str] = match.groupdict()
            named = {name: remark(value, language) for name, value in values.items()}
            return language.say("remarks", key, **named)
    return english


def is_handed_over(english: str) -> bool:
    """Whether a remark says that the model was handed over in Python, which is no warning."""
    return english == load_language("en").say("remarks", "handed_over")


def _pattern(text: str) -> str:
    """A pattern of the sentences that filling the names of `text` gives."""
    return "".join(
        re.escape(fixed) + (f"(?P<{name}>.+?)" if name else "")
        for fixed, name, *_ in Formatter().parse(text)
    )
