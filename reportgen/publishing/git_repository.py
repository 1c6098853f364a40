"""A repository on a host, written by git: cloned to a folder, changed and pushed."""

import os
import re
import subprocess
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reportgen.errors import PublishError, UsageError, unwritten
from reportgen.files import scratch_folder
from reportgen.publishing.publication import Publication, Published
from reportgen.publishing.wiki_pages import ConflictError, PageVersion, publish_page

_REFUSED = re.compile(r"denied|40[13]|not allowed|Authentication failed|could not read Username")
_DECLINED = re.compile(r"hook declined|protected branch|exceed", re.IGNORECASE)
_MISSING = re.compile(r"not found|does not (?:exist|appear)", re.IGNORECASE)
_UNREACHABLE = re.compile(r"unable to access|unable to connect|timed out|early EOF|hung up")
_BEHIND = re.compile(r"\[(?:remote )?rejected\]|fetch first|failed to update ref|cannot lock ref")


@dataclass(frozen=True, slots=True)
class HostedRepository:
    """A repository, and what it takes to write there."""

    address: str
    host: str  # whose requests carry the token
    allowed: str  # the header Authorization
    right: str  # what gives the token the right that it needs
    missing: str  # what to do where there is no such repository
    branch: str = ""  # begun where there is none; "" for the one that the host shows


def account_header(account: str, token: str) -> str:
    """The header that allows requests of an account."""
    return "Basic " + b64encode(f"{account}:{token}".encode()).decode()


@dataclass(frozen=True, slots=True)
class PageFiles:
    """Where a page lies in a repository."""

    name: str  # in messages of commits
    text: str  # the path of its text, whose first line has the marker
    address: str
    others: tuple[str, ...] = ()  # further paths that a page has even if it is of someone else


# All files of a publication by their paths, from the folder with the repository.
Layout = Callable[[Publication, Path], Mapping[str, bytes]]


def publish_files(
    repository: HostedRepository,
    page: PageFiles,
    layout: Layout,
    publication: Publication,
    *,
    force: bool,
) -> Published:
    """Write or renew a page in one commit.

    Raises:
        UsageError: git is not installed.
        PublishError: the host refuses; or as for `publish_page`.
    """
    with scratch_folder() as folder:
        git_page = _GitPage(_Clone(repository, folder / "clone"), page, layout)
        return publish_page(git_page, publication, force=force)


class _GitPage:
    def __init__(self, clone: "_Clone", page: PageFiles, layout: Layout) -> None:
        self._clone, self._page, self._layout = clone, page, layout

    def read(self) -> PageVersion | None:
        self._clone.update()
        for path in (self._page.text, *self._page.others):
            file = self._clone.folder / path
            if file.is_file():
                text = file.read_text("utf-8", "replace")
                return PageVersion(text, self._clone.head(), self._page.address)
        return None

    def prepare(self, publication: Publication) -> PageVersion:
        return PageVersion("", "", self._page.address)  # the commit makes the page with its files

    def upload(self, publication: Publication) -> None:
        """Nothing: one commit holds text and files."""

    def write(self, publication: Publication, over: PageVersion) -> PageVersion:
        files = self._layout(publication, self._clone.folder)
        if not self._clone.push(files, f"{self._page.name}: renewed by reportgen"):
            return over
        return PageVersion(publication.text, self._clone.head(), self._page.address)


class _Clone:
    def __init__(self, repository: HostedRepository, folder: Path) -> None:
        self._repository, self.folder = repository, folder

    def update(self) -> None:
        """Fetch what is there now."""
        address, branch = self._repository.address, self._repository.branch
        if self.folder.exists():
            if branch and not self._has(branch):
                return
            self._git("fetch", "--quiet", "--depth=1", "origin", branch or "HEAD")
            self._git("reset", "--quiet", "--hard", "FETCH_HEAD")
        elif branch and not self._has(branch):
            self._git("init", "--quiet", f"--initial-branch={branch}", str(self.folder))
            self._git("remote", "add", "origin", address)
        else:
            only = (f"--branch={branch}",) if branch else ()
            self._git("clone", "--quiet", "--depth=1", *only, address, str(self.folder))

    def _has(self, branch: str) -> bool:
        return self._git("ls-remote", "--heads", self._repository.address, branch) != ""

    def push(self, files: Mapping[str, bytes], message: str) -> bool:
        """Commit and push `files`; False where nothing has changed.

        Raises:
            ConflictError: someone else has pushed since.
            OutputError: something is in the way of a file.
        """
        for path, content in files.items():
            target = self.folder / path
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            except OSError as error:  # a file where a folder is needed, say
                raise unwritten(f"{path} in {self._repository.address}", error) from error
        self._git("add", "--force", "--", *files)
        if not self._git("status", "--porcelain"):
            return False
        self._git("commit", "--quiet", "-m", message)
        self._git("push", "--quiet", "origin", "HEAD")
        return True

    def head(self) -> str:
        """The commit that is there now."""
        return self._git("rev-parse", "HEAD")

    def _git(self, *words: str) -> str:
        """What git prints.

        Raises:
            UsageError: it is not installed.
            ConflictError: someone else has pushed since.
            PublishError: it fails for another reason.
        """
        folder = self.folder if self.folder.exists() else self.folder.parent
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
            raise UsageError("git is not installed; the page is written with it") from error
        if ran.returncode:
            is_behind = words[0] == "push" and _BEHIND.search(ran.stderr)
            if is_behind and not _DECLINED.search(ran.stderr):
                raise ConflictError
            raise self._error(words[0], ran.stderr)
        return ran.stdout.strip()

    def _error(self, command: str, printed: str) -> PublishError:
        lines = [line.strip() for line in printed.splitlines() if line.strip()]
        reason = "; ".join(lines[-3:])
        if _DECLINED.search(printed):
            reason = f"the host takes no such push: {'; '.join(lines[:3])}"
        elif _REFUSED.search(printed):
            reason = f"the token may not write there; {self._repository.right}"
        elif _MISSING.search(printed):
            reason = self._repository.missing
        elif _UNREACHABLE.search(printed):
            reason = f"the host cannot be reached ({reason}); try again later"
        return PublishError(f"{self._repository.address}: git {command} failed: {reason}")

    def _settings(self) -> dict[str, str]:
        """Settings of git as variables: on a command line others would see the token. No link in
        the repository leads out of the folder, and nobody is asked for a password."""
        settings = {
            f"http.{self._repository.host}/.extraHeader": "Authorization: "
            f"{self._repository.allowed}",
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
