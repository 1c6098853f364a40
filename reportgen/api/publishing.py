"""Publishes results, or what was written of them, from Python or for the command line."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from reportgen.errors import UsageError
from reportgen.files import scratch_folder
from reportgen.publishing import (
    PLACES,
    Publication,
    Published,
    PublishPlace,
    linked,
    place_called,
    publish_at,
    read_publication,
)

if TYPE_CHECKING:
    from reportgen.api.comparing.compare import ComparedReports
    from reportgen.api.report import Report

    Results: TypeAlias = Report | ComparedReports

_TITLE = "Attention of the headline model"
_PAGE = "report.html"  # written beside a text where the place takes it


@dataclass(frozen=True, slots=True)
class PlannedPublication:
    """A text, and the place where it is to go."""

    place: PublishPlace
    publication: Publication

    def publish(self, *, force: bool = False) -> Published:
        """Publish it; see `publish`."""
        return publish_at(self.place, self.publication, os.environ, force=force)


def publish(
    source: "str | Path | Results",
    to: str,
    *,
    page: str | Path | None = None,
    title: str | None = None,
    force: bool = False,
    redact: bool = False,
    **options: Any,
) -> Published:
    """Publish results, or a text that `reportgen` wrote of them: once, and renewed by later calls
    with the same `id`.

    Args:
        source: A report, a comparison, or the folder of results, which are written in the form of
            the place; or a text in that form, such as `report.md` or `page.xml`, with its pictures
            in `img/` beside it.
        to: The place, such as `"github-pr"` or `"confluence"`. Where it is exactly and the token
            are read from the environment, as CI sets it.
        page: The full page, such as `report.html`, where the place takes files; of results it is
            written.
        title: The title of a page in a wiki.
        force: Replace also a page that `reportgen` did not write, and a redacted text by one that
            is not.
        redact: Publish ids and rounded figures only: no texts, no tokens, no maps.
        **options: Of results, how they are written: `id`, `lang`, `page_url`, `commit`, ... as for
            `Report.save`.

    Raises:
        UsageError: the source or the place is not known, or the environment lacks something.
        PublishError: the host refuses, or cannot be reached.
        ResultsError: the folder of results is damaged.
    """
    sources = [Path(source) if isinstance(source, str) else source]
    page = None if page is None else Path(page)
    planned = planned_publication(sources, to, page, title, redact=redact, **options)
    return planned.publish(force=force)


def planned_publication(
    sources: "Sequence[Path | Results]",
    to: str | None,
    page: Path | None = None,
    title: str | None = None,
    *,
    redact: bool = False,
    **options: Any,
) -> PlannedPublication:
    """What is to go to the place called `to`, after checking that they fit together: a text that
    was written, or results. Several folders of results are compared.

    Raises:
        UsageError: one is not known or cannot be read, or they do not fit together.
        ResultsError: a folder of results is damaged.
    """
    if to is None:
        names = ", ".join(place.name for place in PLACES)
        raise UsageError(f"--to is missing; use one of {names}")
    place = place_called(to)
    _check_options(place, page, title)
    first = sources[0]
    if isinstance(first, Path) and not first.is_dir():
        if len(sources) > 1:
            raise UsageError(f"{first}: give one text, or folders of results, which are compared")
        publication = _written(first, place, page, title or "", redact=redact, options=options)
    else:
        publication = _of_results(_opened(sources), place, page, title, redact, options)
    return PlannedPublication(place, publication)


def _check_options(place: PublishPlace, page: Path | None, title: str | None) -> None:
    """Check that the place takes a title and a page, where they are given.

    Raises:
        UsageError: it does not, or lacks one.
    """
    if title is not None and not place.is_page:
        raise UsageError(f"--title: {place.name} is a comment, which has none")
    if page is not None and not place.takes_page:
        raise UsageError(
            f"--page: {place.name} takes no HTML; give --page-url, where the page is found"
        )
    if place.is_page and not title:
        raise UsageError(f"--title is missing: the title of the page, such as {_TITLE!r}")


def _written(
    file: Path,
    place: PublishPlace,
    page: Path | None,
    title: str,
    *,
    redact: bool,
    options: Mapping[str, Any],
) -> Publication:
    """The text at `file`, after checking that it is what is asked for.

    Raises:
        UsageError: it is not.
    """
    if place.shows_page and page is None:
        raise UsageError(
            f"--page is missing: {place.name} shows the full page, such as report.html"
        )
    publication = read_publication(file, page, title)
    if publication.form != place.form:
        raise UsageError(
            f"{file}: not in the form of {place.name}; write it with "
            f"`reportgen run {place.written}`, or give the results"
        )
    if publication.files.keys() - {publication.page} and not place.is_page:
        raise UsageError(
            f"{file}: shows pictures, and a comment takes none; write it with --images none"
        )
    if options.get("comment") is not None:
        raise UsageError(f"{file}: is written; write it with --comment, or give the results")
    if redact and not publication.is_redacted:
        raise UsageError(f"{file}: holds texts; write it with --redact, or give the results")
    if options.get("id") not in (None, publication.id):
        raise UsageError(f"{file}: has --id {publication.id}; write it with --id {options['id']}")
    address = options.get("page_url")
    if not address or address in unescape(publication.text):
        return publication
    if place.form != "markdown" or not re.fullmatch(r"[^\s()<>]+", address):
        raise UsageError(f"{file}: has no link to --page-url; write it with --page-url {address}")
    return replace(publication, text=linked(publication.text, address))


def _opened(sources: "Sequence[Path | Results]") -> "Results":
    """The report of one folder, or the comparison of several; what is open already stays."""
    from reportgen.api.comparing.compare import ComparedReports, compare
    from reportgen.api.report import Report, open_report

    if len(sources) > 1:
        return compare(*(each for each in sources if not isinstance(each, ComparedReports)))
    (source,) = sources
    return source if isinstance(source, (Report, ComparedReports)) else open_report(source)


def _of_results(
    results: "Results",
    place: PublishPlace,
    page: Path | None,
    title: str | None,
    redact: bool,
    options: Mapping[str, Any],
) -> Publication:
    """The results in the form of `place`, with the pictures and the page that it takes."""

    how = {name: value for name, value in options.items() if value is not None}
    if not place.takes_page:
        how.setdefault("page_url", _address_in_ci(os.environ))
    if place.flavor:
        how["md_flavor"] = place.flavor
    with scratch_folder() as folder:
        text = folder / place.file
        results.save(text, redact=redact, **how | {"images": place.images})
        if place.takes_page and page is None:
            page = folder / _PAGE
            results.save(page, redact=redact, **how)
        return read_publication(text, page, title or "")


def _address_in_ci(environment: Mapping[str, str]) -> str | None:
    """Where the run of this job is found, among whose artifacts the full page is; None outside
    CI."""
    for parts in _RUNS:
        values = [environment.get(part[1:], "") if part[0] == "$" else part for part in parts]
        if all(values):
            return "".join(values).replace(" ", "%20")
    return None


# The addresses of runs, by the variables that the hosts set.
_RUNS = (
    ("$GITHUB_SERVER_URL", "/", "$GITHUB_REPOSITORY", "/actions/runs/", "$GITHUB_RUN_ID"),
    ("$CI_JOB_URL", "/artifacts/browse"),
)  # fmt: skip
