"""The figures of runs that the list of a site shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reportgen.comparison.outputs.quality import Quality, Verdict
from reportgen.findings.outputs.quality_register import QUALITY, Best, SmallestChange
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import NOTHING, QUALITY_STYLES, decimals, written
from reportgen.report.site.entries import Entry


@dataclass(frozen=True, slots=True)
class Known:
    """How a figure is written, and whether a low or a high one is better."""

    style: str
    best: Best | None = None  # None: none is better than another
    change: str = ""  # the figure of a comparison that is above 0 if the newer run is worse


# By name, in the order of their columns. Each is shown where a run has it.
FIGURES: Mapping[str, Known] = {
    **{
        kind.of_run: Known(QUALITY_STYLES[kind.scale], kind.best, kind.change)
        for kind in QUALITY.values()
        if kind.is_listed
    },
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
    return language.say("site", f"figure_{key}")


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


def verdicts(quality: Quality | None) -> dict[str, Verdict]:
    """By figure of a run, whether the newer run of a comparison is better or worse, as the
    comparison says; empty without labels."""
    figures = quality.figures if quality else ()
    return {own.kind.of_run: own.gain for own in figures if own.kind.of_run in FIGURES}


def smallest_changes() -> dict[str, float]:
    """The smallest changes that are worth telling, as sentences name them."""
    least = SmallestChange()
    return {"error": least.of_error, "share": least.of_share}


def best_of(key: str, entries: Iterable[Entry]) -> Entry | None:
    """The run with the best figure, of equal ones the first; None where no figure is better than
    another, or none by more than the smallest change that is worth telling."""
    have = [entry for entry in entries if key in entry.figures]
    best = FIGURES[key].best
    values = {entry.figures[key] for entry in have}
    if best is None or len(values) < 2:
        return None
    kind = next((own for own in QUALITY.values() if own.of_run == key), None)
    if kind is not None and max(values) - min(values) <= SmallestChange().of(kind, max(values)):
        return None
    return (min if best == "low" else max)(have, key=lambda entry: entry.figures[key])
