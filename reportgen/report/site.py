"""The list of the reports in a folder, read from the `summary.json` beside each of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import msgspec

from reportgen.errors import UsageError
from reportgen.files import Staging, check_target, read_within, recover_at
from reportgen.report.html.assets import SITE_STYLE_SHEETS, Assets, environment
from reportgen.report.language.language import Language, load_language
from reportgen.report.language.printable import inert
from reportgen.report.options import SiteOptions
from reportgen.results import SUMMARY_VERSION

_LIST = "index.html"
_TREND = "trend.html"  # of a comparison of several runs, beside the list
_MARK = b'<meta name="generator" content="reportgen site">'
_MARKED = 4096  # bytes of a page, within which the mark stands
_MOST_BYTES = 20_000_000  # of a summary
_END = "summary.json"  # of the name of a summary
_PAGES = ("report.html", "index.html")  # that a summary is of


@dataclass(frozen=True, slots=True)
class ListedGate:
    """A gate in a summary."""

    expression: str
    level: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """The figure in a summary that decides how good the model is."""

    decided_by: str
    value: float | None


@dataclass(frozen=True, slots=True)
class ListedRun:
    """What a summary says of its run."""

    model: str


@dataclass(frozen=True, slots=True)
class ListedSummary:
    """What the list takes from a summary."""

    schema_version: int
    created: str  # 2026-01-31
    provenance: ListedRun
    figures: dict[str, float | None]
    title: str | None = None
    quality: Decided | None = None
    gates: tuple[ListedGate, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A report in the list."""

    address: str
    name: str
    created: str
    model: str
    texts: str
    quality: str  # "" without labels
    gates: tuple[tuple[str, str], ...]  # class of the style sheet, and words


def write_site(folder: Path, options: SiteOptions) -> list[str]:
    """Write the list of the reports in `folder` as its index.html, and return a line for each
    summary that was left out, and for the list.

    Raises:
        UsageError: there is no report, or another page has that name and `--force` is not given.
        OutputError: the list cannot be written.
    """
    path, said = folder / _LIST, list[str]()
    check_target(path, force=options.force or _is_ours(path))
    said += recover_at([path])
    found = sorted(_found(folder, said), key=lambda one: _order(*one), reverse=True)
    if not found:
        raise UsageError(
            f"{folder}: no {_END} in it; write one beside each report, e.g. -o runs/1/report.html "
            f"-o runs/1/{_END}"
        )
    language = load_language(options.lang)
    rows = [_row(summary, file, folder, language) for file, summary in found]
    title = options.title or language.count("site", "title", len(rows))
    page = (
        environment()
        .get_template("site.html.jinja")
        .render(
            t=language.words,
            lang=language.code,
            title=title,
            rows=rows,
            trend=_TREND if (folder / _TREND).is_file() else "",
            assets=Assets("file", "", (), SITE_STYLE_SHEETS),
        )
    )
    with Staging(force=True) as staging:
        staging.file(path, page.encode())
        staging.commit()
    return [*said, f"{path}: {len(rows)} {'report' if len(rows) == 1 else 'reports'}"]


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return _MARK in stream.read(_MARKED)
    except OSError:
        return False


def _found(folder: Path, said: list[str]) -> Iterator[tuple[Path, ListedSummary]]:
    """The summaries in `folder` and the folders in it; `said` gets a line for each other file of
    such a name."""
    for path in sorted(folder.rglob(f"*{_END}")):
        try:
            summary = msgspec.json.decode(read_within(path, _MOST_BYTES), type=ListedSummary)
        except (OSError, ValueError, RecursionError):
            said.append(f"left out: {inert(str(path))}: not a summary that reportgen wrote")
            continue
        if summary.schema_version == SUMMARY_VERSION:
            yield path, summary
        else:
            said.append(f"left out: {inert(str(path))}: of another version; write it again")


def _order(path: Path, summary: ListedSummary) -> tuple[str, list[tuple[int, str]]]:
    """Sorts reports by date, those of a day by their names: `ck-200` before `ck-1000`."""
    parts = re.findall(r"\d{1,18}|\D+", str(path))
    return summary.created, [(int(p), "") if p.isdecimal() else (-1, p) for p in parts]


def _row(summary: ListedSummary, path: Path, folder: Path, language: Language) -> Row:
    page = _page_of(path, folder)
    decides, place = summary.quality, path.parent.relative_to(folder).as_posix()
    value = None if decides is None else decides.value
    return Row(
        address=quote(page.relative_to(folder).as_posix()),
        name=summary.title or (path.stem if place == "." else place),
        created=summary.created,
        model=summary.provenance.model,
        texts=language.count("site", "texts", int(summary.figures.get("n_texts") or 0)),
        quality=f"{decides.decided_by} {value:.3g}" if decides and value is not None else "",
        gates=_gates(summary.gates, language),
    )


def _page_of(path: Path, folder: Path) -> Path:
    """The page of the report whose summary is at `path`: of the same name, else the usual ones,
    else the only one beside it; the summary itself where there is none."""
    start = path.name.removesuffix(_END)
    names = (f"{start.rstrip('-_')}.html", f"{start}report.html") if start else _PAGES
    others = [page for page in path.parent.glob("*.html") if page != folder / _LIST]
    for page in (path.with_name(name) for name in names):
        if page in others:
            return page
    return others[0] if len(others) == 1 else path


def _gates(gates: Sequence[ListedGate], language: Language) -> tuple[tuple[str, str], ...]:
    """How many gates did not pass, by level, and which; or that all did."""
    states = (("failed", "fail"), ("warning", "warn"))
    told = []
    for state, level in states:
        if missed := [gate.expression for gate in gates if gate.level == level and not gate.passed]:
            count = language.count("site", f"gates_{state}", len(missed), of=len(gates))
            told.append((state, f"{count}: {', '.join(missed)}"))
    if gates and not told:
        told.append(("passed", language.count("site", "gates_passed", len(gates))))
    return tuple(told)
