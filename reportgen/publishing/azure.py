"""Comments on a pull request of Azure DevOps, by its REST interface 7.1."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from reportgen.errors import PublishError
from reportgen.publishing.comments import Comment, publish_comment
from reportgen.publishing.environment import Environment
from reportgen.publishing.host_requests import Session
from reportgen.publishing.publication import Publication, Published

_ADVICE = {
    401: "the token of $SYSTEM_ACCESSTOKEN is not valid, or has expired",
    403: "the build service may not write comments; give it the permission Contribute to pull "
    "requests",
    404: "there is no such pull request, or the token may not see it",
    413: "the text is too long; write it with a smaller --md-limit",
}
_MEANING = "in the step give `env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`"
_VERSION = "7.1"
_CLOSED = 4  # the status of a thread that waits for no answer


def publish(publication: Publication, environment: Environment, *, force: bool) -> Published:
    """Write or renew the comment on the pull request that this build runs for.

    Raises:
        UsageError: the environment does not say which it is.
        PublishError: the host refuses, or it is closed; or as for `publish_comment`.
    """
    return publish_comment(_AzurePullRequest(environment), publication, force=force)


class _AzurePullRequest:
    def __init__(self, environment: Environment) -> None:
        personal = environment.find("AZURE_DEVOPS_EXT_PAT")  # a person's token is a password
        if personal is None:
            token = environment.need("SYSTEM_ACCESSTOKEN", meaning=_MEANING)
            allowed = f"Bearer {token}"
        else:
            allowed = "Basic " + b64encode(f":{personal}".encode()).decode()
        collection = environment.need(
            "SYSTEM_COLLECTIONURI", meaning="the address of the organization"
        ).rstrip("/")
        project = environment.need("SYSTEM_TEAMPROJECTID", meaning="the project")
        repository = environment.need("BUILD_REPOSITORY_ID", meaning="the repository")
        number = environment.need(
            "SYSTEM_PULLREQUEST_PULLREQUESTID",
            meaning="the number of the pull request, which a build for one knows",
        )
        self._session = Session({"Authorization": allowed}, _ADVICE)
        at = f"{collection}/{project}/_apis/git/repositories/{repository}/pullRequests/{number}"
        self._threads = f"{at}/threads"
        user = self._ask("GET", f"{collection}/_apis/connectionData", version="7.1-preview")
        self._user = user["authenticatedUser"]["id"]
        request = self._ask("GET", at)
        self._address = f"{request['repository']['webUrl']}/pullrequest/{number}"
        if request["status"] != "active":
            raise PublishError(
                f"{self._address}: {request['status']}; reactivate it to publish there"
            )

    def comments(self) -> Sequence[Comment]:
        threads = self._ask("GET", self._threads)["value"]
        firsts = (thread["comments"][0] for thread in threads if thread["comments"])
        ids = (thread["id"] for thread in threads if thread["comments"])
        return sorted(
            (
                self._comment(thread, comment)
                for thread, comment in zip(ids, firsts, strict=True)
                if not comment.get("isDeleted")
            ),
            key=lambda comment: int(comment.id),
        )

    def create(self, text: str) -> Comment:
        comment = {"parentCommentId": 0, "commentType": 1, "content": text}
        thread = self._ask("POST", self._threads, {"comments": [comment], "status": _CLOSED})
        return self._comment(thread["id"], thread["comments"][0])

    def renew(self, comment: Comment, text: str) -> None:
        self._ask("PATCH", f"{self._threads}/{comment.id}/comments/1", {"content": text})

    def remove(self, comment: Comment) -> None:
        self._ask("DELETE", f"{self._threads}/{comment.id}/comments/1")

    def _comment(self, thread: int, comment: Any) -> Comment:
        address = f"{self._address}?discussionId={thread}"
        is_own = comment["author"]["id"] == self._user
        return Comment(str(thread), comment.get("content") or "", is_own, address)

    def _ask(self, method: str, address: str, body: object = None, version: str = _VERSION) -> Any:
        return self._session.ask(method, address, body, **{"api-version": version})
