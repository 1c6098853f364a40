"""The page of any kind of output: answers and a coloured text on the first screen, nothing that
axe-core finds, and nothing wider than the page."""

import pytest
from axe import found
from exploring import as_pair
from helpers.made_up.completed import completed_results
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.tagged import tagged_results
from opening import drawn, written
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

NUMBERS = (0.5, 1.5, 3.0, 0.25, 2.0, 1.0)
PLAIN = (
    "number",
    "numbers",
    "class",
    "labels",
    "embedding",
    "next_token",
    "masks",
    "answer",
    "choice",
)
KINDS = (*PLAIN, "tags", "completion", "similarity")


def made_of(kind, folder):
    if kind == "tags":
        tags = tagged_results(folder / "own", HEADLINES).texts["prediction_label"]
        wrong = " ".join(["O"] * len(tags[0].split()))
        return tagged_results(folder / "labelled", HEADLINES, [wrong, *tags[1:]])
    if kind == "completion":
        return completed_results(folder, HEADLINES)
    if kind == "similarity":
        return as_pair(
            make_results(folder, labels=NUMBERS, similarity="cosine", evidence="basic"), 0, 4
        )
    return make_results(folder, HEADLINES, kind=kind, sink=0.4, evidence="basic")


@pytest.mark.parametrize(("scheme", "width", "lang"), [("light", 1280, "en"), ("dark", 400, "ja")])
@pytest.mark.parametrize("kind", KINDS)
def test_the_first_screen_answers_and_axe_finds_nothing(
    watched, tmp_path, kind, scheme, width, lang
):
    address = written(made_of(kind, tmp_path), tmp_path, lang=lang)
    watched.set_viewport_size({"width": width, "height": 900})
    watched.emulate_media(color_scheme=scheme)
    watched.goto(address)
    for card in watched.locator(".answer-card").all():
        expect(card.locator(".says")).to_be_in_viewport()
    strip = watched.locator(".strip").locator("visible=true").first
    assert strip.bounding_box()["y"] < (600 if width == 1280 else 900)
    number = int(watched.locator(".panel.open").get_attribute("id").removeprefix("text="))
    watched.locator(f"#map-{number}").scroll_into_view_if_needed()
    drawn(watched, number)
    assert found(watched) == []
    assert watched.evaluate("document.documentElement.scrollWidth") <= width
    beyond = "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth).length"
    assert watched.locator(".panel.open .completion .scroll").evaluate_all(beyond) == 0
