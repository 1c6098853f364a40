"""Notes on a merge request of GitLab, by python-gitlab."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from reportgen.errors import PublishError
from reportgen.publishing.comments import Comment, publish_comment
from reportgen.publishing.environment import Environment
from reportgen.publishing.host_requests import refused, require_short_wait, unreachable
from reportgen.publishing.publication import Publication, Published

_ADVICE = {
    401: "the token of $GITLAB_TOKEN is not valid, or has expired",
    403: "the token may not write notes; it needs the scope api and the role Reporter",
    404: "there is no such merge request, or the token may not see it",
    400: "GitLab takes no such text; write it with a smaller --md-limit",
}
_MEANING = (
    "a project access token with the scope api, as a masked variable; $CI_JOB_TOKEN may not write "
    "notes"
)


def publish(publication: Publication, environment: Environment, *, force: bool) -> Published:
    """Write or renew the comment on the merge request that this job runs for.

    Raises:
        UsageError: the environment does not say which it is.
        PublishError: the host refuses, or it is closed; or as for `publish_comment`.
    """
    return publish_comment(_MergeRequest(environment), publication, force=force)


class _MergeRequest:
    def __init__(self, environment: Environment) -> None:
        import gitlab

        token = environment.need("GITLAB_TOKEN", meaning=_MEANING)
        host = environment.find("GITLAB_URL", "CI_SERVER_URL") or "https://gitlab.com"
        project = environment.need("CI_PROJECT_ID", meaning="the number or path of the project")
        number = environment.need(
            "CI_MERGE_REQUEST_IID",
            meaning="the number of the merge request, which a merge request pipeline knows",
        )
        with _told():
            lab = gitlab.Gitlab(
                host, private_token=token, session=_session(), retry_transient_errors=True
            )
            lab.auth()
            assert lab.user is not None  # after `auth`
            self._user = lab.user.id
            self._request: Any = lab.projects.get(project, lazy=True).mergerequests.get(number)
        if self._request.state in ("closed", "merged"):
            state = self._request.state
            raise PublishError(f"{self._request.web_url}: {state}; reopen it to publish there")

    def comments(self) -> Sequence[Comment]:
        with _told():
            notes = self._request.notes.list(iterator=True, order_by="created_at", sort="asc")
            return [self._comment(note) for note in notes]

    def create(self, text: str) -> Comment:
        with _told():
            return self._comment(self._request.notes.create({"body": text}))

    def renew(self, comment: Comment, text: str) -> None:
        with _told():
            self._request.notes.update(int(comment.id), {"body": text})

    def remove(self, comment: Comment) -> None:
        with _told():
            self._request.notes.delete(int(comment.id))

    def _comment(self, note: Any) -> Comment:
        is_own = note.author["id"] == self._user
        return Comment(str(note.id), note.body, is_own, f"{self._request.web_url}#note_{note.id}")


def _session() -> Any:
    """A session that fails where GitLab asks for a long wait, which the library would do."""
    import requests

    def check(answer: requests.Response, *_: Any, **__: Any) -> None:
        require_short_wait(answer.status_code, answer.headers)

    session = requests.Session()
    session.hooks["response"].append(check)
    return session


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the library raises into an error that says what to do."""
    import gitlab
    from requests import RequestException

    try:
        yield
    except gitlab.GitlabError as error:
        status = error.response_code or 0
        raise refused(status, error.error_message, _ADVICE) from error
    except RequestException as error:
        raise unreachable(error) from error
