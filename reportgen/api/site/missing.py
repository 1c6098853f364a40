"""What is missing on a site: comparisons whose results were not given, and what links to them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from reportgen.errors import UsageError, some
from reportgen.report.site.entries import Entry, Pair


def not_compared(
    missing: Sequence[tuple[str, str]], entries: Mapping[str, Entry], given: Collection[str]
) -> Iterator[str]:
    """A line on the comparisons that are `missing` as the results of a run were not `given`; all
    by ids."""
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
    """That there is nothing to write a site in `folder` from."""
    return UsageError(
        f"{folder}: no site yet; name folders that `reportgen analyze` wrote, e.g. runs/*"
    )
