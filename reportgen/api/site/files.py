"""The files of a site: those that are written, and those that go."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from reportgen.files import Staging
from reportgen.report import (
    KINDS,
    SHARED,
    SITE_FILE,
    Kind,
    Site,
    SiteOptions,
    shared,
    write_gone,
    write_index,
    write_latest,
)

_PAGES = ("index.html", "runs/*/index.html", "compare/*..*.html", "trend/*.html")
_NAMED = re.compile(SHARED.pattern.encode())  # in a page


class SiteFiles:
    """Writes and removes the files of the site in a folder."""

    def __init__(self, folder: Path, staging: Staging) -> None:
        self._folder = folder
        self._staging = staging
        self._written: set[Path] = set()
        self._pages: set[str] = set()  # comparisons and trends that are written
        self._removed: set[Path] = set()
        self._old: list[Path] = []  # folders whose files go

    def path(self, address: str) -> Path:
        """Where the file of this address lies."""
        return self._folder.joinpath(*address.split("/"))

    def is_new(self, address: str) -> bool:
        """Whether the file of this address is written in this call."""
        return self.path(address) in self._written

    def page(self, address: str, kind: Kind, content: bytes) -> None:
        """Write a page, and the files that all pages of its kind share, if they are missing."""
        self._file(address, content)
        self._shared(kind)
        if kind == "comparison":
            self._pages.add(address)

    def lists(self, site: Site, options: SiteOptions) -> None:
        """Write the list of all runs, the page that leads to the last one, and `site.json`."""
        files = {
            "index.html": write_index(site, options),
            "latest/index.html": write_latest(site, options),
            SITE_FILE: site.content(),
        }
        self._if_new(files)
        self._shared("list")

    def remove_old(self, site: Site, options: SiteOptions) -> None:
        """Remove the pages that are on the site no longer, and the files that no page names.

        A comparison that a report still links to, though one of its runs was taken away, becomes a
        page that says so.
        """
        kept = {f"compare/{pair.name}" for pair in (*site.pairs, *site.others)}
        kept |= {page.address for page in site.trends}
        reports = {entry.id for entry in site.entries}
        for address in self._pages - kept:  # of a run that turned out to be damaged
            self._staging.drop(self.path(address))
        for path in self._found("compare/*..*.html", "trend/*.html"):
            address = path.relative_to(self._folder).as_posix()
            if address in kept:
                continue
            _, _, head = path.stem.partition("..")
            if head in reports and self.is_linked(path.name, head):
                self._if_new({address: write_gone(head, options.lang)})
            else:
                self._remove(path)
        self._remove_shared()

    def is_linked(self, comparison: str, head: str) -> bool:
        """Whether the report of the newer run, as it is now, links to the page of this name; not
        where it is written anew, as it then has its own links."""
        report = self.path(f"runs/{head}/index.html")
        is_there = report not in self._written and report.exists()
        return is_there and comparison.encode() in report.read_bytes()

    def remove_emptied(self) -> None:
        """Remove folders whose files are gone, once these are."""
        for folder in self._old:
            with suppress(OSError):  # not empty
                folder.rmdir()

    def _remove_shared(self) -> None:
        """Remove the files of earlier versions that no page names which stays as it is."""
        current = {shared(kind).folder for kind in KINDS}
        folders = (path for path in self._of_site("assets/*-*") if path.is_dir())
        old = {f"assets/{path.name}/": path for path in sorted(folders)}
        old = {name: path for name, path in old.items() if SHARED.fullmatch(name)}
        if not old.keys() - current:
            return
        stay = (path for path in self._found(*_PAGES) if path not in self._written)
        named = {name.decode() for path in stay for name in _NAMED.findall(path.read_bytes())}
        for name in sorted(old.keys() - current - named):
            self._old.append(old[name])
            for file in sorted(old[name].iterdir()):
                self._staging.remove(file)

    def _found(self, *patterns: str) -> list[Path]:
        """The files of the site that lie there now and are not removed."""
        paths = (path for pattern in patterns for path in self._of_site(pattern))
        return sorted(path for path in paths if path not in self._removed)

    def _of_site(self, pattern: str) -> Iterator[Path]:
        """What matches a pattern on the site itself: what a link leads to is not removed."""
        for path in self._folder.glob(pattern):
            depth = len(path.relative_to(self._folder).parts)
            if not any(part.is_symlink() for part in (path, *path.parents[: depth - 1])):
                yield path

    def _shared(self, kind: Kind) -> None:
        """Write the files that all pages of a kind share, if they are missing."""
        assets = shared(kind)
        self._if_new({f"{assets.folder}{name}": content for name, content in assets.files.items()})

    def _if_new(self, files: Mapping[str, bytes]) -> None:
        """Write those of `files` whose content has changed."""
        for address, content in files.items():
            path = self.path(address)
            if path in self._written or (path.exists() and path.read_bytes() == content):
                continue
            self._file(address, content)

    def _file(self, address: str, content: bytes) -> None:
        path = self.path(address)
        self._staging.file(path, content)
        self._written.add(path)

    def _remove(self, path: Path) -> None:
        self._staging.remove(path)
        self._removed.add(path)
