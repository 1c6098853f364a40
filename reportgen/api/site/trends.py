"""Pages on the trend over all runs on the same texts: which ones there are, and what is on them."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace

from reportgen.api.site.runs import SiteRun
from reportgen.comparison import compare_runs
from reportgen.errors import ComparisonError, ResultsError
from reportgen.findings import Findings
from reportgen.report import (
    CompareOptions,
    CompareWords,
    Dated,
    Entry,
    PagePlace,
    SiteOptions,
    TrendPage,
    digest,
    links_of_trend,
    load_language,
    redacted_comparison,
    render,
    shared,
    since_when,
    title_of_trend,
)
from reportgen.results import open_whole
from reportgen.version import __version__

_LEAST = 3  # runs, as two have a comparison
MOST_RUNS = 7  # on a page; each takes about 0.2 s whenever a run is added


def wanted_trends(
    entries: Sequence[Entry],
    options: SiteOptions,
    before: Mapping[str, TrendPage],
    given: Container[str],
    *,
    redact: bool,
) -> list[TrendPage]:
    """The trend pages of a site whose `entries` are in order of time; none if the site has no
    comparisons.

    Of many runs a page shows some from the first to the newest, evenly spread. It shows the newest
    ones if results of those are not `given`, unless that is the page of `before` (by series)."""
    if options.against == "none":
        return []
    by_series: dict[str, list[str]] = {}
    for entry in entries:
        by_series.setdefault(entry.series, []).append(entry.id)
    made_of = (__version__, options.lang, repr(options.judging), repr(redact))
    found = []
    for series, ids in by_series.items():
        whole, newest = (
            TrendPage(series, shown, digest([*shown, str(n), *made_of]))
            for shown, n in ((_spread(ids), len(ids)), (tuple(ids[-MOST_RUNS:]), 0))
        )
        is_known = whole == before.get(series) or all(id in given for id in whole.runs)
        found += [whole if is_known else newest] if len(ids) >= _LEAST else []
    return found


def _spread(ids: Sequence[str]) -> tuple[str, ...]:
    """At most MOST_RUNS of `ids`, evenly spread, with the first and the last."""
    n, last = min(len(ids), MOST_RUNS), len(ids) - 1
    return tuple(ids[i * last // max(1, n - 1)] for i in range(n))


@dataclass(frozen=True, slots=True)
class TrendTask:
    """A trend page to make."""

    page: TrendPage
    runs: tuple[SiteRun, ...]
    n_runs: int  # of the series, whether they are on the page or not
    is_whole: bool  # whether it begins with the first of them


@dataclass(frozen=True, slots=True)
class TrendMade:
    """The result of a task."""

    page: TrendPage
    content: bytes | None = None
    failed: ComparisonError | ResultsError | None = None  # why there is none


def trend_tasks(
    wanted: Sequence[TrendPage],
    before: Mapping[str, TrendPage],
    runs: Mapping[str, SiteRun],
    entries: Sequence[Entry],
) -> list[TrendTask]:
    """The trend pages to make: those that differ from the one `before` (by series), if the results
    of all their runs are available. Of the others the list says up to which run they go. `entries`
    are all runs of the site in order of time."""
    tasks = []
    for page in wanted:
        if page != before.get(page.series) and runs.keys() >= {*page.runs}:
            ids = [entry.id for entry in entries if entry.series == page.series]
            own = tuple(runs[id] for id in page.runs)
            tasks.append(TrendTask(page, own, len(ids), ids[0] == page.runs[0]))
    return tasks


def make_trend(task: TrendTask, options: SiteOptions, *, redact: bool) -> TrendMade:
    """Make a trend page; there is none if results are damaged, or if no text is in the results of
    all runs."""
    own = task.runs
    title = title_of_trend(own, task.n_runs, options.lang, is_whole=task.is_whole)
    look = CompareOptions(
        lang=options.lang,
        layout="dir",
        title=title,
        quality=options.quality,
        smallest_change=options.smallest_change,
    )
    place = PagePlace(f"../{shared('comparison').folder}", links_of_trend(own[-1], options.lang))
    try:
        first, *between, last = (Findings(open_whole(run.folder)) for run in own)
        whole = compare_runs(first, last, between=between, folders=_names(own))
        whole = replace(whole, judging=options.judging)
        with redacted_comparison(whole, options.lang, wanted=redact) as shown:
            words, models = CompareWords(shown, load_language(options.lang)), shown.all_models
            page = replace(task.page, said=since_when(models, words) if models else ())
            return TrendMade(page, render(shown.runs, look, place).content)
    except (ComparisonError, ResultsError) as error:
        return TrendMade(task.page, failed=error)


def _names(runs: Sequence[Dated]) -> list[str]:
    """A name for each run that no other has: its own name, else with its date, else its id."""
    names = [run.name for run in runs]
    dated = [f"{run.created} {run.name}" for run in runs]
    return [
        name if names.count(name) == 1 else date if dated.count(date) == 1 else run.id
        for run, name, date in zip(runs, names, dated, strict=True)
    ]
