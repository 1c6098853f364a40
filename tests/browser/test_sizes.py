"""Sizes in a real Chromium: long and many texts, and a page with its files beside it."""

import numpy as np
import pytest
from exploring import pick, units_of
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.packed_maps import unpack
from opening import drawn, placed, written
from playwright.sync_api import expect
from serving import JENKINS, JENKINS_OLD, OWN, OWN_AND_DATA, served

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.report import RenderOptions, render

pytestmark = pytest.mark.browser

LAYERS, HEADS = 3, 4


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, HEADLINES, n_layers=LAYERS, n_heads=HEADS, sink=0.4)


@pytest.fixture(scope="module")
def folder(results, tmp_path_factory):
    """The folder of a page with its files beside it."""
    place = tmp_path_factory.mktemp("page")
    report = render(Runs(Findings(results)), RenderOptions(layout="dir"))
    for name, content in {"index.html": report.content, **report.files}.items():
        (place / name).write_bytes(content)
    return place


def cells(plot):
    return np.array(plot.evaluate("gd => gd.data[0].customdata"), dtype=float)


def last_mean(results, text):
    return unpack(results.packed_maps(text), LAYERS, HEADS)[-1].mean(axis=0)


def test_a_page_with_files_opens_from_disk_without_a_fault(watched, folder, results):
    watched.goto(f"{(folder / 'index.html').as_uri()}#text=1")
    assert cells(drawn(watched, 1)) == pytest.approx(last_mean(results, 0), abs=1e-6)


def opened(page, address):
    """The page at `address`, and what it was refused or could not load."""
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.goto(address)
    return page, faults


def test_a_host_that_allows_its_own_files_and_data_images_draws_every_map(own_tab, folder, results):
    with served(folder, OWN_AND_DATA) as host:
        page, faults = opened(own_tab, f"{host}/index.html#text=2&layer=1&head=2")
        plot = drawn(page, 2)
        expected = unpack(results.packed_maps(1), LAYERS, HEADS)[0, 1]
        assert cells(plot) == pytest.approx(expected, abs=1e-6)
        # plotly's own rules are in force, though no style element is allowed.
        assert plot.locator(".main-svg").first.evaluate("e => getComputedStyle(e).position") == (
            "absolute"
        )
        image = plot.locator("image").first
        assert image.evaluate("e => e.getAttribute('href').startsWith('data:image/png')")
        assert faults == []


def test_a_host_that_refuses_data_images_keeps_the_static_figure_and_says_why_in_japanese(
    own_tab, results, tmp_path
):
    report = render(Runs(Findings(results)), RenderOptions(layout="dir", lang="ja"))
    for name, content in {"index.html": report.content, **report.files}.items():
        (tmp_path / name).write_bytes(content)
    with served(tmp_path, OWN) as host:
        page, _ = opened(own_tab, f"{host}/index.html#text=1")
        require_static_figure(page)


def require_static_figure(page):
    """The styled page with its first figure, and why it is not drawn."""
    figure = page.locator("#map-1")
    expect(figure).to_contain_text("data:", timeout=20_000)
    expect(figure.locator(".static svg.cells")).to_be_visible()
    assert not page.locator("figure.drawn").count()
    assert not page.evaluate("'Plotly' in window")
    assert page.evaluate("document.styleSheets[0].cssRules.length") > 50


def test_where_data_images_are_refused_only_what_still_works_is_offered(own_tab, folder, results):
    with served(folder, OWN) as host:
        page, _ = opened(own_tab, f"{host}/index.html#text=1&layer=1&head=2")
        require_static_figure(page)
        figure = page.locator("#map-1")
        expect(figure.locator(".live > .legend")).to_contain_text("could not be drawn here")
        expect(figure.locator(".live > .legend")).to_contain_text("data: images")
        for hidden in (".compare", ".live > .plots", ".overview"):
            expect(figure.locator(hidden)).to_be_hidden()
        units_of(page)[3].click()
        weights = unpack(results.packed_maps(0), LAYERS, HEADS)[0, 1, 3]
        names = results.tokens_of(0)["token"].tolist()
        first = figure.locator(".detail ol").first.locator("li").first
        expect(first).to_have_text(f"{names[weights.argmax()]} ≈ {100 * weights.max():.0f} %")
        pick(page, 1, "Head", "4")
        weights = unpack(results.packed_maps(0), LAYERS, HEADS)[0, 3, 3]
        expect(first).to_have_text(f"{names[weights.argmax()]} ≈ {100 * weights.max():.0f} %")


