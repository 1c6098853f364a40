"""A chosen token: the answer stands under the text, repeated tokens are told apart."""

import re

import numpy as np
import pytest
from exploring import colour_by, maps_of, settle, units_of
from helpers.made_up.factories import HEADLINES, make_results
from opening import drawn, middle, rendered, visit, written
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

TWICE = "ab ab cd ab"
HINT = "Choose a token to see what it looks at."


def name_of(results, text, unit):
    """The token of a text at `unit`, with its ordinal where there are several of that name."""
    names = results.tokens_of(text)["token"].tolist()
    if names.count(names[unit]) == 1:
        return names[unit]
    n = names[: unit + 1].count(names[unit])
    return f"{names[unit]} ({n}{'th' if n > 3 else ('st', 'nd', 'rd')[n - 1]})"


def test_the_answer_says_where_a_token_looks_and_what_it_receives(kept, results):
    visit(kept, "#text=1&layer=2&head=3")
    drawn(kept, 1)
    answer = kept.locator("#strip-1 ~ .answer")
    expect(answer).to_have_attribute("aria-live", "polite")
    expect(answer).to_have_text(HINT)
    tokens = results.tokens_of(0)
    unit = 3
    units_of(kept)[unit].click()
    weights = maps_of(results, 0)[1, 2]
    best = int(weights[unit].argmax())
    token, to = name_of(results, 0, unit), name_of(results, 0, best)
    expect(answer).to_contain_text(f"“{token}” sends ≈ ")
    expect(answer).to_contain_text(f"of its attention to “{to}”.")
    told = answer.inner_text()
    share, received, times = re.findall(r"[\d.]+(?=\s%| times)", told)
    assert float(share) == pytest.approx(100 * weights[unit, best], rel=0.06)
    columns = weights.mean(axis=0)
    content = ~tokens["is_special"].to_numpy(bool)
    assert float(received) == pytest.approx(100 * columns[unit], rel=0.06)
    assert float(times) == pytest.approx(columns[unit] / columns[content].mean(), abs=0.06)


def test_the_answer_stands_right_below_the_text_and_goes_with_the_choice(kept):
    visit(kept, "#text=1&token=2")
    drawn(kept, 1)
    answer = kept.locator("#strip-1 ~ .answer")
    expect(answer).to_contain_text("sends")
    strip, below = kept.locator("#strip-1").bounding_box(), answer.bounding_box()
    # Between them are at most a line or two on where the model looks.
    assert 0 <= below["y"] - strip["y"] - strip["height"] < 56
    units_of(kept)[2].press("Escape")  # the tooltip that comes with the focus
    kept.keyboard.press("Escape")
    expect(answer).to_have_text(HINT)
    units_of(kept)[3].click()
    expect(kept.locator("#map-1 .detail h4")).to_be_visible()
    kept.evaluate("document.activeElement.blur()")
    kept.keyboard.press("Escape")
    expect(kept.locator("#map-1 .detail h4")).to_have_count(0)
    assert "token" not in kept.url


def test_content_only_and_a_special_token_say_what_there_is(kept):
    visit(kept, "#text=1&content=1&token=0")
    drawn(kept, 1)
    answer = kept.locator("#strip-1 ~ .answer")
    expect(answer).to_contain_text("“[CLS]” sends ")
    expect(answer).not_to_contain_text("receives")  # its column is taken out


@pytest.fixture(scope="module")
def with_evidence(tmp_path_factory):
    """Results with evidence, and their page."""
    made = make_results(tmp_path_factory.mktemp("made"), HEADLINES, evidence="basic")
    return made, rendered(made, tmp_path_factory.mktemp("page"))


def test_neither_the_first_nor_a_second_choice_moves_the_chart(keep, with_evidence):
    _, file = with_evidence
    kept = keep(file)
    visit(kept, "#text=1")
    plot = drawn(kept, 1)
    before = plot.bounding_box()
    for unit in (2, 4, 0, 0):  # the last one undoes the choice
        units_of(kept)[unit].click()
        settle(kept, 1)
        assert plot.bounding_box() == before
        for details in kept.locator("#map-1 .detail").filter(visible=True).all():
            assert details.bounding_box()["y"] >= before["y"] + before["height"]


