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
# Azure DevOps: what stands for itself in no file name, and what no title may hold.
_AZURE_ENCODED = {character: f"%{ord(character):02X}" for character in '-:<>*?|"'}
_NOT_IN_AZURE = re.compile(r"[/\\#]+")
_ATTACHMENTS = ".attachments"
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


def publish_to_azure(
    publication: Publication, environment: Environment, *, force: bool
) -> Published:
    """Write or renew a page of the wiki of a project on Azure DevOps.

    Raises:
        UsageError: the environment does not say where, or git is not installed.
        PublishError: the host refuses; or as for `publish_page`.
    """
    personal = environment.find("AZURE_DEVOPS_EXT_PAT")
    token = personal or environment.need(
        "SYSTEM_ACCESSTOKEN",
        meaning="in the step give `env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`",
    )
    collection = environment.need(
        "SYSTEM_COLLECTIONURI", meaning="the address of the organization"
    ).rstrip("/")
    project = environment.need("SYSTEM_TEAMPROJECT", meaning="the name of the project")
    name = environment.find("AZURE_WIKI") or f"{project}.wiki"
    title = _NOT_IN_AZURE.sub(" ", publication.title).strip(" .")
    if not title:
        raise UsageError(f"--title {publication.title!r}: no letter of it can name a page")
    wiki = HostedRepository(
        address=f"{collection}/{quote(project)}/_git/{quote(name)}",
        host=collection,
        allowed=account_header("", personal) if personal else f"Bearer {token}",
        right="give the build service the permission Contribute on the wiki's repository",
        missing=f"{_MISSING}; or name another in $AZURE_WIKI",
    )
    pages = f"{collection}/{quote(project)}/_wiki/wikis/{quote(name)}?pagePath=/"
    page = PageFiles(title, f"{_azure_name(title)}.md", pages + quote(title))
    return publish_files(wiki, page, _for_azure, publication, force=force)


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


def _for_azure(publication: Publication, folder: Path) -> Mapping[str, bytes]:
    """The text, its pictures among the attachments, and the page in the order of all pages."""
    name = _azure_name(_NOT_IN_AZURE.sub(" ", publication.title).strip(" ."))
    text, files = publication.text, {}
    for path, content in publication.files.items():
        attached = f"{_ATTACHMENTS}/reportgen-{publication.id}-{path.rpartition('/')[2]}"
        text = text.replace(f"]({quote(path)})", f"](/{quote(attached)})")
        files[attached] = content
    order = folder / ".order"
    pages = order.read_text("utf-8").split("\n") if order.is_file() else []
    if pages and name not in pages:
        listed = [page for page in pages if page]
        files[".order"] = "".join(f"{page}\n" for page in (*listed, name)).encode()
    return {**files, f"{name}.md": text.encode()}


def _azure_name(title: str) -> str:
    """The name of the file of a page: blanks are dashes there."""
    return "".join(_AZURE_ENCODED.get(each, each) for each in title).replace(" ", "-")
