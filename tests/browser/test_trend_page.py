"""The page on the trend over five checkpoints, in a real Chromium."""

from itertools import product
from pathlib import Path

import pytest
from axe import COLOURS, found
from helpers.cases import some_of
from helpers.made_up.factories import make_results
from helpers.real.two_models import LABELS, TEXTS, plant
from playwright.sync_api import expect

from reportgen.comparison import compare_runs
from reportgen.findings import Findings
from reportgen.report import RenderOptions, render

pytestmark = pytest.mark.browser

STEPS = (100, 200, 300, 600, 1000)
LONGEST = 6000  # pixels of the page at 1280


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder: Path = tmp_path_factory.mktemp("trend")
    texts = (
        *TEXTS,
        *(f"{text} {i} with a few more words at its end" for i, text in enumerate(TEXTS)),
    )
    made = [
        make_results(
            folder / str(i),
            texts,
            seed=i,
            labels=(*LABELS, *LABELS),
            evidence="full",
            sink=0.1 + 0.12 * i,
            n_layers=6,
        )
        for i in range(4)
    ]
    first, *between, last = map(Findings, (*made, plant(made[3])))
    runs = compare_runs(
        first, last, between=between, folders=[f"results-step{step}" for step in STEPS]
    ).runs
    for lang in ("en", "ja"):
        (folder / f"{lang}.html").write_bytes(render(runs, RenderOptions(lang=lang)).content)
    return {lang: (folder / f"{lang}.html").as_uri() for lang in ("en", "ja")}


@pytest.mark.parametrize(
    ("lang", "scripts"), some_of(product(["en", "ja"], [True, False]), ("en", True), ("ja", False))
)
def test_the_charts_of_three_answers_are_on_the_first_screen_and_the_page_is_short(
    page, addresses, scripts, lang
):
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(addresses[lang])
    charts = page.locator(".answer-card svg.tall")
    assert charts.count() == 3
    for chart in charts.all():
        expect(chart).to_be_in_viewport(ratio=1)
        assert chart.locator("circle").count() == len(STEPS)
    before_text = page.locator("#trend .sentences").bounding_box()["y"]
    assert max(box["y"] + box["height"] for box in map(box_of, charts.all())) < before_text
    assert page.locator("html").bounding_box()["height"] <= LONGEST
    if scripts:
        assert page.evaluate("document.documentElement.scrollHeight") <= LONGEST


def box_of(element):
    return element.bounding_box()


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_folded_opens_by_its_name_and_by_its_address(page, addresses, scripts):
    page.goto(addresses["en"])
    folded = page.locator("section > details.of-two")
    assert folded.count() == 7
    table = page.locator("#all_models table").first
    expect(table).not_to_be_visible()
    page.get_by_text("Figures of every model").click()
    expect(table).to_be_visible()
    if scripts:
        expect(page.locator("#tokens table").first).not_to_be_visible()
        page.locator("header nav").get_by_role("link", name="Tokens").click()
        expect(page.locator("#tokens table").first).to_be_visible()
    for fold in folded.all():
        if fold.get_attribute("open") is None:
            fold.locator("summary").first.click()
        expect(fold.locator(":scope > :not(summary)").first).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_paper_has_every_figure_of_every_model_and_names_what_is_folded(page, addresses, scripts):
    page.goto(addresses["en"])
    page.set_viewport_size({"width": 703, "height": 1000})
    page.emulate_media(media="print")
    for table in page.locator("#all_models table").all():
        assert table.bounding_box()["height"] > 100
    hidden = page.locator("#tokens details.of-two")
    expect(hidden.locator(".on-paper").first).to_be_visible()
    expect(page.locator("#all_models .on-paper").first).not_to_be_visible()
    assert page.locator(".thumbs").count() > 0
    assert page.locator(".thumbs").filter(visible=True).count() == 0
    assert page.locator("body").bounding_box()["width"] <= 703


@pytest.mark.parametrize("lang", some_of(["en", "ja"], "ja"))
def test_axe_finds_nothing_and_no_column_is_empty(watched, addresses, lang):
    scheme, widths = {"en": ("light", (400, 1280)), "ja": ("dark", (1280, 400))}[lang]
    watched.emulate_media(color_scheme=scheme)
    watched.goto(addresses[lang])
    watched.set_viewport_size({"width": 1280, "height": 900})
    assert found(watched, "main", COLOURS) == []  # folds closed
    watched.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for width in widths:
        watched.set_viewport_size({"width": width, "height": 900})
        assert watched.evaluate("document.documentElement.scrollWidth") <= width
    assert found(watched) == []
    assert watched.evaluate(EMPTY_COLUMNS) == []


EMPTY_COLUMNS = """() => [...document.querySelectorAll("main table")].flatMap((table) => {
  const rows = [...table.tBodies[0].rows].filter((row) => row.cells.length > 1);
  const isEmpty = (cell) => /^[–\\s]*$/.test(cell.textContent) && !cell.querySelector("svg, i");
  return [...(rows[0]?.cells ?? [])].flatMap((_, i) =>
    rows.every((row) => !row.cells[i] || isEmpty(row.cells[i])) ? [`${table.className} ${i}`] : [],
  );
})"""
