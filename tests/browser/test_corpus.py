"""The answers over all texts, in a real browser: predictions, texts that deserve a look, tokens."""

import re

import pytest
from helpers.made_up.factories import HEADLINES, make_results
from helpers.page_of import page_of
from opening import HOSTILE, rendered, visit, written
from playwright.sync_api import expect

TEXTS = tuple(f"{line} {i}" for i, line in enumerate(HEADLINES * 4))
LABELS = tuple(1 + (i * 7 % 24) / 20 for i in range(24))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    return make_results(folder, TEXTS, labels=LABELS, sink=0.3, evidence="basic", n_layers=2)


@pytest.fixture(scope="module")
def page_file(results, tmp_path_factory):
    return rendered(results, tmp_path_factory.mktemp("page"))


def number(text):
    return float(text.replace("−", "-").replace("+", ""))


def test_the_figures_on_the_page_are_those_of_the_results(kept, results):
    errors = results.texts["prediction"] - results.texts["label_value"]
    shown = kept.locator("#predictions .figures > div")
    mae = shown.filter(has_text="Mean absolute error").locator("b").inner_text()
    assert mae == f"{errors.abs().mean():.2f}"  # the decimals of predictions
    bias = shown.filter(has_text="Mean error").locator("b").inner_text()
    assert number(bias) == pytest.approx(errors.mean(), abs=6e-3)
    bands = kept.locator("#predictions table tbody tr").all()
    counts = [int(row.locator("td").first.inner_text()) for row in bands]
    assert sum(counts) == 24
    box = kept.locator("#predictions svg.scatter").bounding_box()
    assert 300 < box["width"] < 500
    dots = kept.locator("#predictions svg .dots").get_attribute("d")
    assert dots.count("h0") == 24


def test_the_first_text_to_start_with_that_can_be_read_is_open_at_first(watched, url):
    """On an English page; something counts in it, so that it has a bar."""
    watched.goto(url)
    listed = watched.locator("#notable ol > li a").evaluate_all("all => all.map(a => a.hash)")
    numbers = [int(address.removeprefix("#text=")) for address in listed]
    first = next(number for number in numbers if TEXTS[number - 1].isascii())
    opened = watched.locator(".panel.open")
    expect(opened).to_have_attribute("id", f"text={first}")
    assert opened.locator(".strip .u:is([class*=' b'], [class*=' n'])").count() > 0
    assert "#" not in watched.url


def test_a_text_that_deserves_a_look_is_one_click_away(kept):
    visit(kept, "#text=1")
    items = kept.locator("#notable ol > li")
    assert 5 <= items.count() <= 8
    link = items.nth(2).locator("a")
    target = link.get_attribute("href")
    link.click()
    expect(kept.locator(".panel.open")).to_have_attribute("id", target[1:])
    expect(kept).to_have_url(re.compile(f"{target}$"))
    kept.go_back()
    assert kept.url.endswith("#text=1")


def test_navigation_leads_to_every_section(kept):
    for section in ("predictions", "across"):
        kept.locator(f'.top a[href="#{section}"]').click()
        expect(kept.locator(f"#{section} h2")).to_be_in_viewport()


def test_tokens_are_listed_with_their_bars_on_the_side_of_their_sign(kept, results):
    effects = results.tokens.dropna(subset="effect")
    effects = effects[~effects["is_special"].astype(bool)]
    by_text = effects.groupby(["token", "text"])["effect"].mean().groupby("token").mean()
    for kind, sign in (("raises", "+"), ("lowers", "−")):
        folded = kept.locator(f"#across .{kind} details.folded")
        if folded.count():
            folded.locator("> summary").click()
        rows = kept.locator(f"#across .{kind} tbody tr").evaluate_all(
            """rows => rows.map((row) => {
              const [bar, axis] = ["rect", "path.ink"].map((part) => row.querySelector(part));
              const [left, width] = ["x", "width"].map((name) => Number(bar.getAttribute(name)));
              return [row.querySelector("th").innerText, row.querySelector("td b").innerText,
                Number(axis.getAttribute("d").slice(1).split(" ")[0]), left, left + width];
            })"""
        )
        assert 0 < len(rows) <= 8 + 16
        for token, value, zero, left, right in rows:
            assert value.startswith(sign)
            own = by_text[by_text.index.str.strip() == token.strip()]
            assert any(number(value) == pytest.approx(mean, abs=6e-4) for mean in own)
            assert (left if sign == "+" else right) == pytest.approx(zero, abs=0.2)


