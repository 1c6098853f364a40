"""Messages about comparisons that a site lacks because results were not given."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from reportgen.errors import UsageError, some
from reportgen.report.site.entries import Entry, Pair


def not_compared(
    missing: Sequence[tuple[str, str]], entries: Mapping[str, Entry], given: Collection[str]
) -> Iterator[str]:
    """A line about the `missing` comparisons (pairs of run ids) of which a run's results were not
    `given`."""
    lacking = dict.fromkeys(id for pair in missing for id in pair if id not in given)
    names = some([entries[id].name for id in lacking])
    if len(missing) == 1 and lacking:
        base, head = (entries[id].name for id in missing[0])
        yield f"{head}: not compared with {base}; give the results of {names} too"
    elif lacking:
        n = len(missing)
        yield f"{n} comparisons could not be written: results of {names} were not given"


def is_linked(folder: Path, pair: Pair) -> bool:
    """Whether the report of the newer run, on the site in `folder`, links to the comparison."""
    page = folder / "runs" / pair.head / "index.html"
    return page.exists() and pair.name.encode() in page.read_bytes()


def no_runs(folder: Path) -> UsageError:
    """The error for a site in `folder` that has no run yet and was given none."""
    return UsageError(
        f"{folder}: no site yet; name folders that `reportgen analyze` wrote, e.g. runs/*"
    )
