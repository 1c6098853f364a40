"""Views of one text with scripts on: what is drawn in every mode equals the results."""

import numpy as np
import pytest
from exploring import HEADS, LAYERS, cell, lines, maps_of, pick, places_of, plots, same, units_of
from helpers.made_up.factories import make_results
from opening import drawn, visit, written
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_two_selections_stand_side_by_side_in_the_same_colours(kept, results):
    visit(kept, "#text=1&layer=1&head=2&with=3.4")
    drawn(kept, 1)
    maps = maps_of(results, 0)
    a, b = plots(kept, 1)
    assert same(a.z, maps[0, 1])
    assert same(b.z, maps[2, 3])
    assert (a.rows, a.columns, a.zmax) == (b.rows, b.columns, b.zmax)
    assert (a.layout["x"], a.layout["y"]) == (b.layout["x"], b.layout["y"])
    assert same(a.places, places_of(maps[0, 1]))
    assert same(b.places, places_of(maps[2, 3]))
    both = lines(kept, 1)
    for own, whole in zip(both, (maps[0, 1], maps[2, 3]), strict=True):
        assert same(own.received, whole.mean(0))
        assert same(own.row, whole[0])
    most = max(m for x in (maps[0, 1], maps[2, 3]) for m in (*x.mean(0), *x[0]))
    assert both[0].axis == both[1].axis == [0, both[0].axis[1]]
    assert most <= both[0].axis[1] <= 1.5 * most  # the next round value
    boxes = [kept.locator("#map-1 .plot").nth(i).bounding_box() for i in (0, 1)]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]


def test_a_second_view_is_begun_chosen_swapped_and_closed(kept, results):
    visit(kept, "#text=1&layer=2&head=1")
    drawn(kept, 1)
    panel = kept.locator("#map-1")
    panel.get_by_role("button", name="Compare with another view").press("Enter")
    expect(panel.get_by_role("radio", name="B: ")).to_be_checked()
    assert kept.url.endswith("#text=1&layer=2&head=1&with=all.mean")  # not the same map twice
    cell(kept, 1, 3, 3, LAYERS, HEADS).click()
    assert kept.url.endswith("#text=1&layer=2&head=1&with=3.3")
    panel.get_by_role("button", name="Swap").click()
    assert kept.url.endswith("#text=1&layer=3&head=3&with=2.1")
    maps = maps_of(results, 0)
    a, b = plots(kept, 1)
    assert same(a.z, maps[2, 2])
    assert same(b.z, maps[1, 0])
    panel.get_by_role("radio", name="A:").check()
    pick(kept, 1, "Head", "4")
    assert kept.url.endswith("#text=1&layer=3&head=4&with=2.1")
    panel.get_by_role("button", name="Close").click()
    expect(panel.locator(".plot")).to_have_count(1)
    kept.go_back()
    expect(panel.locator(".plot")).to_have_count(2)


def test_on_a_narrow_screen_one_stands_below_the_other(kept):
    kept.set_viewport_size({"width": 400, "height": 900})
    visit(kept, "#text=1&layer=1&head=2&with=3.4")
    plots(kept, 1)
    first, second = (kept.locator("#map-1 .plot").nth(i).bounding_box() for i in (0, 1))
    assert first["y"] + first["height"] <= second["y"]
    assert kept.evaluate("document.documentElement.scrollWidth") == 400


def test_content_only_prints_the_hidden_mass_of_each_view(kept, results):
    visit(kept, "#text=1&heads=1.1+2.2&with=3.4&content=1")
    maps = maps_of(results, 0)
    panes = kept.locator("#map-1 .plots > div")
    both = plots(kept, 1)
    for i, whole in enumerate(((maps[0, 0] + maps[1, 1]) / 2, maps[2, 3])):
        rest = whole[:, 1:-1].sum(1, keepdims=True)
        assert same(both[i].z[:, 1:-1], whole[:, 1:-1] / rest)
        assert np.isnan(both[i].z[:, [0, -1]]).all()
        said = f"≈ {100 * (1 - rest.mean()):.0f} % of the attention is hidden"
        expect(panes.nth(i)).to_contain_text(said)


