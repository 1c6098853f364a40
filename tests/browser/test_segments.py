"""Pairs and words with scripts on: what is drawn equals the results."""

from itertools import product

import numpy as np
import pytest
from exploring import HEADS, LAYERS, as_pair, lines, maps_of, place_of, plots, same
from helpers.made_up.factories import HEADLINES, make_results
from helpers.plain.plain_multiples import plain_multiples
from opening import drawn, rendered, visit, written
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SPLIT = 9  # the token of the English headline that becomes the [SEP] of a pair


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    made = make_results(
        tmp_path_factory.mktemp("pair"), (HEADLINES[2],), n_layers=LAYERS, n_heads=HEADS
    )
    return as_pair(made, 0, SPLIT)


@pytest.fixture(scope="module")
def pair_page(pair, tmp_path_factory):
    return rendered(pair, tmp_path_factory.mktemp("pair_page"))


@pytest.fixture
def pair_kept(keep, pair_page):
    return keep(pair_page)


PARTS = {"1": (0, 0), "2": (1, 1), "1-2": (0, 1), "2-1": (1, 0)}


def test_a_part_of_a_pair(pair_kept, pair):
    for part, content in product(PARTS, (False, True)):
        visit(pair_kept, f"#text=1&layer=2&head=3&part={part}{'&content=1' * content}")
        require_part(pair_kept, pair, part, content)


def require_part(watched, pair, part, content):
    segment = pair.tokens_of(0)["segment"].to_numpy(float, na_value=np.nan)
    rows, columns = (np.flatnonzero(segment == s) for s in PARTS[part])
    weights = maps_of(pair, 0)[1, 2]
    if content:
        is_content = ~np.isnan(segment)
        weights = weights / weights[:, is_content].sum(1, keepdims=True)
    (plot,) = plots(watched, 1)
    assert (plot.rows, plot.columns) == (rows.tolist(), columns.tolist())
    shown = weights[np.ix_(rows, columns)]
    assert same(plot.z, shown)
    assert same(plot.received, shown.mean(0))
    share = 100 * shown.sum(1).mean()
    expect(watched.locator("#map-1 .live p.legend")).to_contain_text(f": ≈ {share:.0f} % of what")
    names = [note["text"] for note in plot.layout["annotations"]]
    assert names == ["first", "second"] if "-" in part else len(set(names)) == 1


def test_a_rule_and_names_tell_the_segments_of_a_pair_apart(pair_kept, pair):
    visit(pair_kept, "#text=1")
    layout = plots(pair_kept, 1)[0].layout
    second = SPLIT + 0.5
    rules = {
        (s["xref"], s["yref"], s["x0"], s["y0"]) for s in layout["shapes"] if s["type"] == "line"
    }
    assert rules == {("x", "paper", second, 0), ("paper", "y", 0, second)}
    names = [(note["text"], note["xref"], note["x"], note["y"]) for note in layout["annotations"]]
    assert names == [
        ("first", "x", 0.5, 1),
        ("first", "paper", 0, 0.5),
        ("second", "x", second, 1),
        ("second", "paper", 0, second),
    ]
    strip = pair_kept.locator("#strip-1")
    expect(strip.locator(".segment")).to_have_text(["first", "second"])


def test_a_single_text_offers_no_parts(kept):
    visit(kept, "#text=1&part=1-2")
    drawn(kept, 1)
    expect(kept.locator("#map-1").get_by_role("combobox", name="Show", exact=True)).to_have_count(0)
    assert not np.isnan(plots(kept, 1)[0].z).any()


def words_of(results, text):
    """The word of every token, from the text alone."""
    whole, words = results.texts.iloc[text]["text"], []
    numbers = np.cumsum([c.isspace() for c in whole])
    for token in results.tokens_of(text).itertuples():
        if token.is_special:
            words.append(token.token)
            continue
        letters = [i for i in range(token.start, token.end) if not whole[i].isspace()]
        words.append(int(numbers[letters[0]]))
    places = {word: i for i, word in enumerate(dict.fromkeys(words))}
    return np.array([places[word] for word in words])


def test_tokens_merged_to_words_are_sums_to_and_means_from(tab, tmp_path):
    made = make_results(tmp_path, ("word by word, merged again",), n_layers=LAYERS, n_heads=HEADS)
    tokens = made.tokens_of(0)
    tab.goto(f"{written(made, tmp_path)}#text=1&layer=2&head=3")
    drawn(tab, 1)
    tab.get_by_text("More options").locator("visible=true").click()
    tab.get_by_label("Merge tokens into words").check()
    assert tab.url.endswith("&words=1")
    word = words_of(made, 0)
    member = np.eye(word.max() + 1)[word]  # [token, word]
    weights = maps_of(made, 0)[1, 2]
    (plot,) = plots(tab, 1)
    assert same(plot.z, (member / member.sum(0)).T @ weights @ member)
    assert same(plot.received, weights.mean(0) @ member)
    assert same(lines(tab, 1)[0].row, weights[0] @ member)
    even = (member.sum(0) / member.sum())[None]
    content = [at not in (word[0], word[-1]) for at in range(word.max() + 1)]
    times = plain_multiples((weights.mean(0) @ member)[None].astype(float), even, content)
    assert same(plot.received_places, place_of(times)[0])
    assert len(plot.layout["labels"]) == 7
    tab.goto("about:blank")
    tab.goto(f"{written(made, tmp_path)}#text=1&words=1&token=2")
    (plot,) = plots(tab, 1)
    assert same(plot.received, np.stack(tokens["received_layers"])[:, -1] @ member)
    chosen = tab.locator("#strip-1 .u.chosen")
    assert chosen.count() == (word == word[2]).sum() > 1


def test_words_are_not_offered_where_they_cannot_be_told(kept):
    visit(kept, "#text=1&words=1")
    drawn(kept, 1)
    expect(kept.get_by_label("Merge tokens into words")).to_have_count(0)
    expect(kept.locator("#map-1 .heads-box .more")).to_contain_text(
        "its tokens cannot be merged into words"
    )
    assert len(plots(kept, 1)[0].rows) == len(plots(kept, 1)[0].z)
