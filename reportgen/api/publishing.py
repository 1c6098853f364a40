"""Publishes what was written, from Python or for the command line."""

import os
from dataclasses import dataclass
from pathlib import Path

from reportgen.errors import UsageError
from reportgen.publishing import (
    PLACES,
    Publication,
    Published,
    PublishPlace,
    place_called,
    publish_at,
    read_publication,
)

_TITLE = "Attention of the headline model"


@dataclass(frozen=True, slots=True)
class PlannedPublication:
    """A text, and the place where it is to go."""

    place: PublishPlace
    publication: Publication

    def publish(self, *, force: bool = False) -> Published:
        """Publish it; see `publish`."""
        return publish_at(self.place, self.publication, os.environ, force=force)


def publish(
    file: str | Path,
    to: str,
    *,
    page: str | Path | None = None,
    title: str | None = None,
    force: bool = False,
) -> Published:
    """Publish a text that `reportgen` wrote: once, and renewed by later calls with a file of the
    same `--id`.

    Args:
        file: The text in the form of the place, such as `report.md` or `page.xml`, with its
            pictures in `img/` beside it.
        to: The place, such as `"github-pr"` or `"confluence"`. Where it is exactly and the token
            are read from the environment, as CI sets it.
        page: The full page, such as `report.html`, where the place takes files.
        title: The title of a page in a wiki.
        force: Replace also a page that `reportgen` did not write, and a redacted text by one that
            is not.

    Raises:
        UsageError: the file or the place is not known, or the environment lacks something.
        PublishError: the host refuses, or cannot be reached.
    """
    planned = planned_publication(Path(file), to, None if page is None else Path(page), title)
    return planned.publish(force=force)


def planned_publication(
    file: Path, to: str | None, page: Path | None = None, title: str | None = None
) -> PlannedPublication:
    """The text of `file` and the place called `to`, after checking that they fit together.

    Raises:
        UsageError: one is not known or cannot be read, or they do not fit together.
    """
    if to is None:
        names = ", ".join(place.name for place in PLACES)
        raise UsageError(f"--to is missing; use one of {names}")
    place = place_called(to)
    if title is not None and not place.is_page:
        raise UsageError(f"--title: {to} is a comment, which has none")
    if page is not None and not place.takes_page:
        raise UsageError(
            f"--page: {to} takes no HTML; write the text with --page-url, where the page is found"
        )
    if place.is_page and not title:
        raise UsageError(f"--title is missing: the title of the page, such as {_TITLE!r}")
    publication = read_publication(file, page, title or "")
    if publication.form != place.form:
        raise UsageError(
            f"{file}: not in the form of {to}; write it with `reportgen run {place.written}`"
        )
    if publication.files and not place.is_page:
        raise UsageError(
            f"{file}: shows pictures, and a comment takes none; write it with --images none"
        )
    return PlannedPublication(place, publication)
