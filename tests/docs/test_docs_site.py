"""The documentation as a site, and a report in a site of a user's own: both pass MkDocs' strict
build, and their links lead somewhere."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from helpers.made_up.factories import make_results
from helpers.pages import DOCS, PAGES, blocks, commands
from helpers.places import ROOT
from typer.testing import CliRunner

from reportgen.cli import app
from reportgen.version import __version__

GALLERY = (ROOT / "tests" / "gallery.py").read_text("utf-8")


def build(folder: Path, site: Path) -> None:
    """Build the site of `folder` as continuous integration does."""
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", site)
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "GITHUB_REPOSITORY": "team/fork"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def links(page: BeautifulSoup) -> Iterator[str]:
    for tag, name in (("a", "href"), ("img", "src"), ("link", "href"), ("script", "src")):
        for element in page.find_all(tag):
            if link := element.get(name):
                yield unquote(str(link))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    build(ROOT, place)
    return place


def test_every_link_of_the_site_leads_to_a_file_and_a_heading(site: Path) -> None:
    pages = {
        path: BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for path in site.rglob("*.html")
        if path.name != "404.html"  # whose links begin at the root of a host
    }
    assert {site / page.stem / "index.html" for page in DOCS} <= set(pages)
    for path, page in pages.items():
        for link in links(page):
            file, _, anchor = link.partition("#")
            if link.startswith("https://"):
                continue
            target = (path.parent / file).resolve() if file else path
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), (path.name, link)
            if anchor and target in pages and anchor != "#":
                assert pages[target].find(id=anchor), (path, link)


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for tag, name in (("img", "src"), ("link", "href"), ("script", "src")):
            for element in page.find_all(tag):
                assert "//" not in str(element.get(name, "")), (path, element)


def test_recipes_of_the_site_name_the_repository(site: Path) -> None:
    text = (site / "hosts" / "index.html").read_text("utf-8")
    assert f"uses: team/fork@v{__version__}" in text
    assert f"git+https://github.com/team/fork@v{__version__}" in text
    assert "OWNER/" not in text
    assert '<a href="https://github.com/team/fork" class="nav-link">Source</a>' in text


def test_the_line_of_links_between_pages_is_left_to_the_head_of_the_site(site: Path) -> None:
    text = (site / "options" / "index.html").read_text("utf-8")
    main = BeautifulSoup(text, "html.parser").find(role="main")
    assert main is not None
    assert main.find("p").get_text().split()[0] != "README"


def test_every_picture_of_the_gallery_is_shown_and_small() -> None:
    kept = {path.name: path.stat().st_size for path in (ROOT / "docs" / "gallery").iterdir()}
    shown = re.findall(r"!\[[^\]]{10,}\]\(gallery/(\S+)\)", PAGES["docs/gallery.md"])
    assert sorted(shown) == sorted(kept)
    assert sum(kept.values()) < 1_000_000
    made = re.findall(r'Shot\("([\w-]+)"|^    "(\w+)": \($', GALLERY, re.MULTILINE)
    assert {f"{one or other}.webp" for one, other in made} | {"paper.webp"} == {*kept}


def test_a_report_in_a_site_of_mkdocs_passes_its_strict_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (recipe,) = (one for one in commands("docs/hosts.md") if "--md-flavor mkdocs" in one)
    options = shlex.split(recipe.partition(".csv ")[2])
    make_results(tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    done = CliRunner().invoke(app, ["render", "results", *options])
    assert done.exit_code == 0, done.output
    Path("docs/index.md").write_text("# Home\n\n[Attention](attention.md)\n")
    (settings,) = (one for one in blocks("yaml", "docs/hosts.md") if "pymdownx" in one)
    Path("mkdocs.yml").write_text(f"site_name: ours\n{settings}")
    build(tmp_path, tmp_path / "site")
    place = tmp_path / "site" / "attention"
    page = BeautifulSoup((place / "index.html").read_text("utf-8"), "html.parser")
    assert page.find("details")
    full = [link for link in links(page) if "attention-report.html" in link]
    assert len(full) > 1
    for link in (*full, *(str(image["src"]) for image in page.find_all("img"))):
        assert (place / link.partition("#")[0]).is_file(), link
