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


@dataclass(frozen=True, slots=True)
class PlannedPublication:
    """A text, and the place where it is to go."""

    place: PublishPlace
    publication: Publication

    def publish(self, *, force: bool = False) -> Published:
        """Publish it; see `publish`."""
        return publish_at(self.place, self.publication, os.environ, force=force)


def publish(file: str | Path, to: str, *, force: bool = False) -> Published:
    """Publish Markdown that `reportgen` wrote as a comment on a pull request: written once, and
    renewed by later calls with a file of the same `--id`.

    Args:
        file: The Markdown, such as `report.md`, in the flavour of the host.
        to: The place: `"github-pr"`, `"gitlab-mr"`, `"azure-pr"` or `"bitbucket-pr"`. Which pull
            request it is and the token are read from the environment, as CI sets it.
        force: Replace also a redacted text by one that is not.

    Raises:
        UsageError: the file or the place is not known, or the environment lacks something.
        PublishError: the host refuses, or cannot be reached.
    """
    return planned_publication(Path(file), to).publish(force=force)


def planned_publication(file: Path, to: str | None) -> PlannedPublication:
    """The text of `file` and the place called `to`, after checking that they fit together.

    Raises:
        UsageError: one is not known, or the text was written for another kind of host.
    """
    if to is None:
        names = ", ".join(place.name for place in PLACES)
        raise UsageError(f"--to is missing; use one of {names}")
    place = place_called(to)
    publication = read_publication(file)
    if not publication.text.lstrip("\ufeff \n").startswith(place.begins):
        raise UsageError(
            f"{file}: written for another host than {to}; write it with --md-flavor {place.flavor}"
        )
    return PlannedPublication(place, publication)
