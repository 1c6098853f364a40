"""Makes the pages of runs, of comparisons and of trends, each from the results of its runs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from reportgen.api.site.runs import SiteRun, message
from reportgen.comparison import Comparison, QualityVerdict, Runs, compare_runs
from reportgen.errors import ComparisonError, ResultsError
from reportgen.findings import Findings, Gate, evaluate, misfit
from reportgen.report import (
    CompareOptions,
    CompareWords,
    Dated,
    Entry,
    PagePlace,
    RenderOptions,
    SiteOptions,
    TrendPage,
    compare_headline,
    links_of_comparison,
    links_of_report,
    links_of_trend,
    load_language,
    make_entry,
    redacted,
    redacted_comparison,
    shared,
    since_when,
    title_of_comparison,
    title_of_trend,
    verdicts,
)
from reportgen.report import render as render_page
from reportgen.results import open_results

_HELD = 2  # results that are kept in memory, for a run and the one it is compared with


@dataclass(frozen=True, slots=True)
class PageTask:
    """The pages to make for one run."""

    run: SiteRun
    source: str  # of its page
    wants_page: bool
    base: Dated | None = None  # the run that it is compared with
    compared: SiteRun | None = None  # the same where the comparison is to be made; else it is there


@dataclass(frozen=True, slots=True)
class Made:
    """The result of a task."""

    task: PageTask
    entry: Entry | None = None
    page: bytes | None = None
    comparison: bytes | None = None
    headline: tuple[str, ...] = ()  # what the comparison says first
    verdicts: Mapping[str, QualityVerdict] = field(
        default_factory=dict
    )  # of the comparison, by figure
    reduced: tuple[str, ...] = ()  # what the page lacks, or an option that has no effect on it
    not_compared: str = ""  # why; "" where nothing is wrong
    left_out: ResultsError | None = None

    @property
    def is_compared(self) -> bool:
        """Whether the comparison was made."""
        return self.comparison is not None

    def without_pages(self) -> "Made":
        """The same once its pages are written, so that they need not stay in memory."""
        return replace(self, page=None, comparison=b"" if self.is_compared else None)


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


@dataclass(frozen=True)
class PageMaker:
    """Makes pages, in the same way in every process."""

    options: SiteOptions
    gates: Sequence[Gate]
    redact: bool

    def make(self, tasks: Sequence[PageTask], held: dict[Path, Findings]) -> tuple[Made, ...]:
        """Make the pages of `tasks`. `held` is a cache of the findings of the last runs."""
        return tuple(self._make(task, held) for task in tasks)

    def _make(self, task: PageTask, held: dict[Path, Findings]) -> Made:
        made = Made(task)
        try:
            if task.compared is not None:
                made = self._compared(made, task.compared, held)
            return self._with_page(made, held) if task.wants_page else made
        except ResultsError as error:
            return replace(made, comparison=None, left_out=error)

    def _compared(self, made: Made, base: SiteRun, held: dict[Path, Findings]) -> Made:
        """`made` with the comparison with `base`, if the two can be compared."""
        head, lang = made.task.run, self.options.lang
        links = links_of_comparison(base, head, lang)
        place = PagePlace(f"../{shared('comparison').folder}", links)
        title = title_of_comparison(base, head, lang)
        try:
            old, new = (_findings(run, held) for run in (base, head))
            with self._shown(compare_runs(old, new)) as shown:
                content = render_page(shown.runs, self._look(title), place).content
                judged = verdicts(shown.predictions.quality if shown.predictions else None)
                headline = compare_headline(shown, CompareWords(shown, load_language(lang)))
        except (ComparisonError, ResultsError) as error:
            return replace(made, not_compared=message(error, redact=self.redact))
        return replace(made, comparison=content, headline=headline, verdicts=judged)

    def _with_page(self, made: Made, held: dict[Path, Findings]) -> Made:
        """`made` with the report."""
        run, base, options = made.task.run, made.task.base, self.options
        linked = None if made.not_compared else base
        links = links_of_report(run, linked, options.lang)
        place = PagePlace(f"../../{shared('report').folder}", links)
        whole = _findings(run, held)
        with redacted(whole.results, options.lang, wanted=self.redact) as shown:
            quality = options.quality
            is_whole = shown is whole.results and quality == whole.quality
            findings = whole if is_whole else Findings(shown, quality=quality)
            gates = evaluate(self.gates, findings.figures) if self.gates else ()
            as_page = RenderOptions(
                lang=options.lang,
                max_size=options.max_size,
                layout="dir",
                quality=quality,
                gates=gates,
            )
            document = render_page(Runs(findings), as_page, place)
            entry = make_entry(
                run,
                findings,
                gates,
                source=made.task.source,
                series=run.series,
                commit=run.commit,
            )
        reduced = (*document.reduced, *filter(None, [misfit(findings.info.output, quality)]))
        return replace(made, entry=entry, page=document.content, reduced=reduced)

    def trend(self, task: TrendTask) -> TrendMade:
        """Make a trend page; there is none if results are damaged, or if no text is in the results
        of all runs."""
        runs, lang = task.runs, self.options.lang
        place = PagePlace(f"../{shared('comparison').folder}", links_of_trend(runs[-1], lang))
        title = title_of_trend(runs, task.n_runs, lang, is_whole=task.is_whole)
        try:
            first, *between, last = (Findings(open_results(run.folder)) for run in runs)
            whole = compare_runs(first, last, between=between, folders=_names(runs))
            with self._shown(whole) as shown:
                words, models = CompareWords(shown, load_language(lang)), shown.all_models
                page = replace(task.page, said=since_when(models, words) if models else ())
                return TrendMade(page, render_page(shown.runs, self._look(title), place).content)
        except (ComparisonError, ResultsError) as error:
            return TrendMade(task.page, failed=error)

    @contextmanager
    def _shown(self, whole: Comparison) -> Iterator[Comparison]:
        """A comparison as its page shows it."""
        judged = replace(whole, judging=self.options.judging)
        with redacted_comparison(judged, self.options.lang, wanted=self.redact) as shown:
            yield shown

    def _look(self, title: str) -> CompareOptions:
        options = self.options
        return CompareOptions(
            lang=options.lang,
            layout="dir",
            title=title,
            quality=options.quality,
            smallest_change=options.smallest_change,
        )


def _findings(run: SiteRun, held: dict[Path, Findings]) -> Findings:
    """The findings on the results of a run, from the cache where they are there."""
    findings = held.pop(run.folder, None)
    if findings is None:
        findings = Findings(open_results(run.folder))
    held[run.folder] = findings  # the last one
    for folder in list(held)[:-_HELD]:
        del held[folder]
    return findings


def _names(runs: Sequence[Dated]) -> list[str]:
    """A name for each run that no other has: its own name, else with its date, else its id."""
    names = [run.name for run in runs]
    dated = [f"{run.created} {run.name}" for run in runs]
    return [
        name if names.count(name) == 1 else date if dated.count(date) == 1 else run.id
        for run, name, date in zip(runs, names, dated, strict=True)
    ]
