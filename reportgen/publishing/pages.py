"""A page of a site that a host serves from a branch, such as GitHub Pages, pushed by git."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from reportgen.errors import UsageError
from reportgen.publishing.environment import Environment
from reportgen.publishing.git_repository import (
    HostedRepository,
    PageFiles,
    account_header,
    publish_files,
)
from reportgen.publishing.git_wiki import GITHUB_TOKEN, GITLAB_TOKEN, file_name
from reportgen.publishing.publication import Publication, Published, marker_lines

_INDEX = "index.html"
_BRANCH = "gh-pages"
_MISSING = "there is no such repository, or the token may not see it"


def publish(publication: Publication, environment: Environment, *, force: bool) -> Published:
    """Write or renew the page, in a folder that is named after its title.

    A site generator may read what lies in the branch, so no text of the short form goes there:
    beside the page lies a `README.md` with the id and a link alone.

    Raises:
        UsageError: the environment does not say where, or git is not installed.
        PublishError: the host refuses; or as for `publish_page`.
    """
    branch = environment.find("REPORTGEN_PAGES_BRANCH") or _BRANCH
    site = PurePosixPath(environment.find("REPORTGEN_PAGES_FOLDER") or "")
    if site.is_absolute() or ".." in site.parts:
        raise UsageError("$REPORTGEN_PAGES_FOLDER: not a folder of the branch, such as docs")
    name = file_name(publication.title)
    folder = site / name
    # GitHub's own variables are there on GitHub alone.
    is_gitlab = environment.find("GITHUB_REPOSITORY") is None and environment.find(
        "CI_PROJECT_PATH"
    )
    where = _on_gitlab if is_gitlab else _on_github
    repository, address = where(environment, branch)
    address = (environment.find("REPORTGEN_PAGES_URL") or address).rstrip("/")
    page = PageFiles(
        name, f"{folder}/README.md", f"{address}/{quote(name)}/", (f"{folder}/{_INDEX}",)
    )

    def layout(publication: Publication, _: Path) -> Mapping[str, bytes]:
        readme = f"{marker_lines(publication)}\n[{_INDEX}]({_INDEX})\n"
        return {
            f"{folder}/{_INDEX}": publication.files[publication.page],
            f"{folder}/README.md": readme.encode(),
        }

    return publish_files(repository, page, layout, publication, force=force)


def _on_github(environment: Environment, branch: str) -> tuple[HostedRepository, str]:
    """The repository on GitHub, and the address of its site."""
    token = environment.need("GITHUB_TOKEN", "GH_TOKEN", meaning=GITHUB_TOKEN)
    name = environment.need("GITHUB_REPOSITORY", meaning="owner/name of the repository")
    host = (environment.find("GITHUB_SERVER_URL") or "https://github.com").rstrip("/")
    owner, _, short = name.partition("/")
    is_of_owner = short.lower() == f"{owner.lower()}.github.io"
    site = f"https://{owner.lower()}.github.io" + ("" if is_of_owner else f"/{short}")
    repository = HostedRepository(
        address=f"{host}/{name}.git",
        host=host,
        allowed=account_header("x-access-token", token),
        right="give the job `permissions: contents: write`",
        missing=_MISSING,
        branch=branch,
    )
    return repository, site


def _on_gitlab(environment: Environment, branch: str) -> tuple[HostedRepository, str]:
    """The repository on GitLab, and the address of its site."""
    token = environment.need("GITLAB_TOKEN", meaning=GITLAB_TOKEN)
    name = environment.need("CI_PROJECT_PATH", meaning="group/name of the project")
    host = (environment.find("CI_SERVER_URL") or "https://gitlab.com").rstrip("/")
    repository = HostedRepository(
        address=f"{host}/{name}.git",
        host=host,
        allowed=account_header("oauth2", token),
        right="the token needs the scope write_repository and the role Developer",
        missing=_MISSING,
        branch=branch,
    )
    return repository, environment.find("CI_PAGES_URL") or f"{host}/{name}"
