"""Scores that came with the texts, under a hostile name, in a real Chromium."""

from dataclasses import replace

import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results
from opening import written
from playwright.sync_api import expect

from reportgen.results import ScoreSource

pytestmark = pytest.mark.browser

NAME = "</script><s>\"'`\\] 😀\u202e"
SHOWN = "</script><s>\"'`\\] 😀⟨U+202E⟩"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    made = make_results(tmp_path_factory.mktemp("results"), HEADLINES, evidence="basic")
    tokens = made.stored("tokens")
    scores = [[float(unit % 3 - 1)] for unit in tokens["unit"]]
    info = replace(made.info, scores=(ScoreSource(NAME, "own.csv", True),))
    return changed(made, info, tokens=tokens.assign(user_scores=scores))


def test_scores_colour_a_text_and_come_back_with_the_address(results, watched, tmp_path):
    watched.goto(f"{written(results, tmp_path)}#text=1")
    choice = watched.locator("#colours-1")
    choice.locator("details").evaluate("more => { more.open = true; }")
    choice.get_by_role("radio", name=SHOWN).check()
    legend = watched.locator("#legend-1")
    expect(legend).to_contain_text(f"the scores “{SHOWN}”, given with the texts, not measured by")
    expect(legend).to_contain_text("Red: above 0; blue, underlined: below 0.")
    address = watched.url
    watched.goto("about:blank")
    watched.goto(address)
    expect(choice.locator("input:checked")).to_have_value(f"scores:{NAME}")


def test_scores_asked_for_first_stand_without_scripts(results, still_tab, tmp_path):
    still_tab.goto(written(results, tmp_path, colour=f"scores:{NAME}"))
    expect(still_tab.locator("#legend-1")).to_contain_text(f"the scores “{SHOWN}”")
    expect(still_tab.locator("body")).to_contain_text(
        f"Scores “{SHOWN}”: given with the texts, not measured by reportgen."
    )