def test_without_special_tokens_the_text_has_the_figures_of_the_map(keep, with_evidence):
    made, file = with_evidence
    watched = keep(file)
    visit(watched, "#text=1")
    drawn(watched, 1)
    markers, chip = watched.locator("#strip-1 .markers"), watched.locator("#colours-1 .looking-at")
    expect(markers).to_be_visible()
    units_of(watched)[0].focus()
    watched.keyboard.press("Home")
    watched.locator("#map-1").get_by_role("checkbox", name="Hide").check()
    expect(markers).to_be_hidden()
    row = maps_of(made, 0)[-1].mean(axis=0)[0, 1:-1]
    texts = [unit.get_attribute("data-value") for unit in units_of(watched)[1:-1]]
    shares = [float(text.removeprefix("≈ ").removesuffix("\u00a0%")) for text in texts]
    assert shares == pytest.approx(100 * row / row.sum(), rel=0.06, abs=0.06)
    expect(chip).to_be_hidden()  # it is the map that stands there at first
    expect(watched.locator("#colours-1 input:checked")).to_have_value("cls_row_last")
    units_of(watched)[1].focus()
    watched.keyboard.press("End")  # no marker is reached
    expect(units_of(watched)[-2]).to_be_focused()
    watched.locator("#map-1").get_by_role("checkbox", name="Hide").uncheck()
    expect(markers).to_be_visible()
    assert "≈" not in units_of(watched)[2].get_attribute("data-value")


def test_what_the_colours_show_says_where_the_token_looks(keep, with_evidence):
    made, file = with_evidence
    watched = keep(file)
    visit(watched, "#text=1")
    drawn(watched, 1)
    shown = watched.locator("#colours-1 input:checked")
    first = shown.input_value()
    look = watched.locator("#text\\=1 .without .look").locator("..")
    looked = look.inner_text()
    units_of(watched)[2].click()
    token = name_of(made, 0, 2).strip()
    chip = watched.locator("#colours-1 .looking-at")
    expect(chip).to_have_text(f"where “{token}” looks ×")
    expect(shown).to_have_count(0)
    weights = maps_of(made, 0)[-1].mean(axis=0)[2]
    times = weights / weights[1:-1].mean()
    most = 1 + int(times[1:-1].argmax())
    expect(look).to_contain_text(f"“{name_of(made, 0, most)}” {times[most]:.1f}×")
    chip.click()
    expect(chip).to_be_hidden()
    assert look.inner_text() == looked
    expect(watched.locator("#strip-1 .u.chosen")).to_have_count(0)
    assert "token=" not in watched.url
    units_of(watched)[2].click()
    expect(chip).to_be_visible()
    colour_by(watched, 1, "cls_row_last")
    expect(chip).to_be_hidden()
    assert "token=" not in watched.url
    colour_by(watched, 1, first)
    for _ in range(2):
        units_of(watched)[2].click()
    expect(shown).to_have_value(first)


def test_repeated_tokens_are_told_apart_in_lists_legend_and_names(watched, tmp_path):
    made = make_results(tmp_path, (TWICE, *HEADLINES), evidence="basic")
    watched.goto(f"{written(made, tmp_path)}#text=1")
    drawn(watched, 1)
    names = made.tokens_of(0)["token"].tolist()
    again = [i for i, name in enumerate(names) if names.count(name) > 1]
    assert again
    unit = again[1]
    expect(units_of(watched)[unit]).to_have_attribute("aria-label", name_of(made, 0, unit))
    once = next(i for i, name in enumerate(names) if names.count(name) == 1 and i)
    assert units_of(watched)[once].get_attribute("aria-label") is None
    watched.locator("#text\\=1 .influence details:not(.tools) > summary").click()
    rows = watched.locator("#text\\=1 .influence tbody tr").all()
    assert len(rows) >= 5
    for row in rows:
        label = row.locator("bdi").inner_text()
        if names.count(label) > 1:
            assert re.search(r"\((1st|2nd|3rd|\dth)", row.inner_text())
    units_of(watched)[unit].click()
    expect(watched.locator("#map-1 .detail h4 bdi")).to_have_text(name_of(made, 0, unit))
    shares = maps_of(made, 0)[-1].mean(axis=0)[unit]
    best = np.argsort(-shares, kind="stable")[:5]
    looked = watched.locator("#map-1 .detail ol").first.locator("bdi")
    assert [text.strip() for text in looked.all_inner_texts()] == [
        name_of(made, 0, int(i)).strip() for i in best
    ]


def test_a_tap_on_the_map_chooses_a_token_and_keeps_it(own_tab, tap, url):
    page = own_tab
    page.goto(f"{url}#text=1")
    drawn(page, 1)
    area = page.locator("#map-1 .plot .nsewdrag").first
    page.evaluate(
        """() => { window.told = [];
          const plot = document.querySelector("#map-1 .plot");
          plot.on("plotly_click", ({ event }) => window.told.push(event.type)); }"""
    )
    tap(*middle(area))
    page.wait_for_function("window.told.length > 1")  # a touch, and a click made of it
    expect(page.locator("#map-1 .detail h4")).to_be_visible()
    assert "&token=" in page.url
    tip = page.locator("#tip")
    expect(tip).to_contain_text("→")
    page.wait_for_timeout(300)
    expect(tip).to_be_visible()  # until the next touch
    unit = units_of(page)[2]
    tap(*middle(unit))
    expect(tip.locator("bdi")).to_contain_text(unit.inner_text().strip())
    tap(2, 400)
    expect(tip).to_be_hidden()
