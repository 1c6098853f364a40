"""One comment per id on a pull request: written once, renewed from then on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from reportgen.errors import PublishError
from reportgen.publishing.publication import Publication, Published, id_of, is_redacted


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that stands on a pull request."""

    id: str
    text: str
    is_own: bool  # whether the account that publishes wrote it
    address: str


class PullRequest(Protocol):
    """The comments of one pull request. Every call may raise a PublishError."""

    def comments(self) -> Sequence[Comment]:
        """All comments, the oldest first."""

    def create(self, text: str) -> Comment:
        """Write a comment."""

    def renew(self, comment: Comment, text: str) -> None:
        """Replace the text of a comment."""

    def remove(self, comment: Comment) -> None:
        """Remove a comment."""


def publish_comment(
    pull_request: PullRequest, publication: Publication, *, force: bool
) -> Published:
    """Write `publication` as a comment, or renew the one that has its id.

    A comment of another account is left as it is, whatever its first line says: who wrote it could
    change it later. Where runs side by side have each written one, the oldest stays.

    Raises:
        PublishError: the host refuses, or the comment that is there is redacted, the publication is
            not, and `force` is not given.
    """
    comments = _own(pull_request, publication)
    if not comments:
        created = pull_request.create(publication.text)
        first, *later = _own(pull_request, publication) or [created]
        for comment in later:
            _remove(pull_request, comment)
        if first.id != created.id:
            pull_request.renew(first, publication.text)
        return Published(first.address, "created" if first.id == created.id else "renewed")
    first = comments[0]
    if is_redacted(first.text) and not publication.is_redacted and not force:
        raise PublishError(
            f"{first.address}: its texts are redacted, and those to publish are not; write them "
            "with --redact, or give --force"
        )
    if _same(first.text, publication.text):
        return Published(first.address, "unchanged")
    pull_request.renew(first, publication.text)
    return Published(first.address, "renewed")


def _remove(pull_request: PullRequest, comment: Comment) -> None:
    """Remove a comment, which another run may have removed by now."""
    try:
        pull_request.remove(comment)
    except PublishError as error:
        if error.status not in (404, 410):
            raise


def _own(pull_request: PullRequest, publication: Publication) -> list[Comment]:
    return [
        comment
        for comment in pull_request.comments()
        if comment.is_own and id_of(comment.text) == publication.id
    ]


def _same(text: str, other: str) -> bool:
    """Whether two texts are the same to a host, which may change the ends of lines and of texts."""
    return text.strip().splitlines() == other.strip().splitlines()
