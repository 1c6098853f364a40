"""Sentences on what a page leaves out, and the options that bring it in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import TypeAlias

import pandas as pd

from reportgen.findings import Findings
from reportgen.report.html.size_plan import Level
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import fixed
from reportgen.report.options import RenderOptions
from reportgen.report.sections.further import Further, further_of_page
from reportgen.results import Results, map_cells

_ON_PAGE = "reduced_on_page"
_RUNS = 8  # runs of texts that a sentence names; of more it gives only the number of texts
_NAMES = {
    Level.ABSENT: "absent",
    Level.LINE: "line",
    Level.COLOURS: "colours",
    Level.FIGURES: "figures",
    Level.LAYERS: "layers",
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """The bytes of the page as planned, and of one that has everything."""

    planned: int
    full: int
    is_exact: bool  # whether `full` was measured, not estimated from some texts


NO_SIZES = Sizes(0, 0, True)


@dataclass(frozen=True, slots=True)
class Given:
    """The result of the size plan (texts are rows of `texts`)."""

    levels: Mapping[int, Level] = field(default_factory=dict)  # of those that are not absent
    pooled: Mapping[int, int] = field(default_factory=dict)  # most tokens in a cell of its maps
    sizes: Sizes = NO_SIZES


def carries(
    text: int,
    level: Level,
    results: Results,
    given: Given,
    options: RenderOptions,
    lang: Language,
) -> str:
    """Says in a text's panel what it lacks; "" if it lacks nothing. Which option brings it in is
    said once, below the texts (`reduced_sentences`)."""
    row = results.text_row(text)
    if int(row["n_tokens"]) == 0:  # it was not analysed, so nothing is missing
        return ""
    sentences = []
    if level < Level.HEADS:
        name, reason = _NAMES[level], _reason(text, level, results, given)
        sentences.append(
            lang.say("panel", f"carries_{name}_{reason}", **_limits(results, options, lang))
        )
    if level >= Level.LAYERS and text in given.pooled:
        sentences.append(
            lang.say("panel", "pooled", tokens=int(row["n_tokens"]), most=given.pooled[text])
        )
        if map_cells(row) is not None:
            sentences.append(lang.say("panel", "pooled_before"))
    return lang.sentences(sentences)


def reduced_sentences(
    findings: Findings,
    given: Given,
    options: RenderOptions,
    language: Language,
    *,
    on_page: bool = False,
) -> tuple[str, ...]:
    """One sentence for each way in which texts were reduced, with the option that brings them in;
    `on_page` without, as a page names options once (`reduced_options`)."""

    def say(key: str, **values: object) -> str:
        table = _ON_PAGE if on_page and key in language.words[_ON_PAGE] else "reduced"
        return language.say(table, key, **values)

    groups = _reduced_texts(findings, given)
    limits = _limits(findings.results, options, language)
    needed = megabytes(_bytes(_needed(given.sizes)), language) if on_page else _needed(given.sizes)
    sentences = []
    for level, name in _NAMES.items():
        for reason in ("size", "keep", "redact"):
            if numbers := groups.get((level, reason)):
                what = language.say("reduced", name, texts=_texts(numbers, language))
                about = "" if reason != "size" or given.sizes.is_exact else "_about"
                key = f"by_{reason}{about}"
                sentences.append(say(key, what=what, needed=needed, **limits))
    if _has_order(groups):
        sentences.append(say("order"))
    sentences += _pooled(findings.results, given, options, language, say)
    if given.sizes.planned > options.max_size:
        size = megabytes(given.sizes.planned, language)
        sentences.append(language.say("reduced", "over", size=size, limit=limits["size"]))
    return tuple(sentences)


def reduced_options(findings: Findings, given: Given, options: RenderOptions) -> Iterator[Further]:
    """The options that bring in what a page leaves out."""
    groups = _reduced_texts(findings, given)
    reasons = {reason for _, reason in groups}
    if _pooled_texts(findings.results, given)["pooled"]:
        reasons.add("pool")
    return further_of_page(reasons, _needed(given.sizes))


_Groups: TypeAlias = Mapping[tuple[Level, str], list[int]]


def _reduced_texts(findings: Findings, given: Given) -> _Groups:
    """The numbers of the texts that were reduced, by what they carry and why."""
    groups: dict[tuple[Level, str], list[int]] = {}
    for text in range(len(findings.texts)):
        level = given.levels.get(text, Level.ABSENT)
        if level is Level.HEADS or (level is Level.LINE and not findings.analysed[text]):
            continue
        reason = _reason(text, level, findings.results, given)
        groups.setdefault((level, reason), []).append(text + 1)
    return groups


def _has_order(groups: _Groups) -> bool:
    """Whether the size of the page chose which texts have their figures."""
    sizes = (level for level, reason in groups if reason == "size")
    return any(level is not Level.LAYERS for level in sizes)


def _reason(text: int, level: Level, results: Results, given: Given) -> str:
    """Why a text carries no more than `level`."""
    if level is Level.FIGURES and pd.isna(results.texts["map_offset"].iloc[text]):
        return "redact" if results.is_redacted else "keep"
    return "size"


def _limits(results: Results, options: RenderOptions, language: Language) -> dict[str, str]:
    """The value of the option behind each reason."""
    return {
        "size": megabytes(options.max_size, language),
        "keep": results.info.settings.keep_maps,
    }


def _pooled_texts(results: Results, given: Given) -> dict[str, list[int]]:
    """The numbers of the texts whose maps are pooled, for the page or before."""
    numbers = [text + 1 for text in sorted(given.pooled) if given.levels[text] >= Level.LAYERS]
    before = {number for number in numbers if map_cells(results.text_row(number - 1)) is not None}
    return {
        "pooled": [number for number in numbers if number not in before],
        "pooled_before": sorted(before),
    }


def _pooled(
    results: Results,
    given: Given,
    options: RenderOptions,
    language: Language,
    say: Callable[..., str],
) -> list[str]:
    return [
        say(
            key,
            texts=_texts(numbers, language),
            above=options.pool_above,
            most=max(given.pooled[number - 1] for number in numbers),
        )
        for key, numbers in _pooled_texts(results, given).items()
        if numbers
    ]


def megabytes(size: int, language: Language) -> str:
    """A number of bytes, such as `10 MB`."""
    digits = 0 if size % 1_000_000 == 0 else 1
    return language.say("reduced", "megabytes", x=fixed(size / 1_000_000, digits))


def _needed(sizes: Sizes) -> str:
    """The --max-size that has room for everything."""
    tenths = ceil(sizes.full / 100_000)
    if not sizes.is_exact:  # two digits, rounded up
        step = 10 ** max(0, len(str(tenths)) - 2)
        tenths = ceil(tenths / step) * step
    return f"{tenths // 10}MB" if tenths % 10 == 0 else f"{tenths / 10}MB"


def _bytes(needed: str) -> int:
    return round(float(needed.removesuffix("MB")) * 1_000_000)


def _texts(numbers: Sequence[int], language: Language) -> str:
    """`Texts 3, 61–100`, or `250 texts` where those are scattered."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    if len(runs) > _RUNS:
        return language.say("reduced", "many", n=len(numbers))
    text = ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in runs)
    if len(numbers) == 1:
        return language.say("common", "text_number", n=text)
    return language.say("reduced", "several", n=text)