@pytest.mark.parametrize("policy", [JENKINS, JENKINS_OLD])
def test_a_sandbox_shows_the_styled_page_with_every_figure(own_tab, folder, policy):
    with served(folder, policy) as host:
        page, faults = opened(own_tab, f"{host}/index.html")
        assert faults == []
        assert page.locator("figure.map .static svg.cells:visible").count() == len(HEADLINES)
        pictures = page.locator("img.heads")
        assert pictures.count() > 0
        for picture in pictures.all():  # a refused one has no size of its own
            picture.scroll_into_view_if_needed()
            assert picture.evaluate("picture => picture.naturalWidth") > 0


def test_a_long_text_is_drawn_over_its_whole_length(watched, tmp_path):
    made = make_results(tmp_path, ("ab" * 510,), n_layers=LAYERS, n_heads=HEADS, sink=0.3)
    watched.goto(f"{written(made, tmp_path)}#text=1")
    plot = drawn(watched, 1)
    z = cells(plot)
    maps = last_mean(made, 0)
    assert maps.shape == (512, 512)
    groups = [range(1)] + [range(a, min(a + 4, 511)) for a in range(1, 511, 4)] + [range(511, 512)]
    pooled = np.array(
        [[maps[np.ix_(rows, columns)].sum(axis=1).mean() for columns in groups] for rows in groups]
    )
    rows, columns = plot.evaluate("gd => [[...gd.data[0].y], [...gd.data[0].x]]")
    assert np.abs(z - pooled[np.ix_(rows, columns)]).max() < 0.004
    assert len(rows) > 20
    assert z[:, columns.index(0)].min() > 0.3  # the sink, for every row
    expect(watched.locator('[id="strip-1"] .u')).to_have_count(512)
    expect(watched.locator('[id="text=1"]')).to_contain_text("pooled")


def test_many_texts_are_listed_and_the_chosen_ones_opened(watched, tmp_path, monkeypatch):
    """With a tenth of the lines that a page always has, and estimated as a page of many texts."""
    monkeypatch.setattr("reportgen.report.html.size_plan._LINES_KEPT", 30)
    monkeypatch.setattr("reportgen.report.html.page._MEASURED", 30)
    findings = Findings(make_results(tmp_path, HEADLINES * 12, n_layers=1, n_heads=1))
    smallest = len(render(Runs(findings), RenderOptions(max_size=1)).content)  # with 30 lines
    options = RenderOptions(max_size=smallest + 30_000)
    path = tmp_path / "report.html"
    path.write_bytes(render(Runs(findings), options).content)
    url = placed(path)
    watched.goto(url)
    opened = int(watched.locator('[id^="map-"]').first.get_attribute("id").removeprefix("map-"))
    watched.goto(f"{url}#text={opened}")
    drawn(watched, opened)
    listed = [int(cell) for cell in watched.locator("table.texts tbody th").all_inner_texts()]
    assert 30 <= len(listed) < 72
    other = listed[-1]  # it has a line alone
    watched.goto(f"{url}#text={other}")
    shown = watched.locator(f'[id="text={other}"]')
    expect(shown).to_be_visible()
    expect(shown).to_contain_text("Only the text itself fits")
    expect(shown).to_contain_text(HEADLINES[(other - 1) % 6])
    absent = next(number for number in range(1, 73) if number not in listed)
    watched.goto(f"{url}#text={absent}")
    watched.wait_for_function("location.hash === '#texts'")
