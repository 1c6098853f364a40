"""Writes a site of reports: a page per run, comparisons of them, and the list of all."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from reportgen.api.site.missing import is_linked, no_runs, not_compared
from reportgen.api.site.pages import Made, Maker, Task, make_all
from reportgen.api.site.runs import Run, RunReader
from reportgen.api.site.trends import make_trend, wanted_trends
from reportgen.errors import ComparisonError, ResultsError, UsageError, unwritten
from reportgen.files import system
from reportgen.files.recovery import recover_at
from reportgen.files.staging import Staging
from reportgen.findings.figures.gates import Gate
from reportgen.report.site.entries import (
    SITE_FILE,
    Entry,
    Pair,
    Site,
    TrendPage,
    digest,
    pair_name,
    place_of,
    read_site,
)
from reportgen.report.site.index import address_of, write_index, write_latest
from reportgen.report.site.options import SiteOptions
from reportgen.report.site.shared import Kind, shared
from reportgen.version import __version__

_RUNS = "runs"  # the folder of the reports


class SiteWriter:
    """Writes a site into a folder; files whose content has not changed are left as they are."""

    def __init__(
        self, folder: Path, options: SiteOptions, gates: Sequence[Gate], *, redact: bool
    ) -> None:
        self._folder = folder
        self._options = options
        self._gates = gates
        self._redact = redact
        self._said: list[str] = []
        self._reader = RunReader(options, self._said.append, redact=redact)
        self._maker = Maker(options, gates, redact)
        self._is_staged: set[Path] = set()

    def write(self, folders: Sequence[Path], *, force: bool) -> list[str]:
        """Add the runs in `folders` to the site, and return a line for what was left out and
        written. Without folders a site is written anew as the runs on it are now.

        Raises:
            UsageError: the folder is a file, or no site and not empty, without `force`; there are
                no `folders`, and no site; redacted reports would stand beside others; or another
                run writes it.
            ResultsError: none of the folders can be read, and the site has no run.
            OutputError: it cannot be written.
        """
        if not folders and read_site(self._folder) is None:
            raise no_runs(self._folder)
        with _locked(self._folder):
            self._said += recover_at(self._folder / name for name in ("index.html", "runs/x/x"))
            old = self._old_site(force=force)
            runs = self._reader.read(folders, old)
            with Staging(force=True) as staging:
                entries, pairs, others = self._pages(runs, old, staging)
                if not entries:
                    why = "; ".join(self._said) or "no run is left; give results"
                    raise ResultsError(f"no report was written: {why}")
                self._remove_old((*pairs, *others), staging)
                trends = self._trends(entries, runs, old, staging)
                site = Site(entries, pairs, trends, self._redact, others)
                self._stage_lists(site, staging)
                staging.commit()
        n_new = sum(entry.source not in {own.source for own in old.entries} for entry in entries)
        self._said.append(
            f"{self._folder / 'index.html'}: {_counted(len(entries), 'report')}, {n_new} of them "
            f"written now; {_counted(len(pairs), 'comparison')}"
        )
        return self._said

    def _old_site(self, *, force: bool) -> Site:
        old = read_site(self._folder)
        if old is None:
            if not force and any(path.name != _RUNS for path in self._folder.iterdir()):
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

    def _pages(
        self, runs: dict[str, Run], old: Site, staging: Staging
    ) -> tuple[tuple[Entry, ...], tuple[Pair, ...], tuple[Pair, ...]]:
        """All runs in order of time, their comparisons, and others that reports link to. Pages
        that are missing, or of another source, are written; a run whose results are damaged is
        taken out, and what lies on both sides of it is compared."""
        entries = {own.id: own for own in old.entries if self._path(address_of(own)).exists()}
        pairs = {(own.base, own.head): own for own in (*old.pairs, *old.others)}
        pairs = {key: own for key, own in pairs.items() if self._is_there(own)}
        given = dict(runs)  # those that turn out to be damaged too
        tried: set[tuple[str, str]] = set()
        failed: dict[tuple[str, str], str] = {}  # why runs could not be compared
        reduced: dict[str, dict[str, Run]] = {}  # what is said of pages, and of which
        while tasks := self._tasks(runs, entries, pairs, tried):
            found = make_all(self._maker, tasks, self._options.workers)
            for made in sorted(
                self._staged(found, staging), key=lambda made: place_of(made.task.run)
            ):
                task = made.task
                if task.compared is not None:
                    pair = self._pair(task.compared.id, task.run.id)
                    failed[pair.base, pair.head] = made.not_compared
                    if made.comparison:
                        pairs[pair.base, pair.head] = replace(pair, said=made.said)
                if made.left_out is not None:
                    self._reader.leave_out(made.left_out, is_known=task.run.id in entries)
                    del runs[task.run.id]
                for line in made.reduced:
                    reduced.setdefault(line, {})[task.run.id] = task.run
                if made.entry is not None:
                    entries[task.run.id] = made.entry
        self._said += [f"{_named([*of.values()])}: {line}" for line, of in reduced.items()]
        placed = sorted(entries.values(), key=place_of)
        listed = [(base.id, head.id) for base, head in _neighbours(placed, self._options)]
        missing = [key for key in listed if key not in pairs and key not in failed]
        self._said += not_compared(missing, entries, given)
        for base, head in (key for key in listed if failed.get(key)):
            said = failed[base, head]
            self._said.append(f"{given[head].folder}: not compared with {given[base].name}: {said}")
        others = (pairs[key] for key in sorted(pairs.keys() - listed))
        kept = (own for own in others if own.head not in runs and is_linked(self._folder, own))
        return tuple(placed), tuple(pairs[key] for key in listed if key in pairs), tuple(kept)

    def _tasks(
        self,
        runs: Mapping[str, Run],
        entries: Mapping[str, Entry],
        pairs: Mapping[tuple[str, str], Pair],
        tried: set[tuple[str, str]],
    ) -> list[Task]:
        """What is to be made, runs of a series side by side; `tried` takes the comparisons that
        are tried now."""
        every: dict[str, Entry | Run] = {**entries, **runs}
        placed = sorted(every.values(), key=place_of)
        bases = {head.id: base.id for base, head in _neighbours(placed, self._options)}
        tasks = []
        for run in sorted(runs.values(), key=lambda run: (run.series, place_of(run))):
            key = (bases.get(run.id, ""), run.id)
            known = pairs.get(key)
            is_known = known is not None and known.source == self._pair(*key).source
            can_compare = key[0] in runs and key not in tried
            wants_comparison = can_compare and not is_known
            is_linked = wants_comparison or key in pairs
            source = self._source(run, key[0] if is_linked else "")
            own = entries.get(run.id)
            wants_page = own is None or (own.source != source and key not in tried)
            if wants_page or wants_comparison:
                base = every[key[0]] if is_linked else None
                compared = runs[key[0]] if wants_comparison else None
                tasks.append(Task(run, source, wants_page, base, compared))
            tried.add(key)
        return tasks

    def _source(self, run: Run, base: str) -> str:
        """A hash of everything that the page of a run depends on, with what the site says about the
        run."""
        options = self._options
        made_of = (options.lang, options.max_size, self._gates, self._redact)
        return digest([run.id, run.commit, base, __version__, repr(made_of)])

    def _pair(self, base: str, head: str) -> Pair:
        return Pair(
            base, head, digest([base, head, __version__, self._options.lang, repr(self._redact)])
        )

    def _is_there(self, pair: Pair) -> bool:
        """Whether a comparison and both of its reports exist."""
        files = (
            f"compare/{pair.name}",
            *(f"runs/{id}/index.html" for id in (pair.base, pair.head)),
        )
        return all(self._path(file).exists() for file in files)

    def _staged(self, found: Iterable[Made], staging: Staging) -> Iterator[Made]:
        """Write the pages in `found`, and pass on the rest of it."""
        for made in found:
            run, base = made.task.run, made.task.base
            if made.comparison is not None and base is not None:
                name = pair_name(base.id, run.id)
                staging.file(self._path(f"compare/{name}"), made.comparison)
                self._stage_shared("comparison", staging)
            if made.page is not None:
                staging.file(self._path(f"runs/{run.id}/index.html"), made.page)
                self._stage_shared("report", staging)
            yield replace(made, page=None, comparison=made.comparison and b"written")

    def _stage_shared(self, kind: Kind, staging: Staging) -> None:
        """Write the files that all pages of a kind share, if they are missing."""
        own = shared(kind)
        self._stage_if_new(own.folder.rstrip("/"), own.files, staging)

    def _stage_lists(self, site: Site, staging: Staging) -> None:
        lists = {
            "index.html": write_index(site, self._options),
            "latest/index.html": write_latest(site, self._options),
            SITE_FILE: site.content(),
        }
        self._stage_if_new("", lists, staging)
        self._stage_shared("list", staging)

    def _trends(
        self, entries: Sequence[Entry], runs: Mapping[str, Run], old: Site, staging: Staging
    ) -> tuple[TrendPage, ...]:
        """The pages on the course of runs. One whose runs are others than before is written where
        the results of all are at hand; else that of before stays, if its runs are all there."""
        ids = {entry.id for entry in entries}
        before = {
            own.series: own
            for own in old.trends
            if self._path(own.address).exists() and ids.issuperset(own.runs)
        }
        kept = []
        for wanted in wanted_trends(entries, self._options, redact=self._redact):
            known = before.get(wanted.series)
            if wanted != known:
                try:
                    page = make_trend(wanted, runs, self._options, redact=self._redact)
                except (ComparisonError, ResultsError) as error:
                    why = error.unquoted if self._redact else error
                    state = "not written" if known is None else "not written anew"
                    self._said.append(f"{self._path(wanted.address)}: {state}: {why}")
                else:
                    staging.file(self._path(wanted.address), page)
                    self._stage_shared("comparison", staging)
                    known = wanted
            kept += [] if known is None else [known]
        shown = {self._path(own.address) for own in kept}
        for path in sorted(self._path("trend").glob("*.html")):
            if path not in shown:
                staging.remove(path)
        return tuple(kept)

    def _remove_old(self, pairs: Iterable[Pair], staging: Staging) -> None:
        """Remove all comparisons but `pairs`."""
        names = {pair.name for pair in pairs}
        for path in sorted(self._path("compare").glob("*..*.html")):
            if path.name not in names:
                staging.remove(path)

    def _stage_if_new(self, folder: str, files: Mapping[str, bytes], staging: Staging) -> None:
        """Write those of `files` whose content has changed."""
        for name, content in files.items():
            path = self._path(f"{folder}/{name}" if folder else name)
            if path in self._is_staged or (path.exists() and path.read_bytes() == content):
                continue
            self._is_staged.add(path)
            staging.file(path, content)

    def _path(self, address: str) -> Path:
        return self._folder.joinpath(*address.split("/"))


def _neighbours(
    placed: Iterable[Entry | Run], options: SiteOptions
) -> Iterator[tuple[Entry | Run, Entry | Run]]:
    """The old and the new run of each comparison, given runs in order of time."""
    if options.against == "none":
        return
    base: dict[str, Entry | Run] = {}
    for run in placed:
        if run.series in base:
            yield base[run.series], run
        if options.against == "previous" or run.series not in base:
            base[run.series] = run


def _named(runs: Sequence[Run]) -> str:
    return str(runs[0].folder) if len(runs) == 1 else f"{len(runs)} reports"


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


@contextmanager
def _locked(site: Path) -> Iterator[None]:
    """Keep other processes from writing the `site` while the context is open. Its folder is made if
    there is none.

    The lock lies on the folder of the runs, in which no file is written: those in which files are
    are locked while these get their names.
    """
    folder, number = site / _RUNS, None
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        system.make_folder(folder)
        with suppress(OSError):  # of a file system that knows no locks
            number = system.lock(folder)
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
                system.remove_empty(path)
