"""The figures of runs that the list of a site shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from reportgen.report.language.numbers import NOTHING, decimals, written
from reportgen.report.language.strings import Language
from reportgen.report.site.entries import Entry

Better: TypeAlias = Literal["low", "high", ""]


@dataclass(frozen=True, slots=True)
class Known:
    """How a figure is written, and whether a low or a high one is better."""

    style: str
    better: Better = ""


# By name, in the order of their columns. Each is shown where a run has it.
FIGURES: Mapping[str, Known] = {
    "label_mae": Known("number", "low"),
    "label_rank_correlation": Known("correlation", "high"),
    "label_accuracy": Known("percent", "high"),
    "tag_accuracy": Known("percent", "high"),
    "entity_f1": Known("percent", "high"),
    "mask_accuracy": Known("percent", "high"),
    "answer_exact": Known("percent", "high"),
    "answer_f1": Known("percent", "high"),
    "perplexity": Known("number", "low"),
    "prediction_mean": Known("number"),
    "special_share_mean": Known("percent"),
    "colouring_agreement": Known("correlation"),
    "n_failed": Known("count", "low"),
}


def shown_figures(entries: Iterable[Entry]) -> list[str]:
    """The figures that any run has, in their order; failed texts only where there are some."""
    found = {
        key
        for entry in entries
        for key, value in entry.figures.items()
        if value or key != "n_failed"
    }
    return [key for key in FIGURES if key in found]


def figure_name(key: str, language: Language) -> str:
    """What a figure is called."""
    return language.say("site", key)


def figure_text(key: str, value: float | None, language: Language) -> str:
    """A figure as it is printed; "–" where there is none."""
    return NOTHING if value is None else language.write(value, FIGURES[key].style)


def change_text(key: str, old: float, new: float, language: Language) -> str:
    """By how much a figure changed, with its sign, and as many decimals as the new one has."""
    style = FIGURES[key].style
    if style == "percent":
        return language.write(new - old, "points")
    digits = {"count": 0, "correlation": 2}.get(style, decimals(new))
    return written(new - old, digits, with_sign=True)


def best_of(key: str, entries: Iterable[Entry]) -> Entry | None:
    """The run with the best figure, of equal ones the first; None where no figure is better than
    another."""
    have = [entry for entry in entries if key in entry.figures]
    better = FIGURES[key].better
    values = {entry.figures[key] for entry in have}
    if not better or len(values) < 2:
        return None
    return (min if better == "low" else max)(have, key=lambda entry: entry.figures[key])
