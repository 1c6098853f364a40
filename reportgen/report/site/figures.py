"""The figures of runs that the list of a site shows."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from reportgen.comparison import Quality, QualityVerdict
from reportgen.findings import QUALITY, SmallestChange
from reportgen.report.language.comparison import smallest_points
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import (
    NOTHING,
    QUALITY_STYLES,
    decimals,
    percentage,
    written,
)
from reportgen.report.language.sentences import verdict_words
from reportgen.report.site.site_json import Entry, Pair
from reportgen.tasks import Best, Metric

AGREEMENT = "colouring_agreement"


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
    },
    "prediction_mean": Known("number"),
    "special_share_mean": Known("percent"),
    AGREEMENT: Known("correlation"),
    "n_failed": Known("count", "low"),
}


def known(key: str) -> Known:
    """How a figure is written."""
    return FIGURES[key]


_KINDS: Mapping[str, Metric] = {kind.of_run: kind for kind in QUALITY.values()}


def shown_figures(entries: Iterable[Entry], quality: str | None = None) -> list[str]:
    """The figures that any run has, the one that was asked for by --quality first, then in their
    order; failed texts only where there are some."""
    present = {
        key
        for entry in entries
        for key, value in entry.figures.items()
        if value or key != "n_failed"
    }
    asked = QUALITY[quality].of_run if quality else ""
    listed = [key for key in FIGURES if key not in _KINDS or _KINDS[key].is_listed]
    return [key for key in dict.fromkeys((asked, *listed)) if key in present]


def figure_name(key: str, language: Language) -> str:
    """What a figure is called."""
    return language.say("site", f"figure_{key}")


def figure_text(key: str, value: float | None, language: Language) -> str:
    """A figure as it is printed; "–" where there is none."""
    return NOTHING if value is None else language.write(value, known(key).style)


def interval_text(key: str, entry: Entry, language: Language) -> str:
    """The interval of a figure of a run, as sections have it; "" where it has none."""
    ends = entry.intervals.get(key)
    if ends is None:
        return ""
    style = known(key).style
    if style == "percent":
        low, high = map(percentage, ends)
    elif style == "correlation":
        low, high = (written(end, 2) for end in ends)
    else:
        digits = decimals(max(ends, key=abs))
        low, high = (written(end, digits) for end in ends)
    return language.say("number", "interval", low=low, high=high)


def remark_text(key: str, entry: Entry, language: Language) -> str:
    """What the report says of a figure of a run: of the colours, whether they tell what counts."""
    judged = entry.colours
    if key != AGREEMENT or judged is None:
        return ""
    return verdict_words(judged.verdict, judged.baseline, language)


def change_text(key: str, old: float, new: float, language: Language) -> str:
    """By how much a figure changed, with its sign, and as many decimals as the new one has."""
    style = known(key).style
    if style == "percent":
        return language.write(new - old, "points")
    digits = {"count": 0, "correlation": 2}.get(style, decimals(new))
    return written(new - old, digits, with_sign=True)


def verdicts(quality: Quality | None) -> dict[str, QualityVerdict]:
    """By figure of a run, whether the newer run of a comparison is better or worse, as the
    comparison says; empty without labels."""
    figures = quality.figures if quality else ()
    return {figure.kind.of_run: figure.gain for figure in figures if figure.kind.of_run in FIGURES}


def smallest_changes(least: SmallestChange, language: Language) -> dict[str, object]:
    """The smallest changes that are worth telling, as sentences name them."""
    return {"error": least.of_error, "share": smallest_points(least, language)}


def even_runs(pairs: Iterable[Pair]) -> Mapping[str, Collection[frozenset[str]]]:
    """By figure, the ids of two runs of which a comparison does not say that one is better."""
    even: dict[str, set[frozenset[str]]] = {}
    for pair in pairs:
        for key, verdict in pair.verdicts.items():
            if verdict not in ("better", "worse"):
                even.setdefault(key, set()).add(frozenset((pair.base, pair.head)))
    return even


def best_of(
    key: str,
    entries: Iterable[Entry],
    least: SmallestChange,
    even: Collection[frozenset[str]] = (),
) -> tuple[Entry, ...]:
    """The run with the best figure, those that differ from it by no more than `least`, the smallest
    change that is worth telling, and those that a comparison does not tell from one of these (pairs
    of ids, `even`); none where no figure is better than another, or all runs are so close."""
    have = [entry for entry in entries if key in entry.figures]
    if not have:
        return ()
    best, kind = known(key).best, _KINDS.get(key)
    if best is None:
        return ()
    sizes = [_size(entry.figures[key], best) for entry in have]
    top = min(sizes)
    room = 0.0 if kind is None else least.of(kind, abs(top))
    close = {entry.id for entry, size in zip(have, sizes, strict=True) if size - top <= room}
    close |= {id for pair in even if pair & close for id in pair}
    alike = tuple(entry for entry in have if entry.id in close)
    return alike if len(alike) < len(have) else ()


def _size(value: float, best: Best) -> float:
    """The smaller, the better."""
    return abs(value) if best == "zero" else value if best == "low" else -value
