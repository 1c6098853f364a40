"""Where runs on the same texts stand: the last one, what changed since the one before, the best."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reportgen.comparison import QualityVerdict
from reportgen.findings import Judging, SmallestChange
from reportgen.report.charts.trend_charts import trend
from reportgen.report.language.language import Language
from reportgen.report.site.figures import (
    best_of,
    change_text,
    even_runs,
    figure_name,
    figure_text,
    interval_text,
    known,
    remark_text,
    shown_figures,
)
from reportgen.report.site.site_json import Entry, Pair, Site, TrendPage

_SAID = 3  # sentences of a comparison
_POINTS = 30  # runs of a chart, the last ones
_CHANGED = re.compile("[1-9]")  # in a change as it is printed


@dataclass(frozen=True, slots=True)
class SeriesFigure:
    """A figure of the runs of a series."""

    name: str
    value: str  # of the last run
    interval: str  # of that; "" where it has none
    remark: str  # what the report of the last run says of it; "" where nothing
    change: str  # since the run before; "" without a figure of both
    verdict: QualityVerdict | str  # of the change; "" where none can be given
    verdict_words: (
        str  # the verdict in words; of the colours, what was said of them in the run before
    )
    best: Entry | None  # the last of the runs that have the best one, if any is better
    best_value: str
    drawing: Markup


@dataclass(frozen=True, slots=True)
class Series:
    """Runs on the same texts, of which there are several."""

    name: str
    last: Entry
    comparison: str  # the address of the page that compares the last run; "" without one
    base: str  # the name of the run that it compares with
    sentences: tuple[str, ...]  # what it says first
    trend_heading: str  # what the column of charts is called: of how many runs
    trend: str  # the address of the page with the trend of its runs; "" without one
    trend_words: str  # of the link there: of how many runs, up to which
    trend_sentences: tuple[str, ...]  # what it says of the figure that decides
    figures: tuple[SeriesFigure, ...]
    main: SeriesFigure | None  # the one that says most about quality


def all_series(site: Site, judging: Judging, language: Language) -> list[Series]:
    """Each series of at least two runs, that with the last run first."""
    by_series: dict[str, list[Entry]] = {}
    for entry in reversed(site.entries):
        by_series.setdefault(entry.series, []).insert(0, entry)
    pairs = {pair.head: pair for pair in site.pairs}
    names = {entry.id: entry.name for entry in site.entries}
    trends = {page.series: page for page in site.trends}
    return [
        _series(runs, pairs, trends.get(series), names, judging, language)
        for series, runs in by_series.items()
        if len(runs) > 1
    ]


def _series(
    runs: Sequence[Entry],
    pairs: Mapping[str, Pair],
    trend_page: TrendPage | None,
    names: Mapping[str, str],
    judging: Judging,
    language: Language,
) -> Series:
    last = runs[-1]
    pair = pairs.get(last.id)
    key = "series" if last.inputs else "series_redacted"
    even = even_runs(pairs.values())
    verdicts = pair.verdicts if pair and pair.base == runs[-2].id else {}
    figures = {
        name: _figure(name, runs, verdicts, judging.smallest, even.get(name, ()), language)
        for name in shown_figures(runs, judging.quality)
    }
    judged = (figure for name, figure in figures.items() if known(name).best)
    newest = language.say("site", "trend_heading_newest", n=_POINTS)
    return Series(
        name=language.count("site", key, len(runs), inputs=last.inputs, texts=last.n_texts),
        last=last,
        comparison=f"compare/{pair.name}" if pair else "",
        base=names[pair.base] if pair else "",
        sentences=pair.said[:_SAID] if pair else (),
        trend_heading=newest if len(runs) > _POINTS else language.say("site", "trend_heading"),
        trend=trend_page.address if trend_page else "",
        trend_words=_trend_words(trend_page, runs, names, language) if trend_page else "",
        trend_sentences=trend_page.said if trend_page else (),
        figures=tuple(figures.values()),
        main=next(judged, next(iter(figures.values()), None)),
    )


def _trend_words(
    page: TrendPage, runs: Sequence[Entry], names: Mapping[str, str], language: Language
) -> str:
    """Of which runs the trend is: of all, of the newest, of some from the first to the newest, or
    up to one that was the newest when the results of all were at hand."""
    n, ids = len(page.runs), [run.id for run in runs]
    if list(page.runs) == ids:
        return language.say("site", "trend_of_all")
    if list(page.runs) == ids[-n:]:
        return language.say("site", "trend_of_newest", n=n)
    if page.runs[0] == ids[0] and page.runs[-1] == ids[-1]:
        return language.say("site", "trend_of_some", n=n, all=len(ids))
    return language.say("site", "trend_up_to", n=n, name=names[page.runs[-1]])


def _figure(
    key: str,
    runs: Sequence[Entry],
    verdicts: Mapping[str, QualityVerdict],
    least: SmallestChange,
    even: Collection[frozenset[str]],
    language: Language,
) -> SeriesFigure:
    """A figure of `runs`; `verdicts` are those on the last run since the one before, by figure;
    `even` is as `best_of` takes it."""
    shown = runs[-_POINTS:]
    values = [entry.figures.get(key) for entry in shown]
    old, new = (entry.figures.get(key) for entry in runs[-2:])
    change = "" if old is None or new is None else change_text(key, old, new, language)
    best = next(reversed(best_of(key, runs, least, even)), None)
    verdict = _verdict(key, old, new, verdicts) if _CHANGED.search(change) else ""
    return SeriesFigure(
        name=figure_name(key, language),
        value=figure_text(key, new, language),
        interval=interval_text(key, runs[-1], language),
        remark=remark_text(key, runs[-1], language),
        change=change,
        verdict=verdict,
        verdict_words=_said(verdict, key, runs, language),
        best=best,
        best_value="" if best is None else figure_text(key, best.figures[key], language),
        drawing=trend(values),
    )


def _said(
    verdict: QualityVerdict | str, key: str, runs: Sequence[Entry], language: Language
) -> str:
    """The verdict on a change in words; where there is none, what the report of the run before said
    of the figure, to stand beside what that of the last run says."""
    if verdict:
        return language.say("site", f"verdict_{verdict}")
    remark = remark_text(key, runs[-2], language) if key in runs[-1].figures else ""
    return language.say("site", "said_before", said=remark) if remark else ""


def _verdict(
    key: str, old: float | None, new: float | None, verdicts: Mapping[str, QualityVerdict]
) -> QualityVerdict | str:
    """Whether a figure that changed is better or worse: as the comparison finds, if it compares the
    figure; else as it is, which is exact for a count."""
    figure = known(key)
    if figure.change or figure.best is None or old is None or new is None:
        return verdicts.get(key, "")
    return "better" if (new < old) == (figure.best == "low") else "worse"
