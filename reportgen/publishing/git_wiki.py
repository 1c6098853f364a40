"""A page of a wiki that is a git repository: Markdown with its pictures, pushed in one commit."""

import os
import re
import subprocess
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from reportgen.errors import PublishError, UsageError, unwritten
from reportgen.publishing.environment import Environment
from reportgen.publishing.publication import Publication, Published
from reportgen.publishing.wiki_pages import ConflictError, PageVersion, publish_page

_NOT_IN_NAMES = re.compile(r'[\s/\\:*?"<>|#%.]+')  # of files, on any system and host
_REFUSED = re.compile(r"denied|40[13]|not allowed|Authentication failed|could not read Username")
_MISSING = re.compile(r"not found|does not (?:exist|appear)", re.IGNORECASE)
_BEHIND = re.compile(r"\[(?:remote )?rejected\]|fetch first|failed to update ref|cannot lock ref")


@dataclass(frozen=True, slots=True)
class _Wiki:
    repository: str  # its address
    host: str  # whose requests carry the token
    account: str  # that goes with the token
    token: str
    pages: str  # what the addresses of its pages begin with
    right: str  # that the token needs


def publish_to_github(
    publication: Publication, environment: Environment, *, force: bool
) -> Published:
    """Write or renew a page of the wiki of a repository on GitHub.

    Raises:
        UsageError: the environment does not say where, or git is not installed.
        PublishError: the host refuses; or as for `publish_page`.
    """
    token = environment.need(
        "GITHUB_TOKEN",
        meaning="on GitHub Actions give the step `env: GITHUB_TOKEN: ${{ github.token }}`",
    )
    name = environment.need("GITHUB_REPOSITORY", meaning="owner/name of the repository")
    host = (environment.find("GITHUB_SERVER_URL") or "https://github.com").rstrip("/")
    wiki = _Wiki(
        repository=f"{host}/{name}.wiki.git",
        host=host,
        account="x-access-token",
        token=token,
        pages=f"{host}/{name}/wiki/",
        right="give the job `permissions: contents: write`",
    )
    return _published(wiki, publication, force=force)


def publish_to_gitlab(
    publication: Publication, environment: Environment, *, force: bool
) -> Published:
    """Write or renew a page of the wiki of a project on GitLab.

    Raises:
        UsageError: the environment does not say where, or git is not installed.
        PublishError: the host refuses; or as for `publish_page`.
    """
    token = environment.need(
        "GITLAB_TOKEN", meaning="a project access token with the scope write_repository"
    )
    name = environment.need("CI_PROJECT_PATH", meaning="group/name of the project")
    host = (environment.find("CI_SERVER_URL") or "https://gitlab.com").rstrip("/")
    wiki = _Wiki(
        repository=f"{host}/{name}.wiki.git",
        host=host,
        account="oauth2",
        token=token,
        pages=f"{host}/{name}/-/wikis/",
        right="the token needs the scope write_repository and the role Developer",
    )
    return _published(wiki, publication, force=force)


def _published(wiki: _Wiki, publication: Publication, *, force: bool) -> Published:
    with TemporaryDirectory(prefix="reportgen-") as folder:
        page = _GitPage(wiki, Path(folder) / "wiki", publication.title)
        return publish_page(page, publication, force=force)


class _GitPage:
    def __init__(self, wiki: _Wiki, folder: Path, title: str) -> None:
        self._wiki, self._folder = wiki, folder
        self._name = _NOT_IN_NAMES.sub("-", title).strip("-")
        if not self._name:
            raise UsageError(f"--title {title!r}: no letter of it can name a file")
        self._file = folder / f"{self._name}.md"
        self._address = wiki.pages + quote(self._name)

    def read(self) -> PageVersion | None:
        if self._folder.exists():
            self._git("fetch", "--quiet", "--depth=1", "origin", "HEAD")
            self._git("reset", "--quiet", "--hard", "FETCH_HEAD")
        else:
            self._git("clone", "--quiet", "--depth=1", self._wiki.repository, str(self._folder))
        if not self._file.is_file():
            return None
        return PageVersion(self._file.read_text("utf-8"), self._head(), self._address)

    def prepare(self, publication: Publication) -> PageVersion:
        return PageVersion("", "", self._address)  # the commit makes the page with its files

    def upload(self, publication: Publication) -> None:
        """Nothing: one commit holds text and files."""

    def write(self, publication: Publication, over: PageVersion) -> PageVersion:
        files = {**publication.files, self._file.name: publication.text.encode()}
        for path, content in files.items():
            target = self._folder / path
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            except OSError as error:  # a file where a folder is needed, say
                raise unwritten(f"{path} in {self._wiki.repository}", error) from error
        self._git("add", "--", *files)
        if not self._git("status", "--porcelain"):
            return over
        self._git("commit", "--quiet", "-m", f"{self._name}: renewed by reportgen")
        self._git("push", "--quiet", "origin", "HEAD")
        return PageVersion(publication.text, self._head(), self._address)

    def _head(self) -> str:
        return self._git("rev-parse", "HEAD")

    def _git(self, *words: str) -> str:
        """What git prints.

        Raises:
            UsageError: it is not installed.
            ConflictError: someone else has pushed since.
            PublishError: it fails for another reason.
        """
        folder = self._folder if self._folder.exists() else self._folder.parent
        try:
            ran = subprocess.run(
                ["git", *words],
                cwd=folder,
                env=os.environ | self._settings(),
                capture_output=True,
                check=False,
                encoding="utf-8",
                errors="replace",
            )
        except FileNotFoundError as error:
            raise UsageError("git is not installed; a wiki is written with it") from error
        if ran.returncode and words[0] == "push" and _BEHIND.search(ran.stderr):
            raise ConflictError
        if ran.returncode:
            raise self._error(words[0], ran.stderr)
        return ran.stdout.strip()

    def _error(self, command: str, printed: str) -> PublishError:
        lines = [line.strip() for line in printed.splitlines() if line.strip()]
        reason = "; ".join(lines[-3:])
        if _REFUSED.search(printed):
            reason = f"the token may not write the wiki; {self._wiki.right}"
        elif _MISSING.search(printed):
            reason = "there is no such wiki; switch it on and make its first page by hand"
        return PublishError(f"{self._wiki.repository}: git {command} failed: {reason}")

    def _settings(self) -> dict[str, str]:
        """Settings of git as variables: on a command line others would see the token. No link in
        the wiki leads out of the folder, and nobody is asked for a password."""
        allowed = b64encode(f"{self._wiki.account}:{self._wiki.token}".encode()).decode()
        settings = {
            f"http.{self._wiki.host}/.extraHeader": f"Authorization: Basic {allowed}",
            "core.symlinks": "false",
            "core.autocrlf": "false",
            "credential.helper": "",
        }
        return {
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
            "GIT_CONFIG_COUNT": str(len(settings)),
            **{f"GIT_CONFIG_KEY_{n}": name for n, name in enumerate(settings)},
            **{f"GIT_CONFIG_VALUE_{n}": value for n, value in enumerate(settings.values())},
            **{f"GIT_{who}_NAME": "reportgen" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "reportgen@localhost" for who in ("AUTHOR", "COMMITTER")},
        }
