"""Texts that try everything: those of `sample_inputs/hostile.jsonl` and more, and Japanese ones."""

from functools import cache

from helpers.made_up.factories import HEADLINES
from helpers.places import SAMPLES
from reportgen.texts import Columns, read_texts

SAMPLE = SAMPLES / "hostile.jsonl"
COMMANDS = (
    "::error::as a command",
    "  ::set-output name=x::y",
    "##[error]anywhere in a line",
    "a ##vso[task.setvariable variable=x]y",
    "###[group]###",
    "first\n::warning::second line",
)
MARKUP = (
    "<details><summary>open",
    "</details></summary></td></table>",
    "<!-- reportgen:report -->",
    "[//]: <> (reportgen:report)",
    "]]></ac:plain-text-body><ac:image/>",
    '" onload="alert(1)',
    "**bold** __bold__ *a*b*",
    "![x](https://e.vil/x.png) ![y](data:image/png;base64,AAAA)",
    '<p style="color:red">',
    "@octocat closes #12, GH-7 and !8 :smile: www.x.y",
    "```\n~~~\n",
    "| a | b |\n|--|--|\n| c | d |",
)


@cache
def hostile_texts(n: int = 500) -> tuple[str, ...]:
    """So many texts, each of them once more than the other at most, told apart by a number."""
    sample = [item.text for item in read_texts([str(SAMPLE)], Columns()).texts]
    kinds = (*COMMANDS, *MARKUP, *HEADLINES, *(text for text in sample if 0 < len(text) < 300))
    return tuple(f"{kinds[i % len(kinds)]} {i}" for i in range(n))
