"""The figures of runs that the list of a site shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reportgen.findings.figures.flat import Value
from reportgen.findings.outputs.quality_register import QUALITY, Best, Scale
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import NOTHING, decimals, written
from reportgen.report.site.entries import Entry, Verdict


@dataclass(frozen=True, slots=True)
class Known:
    """How a figure is written, and whether a low or a high one is better."""

    style: str
    best: Best | None = None  # None: none is better than another
    change: str = ""  # the figure of a comparison that is above 0 if the newer run is worse


_STYLES: Mapping[Scale, str] = {
    "error": "number",
    "ratio": "number",
    "share": "percent",
    "correlation": "correlation",
}
# By name, in the order of their columns. Each is shown where a run has it.
FIGURES: Mapping[str, Known] = {
    **{
        kind.of_run: Known(_STYLES[kind.scale], kind.best, kind.change)
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


def verdicts(figures: Mapping[str, Value]) -> dict[str, Verdict]:
    """By figure, whether the newer run of a comparison with these `figures` is better or worse;
    "unclear" where the interval of the change holds 0, or where there are too few texts for one."""
    found: dict[str, Verdict] = {}
    for key, known in FIGURES.items():
        if figures.get(known.change) is not None:
            low, high = (figures[f"{known.change}_{end}"] for end in ("low", "high"))
            is_worse, is_better = low is not None and low > 0, high is not None and high < 0
            found[key] = "worse" if is_worse else "better" if is_better else "unclear"
    return found


def best_of(key: str, entries: Iterable[Entry]) -> Entry | None:
    """The run with the best figure, of equal ones the first; None where no figure is better than
    another."""
    have = [entry for entry in entries if key in entry.figures]
    best = FIGURES[key].best
    values = {entry.figures[key] for entry in have}
    if best is None or len(values) < 2:
        return None
    return (min if best == "low" else max)(have, key=lambda entry: entry.figures[key])
