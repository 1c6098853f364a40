"""Which pages a site gets: what is there, what is to be made, and what came of it."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reportgen.api.site.files import SiteFiles
from reportgen.api.site.maker import Made, PageMaker, PageTask, TrendTask
from reportgen.api.site.runs import SiteRun, message
from reportgen.errors import some
from reportgen.report import Entry, Pair, Site, SiteOptions, TrendPage, address_of, digest, place_of
from reportgen.version import __version__

_LEAST = 3  # runs, as two have a comparison
MOST_RUNS = 7  # on a page; each takes about 0.2 s whenever a run is added
Key = tuple[str, str]  # the ids of the older and the newer run of a comparison


@dataclass(frozen=True, slots=True)
class Pages:
    """The reports and comparisons of a site."""

    entries: tuple[Entry, ...]  # in order of time
    pairs: tuple[Pair, ...]  # those that the list has
    others: tuple[Pair, ...]  # those that reports link to, but not the list


class SitePlan:
    """The reports and comparisons of a site: first those of before, then with what is made."""

    def __init__(
        self, old: Site, runs: Mapping[str, SiteRun], maker: PageMaker, files: SiteFiles
    ) -> None:
        """`runs` are those whose results were given, by their ids, and `old` is the site before."""
        self.runs = dict(runs)  # those whose results turn out to be whole
        self.n_left_out = 0  # the others
        self._given = runs
        self._maker = maker
        self._files = files
        self._entries = {
            entry.id: entry for entry in old.entries if files.path(address_of(entry)).exists()
        }
        self._pairs = {
            (pair.base, pair.head): pair
            for pair in (*old.pairs, *old.others)
            if self._entries.keys() >= {pair.base, pair.head} and files.path(pair.address).exists()
        }
        # The neighbours of before, with those that were taken away since.
        self._told = {*self._neighbours({entry.id: entry for entry in old.entries})}
        self._tried: set[Key] = set()
        self._failed: dict[Key, str] = {}  # why runs could not be compared
        self._reduced: dict[str, dict[str, SiteRun]] = {}  # what pages lack, and which pages

    def tasks(self) -> list[PageTask]:
        """The pages to make next: those that are missing or have changed, runs of a series side by
        side. Call it again afterwards: where a run turned out to be damaged, the runs on both sides
        of it are compared with each other."""
        every: dict[str, Entry | SiteRun] = {**self._entries, **self.runs}
        bases = {head: base for base, head in self._neighbours(every)}
        ordered = sorted(self.runs.values(), key=lambda run: (run.series, place_of(run)))
        tasks = [self._task(run, every.get(bases.get(run.id, ""))) for run in ordered]
        self._tried |= {(bases.get(run.id, ""), run.id) for run in ordered}
        return [task for task in tasks if task.wants_page or task.compared is not None]

    def _task(self, run: SiteRun, base: Entry | SiteRun | None) -> PageTask:
        """The pages to make for a run that is compared with `base`, if with any."""
        key = ("" if base is None else base.id, run.id)
        is_tried, known = key in self._tried, self._pairs.get(key)
        is_known = known is not None and known.source == self._pair(key).source
        compared = None if is_tried or is_known else self.runs.get(key[0])
        linked = None if known is None and compared is None else base
        source = self._source(run, linked)
        entry = self._entries.get(run.id)
        wants_page = entry is None or (entry.source != source and not is_tried)
        return PageTask(run, source, wants_page, linked, compared)

    def take(self, made: Made, say: Callable[[str], None]) -> None:
        """Note what came of a task; `say` is told of a run that is left out."""
        run, base = made.task.run, made.task.compared
        if base is not None:
            key = (base.id, run.id)
            self._failed[key] = made.not_compared
            if made.is_compared:
                self._pairs[key] = replace(
                    self._pair(key), said=made.headline, verdicts=made.verdicts
                )
        if made.left_out is not None:
            what = "not written anew" if run.id in self._entries else "left out"
            say(f"{what}: {message(made.left_out, redact=self._maker.redact)}")
            del self.runs[run.id]
            self.n_left_out += 1
        for line in made.reduced:
            self._reduced.setdefault(line, {})[run.id] = run
        if made.entry is not None:
            self._entries[run.id] = made.entry

    def pages(self) -> Pages:
        """All that the site has now."""
        listed = [*self._neighbours(self._entries)]
        others = [self._pairs[key] for key in sorted(self._pairs.keys() - listed)]
        return Pages(
            tuple(sorted(self._entries.values(), key=place_of)),
            tuple(self._pairs[key] for key in listed if key in self._pairs),
            tuple(pair for pair in others if self._files.is_linked(pair.name, pair.head)),
        )

    def said(self) -> Iterator[str]:
        """A line for each thing that pages lack, and for comparisons that are not there."""
        for line, of in self._reduced.items():
            runs = [*of.values()]
            yield f"{runs[0].folder if len(runs) == 1 else f'{len(runs)} reports'}: {line}"
        listed = [*self._neighbours(self._entries)]
        known = self._pairs.keys() | self._failed
        yield from self._not_given([key for key in listed if key not in known])
        for base, head in listed:
            if why := self._failed.get((base, head)):
                names = self._given[head].folder, self._given[base].name
                yield f"{names[0]}: not compared with {names[1]}: {why}"

    def _not_given(self, keys: Sequence[Key]) -> Iterator[str]:
        """A line about the comparisons in `keys`, for which results were not given. Those between
        runs of earlier calls are left out, as these calls told them, unless what stood between two
        of them was taken away."""
        keys = [key for key in keys if self._given.keys() & set(key) or key not in self._told]
        lacking = dict.fromkeys(id for key in keys for id in key if id not in self._given)
        names = some([self._entries[id].name for id in lacking])
        if len(keys) == 1 and lacking:
            base, head = (self._entries[id].name for id in keys[0])
            yield f"{head}: not compared with {base}; give the results of {names} too"
        elif lacking:
            n = len(keys)
            yield f"{n} comparisons could not be written: results of {names} were not given"

    def _neighbours(self, runs: Mapping[str, Entry | SiteRun]) -> Iterator[Key]:
        """The ids of the older and the newer run of each comparison that a site of `runs` has."""
        against = self._maker.options.against
        if against == "none":
            return
        base: dict[str, str] = {}
        for run in sorted(runs.values(), key=place_of):
            if run.series in base:
                yield base[run.series], run.id
            if against == "previous" or run.series not in base:
                base[run.series] = run.id

    def _source(self, run: SiteRun, base: Entry | SiteRun | None) -> str:
        """A hash of everything that the page of a run depends on, with what the site says about the
        run."""
        maker, options = self._maker, self._maker.options
        made_of = (options.lang, options.max_size, options.quality, maker.gates, maker.redact)
        base_id = "" if base is None else base.id
        return digest([run.id, run.commit, base_id, __version__, repr(made_of)])

    def _pair(self, key: Key) -> Pair:
        maker, options = self._maker, self._maker.options
        made_of = (options.lang, options.judging, maker.redact)
        return Pair(*key, digest([*key, __version__, repr(made_of)]))


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
    pages = []
    for series, ids in by_series.items():
        whole, newest = (
            TrendPage(series, shown, digest([*shown, str(n), *made_of]))
            for shown, n in ((_spread(ids), len(ids)), (tuple(ids[-MOST_RUNS:]), 0))
        )
        is_known = whole == before.get(series) or all(id in given for id in whole.runs)
        pages += [whole if is_known else newest] if len(ids) >= _LEAST else []
    return pages


def _spread(ids: Sequence[str]) -> tuple[str, ...]:
    """At most MOST_RUNS of `ids`, evenly spread, with the first and the last."""
    n, last = min(len(ids), MOST_RUNS), len(ids) - 1
    return tuple(ids[i * last // max(1, n - 1)] for i in range(n))


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
            page_runs = tuple(runs[id] for id in page.runs)
            tasks.append(TrendTask(page, page_runs, len(ids), ids[0] == page.runs[0]))
    return tasks
