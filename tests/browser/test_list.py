"""The list of texts in a real Chromium: found, sorted, filtered, linked, and fast."""

import random
from itertools import pairwise

import pytest
from helpers.made_up.factories import HEADLINES, make_results
from opening import placed, rendered, show_all, visit
from playwright.sync_api import expect

from reportgen.report.html import PAPER_ROWS

pytestmark = pytest.mark.browser

LABELS = (0.5, 1.5, 3.0, 0.25, 2.0, 1.0)
IDS = ("ad-1", "ad-2", "EN-3", "2", "EN-5", "広告 6+")  # one is the number of another text
MANY_LABELS = (*(0.25 * n for n in range(12)), 9.0, 3.0)
N_MANY = 160
WINDOW = {"width": 1100, "height": 900}
GROUPS = ("shop", "shop", "café", None, "café", "shop")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    made = make_results(
        tmp_path_factory.mktemp("results"),
        HEADLINES,
        sink=0.3,
        labels=LABELS,
        ids=IDS,
        truncated=(1,),
        failed=(4,),
    )
    made.texts["group"] = list(GROUPS)
    return made


@pytest.fixture(scope="module")
def page_file(results, tmp_path_factory):
    return rendered(results, tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    made = make_results(tmp_path_factory.mktemp("classes"), HEADLINES, kind="class")
    made.texts["label"] = ["bad", "bad", "good", "good", "bad", "good"]
    return made


@pytest.fixture(scope="module")
def page_of_classes(classes, tmp_path_factory):
    return rendered(classes, tmp_path_factory.mktemp("page-of-classes"))


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    draw = random.Random(1)
    words = ["free", "coffee", "points", "card", "無料", "ポイント", "今すぐ"]
    texts = tuple(" ".join(draw.choice(words) for _ in range(2)) for _ in range(N_MANY))
    labels = tuple(3 * draw.random() for _ in texts)
    made = make_results(
        tmp_path_factory.mktemp("many"), texts, n_layers=1, n_heads=2, labels=labels, keep=0
    )
    return texts, rendered(made, tmp_path_factory.mktemp("page-of-many"))


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """The page of texts from right to left, cut in the list, and with labels of many values."""
    texts = ["مرحبا بكم في المتجر", "begin " + "x " * 120 + "needle " + "y " * 120]
    texts += [f"text {n}" for n in range(2, len(MANY_LABELS))]
    made = make_results(tmp_path_factory.mktemp("odd"), tuple(texts), labels=MANY_LABELS)
    made.texts.loc[12, ["label", "label_value"]] = None  # a text without a label
    return rendered(made, tmp_path_factory.mktemp("page-of-odd"))


def show_list(kept):
    """Shows all texts as a table; beside the open text its rows have no columns."""
    kept.set_viewport_size(WINDOW)
    visit(kept, "#text=1")
    show_all(kept)


@pytest.fixture
def listed(kept):
    """The report of the module, with all its texts as a table."""
    show_list(kept)
    return kept


def shown(page):
    """The numbers of the texts in the list, from the top."""
    return page.locator("#list tbody tr:not([hidden]) th").all_inner_texts()


def count(page):
    return page.locator(".find .count").inner_text()


def choice(page, name):
    return page.locator(".find").get_by_role("combobox", name=name, exact=True)


def by(values, down):
    """Numbers in the order of `values`; none last, equal ones in input order."""
    known = [at for at, value in enumerate(values) if value is not None]
    known.sort(key=lambda at: -values[at] if down else values[at])
    missing = [at for at, value in enumerate(values) if value is None]
    return [str(at + 1) for at in (*known, *missing)]


def test_search_looks_at_texts_ids_and_tokens(listed):
    for typed, found in (
        ("FREE coffee", ["3"]),
        ("coffee free", ["3"]),  # both words, wherever
        ("en-", ["3", "5"]),  # ids
        ("ｍｕｎａｉｔａｶｰﾄﾞ", ["1", "2"]),  # wide letters and half-width kana
        ("３，０００", ["6"]),
        ("ポイ", ["1"]),  # a token of two characters
        ("nothing like it", []),
    ):
        listed.get_by_role("searchbox").fill(typed)
        assert shown(listed) == found
        assert count(listed) == f"{len(found)} of 6 texts shown"
        expect(listed.get_by_text("No text matches.")).to_be_visible(visible=not found)
        listed.get_by_role("button", name="Reset").click()
        assert shown(listed) == list("123456")
        assert count(listed) == "6 texts"
        expect(listed.get_by_role("button", name="Reset")).to_be_hidden()


def test_every_figure_sorts_both_ways_and_back_to_input_order(listed, results):
    texts = results.texts
    ran = texts["status"].isin(("ok", "truncated"))
    shares = results.heads.groupby("text")["special_share"].mean()
    errors = (texts["prediction"] - texts["label_value"]).abs()
    columns = {
        "Prediction": [
            round(v, 3) if ok else None for v, ok in zip(texts["prediction"], ran, strict=True)
        ],
        "Error": [round(v, 3) if ok else None for v, ok in zip(errors, ran, strict=True)],
        "Right answer": [v if ok else None for v, ok in zip(LABELS, ran, strict=True)],
        "Tokens": texts["n_tokens"].tolist(),
        "Special share": [round(100 * shares[at], 1) if ok else None for at, ok in enumerate(ran)],
    }
    for name, values in columns.items():
        head = listed.locator("#list").get_by_role("columnheader", name=name)
        button = head.get_by_role("button")
        button.click()
        assert shown(listed) == by(values, down=True), name
        expect(head).to_have_attribute("aria-sort", "descending")
        button.press("Enter")
        assert shown(listed) == by(values, down=False), name
        expect(head).to_have_attribute("aria-sort", "ascending")
        button.press("Space")
        assert shown(listed) == list("123456")
        expect(listed.locator("[aria-sort]")).to_have_count(0)


def test_words_sort_from_the_first(listed):
    listed.locator("#list").get_by_role("columnheader", name="ID").get_by_role("button").click()
    assert shown(listed) == ["4", "1", "2", "3", "5", "6"]
    listed.locator("#list").get_by_role("columnheader", name="Group").get_by_role("button").click()
    assert shown(listed) == ["3", "5", "1", "2", "6", "4"]


def test_filters_by_group_status_and_error(listed, results):
    choice(listed, "Group").select_option("shop")
    assert shown(listed) == ["1", "2", "6"]
    options = choice(listed, "Show").locator("option").all_inner_texts()
    assert options == ["all", "largest tenth of errors", "truncated", "failed"]
    choice(listed, "Show").select_option("truncated")
    assert shown(listed) == ["2"]
    listed.get_by_role("button", name="Reset").click()
    choice(listed, "Show").select_option("failed")
    assert shown(listed) == ["5"]
    choice(listed, "Show").select_option("worst")
    errors = (results.texts["prediction"] - results.texts["label_value"]).abs()
    assert shown(listed) == [str(int(errors.to_numpy(float, na_value=-1).argmax()) + 1)]


def test_the_address_holds_the_list_and_back_undoes_it(listed, watched, url):
    listed.locator("#list").get_by_role("columnheader", name="Tokens").get_by_role("button").click()
    choice(listed, "Group").select_option("café")
    listed.get_by_role("searchbox").fill("free & co")
    expect(listed).to_have_url(f"{url}#text=1&q=free%20%26%20co&sort=-tokens&group=caf%C3%A9")
    listed.get_by_role("searchbox").fill("free")
    expect(listed).to_have_url(f"{url}#text=1&q=free&sort=-tokens&group=caf%C3%A9")
    assert shown(listed) == ["3"]
    listed.locator("#list a").locator("visible=true").click()
    expect(listed).to_have_url(f"{url}#text=3&q=free&sort=-tokens&group=caf%C3%A9")
    address = listed.url
    listed.go_back()
    listed.go_back()
    expect(listed.get_by_role("searchbox")).to_have_value("")
    assert shown(listed) == ["3", "5"]
    watched.goto(address)
    assert shown(watched) == ["3"]
    expect(watched.get_by_role("searchbox")).to_have_value("free")
    expect(choice(watched, "Group")).to_have_value("café")
    expect(watched.locator(".panel.open h3")).to_have_text("Text 3")


def test_what_an_address_cannot_mean_leaves_the_list_whole(kept):
    visit(kept, "#text=2&sort=-nothing&show=constructor&group=__proto__")
    assert shown(kept) == list("123456")
    visit(kept, "#text=2&sort=-constructor&show=toString&predicted=1")
    assert shown(kept) == list("123456")


def test_the_open_text_is_marked(listed):
    visit(listed, "#text=2")
    current = listed.locator("#list [aria-current=true]")
    expect(current).to_have_attribute("href", "#text=2")
    listed.locator("#list a").nth(5).click()
    expect(current).to_have_count(1)
    expect(current).to_have_attribute("href", "#text=6")


def test_an_address_with_an_id_opens_its_text_and_leaves_the_number_in_the_address(watched, url):
    opened = watched.locator(".panel.open")
    for id, number in (("2", 4), ("%E5%BA%83%E5%91%8A%206%2B", 6), ("EN-3&layer=2", 3)):
        watched.goto(f"{url}#id={id}")
        expect(opened).to_have_id(f"text={number}")
        expect(opened).to_be_in_viewport()
        assert f"#text={number}" in watched.url
    watched.goto(f"{url}#id=nobody")
    expect(opened).to_have_count(1)
    assert watched.url.endswith("#texts")


def test_next_and_previous_links_follow_the_list(listed):
    choice(listed, "Group").select_option("shop")
    steps = listed.locator(".panel.open .steps")
    expect(steps.locator("[rel=prev]")).to_be_hidden()
    for number in ("2", "6"):
        steps.locator("[rel=next]").click()
        expect(listed.locator(".panel.open h3")).to_have_text(f"Text {number}")
    expect(steps.locator("[rel=next]")).to_be_hidden()
    expect(steps.locator("[rel=prev]")).to_have_attribute("href", "#text=2")


def test_a_long_list_is_searched_as_one_types_and_scrolls_in_its_own_box(watched, many):
    texts, path = many
    watched.set_viewport_size(WINDOW)
    watched.goto(placed(path))
    show_all(watched)
    typed = "free 無料"
    watched.locator("[type=search]").press_sequentially(typed)
    found = [at for at, text in enumerate(texts) if all(word in text for word in typed.split())]
    assert count(watched) == f"{len(found)} of {N_MANY} texts shown"
    assert shown(watched) == [str(at + 1) for at in found][:40]
    watched.get_by_role("button", name="Reset").click()
    box = watched.locator("#list")
    assert box.evaluate("box => box.scrollHeight > 2 * box.clientHeight && box.clientHeight < 700")
    assert count(watched) == f"{N_MANY} texts"
    seen = len(shown(watched))
    for _ in range(3):
        box.evaluate("box => { box.scrollTop = box.scrollHeight }")
        watched.wait_for_timeout(100)
    assert len(shown(watched)) > seen
    watched.locator("#list").get_by_role("columnheader", name="Error").get_by_role("button").click()
    assert box.evaluate("box => box.scrollTop") == 0  # the largest first, not the open text
    watched.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(shown(watched)) == PAPER_ROWS
    watched.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(shown(watched)) < PAPER_ROWS


def test_on_paper_the_list_says_what_it_shows(kept):
    visit(kept, "#text=1&group=shop")
    kept.emulate_media(media="print")
    expect(kept.locator(".find .count")).to_be_visible()
    expect(kept.get_by_role("searchbox")).to_be_hidden()
    assert kept.locator("#list").evaluate("box => getComputedStyle(box).maxHeight") == "none"


def test_narrow_pages_sort_by_a_choice_and_do_not_scroll_sideways(kept, results):
    kept.set_viewport_size({"width": 400, "height": 800})
    visit(kept, "#text=1")
    kept.get_by_role("button", name="All 6").click()
    choice(kept, "Sort by").select_option("-tokens")
    assert shown(kept) == by(results.texts["n_tokens"].tolist(), down=True)
    kept.get_by_role("searchbox").fill("free")
    assert shown(kept) == ["3"]
    assert kept.locator("#list tbody tr").locator("visible=true").count() == 1
    assert kept.evaluate("document.documentElement.scrollWidth") <= 400


def test_without_scripts_the_list_is_whole_and_in_input_order(still_tab, url):
    still_tab.goto(url)
    assert shown(still_tab) == list("123456")
    assert still_tab.locator(".find").count() == 0
    height = "box => getComputedStyle(box).maxHeight"
    assert still_tab.locator("#list").evaluate(height) == "none"


def test_classes_filter_by_label_prediction_and_being_wrong(keep, classes, page_of_classes):
    kept = keep(page_of_classes)
    show_list(kept)
    labels, predicted = classes.texts["label"], classes.texts["prediction_label"]
    choice(kept, "Show").select_option("wrong")
    wrong = [str(at + 1) for at in range(6) if labels[at] != predicted[at]]
    assert 0 < len(wrong) < 6
    assert shown(kept) == wrong
    choice(kept, "Show").select_option("")
    choice(kept, "Right answer").select_option("good")
    choice(kept, "Prediction").select_option("bad")
    both = [at for at in range(6) if (labels[at], predicted[at]) == ("good", "bad")]
    assert shown(kept) == [str(at + 1) for at in both]


def test_a_count_of_labels_and_classes_shows_its_texts(keep, classes, page_of_classes):
    """Each count but 0 is a link; none where labels are read as numbers of the classes."""
    kept = keep(page_of_classes)
    labels, predicted = classes.texts["label"], classes.texts["prediction_label"]
    pairs = list(zip(labels, predicted, strict=True))
    links = kept.locator("table.confusion a")
    assert links.count() == len(set(pairs))
    for at, (label, name) in enumerate(sorted(set(pairs))):
        link = links.filter(visible=True).nth(at)
        assert link.get_attribute("title").endswith(f"“{label}” predicted “{name}”")
        link.click()
        expect(kept.locator("#texts")).to_be_in_viewport()
        expected = [str(number) for number, pair in enumerate(pairs, 1) if pair == (label, name)]
        assert shown(kept) == expected
        assert link.text_content() == str(len(expected))


def test_a_text_cut_in_the_list_is_searched_whole(keep, odd):
    kept = keep(odd)
    show_list(kept)
    assert "needle" not in kept.locator("#list").inner_text()
    kept.get_by_role("searchbox").fill("needle")
    assert shown(kept) == ["2"]
    kept.wait_for_url("**q=needle")  # written after a while, when it would follow the next test


def test_right_to_left_texts_stay_in_their_cells(keep, odd):
    kept = keep(odd)
    show_list(kept)
    cells = kept.locator("#list tbody tr").first.locator("th, td")
    boxes = [cell.bounding_box() for cell in cells.all()]
    assert all(a["x"] + a["width"] <= b["x"] + 1 for a, b in pairwise(boxes))
    link = kept.locator("#list a").first.bounding_box()
    assert boxes[1]["x"] <= link["x"]
    assert link["x"] + link["width"] <= boxes[1]["x"] + boxes[1]["width"]
    strip = kept.locator("#strip-1 p").first
    assert strip.evaluate("p => getComputedStyle(p).direction") == "rtl"
    # The legend that a script writes holds the name of a token apart from the figures behind it.
    token = strip.locator(".u", has_text="تج")
    token.click()
    assert "\u2068تج\u2069" in kept.locator("#legend-1").text_content()


def test_labels_of_many_values_are_filtered_by_ranges(keep, odd):
    kept = keep(odd)
    show_list(kept)
    options = choice(kept, "Right answer").locator("option").all()
    ranges = [option.get_attribute("value") for option in options[1:]]
    assert ranges == ["0..1", "1..2", "2..3", "3..4"]
    for option in ranges:
        low, high = map(float, option.split(".."))
        choice(kept, "Right answer").select_option(option)
        inside = [n for n, label in enumerate(MANY_LABELS, 1) if low <= label < high]
        assert shown(kept) == [str(n) for n in inside]
    kept.reload()
    assert shown(kept) == ["14"]
