"""Pages of a site on the trend of runs: which runs they have, until when; what is removed."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from helpers.made_up.sites import list_of, made, make_pages_once, trend_of, write

from reportgen.api.site import plan
from reportgen.findings import Findings
from reportgen.report import SiteOptions, read_site
from reportgen.results import open_results


@pytest.fixture(scope="module", autouse=True)
def _pages_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        make_pages_once(patch)
        yield


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three checkpoints on the same texts, the last one first."""
    place = tmp_path_factory.mktemp("results")
    return [
        made(place / "ck-1000", "2026-02-01", seed=2),
        made(place / "ck-200", "2026-02-01", seed=1),
        made(place / "ck-100", "2026-01-31", seed=0),
    ]


@pytest.fixture(scope="module")
def site(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "public"
    write(folder, runs, workers=1)
    return folder


def test_a_block_of_three_runs_links_to_their_trend(site, runs) -> None:
    said, page = trend_of(site)
    assert said == "See the trend of all runs"
    assert page.h1.get_text() == "ck-100 → ck-1000: 3 runs"
    errors = {run.name: Findings(open_results(run)).figures["label_mae"] for run in runs}
    rows = (row.get_text(" ", strip=True) for row in page.select("#all_models tr"))
    (row,) = (row for row in rows if row.startswith("mean absolute error "))
    first, second, last = (f"{errors[name]:.2f}" for name in ("ck-100", "ck-200", "ck-1000"))
    assert re.fullmatch(rf"mean absolute error \(decides\) {first} {second} .* {last} .*", row), row


def test_a_trend_has_runs_from_the_first_or_the_newest_and_goes_with_them(
    site, runs, tmp_path, monkeypatch
):
    assert (
        plan.wanted_trends(
            read_site(site).entries, SiteOptions(against="none"), {}, (), redact=False
        )
        == []
    )
    monkeypatch.setattr(plan, "MOST_RUNS", 3)
    own = Path(shutil.copytree(site, tmp_path / "public"))
    new = made(tmp_path / "ck-2000", "2026-02-02", seed=5)
    said = write(own, [new, runs[0]])
    (path,) = own.glob("trend/*.html")
    assert str(path) not in str(said)  # the list says up to which run it goes
    assert trend_of(own)[0] == "See the trend of 3 runs, up to ck-1000"
    write(own, [new, *runs[:2]])
    words, page = trend_of(own)
    assert words == "See the trend of the newest 3 runs"
    assert page.h1.get_text() == "ck-200 → ck-2000: the newest 3 of 4 runs"
    write(own, [new, *runs])
    words, page = trend_of(own)
    assert words == "See the trend of 3 of the 4 runs"
    assert page.h1.get_text() == "ck-100 → ck-2000: 3 of 4 runs, evenly spread"
    (own_trend,), ids = read_site(own).trends, [entry.id for entry in read_site(own).entries]
    assert own_trend.runs == (ids[0], ids[1], ids[3])
    content = path.read_bytes()
    write(own, [new, *runs[:2]])  # the newest alone change nothing
    assert path.read_bytes() == content
    assert list(own.glob("trend/*.html")) == [path]
    for folder in (*own.glob("runs/*ck-2000*"), *own.glob("runs/*ck-100-*")):
        shutil.rmtree(folder)
    write(own, runs[:1])
    assert list(own.glob("trend/*.html")) == []
    assert not list_of(own).select('a[href^="trend/"]')


def test_a_link_to_a_run_that_was_taken_away_leads_to_a_page_that_says_so(site, runs, tmp_path):
    own = Path(shutil.copytree(site, tmp_path / "public"))
    (middle,) = own.glob("runs/*ck-200*")
    (newest,) = own.glob("runs/*ck-1000*/index.html")
    (pair,) = own.glob("compare/*ck-200*..*")
    shutil.rmtree(middle)
    new = "ck-1000: not compared with ck-100; give the results of ck-100, ck-1000 too"
    for told in ([new], []):  # also when nothing has changed since
        *said, last = write(own, [])
        assert said == told
        assert "2 reports, 0 of them written now; 0 comparisons" in last
        assert [*own.glob("compare/*")] == [pair]
        page = BeautifulSoup(pair.read_text("utf-8"), "html.parser")
        assert page.h1.get_text() == "No comparison any more"
        for link in page.select("a"):
            name, _, id = link["href"].partition("#")
            assert (pair.parent / name).is_file()
            assert not id or f'id="{id}"' in (pair.parent / name).read_text("utf-8")
    assert pair.name in newest.read_text("utf-8")
    write(own, [runs[0]])  # its report has a link no longer
    assert [*own.glob("compare/*")] == []


def test_files_of_earlier_versions_go_with_the_last_page_that_names_them(site, runs, tmp_path):
    own = Path(shutil.copytree(site, tmp_path / "public"))
    now = {path.name for path in (own / "assets").iterdir()}
    for name in ("report-00000000", "report-11111111", "mine-00000000"):
        (own / "assets" / name).mkdir()
        (own / "assets" / name / "report.css").write_text("a {}", "utf-8")
    (page,) = own.glob("runs/*ck-100-*/index.html")
    page.write_text("assets/report-11111111/report.css", "utf-8")
    write(own, [])
    found = {path.name for path in (own / "assets").iterdir()}
    assert found == now | {"report-11111111", "mine-00000000"}
    page.unlink()
    assert "3 reports, 1 of them written now" in write(own, [runs[2]])[-1]
    assert {path.name for path in (own / "assets").iterdir()} == now | {"mine-00000000"}


def test_a_job_with_the_results_of_a_day_is_told_of_that_day_alone(site, tmp_path):
    own = Path(shutil.copytree(site, tmp_path / "public"))
    for day, before in ((3, "ck-1000"), (4, "ck-3")):
        said = write(own, [made(tmp_path / f"ck-{day}", f"2026-02-0{day}", seed=day)])
        (line,) = (line for line in said if "give" in line)
        assert line == f"ck-{day}: not compared with {before}; give the results of {before} too"
