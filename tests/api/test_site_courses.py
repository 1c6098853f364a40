"""Pages of a site on the course of runs on the same texts: which runs they have, and until when."""

import re
import shutil
from pathlib import Path

import pytest
from helpers.made_up.sites import course_of, list_of, made, write

from reportgen.api.site import trends
from reportgen.findings.findings import Findings
from reportgen.report.site.entries import read_site
from reportgen.report.site.options import SiteOptions
from reportgen.results.store import open_results


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


def test_a_block_of_three_runs_links_to_their_course(site, runs) -> None:
    said, page = course_of(site)
    assert said == "See the course of all runs"
    assert page.h1.get_text() == "ck-100 → ck-1000: 3 runs"
    errors = {run.name: Findings(open_results(run)).figures["label_mae"] for run in runs}
    rows = (row.get_text(" ", strip=True) for row in page.select("#all_models tr"))
    (row,) = (row for row in rows if row.startswith("mean absolute error "))
    first, second, last = (f"{errors[name]:.2f}" for name in ("ck-100", "ck-200", "ck-1000"))
    assert re.fullmatch(rf"mean absolute error {first} {second} .* {last} .*", row), row


def test_a_course_has_the_newest_runs_and_goes_with_them(site, runs, tmp_path, monkeypatch):
    assert (
        trends.wanted_trends(read_site(site).entries, SiteOptions(against="none"), redact=False)
        == []
    )
    monkeypatch.setattr(trends, "MOST_RUNS", 3)
    own = Path(shutil.copytree(site, tmp_path / "public"))
    new = made(tmp_path / "ck-2000", "2026-02-02", seed=5)
    said = write(own, [new, runs[0]])
    (path,) = own.glob("trend/*.html")
    assert f"{path}: not written anew: the results of 1 of its 3 runs were not given; give" in str(
        said
    )
    assert course_of(own)[0] == "See the course of 3 runs, up to ck-1000"
    write(own, [new, *runs[:2]])
    words, page = course_of(own)
    assert words == "See the course of the newest 3 runs"
    title = "ck-200 → ck-2000: 3 runs, as many as this page shows"
    assert page.h1.get_text() == title
    assert list(own.glob("trend/*.html")) == [path]
    for folder in (*own.glob("runs/*ck-2000*"), *own.glob("runs/*ck-100-*")):
        shutil.rmtree(folder)
    write(own, runs[:1])
    assert list(own.glob("trend/*.html")) == []
    assert not list_of(own).select('a[href^="trend/"]')
