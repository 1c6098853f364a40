"""Writes a site of reports: a page per run, comparisons of them, and the list of all."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from reportgen.comparison.compare import compare
from reportgen.errors import (
    ComparisonError,
    OutputError,
    ResultsError,
    UsageError,
    unwritten,
)
from reportgen.files import system
from reportgen.files.recovery import recover_at
from reportgen.files.staging import Staging
from reportgen.findings.figures.gates import Gate, evaluate
from reportgen.findings.findings import Findings
from reportgen.report.html import compare_page, page
from reportgen.report.html.assets import Place
from reportgen.report.options import CompareOptions, RenderOptions
from reportgen.report.redact.comparison import redacted_comparison
from reportgen.report.redact.run import redacted, redacted_info
from reportgen.report.site.entries import (
    SITE_FILE,
    Entry,
    Pair,
    Site,
    content_of,
    digest,
    make_entry,
    read_site,
    run_id,
)
from reportgen.report.site.index import address_of, write_index, write_latest
from reportgen.report.site.options import SiteOptions
from reportgen.results.small import open_whole
from reportgen.results.store import Results
from reportgen.version import __version__

_RUNS = "runs"  # the folder of the reports


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """A run whose results are at hand."""

    folder: Path
    name: str  # of the folder, whatever link leads to it
    id: str
    source: str
    results: Results


class SiteWriter:
    """Writes the site in a folder; what is there and has not changed is left as it is."""

    def __init__(
        self, folder: Path, options: SiteOptions, gates: Sequence[Gate], *, redact: bool
    ) -> None:
        self._folder = folder
        self._options = options
        self._gates = gates
        self._redact = redact
        self._said: list[str] = []
        self._staged: set[Path] = set()

    def write(self, folders: Sequence[Path], *, force: bool) -> list[str]:
        """Add the runs in `folders` to the site, and return a line for what was left out and
        written.

        Raises:
            UsageError: the folder is no site and not empty, without `force`; redacted reports
                would stand beside others; or another run writes it.
            ResultsError: none of the folders can be read, and the site has no run.
            OutputError: it cannot be written.
        """
        with _locked(self._folder):
            self._said += recover_at(self._folder / name for name in ("index.html", "runs/x/x"))
            old = self._old_site(force=force)
            runs = self._runs(folders, old)
            with Staging(force=True) as staging:
                entries = self._entries(runs, old, staging)
                if not entries:
                    raise ResultsError(f"no report was written: {'; '.join(self._said)}")
                pairs = self._pairs(entries, runs, old, staging)
                site = Site(entries, pairs, self._redact)
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
                    f"{self._folder}: not empty, and no site of reports; give another folder, or "
                    "--force to write into it"
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

    def _runs(self, folders: Sequence[Path], old: Site) -> dict[str, _Run]:
        """The runs by their ids; what cannot be read, or is there twice, is named. A run that the
        site has keeps its id, whatever its folder is called now."""
        known = {own.content: own.id for own in old.entries}
        found: dict[str, _Run] = {}
        for folder in folders:
            try:
                results = open_whole(folder)
                content = self._content(results)
            except ResultsError as error:
                self._leave_out(error)
                continue
            info = results.info
            name = Path(os.path.realpath(folder)).name
            id = run_id(info.created, name, content)
            id = known.get(content_of(id), id)
            made_of = (self._options.lang, self._options.max_size, self._gates, self._redact)
            source = digest([content.hex(), __version__, repr(made_of)])
            same = next((run for run in found.values() if run.source == source), None)
            if same is not None:
                self._said.append(f"{folder}: the same run as {same.folder}, so it is there once")
                continue
            found[id] = _Run(folder, name, id, source, results)
        return found

    def _content(self, results: Results) -> bytes:
        """What tells a run from all others: the facts on it, and the figures of its heads. Neither
        gives away a text that is redacted."""
        info = redacted_info(results, self._options.lang) if self._redact else results.info
        path = results.folder / "heads.parquet"
        try:
            heads = path.read_bytes()
        except OSError as error:
            raise ResultsError(f"{path}: cannot be read ({error.strerror})") from error
        return json.dumps(asdict(info), sort_keys=True).encode() + heads

    def _leave_out(self, error: ResultsError) -> None:
        message = error.unquoted if self._redact else str(error)
        self._said.append(f"left out: {message}")

    def _entries(self, runs: Mapping[str, _Run], old: Site, staging: Staging) -> tuple[Entry, ...]:
        """All runs in order of time; pages that are missing or of another source are written."""
        known = {own.id: own for own in old.entries if self._path(address_of(own)).exists()}
        for run in runs.values():
            if run.id in known and known[run.id].source == run.source:
                continue
            try:
                known[run.id] = self._write_run(run, staging)
            except ResultsError as error:
                self._leave_out(error)
                known.pop(run.id, None)
        return tuple(sorted(known.values(), key=lambda entry: entry.place))

    def _write_run(self, run: _Run, staging: Staging) -> Entry:
        options = self._options
        with redacted(run.results, options.lang, wanted=self._redact) as shown:
            findings = Findings(shown)
            gates = evaluate(self._gates, findings.figures) if self._gates else ()
            written = page.render(
                findings,
                RenderOptions(
                    lang=options.lang, max_size=options.max_size, layout="dir", gates=gates
                ),
                Place("../../assets/", "../../index.html"),
            )
            entry = make_entry(run.id, run.source, run.name, findings, gates)
        staging.file(self._path(address_of(entry)), written.content)
        self._stage_if_new("assets", written.files, staging)
        self._said += [f"{run.folder}: {line}" for line in written.reduced]
        return entry

    def _pairs(
        self, entries: Sequence[Entry], runs: Mapping[str, _Run], old: Site, staging: Staging
    ) -> tuple[Pair, ...]:
        """The comparisons of runs on the same texts."""
        known = {(own.base, own.head, own.source): own for own in old.pairs}
        found = []
        for base, head in _neighbours(entries, self._options):
            source = digest([base.source, head.source])
            pair = known.get((base.id, head.id, source))
            if pair is None or not self._path(f"compare/{pair.name}").exists():
                pair = self._write_pair(base, head, runs, staging)
            if pair is not None:
                found.append(pair)
        return tuple(found)

    def _write_pair(
        self, base: Entry, head: Entry, runs: Mapping[str, _Run], staging: Staging
    ) -> Pair | None:
        """The comparison of two runs; None where the results of one are not at hand."""
        if base.id not in runs or head.id not in runs:
            return None
        lang = self._options.lang
        try:
            compared = compare(Findings(runs[base.id].results), Findings(runs[head.id].results))
            with redacted_comparison(compared, lang, wanted=self._redact) as shown:
                content = compare_page.render(shown, CompareOptions(lang=lang), "../index.html")
        except ComparisonError as error:
            self._said.append(f"{runs[head.id].folder}: not compared: {error}")
            return None
        pair = Pair(base.id, head.id, digest([base.source, head.source]))
        staging.file(self._path(f"compare/{pair.name}"), content)
        return pair

    def _stage_lists(self, site: Site, staging: Staging) -> None:
        lists = {
            "index.html": write_index(site, self._options),
            "latest/index.html": write_latest(site, self._options),
            SITE_FILE: site.content(),
        }
        self._stage_if_new("", lists, staging)

    def _stage_if_new(self, folder: str, files: Mapping[str, bytes], staging: Staging) -> None:
        """Write those of `files` whose content is another one."""
        for name, content in files.items():
            path = self._path(f"{folder}/{name}" if folder else name)
            if path in self._staged or (path.exists() and path.read_bytes() == content):
                continue
            self._staged.add(path)
            staging.file(path, content)

    def _path(self, address: str) -> Path:
        return self._folder.joinpath(*address.split("/"))


def _neighbours(entries: Sequence[Entry], options: SiteOptions) -> Iterator[tuple[Entry, Entry]]:
    """The old and the new run of each comparison."""
    if options.against == "none":
        return
    base: dict[str, Entry] = {}
    for entry in entries:
        if entry.series in base:
            yield base[entry.series], entry
        if options.against == "previous" or entry.series not in base:
            base[entry.series] = entry


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


@contextmanager
def _locked(site: Path) -> Iterator[None]:
    """Keep other processes from writing the `site`, whose folder is made where there is none.

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
        raise OutputError(f"{site}: is a file, or lies in one; name a folder") from error
    except OSError as error:
        raise unwritten(site, error) from error
    finally:
        if number is not None:
            os.close(number)
        for path in missing:
            with suppress(OSError):  # not empty: the site is in it
                system.remove_empty(path)
