"""Comments on a pull request of GitHub, by PyGithub."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.errors import PublishError
from reportgen.publishing.comments import Comment, publish_comment
from reportgen.publishing.environment import Environment
from reportgen.publishing.host_requests import BoundedWaits, refused, unreachable
from reportgen.publishing.publication import Publication, Published

if TYPE_CHECKING:
    from github.IssueComment import IssueComment

_ADVICE = {
    401: "the token of $GITHUB_TOKEN is not valid, or has expired",
    403: "the token may not write comments; give the job `permissions: pull-requests: write`",
    404: "there is no such pull request, or the token may not see it",
    410: "the pull request is locked or gone",
    422: "the text is too long; write it with a smaller --md-limit",
}
_MEANING = "on GitHub Actions give the step `env: GITHUB_TOKEN: ${{ github.token }}`"


def publish(publication: Publication, environment: Environment, *, force: bool) -> Published:
    """Write or renew the comment on the pull request that this job runs for.

    Raises:
        UsageError: the environment does not say which it is.
        PublishError: the host refuses, or it is closed; or as for `publish_comment`.
    """
    return publish_comment(_GitHubPullRequest(environment), publication, force=force)


class _GitHubPullRequest:
    def __init__(self, environment: Environment) -> None:
        from github import Auth, Github, GithubRetry

        class ShortGithubRetry(BoundedWaits, GithubRetry):
            """Waits for a busy host, but not until the next hour's requests."""

        token = environment.need("GITHUB_TOKEN", "GH_TOKEN", meaning=_MEANING)
        name = environment.need("GITHUB_REPOSITORY", meaning="owner/name of the repository")
        api = environment.find("GITHUB_API_URL") or "https://api.github.com"
        with _told():
            self._github = Github(
                auth=Auth.Token(token),
                base_url=api,
                per_page=100,
                retry=ShortGithubRetry(total=5),
                lazy=True,
            )
            repository = self._github.get_repo(name)
            self._issue = _number(environment, repository)
            if self._issue.state == "closed":
                raise PublishError(f"{self._issue.html_url}: closed; reopen it to publish there")

    def comments(self) -> Sequence[Comment]:
        with _told():
            return [self._comment(each) for each in self._issue.get_comments()]

    def create(self, text: str) -> Comment:
        with _told():
            return self._comment(self._issue.create_comment(text))

    def renew(self, comment: Comment, text: str) -> None:
        with _told():
            self._issue.get_comment(int(comment.id)).edit(text)

    def remove(self, comment: Comment) -> None:
        with _told():
            self._issue.get_comment(int(comment.id)).delete()

    def _comment(self, comment: "IssueComment") -> Comment:
        is_own = self._wrote(comment.user.login, comment.user.type)
        return Comment(str(comment.id), comment.body or "", is_own, comment.html_url)

    @cached_property
    def _wrote(self) -> Callable[[str, str], bool]:
        """Whether the account of the token is the one of a login and type. A job's own token may
        not ask who it is, and writes as a bot."""
        from github import GithubException

        try:
            login = self._github.get_user().login
        except GithubException:
            return lambda name, kind: kind == "Bot" and name == "github-actions[bot]"
        return lambda name, _: name == login


def _number(environment: Environment, repository: Any) -> Any:
    """The pull request as an issue, whose comments those of the conversation are.

    A job of the event `workflow_run`, which alone may write on pull requests of forks, runs for
    none by itself: it is the open one of the branch that the first workflow ran on.
    """
    event = _event(environment)
    number = environment.find("REPORTGEN_PULL_REQUEST")
    number = number or event.get("pull_request", {}).get("number") or event.get("number")
    run = event.get("workflow_run")
    if number is None and run:
        owner = run["head_repository"]["owner"]["login"]
        head = f"{owner}:{run['head_branch']}"
        open_requests = list(repository.get_pulls(state="open", head=head))
        number = next(
            (each.number for each in open_requests if each.head.sha == run["head_sha"]),
            open_requests[0].number if open_requests else None,
        )
        if number is None:
            raise PublishError(f"no open pull request of {head}; it may be closed by now")
    if number is None:
        number = environment.need(
            "REPORTGEN_PULL_REQUEST",
            meaning="the number of the pull request, which a job for the event pull_request knows",
        )
    return repository.get_issue(int(number))


def _event(environment: Environment) -> dict[str, Any]:
    path = environment.find("GITHUB_EVENT_PATH")
    if path is None or not Path(path).is_file():
        return {}
    event: dict[str, Any] = json.loads(Path(path).read_text("utf-8"))
    return event


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the library raises into an error that says what to do. Its own lines about each
    request, which it prints, are left out."""
    from github import GithubException
    from requests import RequestException

    log = logging.getLogger("github")
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    except GithubException as error:
        raise refused(error.status, error.data or error, _ADVICE) from error
    except RequestException as error:
        raise unreachable(error) from error
    finally:
        log.setLevel(level)
