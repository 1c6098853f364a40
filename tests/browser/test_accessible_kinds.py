"""axe-core finds nothing on the page of any kind of output, and nothing is wider than the page."""

import pytest
from axe import found
from exploring import as_pair
from helpers.made_up.completed import completed_results
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.tagged import tagged_results
from opening import drawn, written

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
def test_axe_finds_nothing_on_the_page_of_any_kind(watched, tmp_path, kind, scheme, width, lang):
    address = written(made_of(kind, tmp_path), tmp_path, lang=lang)
    watched.set_viewport_size({"width": width, "height": 900})
    watched.emulate_media(color_scheme=scheme)
    watched.goto(f"{address}#text=1")
    watched.locator("#map-1").scroll_into_view_if_needed()
    drawn(watched, 1)
    assert found(watched) == []
    assert watched.evaluate("document.documentElement.scrollWidth") <= width
