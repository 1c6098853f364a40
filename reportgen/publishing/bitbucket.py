"""Comments on a pull request of Bitbucket Cloud, by its REST interface 2.0."""

from collections.abc import Iterator, Sequence
from typing import Any

from reportgen.errors import PublishError
from reportgen.publishing.comments import Comment, publish_comment
from reportgen.publishing.environment import Environment
from reportgen.publishing.host_requests import Session
from reportgen.publishing.publication import Publication, Published

_ADVICE = {
    401: "the token of $BITBUCKET_TOKEN is not valid, or has expired",
    403: "the token may not write comments; it needs the scope pullrequest:write",
    404: "there is no such pull request, or the token may not see it",
    413: "the text is too long; write it with a smaller --md-limit",
}
_MEANING = "a repository access token that may write pull requests, as a secured variable"


def publish(publication: Publication, environment: Environment, *, force: bool) -> Published:
    """Write or renew the comment on the pull request that this pipeline runs for.

    Raises:
        UsageError: the environment does not say which it is.
        PublishError: the host refuses, or it is closed; or as for `publish_comment`.
    """
    return publish_comment(_BitbucketPullRequest(environment), publication, force=force)


class _BitbucketPullRequest:
    def __init__(self, environment: Environment) -> None:
        token = environment.need("BITBUCKET_TOKEN", meaning=_MEANING)
        api = environment.find("BITBUCKET_API_URL") or "https://api.bitbucket.org/2.0"
        repository = environment.need(
            "BITBUCKET_REPO_FULL_NAME", meaning="workspace/name of the repository"
        )
        number = environment.need(
            "BITBUCKET_PR_ID",
            meaning="the number of the pull request, which a pipeline for one knows",
        )
        self._session = Session({"Authorization": f"Bearer {token}"}, _ADVICE)
        at = f"{api}/repositories/{repository}/pullrequests/{number}"
        self._comments = f"{at}/comments"
        request = self._session.ask("GET", at)
        address = request["links"]["html"]["href"]
        if request["state"] != "OPEN":
            raise PublishError(
                f"{address}: {request['state'].lower()}; open another to publish there"
            )
        self._user = self._who(api)

    def comments(self) -> Sequence[Comment]:
        return [self._comment(each) for each in self._all() if not each.get("deleted")]

    def create(self, text: str) -> Comment:
        return self._comment(self._session.ask("POST", self._comments, _body(text)))

    def renew(self, comment: Comment, text: str) -> None:
        self._session.ask("PUT", f"{self._comments}/{comment.id}", _body(text))

    def remove(self, comment: Comment) -> None:
        self._session.ask("DELETE", f"{self._comments}/{comment.id}")

    def _all(self) -> Iterator[Any]:
        address: str | None = f"{self._comments}?pagelen=100&sort=created_on"
        while address:
            page = self._session.ask("GET", address)
            yield from page["values"]
            address = page.get("next")

    def _comment(self, comment: Any) -> Comment:
        author = comment.get("user") or {}
        is_own = (
            author.get("uuid") == self._user if self._user else author.get("type") == "app_user"
        )
        address = comment["links"]["html"]["href"]
        return Comment(str(comment["id"]), comment["content"]["raw"], is_own, address)

    def _who(self, api: str) -> str | None:
        """The account of the token; None where the token may not ask: a repository's own writes
        as an app."""
        try:
            user = self._session.ask("GET", f"{api}/user")
        except PublishError:
            return None
        uuid: str | None = user.get("uuid")
        return uuid


def _body(text: str) -> object:
    return {"content": {"raw": text}}
