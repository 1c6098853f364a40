"""The page of any kind of output: answers and a coloured text on the first screen, nothing that
axe-core finds, and nothing wider than the page.

`test_accessibility` asks axe-core of the page of a number. Of kinds with elements of their own, it
is asked of the narrow page in the dark, and in the light of those with colours of their own. The
others are looked at with `-m whole`."""

import pytest
from axe import COLOURS, found, leave_one_text
from exploring import as_pair
from helpers.cases import some_of
from helpers.made_up.completed import completed_results
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.tagged import tagged_results
from opening import pointed_at, written
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
MAPS = ("completion", "similarity")  # have maps of their own; `test_accessibility` has the others'
COLOURED = (*MAPS, "class", "tags")  # a table of confusion, tags that are wrong
WITH_ELEMENTS = (*COLOURED, "labels", "embedding", "answer")
# How long answers of all kinds are in Japanese is held by `test_first_words`.
IN_JAPANESE = ("completion", "tags")  # maps with two texts, and the longest answers


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


@pytest.mark.parametrize("kind", some_of(KINDS, *WITH_ELEMENTS))
def test_the_first_screen_answers_and_axe_finds_nothing(watched, tmp_path, kind):
    made = made_of(kind, tmp_path)
    look(watched, "light", 1280)
    watched.goto(written(made, tmp_path))
    require_first_screen(watched, within=600)
    number = int(watched.locator(".panel.open").get_attribute("id").removeprefix("text="))
    if kind in MAPS:
        watched.locator(f"#map-{number}").scroll_into_view_if_needed()
        pointed_at(watched, number)
    assert watched.evaluate("document.documentElement.scrollWidth") <= 1280
    leave_one_text(watched)
    if kind in COLOURED:
        assert found(watched, rules=COLOURS) == []
    look(watched, "dark", 400)
    if kind in WITH_ELEMENTS:
        assert found(watched) == []
    assert watched.evaluate("document.documentElement.scrollWidth") <= 400
    if kind in IN_JAPANESE:
        watched.goto("about:blank")
        require_narrow_in_japanese(watched, made, tmp_path)


@pytest.mark.whole
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in IN_JAPANESE])
def test_the_first_screen_answers_in_japanese(watched, tmp_path, kind):
    look(watched, "dark", 400)
    require_narrow_in_japanese(watched, made_of(kind, tmp_path), tmp_path)


def require_narrow_in_japanese(page, made, folder):
    page.goto(written(made, folder, lang="ja"))
    require_first_screen(page, within=900)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def look(page, scheme, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)


def require_first_screen(page, within):
    for card in page.locator(".answer-card").all():
        expect(card.locator(".says")).to_be_in_viewport()
    strip = page.locator(".strip").locator("visible=true").first
    assert strip.bounding_box()["y"] < within
