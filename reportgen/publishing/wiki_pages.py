"""One page per id in a wiki: written once, renewed from then on, and no edit lost unseen."""

import random
import time
from dataclasses import dataclass
from typing import Protocol

from reportgen.errors import PublishError
from reportgen.publishing.publication import Publication, Published, id_of, is_redacted

_TRIES = 60  # many runs side by side can each find that another one was first
_TRIES_FOR_REASON = 20  # where someone holds the page
_WAIT, _LONGEST_WAIT = 0.05, 3.0  # seconds before another try, at most


class ConflictError(Exception):
    """The page has changed since it was read, or cannot be changed now, for a reason."""


@dataclass(frozen=True, slots=True)
class PageVersion:
    """A page as it stands."""

    text: str
    version: str  # by which the wiki knows whether it has changed since
    address: str


class WikiPage(Protocol):
    """One page of a wiki. Every call may raise a PublishError."""

    def read(self) -> PageVersion | None:
        """The page as it stands; None where there is none."""

    def prepare(self, publication: Publication) -> PageVersion:
        """Make an empty page with the marker of `publication`, or return one without a version
        where the wiki needs none to hold files.

        Raises:
            ConflictError: there is one by now.
        """

    def upload(self, publication: Publication) -> None:
        """Put the files of `publication` where the text looks for them."""

    def write(self, publication: Publication, over: PageVersion) -> PageVersion:
        """Replace the text of the page.

        Raises:
            ConflictError: it has changed since `over` was read.
        """


def publish_page(page: WikiPage, publication: Publication, *, force: bool) -> Published:
    """Write `publication` to its page: files first, the text last, so that no page lacks a picture.

    Where someone changes the page meanwhile it is read, and judged, again.

    Raises:
        PublishError: the wiki refuses; or, without `force`, the page that is there is not one of
            `reportgen` with this id, or is redacted and the publication is not.
    """
    is_made = is_uploaded = False
    reason = ""
    for number in range(_TRIES):
        if number:  # runs side by side wait for different times, or they would meet again
            time.sleep(random.uniform(0, min(_WAIT * 2**number, _LONGEST_WAIT)))
        try:
            before = page.read()
            if before is not None and not force:
                _require_own(before, publication)
            over = before or page.prepare(publication)
            is_made |= before is None and over.version != ""
            if not is_uploaded:
                page.upload(publication)
                is_uploaded = True
            after = page.write(publication, over)
        except ConflictError as error:
            reason = str(error)
            if reason and number >= _TRIES_FOR_REASON:
                break
            continue
        is_same = before is not None and before.version == after.version
        is_new = is_made or before is None
        return Published(
            after.address, "created" if is_new else "unchanged" if is_same else "renewed"
        )
    raise PublishError(
        reason or "the page was changed each time that it was to be written; try again later"
    )


def _require_own(before: PageVersion, publication: Publication) -> None:
    """Check that the page may be replaced.

    Raises:
        PublishError: it may not.
    """
    id = id_of(before.text)
    if id is None:
        raise PublishError(
            f"{before.address}: a page that reportgen did not write; name another with --title, or "
            "give --force to replace it"
        )
    if id != publication.id:
        raise PublishError(
            f"{before.address}: the page of --id {id}, not of {publication.id}; name another with "
            "--title, or give --force to replace it"
        )
    if is_redacted(before.text) and not publication.is_redacted:
        raise PublishError(
            f"{before.address}: its texts are redacted, and those to publish are not; write them "
            "with --redact, or give --force"
        )
