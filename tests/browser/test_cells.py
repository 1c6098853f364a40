"""A notebook's cell and a redacted page, in a real browser."""

import re

from helpers.made_up.factories import HEADLINES, make_results
from opening import HOSTILE, written
from playwright.sync_api import expect

from reportgen.findings import Findings
from reportgen.report import redacted, render_notebook

TEXTS = tuple(f"{line} {i}" for i, line in enumerate((*HOSTILE, *HEADLINES) * 2))


def test_a_cell_shows_the_overview_and_runs_nothing(watched, tmp_path) -> None:
    results = make_results(tmp_path / "r", TEXTS, sink=0.4, labels=tuple(range(len(TEXTS))))
    cell = tmp_path / "cell.html"
    page = f"<!doctype html><meta charset=utf-8><body>{render_notebook(Findings(results))}</body>"
    cell.write_text(page, "utf-8")
    watched.goto(cell.as_uri())
    assert watched.locator("iframe").evaluate("frame => frame.contentDocument") is None
    inside = watched.frame_locator("iframe")
    expect(inside.locator("#answers .says").nth(2)).to_contain_text("[CLS]")
    expect(inside.locator("#answers .says").first).to_be_in_viewport()
    assert inside.locator("#notable ol > li").count() == 6
    assert all(frame.evaluate("window.bad ?? 0") == 0 for frame in watched.frames)
    width = inside.locator("html").evaluate("html => html.scrollWidth - html.clientWidth")
    assert width <= 0


def test_a_redacted_page_works_and_shows_dots(watched, tmp_path) -> None:
    results = make_results(tmp_path / "r", TEXTS, sink=0.4, evidence="basic")
    with redacted(results, "en", wanted=True, with_short=True) as masked:
        watched.goto(written(masked, tmp_path) + "#text=5")
    strip = watched.locator("#text-5 .strip, .panel.open .strip").first
    strip.wait_for()
    shown = strip.inner_text()
    assert re.search("•{2}", shown)
    assert "[CLS]" in shown
    body = watched.locator("body").inner_text()
    assert "Redacted: texts, tokens and attention maps" in body
    assert "words could be found from them" in body  # in place of the maps
    assert not any(line[:6] in body for line in TEXTS)
    assert watched.locator("#across").count() == 0
