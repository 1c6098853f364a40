"""A site of reports from a disk: its list is sorted, and a report in it draws its map."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from axe import found, found_in_both
from conftest import faultless
from helpers.made_up.factories import HEADLINES, make_results
from playwright.sync_api import Page, expect

from reportgen.api import SiteWriter
from reportgen.report import SiteOptions
from reportgen.results import write_info

pytestmark = pytest.mark.browser

TEXTS, SMALL = HEADLINES[:3], {"n_layers": 2, "n_heads": 2}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    folders = []
    for number in (1, 2, 10):
        labels = tuple(float(number * i) for i in range(len(TEXTS)))
        results = make_results(place / f"ck-{number}", TEXTS, labels=labels, seed=number, **SMALL)
        write_info(results.folder, replace(results.info, created=f"2026-02-{number:02}"))
        folders.append(results.folder)
    SiteWriter(place / "public", SiteOptions(), (), redact=False).write(folders, force=False)
    return place / "public"


def test_the_list_is_sorted_and_leads_to_a_report_with_its_map(
    tab: Page, still_tab: Page, site: Path
) -> None:
    with faultless(tab):
        _used(tab, site)
    tab.goto((site / "index.html").as_uri())
    for width, find in ((1280, found_in_both), (400, found)):
        tab.set_viewport_size({"width": width, "height": 860})
        assert find(tab) == []  # it asks for the style sheet, which the policy refuses
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")

    still_tab.goto((site / "index.html").as_uri())
    heads = still_tab.locator(".runs thead th")
    assert heads.evaluate_all("all => all.every(e => e.scrollWidth <= e.clientWidth)")


def _used(watched: Page, site: Path) -> None:
    watched.goto((site / "index.html").as_uri())
    names = watched.locator(".runs tbody th")
    assert names.all_inner_texts() == ["ck-10", "ck-2", "ck-1"]
    head = watched.get_by_role("button", name="mean absolute error")
    head.click()
    assert names.all_inner_texts() == ["ck-10", "ck-2", "ck-1"]  # the largest error first
    head.click()
    assert names.all_inner_texts() == ["ck-1", "ck-2", "ck-10"]
    watched.get_by_role("link", name="The latest report").click()
    expect(watched).to_have_url(re.compile("/runs/2026-02-10-ck-10-"))
    expect(watched.locator("html.js")).to_be_attached()  # before, nothing looks at the mouse
    watched.locator(".panel.open .map").first.hover()
    expect(watched.locator(".panel.open .map .js-plotly-plot").first).to_be_visible(timeout=20_000)
    report = watched.url
    watched.get_by_role("link", name="Changes since ck-2").click()
    expect(watched.locator("h1")).to_have_text("ck-2 → ck-10")
    watched.get_by_role("link", name="New report").click()
    expect(watched).to_have_url(report)
    watched.get_by_role("link", name="All reports").click()
    expect(watched.locator("h1")).to_have_text("3 reports")
    watched.goto(f"{report}#text=2&embed")  # one text alone, for a frame
    expect(watched.locator(".panel.open h3").first).to_have_text("Text 2")
    for part in (".top", ".listed", "#answers", "#predictions", ".panel.open .steps"):
        expect(watched.locator(part).first).to_be_hidden()
