"""Writes a site of reports: a page per run, comparisons of them, and the list of all; the pages are
made in this process or in several."""

import gc
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Self, TypeAlias

from reportgen.analysis import Pool
from reportgen.api.site.files import SiteFiles
from reportgen.api.site.maker import Made, PageMaker, PageTask, TrendMade, TrendTask
from reportgen.api.site.plan import SitePlan, trend_tasks, wanted_trends
from reportgen.api.site.runs import RunReader, SiteRun, message
from reportgen.errors import ResultsError, UsageError, counted, unwritten
from reportgen.files import Staging, lock, recover_at, require_here
from reportgen.findings import Findings, Gate
from reportgen.report import (
    Entry,
    Site,
    SiteOptions,
    TrendPage,
    address_of,
    comment_lines,
    load_language,
    pair_name,
    place_of,
    read_site,
    unredacted_lines,
)

Order: TypeAlias = Sequence[PageTask] | TrendTask
Answer: TypeAlias = tuple[Made, ...] | TrendMade

_AT_ONCE = 8  # runs that a process is given together: each is read for its own page and the next
_FEW = 4  # runs, below which another process takes longer to start than it saves
_GARBAGE = 50_000  # things made before garbage is looked for, in a process of its own


class PageWorkers:
    """Makes pages; a context manager. Its processes start with the first work that is worth it."""

    def __init__(self, maker: PageMaker) -> None:
        self._maker = maker
        self._workers = maker.options.workers or _processors()
        self._pool: Pool[Order, Answer] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool is not None:
            self._pool.__exit__(*error)

    def expect(self, n_tasks: int) -> None:
        """Start processes for so many tasks, if that is worth it, so that they are ready when the
        tasks are known."""
        number = min(self._workers, n_tasks)
        if self._pool is None and n_tasks > _FEW and number > 1:
            self._pool = Pool(number, partial(_working, self._maker), "give fewer of them")

    def pages(self, tasks: Sequence[PageTask]) -> Iterator[Made]:
        """Make the pages of all `tasks`, in any order. Neighbouring tasks share runs, so they go to
        the same process."""
        parts, rest = [], tasks
        while rest:  # fewer at the end, so that no process waits long for another one
            size = min(_AT_ONCE, -(-len(rest) // (2 * self._workers)))
            parts.append(rest[:size])
            rest = rest[size:]
        self.expect(len(tasks))
        for answer in self._answers(parts):
            if isinstance(answer, tuple):
                yield from answer

    def trends(self, tasks: Sequence[TrendTask]) -> Iterator[TrendMade]:
        """Make the trend pages of all `tasks`, in any order."""
        self.expect(len(tasks))
        for answer in self._answers(tasks):
            if isinstance(answer, TrendMade):
                yield answer

    def _answers(self, orders: Sequence[Order]) -> Iterator[Answer]:
        if self._pool is not None and len(orders) > 1:
            yield from self._pool.run(orders)
            return
        held: dict[Path, Findings] = {}
        for order in orders:
            yield _answer(self._maker, held, order)


@contextmanager
def _working(maker: PageMaker) -> Iterator[Callable[[Order], Answer]]:
    """Prepare a process that makes pages, and give its function for one order."""
    gc.freeze()
    gc.set_threshold(_GARBAGE)  # a page makes many things that stay until it is written
    held: dict[Path, Findings] = {}
    yield partial(_answer, maker, held)


def _answer(maker: PageMaker, held: dict[Path, Findings], order: Order) -> Answer:
    """Make the pages of one order. `held` is a cache of the findings of the last runs."""
    if isinstance(order, TrendTask):
        return maker.trend(order)
    return maker.make(order, held)


def _processors() -> int:
    """How many processors this process may use."""
    can_ask = hasattr(os, "sched_getaffinity")
    return len(os.sched_getaffinity(0)) if can_ask else os.cpu_count() or 1


RUNS = "runs"  # the folder of the reports


class SiteWriter:
    """Writes a site into a folder; files whose content has not changed are left as they are."""

    def __init__(
        self, folder: Path, options: SiteOptions, gates: Sequence[Gate], *, redact: bool
    ) -> None:
        self._folder = folder
        self._options = options
        self._redact = redact
        self._maker = PageMaker(options, gates, redact)
        self._said: list[str] = []
        self._n_new = 0  # reports that are written
        self.n_left_out = 0  # named folders whose results could not be read

    def write(self, folders: Sequence[Path], *, force: bool) -> list[str]:
        """Add the runs in `folders` to the site, and return a line for what was left out and
        written. Without folders a site is written anew as the runs on it are now.

        Raises:
            UsageError: the folder is an address, or a file, or no site and not empty, without
                `force`; there are no `folders`, and no site; redacted reports would stand beside
                others; or another run writes it.
            ResultsError: none of the folders can be read, and the site has no run.
            OutputError: it cannot be written.
        """
        require_here(self._folder)
        if not folders and read_site(self._folder) is None:
            raise UsageError(
                f"{self._folder}: no site yet; name folders that `reportgen analyze` wrote, "
                "e.g. runs/*"
            )
        with _locked(self._folder):
            self._said += recover_at(f"{top}/{RUNS}" for top, _, _ in os.walk(self._folder))
            old = self._old_site(force=force)
            with Staging(force=True) as staging, PageWorkers(self._maker) as workers:
                workers.expect(len(folders) - len(old.entries))
                reader = RunReader(self._options, self._said.append, redact=self._redact)
                runs = reader.read(folders, old)
                self.n_left_out += reader.n_left_out
                files = SiteFiles(self._folder, staging)
                site = self._written(old, runs, files, workers)
                files.lists(site, self._options)
                files.remove_old(site, self._options)
                staging.commit()
            files.remove_emptied()
        if self._redact:
            self._said.append(load_language(self._options.lang).say("redacted", "page"))
            self._said += unredacted_lines(self._options, (), load_language(self._options.lang))
        self._said += comment_lines(self._options, load_language(self._options.lang))
        self._said.append(
            f"{self._folder / 'index.html'}: {counted(len(site.entries), 'report')}, "
            f"{self._n_new} of them written now; {counted(len(site.pairs), 'comparison')}"
        )
        return self._said

    def _old_site(self, *, force: bool) -> Site:
        """The site that is there; one without runs where there is none yet."""
        old = read_site(self._folder)
        if old is None:
            if not force and any(path.name != RUNS for path in self._folder.iterdir()):
                raise UsageError(
                    f"{self._folder}: not empty, and not a site of reports; give another folder, "
                    "or --force to write into it"
                )
            return Site(is_redacted=self._redact)
        if self._redact and not old.is_redacted:
            raise UsageError(
                f"--redact: {self._folder} holds reports with texts; write the redacted ones into "
                "another folder"
            )
        if old.is_redacted and not self._redact:
            raise UsageError(
                f"{self._folder}: holds redacted reports; give --redact, or write those with texts "
                "into another folder"
            )
        return old

    def _written(
        self, old: Site, runs: Mapping[str, SiteRun], files: SiteFiles, workers: PageWorkers
    ) -> Site:
        """Write all reports, comparisons and trend pages that are missing or have changed, and
        give back what the site has now."""
        plan = SitePlan(old, runs, self._maker, files)
        while tasks := plan.tasks():
            made = [_stored(page, files) for page in workers.pages(tasks)]
            for page in sorted(made, key=lambda page: place_of(page.task.run)):
                plan.take(page, self._said.append)
        self.n_left_out += plan.n_left_out
        pages = plan.pages()
        self._n_new = sum(files.is_new(address_of(entry)) for entry in pages.entries)
        if not pages.entries:
            why = "; ".join(self._said) or "no run is left; give results"
            raise ResultsError(f"no report was written: {why}")
        self._said += plan.said()
        trends = self._trends(pages.entries, plan.runs, old, files, workers)
        return Site(pages.entries, pages.pairs, trends, self._redact, pages.others)

    def _trends(
        self,
        entries: Sequence[Entry],
        runs: Mapping[str, SiteRun],
        old: Site,
        files: SiteFiles,
        workers: PageWorkers,
    ) -> tuple[TrendPage, ...]:
        """Write the trend pages whose runs changed, if the results of all their runs are available;
        else the page of before stays, if its runs are all on the site."""
        ids = {entry.id for entry in entries}
        kept = {
            page.series: page
            for page in old.trends
            if files.path(page.address).exists() and ids.issuperset(page.runs)
        }
        wanted = wanted_trends(entries, self._options, kept, runs, redact=self._redact)
        failed = []
        for made in workers.trends(trend_tasks(wanted, kept, runs, entries)):
            address, series = made.page.address, made.page.series
            if made.content is not None:
                files.page(address, "comparison", made.content)
                kept[series] = made.page
            elif made.failed is not None:
                state = "not written anew" if series in kept else "not written"
                why = message(made.failed, redact=self._redact)
                failed.append(f"{files.path(address)}: {state}: {why}")
        self._said += sorted(failed)
        return tuple(kept[page.series] for page in wanted if page.series in kept)


def _stored(made: Made, files: SiteFiles) -> Made:
    """Write the pages of `made`, and give back the rest of it."""
    run, base = made.task.run, made.task.base
    if made.comparison is not None and base is not None:
        files.page(f"compare/{pair_name(base.id, run.id)}", "comparison", made.comparison)
    if made.page is not None and made.entry is not None:
        files.page(address_of(made.entry), "report", made.page)
    return made.without_pages()


@contextmanager
def _locked(site: Path) -> Iterator[None]:
    """Keep other processes from writing the `site` while the context is open. Its folder is made if
    there is none.

    The lock lies on the folder of the runs.
    """
    folder, number = site / RUNS, None
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # of a file system that knows no locks
            number = lock(folder)
            if number is None:
                raise UsageError(f"{site}: another run is writing this site; wait for it to end")
        yield
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError(f"{site}: is a file, or lies in one; name a folder") from error
    except OSError as error:
        raise unwritten(site, error) from error
    finally:
        if number is not None:
            os.close(number)
        for path in missing:
            with suppress(OSError):  # not empty: the site is in it
                path.rmdir()
