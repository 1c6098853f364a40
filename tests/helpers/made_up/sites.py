"""Sites of made-up runs, and what their lists link to."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from helpers.made_up.factories import HEADLINES, make_results
from reportgen.api import SiteWriter
from reportgen.api.site import maker
from reportgen.comparison import Runs
from reportgen.report import Document, SiteOptions
from reportgen.results import write_info

LABELS = tuple(map(float, range(len(HEADLINES))))


def made(folder: Path, created: str = "2026-01-31", seed: int = 0, **choices) -> Path:
    choices.setdefault("labels", LABELS)
    results = make_results(folder, n_layers=1, n_heads=1, seed=seed, keep=1, **choices)
    write_info(folder, replace(results.info, created=created))
    return folder


def make_pages_once(patch: pytest.MonkeyPatch) -> dict[str, Document]:
    """Let pages with the same options of the same folders be made once; those that were, by what
    they are made of."""
    pages: dict[str, Document] = {}
    render = maker.render_page

    def known(runs: Runs, *options: Any) -> Document:
        sides = [runs.findings, *([] if runs.comparison is None else [runs.comparison.base])]
        folders = [getattr(own.results.source, "folder", None) for own in sides]
        if None in folders:  # redacted
            return render(runs, *options)
        key = repr((folders, runs.infos, options))
        if key not in pages:
            pages[key] = render(runs, *options)
        return pages[key]

    patch.setattr(maker, "render_page", known)
    return pages


def write(folder: Path, runs: list[Path], *, redact=False, force=False, gates=(), **options):
    return SiteWriter(folder, SiteOptions(**options), gates, redact=redact).write(runs, force=force)


def list_of(site: Path) -> BeautifulSoup:
    return BeautifulSoup((site / "index.html").read_text("utf-8"), "html.parser")


def trend_of(site: Path) -> tuple[str, BeautifulSoup]:
    """What the only link to a trend says, and the page it leads to."""
    (link,) = list_of(site).select('.standing a[href^="trend/"]')
    page = BeautifulSoup((site / link["href"]).read_text("utf-8"), "html.parser")
    return link.get_text(), page