def test_nothing_scrolls_sideways(kept):
    for width in (1280, 400):
        kept.set_viewport_size({"width": width, "height": 900})
        require_no_overhang(kept, width)


def require_no_overhang(page, width):
    for section in ("predictions", "texts", "across"):
        place = page.locator(f"#{section}")
        assert place.evaluate("e => e.scrollWidth <= e.clientWidth")
        ends = place.locator(
            "h2, h3, .headline, .figures, svg.fig:not(.scroll *), .notable ol > li"
        ).evaluate_all("all => all.map(e => e.getBoundingClientRect().right)")
        assert 0 < max(ends) <= width


def test_without_scripts_all_of_it_stands(still_tab, url):
    still_tab.goto(url)
    for width in (400, 1280):
        still_tab.set_viewport_size({"width": width, "height": 900})
        require_no_overhang(still_tab, width)
    expect(still_tab.locator("#predictions .figures b")).to_have_count(6)
    folded = still_tab.locator("#across section.raises details.folded")
    if folded.count():
        folded.locator("> summary").click()
    expect(still_tab.locator("#across section.raises tbody tr").first).to_be_visible()
    still_tab.locator("#notable a").first.click()
    target = still_tab.locator("#notable a").first.get_attribute("href")[1:]
    expect(still_tab.locator(f'[id="{target}"]')).to_be_in_viewport()


def test_hostile_texts_labels_and_groups_are_text(watched, tmp_path):
    texts = tuple(line for line in HOSTILE for _ in range(5))
    results = make_results(tmp_path, texts, evidence="basic", n_layers=1, kind="class")
    results.texts["label"] = texts
    results.texts["group"] = texts[::-1]
    results.effects["effect"] = results.effects["position"] % 7 / 10  # equal in equal texts
    watched.goto(written(results, tmp_path))
    assert watched.evaluate("window.bad") is None
    assert watched.locator("#across table.by-part").count() == 3  # by class, label, group
    for section in ("predictions", "notable", "across"):
        assert watched.locator(f"#{section} :is(script, img, iframe, s)").count() == 0
    assert "<img" in watched.locator("#across").text_content()


def test_on_paper_stand_the_answers_and_why_a_text_is_shown(kept):
    reasons = kept.locator("#notable ol > li").evaluate_all(
        """all => all.map(e => [e.querySelector(".pick b").textContent,
                                Array.from(e.querySelectorAll("ul li"), one => one.textContent)])"""
    )
    assert reasons
    kept.emulate_media(media="print")
    for selector in ("#predictions svg.scatter", "#across .raises h3"):
        expect(kept.locator(selector)).to_be_visible()
    for number, said in reasons:
        why = kept.locator(f"[id='text={number}'] .why")
        expect(why).to_be_visible()
        expect(why).to_have_text(f"Start with these texts: {', '.join(said)}")


def test_the_page_says_it_in_japanese(results):
    page = page_of(results, lang="ja")
    columns = {head.get_text() for head in page.select("th[scope=col]")}
    assert not columns & {"Text", "Prediction", "Layer", "Equal share", "Unit"}
    for section in ("predictions", "notable", "across"):
        words = page.select(f"#{section} :is(h2, h3, dt, th[scope=col], .lead, .headline)")
        words += page.select(f"#{section} figcaption")
        assert words
        for text in (word.get_text() for word in words):
            if text != "R²":
                assert re.search("[\u3040-\u30ff\u4e00-\u9fff]", text), text
