"""A page of a wiki that is a git repository: Markdown with its pictures, pushed in one commit."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from reportgen.errors import UsageError
from reportgen.publishing.environment import Environment
from reportgen.publishing.git_repository import (
    HostedRepository,
    PageFiles,
    account_header,
    publish_files,
)
from reportgen.publishing.publication import Publication, Published

_NOT_IN_NAMES = re.compile(r'[\s/\\:*?"<>|#%.]+')  # of files, on any system and host
_MISSING = "there is no such wiki; switch it on and make its first page by hand"
GITHUB_TOKEN = "on GitHub Actions give the step `env: GITHUB_TOKEN: ${{ github.token }}`"
GITLAB_TOKEN = "a project access token with the scope write_repository"


def publish_to_github(
    publication: Publication, environment: Environment, *, force: bool
) -> Published:
    """Write or renew a page of the wiki of a repository on GitHub.

    Raises:
        UsageError: the environment does not say where, or git is not installed.
        PublishError: the host refuses; or as for `publish_page`.
    """
    token = environment.need("GITHUB_TOKEN", "GH_TOKEN", meaning=GITHUB_TOKEN)
    name = environment.need("GITHUB_REPOSITORY", meaning="owner/name of the repository")
    host = (environment.find("GITHUB_SERVER_URL") or "https://github.com").rstrip("/")
    wiki = HostedRepository(
        address=f"{host}/{name}.wiki.git",
        host=host,
        allowed=account_header("x-access-token", token),
        right="give the job `permissions: contents: write`",
        missing=_MISSING,
    )
    page = _page(publication.title, f"{host}/{name}/wiki/")
    return publish_files(wiki, page, _beside, publication, force=force)


def publish_to_gitlab(
    publication: Publication, environment: Environment, *, force: bool
) -> Published:
    """Write or renew a page of the wiki of a project on GitLab.

    Raises:
        UsageError: the environment does not say where, or git is not installed.
        PublishError: the host refuses; or as for `publish_page`.
    """
    token = environment.need("GITLAB_TOKEN", meaning=GITLAB_TOKEN)
    name = environment.need("CI_PROJECT_PATH", meaning="group/name of the project")
    host = (environment.find("CI_SERVER_URL") or "https://gitlab.com").rstrip("/")
    wiki = HostedRepository(
        address=f"{host}/{name}.wiki.git",
        host=host,
        allowed=account_header("oauth2", token),
        right="the token needs the scope write_repository and the role Developer",
        missing=_MISSING,
    )
    page = _page(publication.title, f"{host}/{name}/-/wikis/")
    return publish_files(wiki, page, _beside, publication, force=force)


def file_name(title: str) -> str:
    """A file's or folder's name for a page with this `title`.

    Raises:
        UsageError: no letter of it can be in one.
    """
    name = _NOT_IN_NAMES.sub("-", title).strip("-")
    if not name:
        raise UsageError(f"--title {title!r}: no letter of it can name a file")
    return name


def _page(title: str, pages: str) -> PageFiles:
    name = file_name(title)
    return PageFiles(name, f"{name}.md", pages + quote(name))


def _beside(publication: Publication, _: Path) -> Mapping[str, bytes]:
    """The text with its pictures beside it."""
    name = file_name(publication.title)
    return {**publication.files, f"{name}.md": publication.text.encode()}