def test_the_chosen_token_stands_in_the_address_and_back_undoes_it(kept, watched, url, results):
    visit(kept, "#text=1&layer=2&head=3")
    drawn(kept, 1)
    units_of(kept)[4].click()
    assert kept.url.endswith("#text=1&layer=2&head=3&token=4")
    expect(kept.locator("#map-1 .detail h4")).to_be_visible()
    kept.go_back()
    expect(kept.locator("#map-1 .detail h4")).to_have_count(0)
    watched.goto(f"{url}#text=1&layer=2&head=3&token=4")
    drawn(watched, 1)
    expect(watched.locator("#map-1 .detail h4")).to_be_visible()
    weights = maps_of(results, 0)[1, 2]
    names = results.tokens_of(0)["token"].tolist()
    lists = watched.locator("#map-1 .detail ol")
    for at, values in ((0, weights[4]), (1, weights[:, 4])):
        order = sorted(range(len(values)), key=lambda i: (-values[i], i))[:5]
        shown = [text.split(" ≈ ")[0] for text in lists.nth(at).locator("li").all_text_contents()]
        assert shown == [names[i] for i in order]
    watched.locator("#map-1 .plot .nsewdrag").first.wait_for()
    bands = plots(watched, 1)[0].layout["shapes"]
    assert [
        (s["x0"], s["x1"]) for s in bands if s.get("layer") != "below" and s["xref"] == "x"
    ] == [(3.5, 4.5)]


def test_the_token_stays_behind_when_the_text_is_turned(kept):
    visit(kept, "#text=1&layer=2&head=3&token=4")
    drawn(kept, 1)
    kept.locator(".panel.open a[rel=next]").click()
    drawn(kept, 2)
    assert "token" not in kept.url
    assert "layer=2&head=3" in kept.url
    expect(kept.locator("#map-2 .detail h4")).to_have_count(0)


WHOLE = "#text=1&heads=1.1+2.mean&with=3.2&content=1&token=3&grid=entropy"


def test_a_copied_link_opens_the_same_view(kept, watched, url):
    visit(kept, WHOLE)
    before = plots(kept, 1)
    assert kept.url == url + WHOLE
    watched.goto(kept.url)
    after = plots(watched, 1)
    assert watched.url == url + WHOLE
    for a, b in zip(before, after, strict=True):
        assert same(a.z, b.z)
    panel = watched.locator("#map-1")
    expect(panel.get_by_role("combobox", name="Show heads by")).to_have_value("entropy")
    expect(panel.locator(".detail h4")).to_have_count(2)


def test_a_link_that_still_names_a_scale_and_a_range_opens_its_view(kept, results):
    visit(kept, "#text=1&layer=2&head=1&scale=sqrt&range=shared")
    (plot,) = plots(kept, 1)
    assert same(plot.z, maps_of(results, 0)[1, 0])
    expect(kept.locator("#map-1 b.live")).to_have_text("Layer 2, head 1")


NOT_THERE = (
    ("#text=1&heads=9.9", "#text=1"),
    ("#text=1&heads=1.2", "#text=1&layer=1&head=2"),
    ("#text=1&heads=2.3+1.2", "#text=1&heads=1.2+2.3"),
    ("#text=1&heads=1.1+1.2+1.3+1.4", "#text=1&layer=1&head=mean"),
    ("#text=1&layer=2&head=1&with=7.mean", "#text=1&layer=2&head=1"),
    ("#text=1&layer=2&head=1&token=999", "#text=1&layer=2&head=1"),
    ("#text=1&layer=2&head=1&part=3", "#text=1&layer=2&head=1"),
    ("#text=1&layer=2&head=1&at=x", "#text=1&layer=2&head=1"),
)


def test_a_view_that_is_not_there_is_put_right(kept, url):
    for given, right in NOT_THERE:
        visit(kept, given)
        kept.wait_for_url(url + right)


def test_without_special_tokens_there_is_no_choice_to_take_them_out(watched, tmp_path):
    watched.goto(f"{written(make_results(tmp_path, ('ab', 'cd'), special=False), tmp_path)}#text=1")
    drawn(watched, 1)
    expect(watched.locator("#map-1 [role=grid]")).to_be_attached()
    assert watched.locator("#map-1").get_by_role("checkbox", name="Hide").count() == 0
