"""The page as one file: self-contained, inert where texts are hostile, the same every time."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from itertools import pairwise
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from helpers.letters import from_letters
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.packed_maps import unpack
from helpers.page_of import page_of
from helpers.plain.plain_multiples import plain_step

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.report import RenderOptions, load_language, render
from reportgen.report.charts import head_picture
from reportgen.report.html import plotly_source

EN = load_language("en")
HOSTILE = (
    "</script><script>window.bad=1</script>",
    "<img src=x onerror=window.bad=1>",
    "{{7*7}} ${7*7} {% raw %}",
    "<!-- <![CDATA[",
    "a\u202eb\u200bc\x00d\u2028e",
    '" onmouseover="window.bad=1',
    "[CLS] typed by a user",
    "W" * 600,
)
LINKS = {"a": "href", "script": "src", "link": "href", "iframe": "src"}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, (*HEADLINES, ""), sink=0.4, truncated=(2,), failed=(4,))


@pytest.fixture(scope="module")
def report(results):
    return render(Runs(Findings(results)), RenderOptions())


@pytest.fixture(scope="module")
def soup(report):
    return BeautifulSoup(report.content.decode(), "html.parser")


def panel(soup, number):
    return soup.find(id=f"text={number}")


def test_the_parts_are_all_of_the_page(report):
    assert sum(report.parts.values()) == len(report.content)
    assert set(report.parts) == {
        "plotly.js",
        "attention maps",
        "texts and figures",
        "styles and scripts",
    }


def test_the_page_without_texts_is_small_enough(results, report):
    texts = sum(
        len(str(article).encode())
        for article in BeautifulSoup(report.content.decode(), "html.parser")("article")
    )
    assert len(report.content) - texts - report.parts["attention maps"] < 2_200_000


def test_a_panels_head_strip_and_cards_stay_together_in_print(results, soup):
    whole = next(row for row in Findings(results).picked.texts if row != 2)  # which was cut
    kept = [
        tag.name for tag in panel(soup, whole + 1).find(class_="keep").find_all(recursive=False)
    ]
    assert kept == [
        "header",
        "p",
        "div",
        "p",
        "div",
        "p",
        "p",
        "div",
        "div",
        "p",
    ]  # the strip, what its colours and bars say, and its twin
    assert ".keep" in soup.style.string.partition("@media print")[2]
    assert [said.get("id") for said in soup.select(".printed[hidden]")] == [None, "unprinted"]


def test_the_sections_stand_in_their_order(soup):
    headings = [h.get_text(strip=True) for h in soup.find_all(["h1", "h2"])]
    assert headings == [
        "Score of 7 texts",
        "What did it predict?",
        "What changes the prediction?",
        "Attention piles up on one token: does it matter?",
        "Does looking matter?",
        "Texts",
        "What did the model predict, and how well?",
        "Is there a sink, a token where attention piles up, and is that a problem?",
        "Which tokens matter across all texts?",
        "Method and glossary",
        "How to reproduce",
        "How to read this page",
    ]
    names = re.compile("^(answers|predictions|texts|sinks|across|method|text=1)$")
    order = [tag.get("id") for tag in soup.main.find_all(id=names)]
    assert order == ["answers", "texts", "text=1", "predictions", "sinks", "across", "method"]


def test_headings_never_skip_a_level(soup):
    levels = [int(h.name[1]) for h in soup.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_ids_are_unique_and_every_link_leads_somewhere(soup):
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for link in soup.find_all("a"):
        assert link["href"].removeprefix("#") in ids


def test_nothing_is_fetched_and_nothing_styled_inline(soup):
    (icon,) = soup.find_all("link")
    assert icon["rel"] == ["icon"]
    assert unquote(icon["href"]).startswith("data:image/svg+xml,<svg ")
    for tag, attribute in LINKS.items():
        for element in soup.find_all(tag):
            if element is not icon:
                address = element.get(attribute, "#").strip("#")
                assert not address.startswith(("http", "//", "data:"))
    assert not soup.find_all(style=True)
    assert not soup.find_all(["iframe", "base", "object"])
    for image in soup.find_all("img"):  # scripts draw what these show
        assert image.parent.name == "noscript"
        assert image["src"].startswith("data:image/png;base64,")


def test_the_policy_allows_these_two_scripts_only(soup):
    policy = soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    script = soup.find("script", type="module").string
    digests = [
        b64encode(sha256(text.encode()).digest()).decode() for text in (script, plotly_source(None))
    ]
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{digests[0]}' 'sha256-{digests[1]}'; "
        "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def test_scripts_hold_no_data(results, soup, tmp_path):
    other = render(
        Runs(Findings(make_results(tmp_path, HOSTILE))), RenderOptions(title="<b>", lang="ja")
    )
    scripts = [
        BeautifulSoup(document, "html.parser").find("script", type="module").string
        for document in (soup.encode(), other.content)
    ]
    assert scripts[0] == scripts[1]
    assert "</script" not in plotly_source(None)
    assert "<!--" not in plotly_source(None)


def test_the_strip_reads_like_the_text_with_the_shares_of_the_table(results, soup):
    for number, text in enumerate(HEADLINES[:2], start=1):
        strip = panel(soup, number).find(class_="strip").p
        content = strip.find_all(class_="u")
        assert "".join(unit.get_text() for unit in content) == text
        cls, sep = panel(soup, number).select(".markers .u.s")
        units = [cls, *content, sep]
        tokens = results.tokens_of(number - 1)
        assert [unit.get("title") or unit.small.get_text() for unit in units] == [
            f"{100 * share:.1f}\u00a0%" for share in tokens["received_all"]
        ]
        ratios = tokens["received_all"][1:-1] / tokens["received_all"][1:-1].mean()
        assert [int(unit["class"][1][1:]) for unit in content] == [
            plain_step(ratio) for ratio in ratios
        ]


def test_the_carried_maps_are_the_packed_ones(results, soup):
    carried = from_letters(soup.find(id="maps-1").string)
    assert carried == results.packed_maps(0)
    data = json.loads(soup.find(id="data-1").string)
    assert data["labels"] == results.tokens_of(0)["token"].tolist()


def test_truncated_empty_and_failed_texts_say_so(soup):
    assert "3 tokens were lost" in panel(soup, 3).find(class_="cut").get_text()
    failed = panel(soup, 5).find(class_="banner").get_text()
    assert failed == "This text could not be analysed: the output is not a number"
    assert panel(soup, 7).find(class_="banner").get_text() == "This text holds nothing to analyse."
    assert [row.get_text() for row in soup.select("td.s")][4:] == ["failed", "ok", "empty"]


def test_what_was_cut_off_is_shown(results, tmp_path):
    made = make_results(tmp_path, ("kept and lost",), truncated=(0,))
    made.texts.loc[0, "cut_text"] = 5
    page = page_of(made)
    assert page.find(class_="cut").q.get_text() == "and lost"


def test_hostile_strings_are_inert_everywhere(tmp_path):
    made = make_results(
        tmp_path,
        HOSTILE,
        ids=tuple(f"{i}{text[:40]}" for i, text in enumerate(HOSTILE)),
        group="<script>window.bad=1</script>",
        kind="class",
    )
    page = page_of(made, title="<script>\udc80</script>")
    assert len(page.find_all("script")) == 2 * len(HOSTILE) + 3
    assert not [name for tag in page.find_all() for name in tag.attrs if name.startswith("on")]
    assert page.h1.get_text() == "<script>U+DC80</script>"
    strip = panel(page, 3).find(class_="strip").get_text()
    assert "{{7*7}} ${7*7} {% raw %}" in strip
    assert "\u202e" not in page.get_text()
    chips = {chip.get_text() for chip in page.find_all(class_="chip")}
    assert {"U+202E", "U+200B", "U+0000", "U+2028", "U+DC80"} <= chips


def test_a_limit_keeps_layer_means_for_all_and_heads_for_the_first(tmp_path):
    made = make_results(tmp_path, (HEADLINES[0],) * 6, n_heads=12)
    whole = render(Runs(Findings(made)), RenderOptions())
    limit = len(whole.content) - whole.parts["attention maps"] // 3
    report = render(Runs(Findings(made)), RenderOptions(max_size=limit))
    page = BeautifulSoup(report.content.decode(), "html.parser")
    levels = [int(figure["data-level"]) for figure in page.find_all("figure", class_="map")]
    assert len(report.content) <= limit
    assert sorted(levels) == [2, 2, 2, 3, 3, 3]
    (sentence,) = report.reduced
    lower = [n for n, level in enumerate(levels, 1) if level == 2]
    assert "the mean over heads of every layer, not every head." in sentence
    needed = float(re.search(r"--max-size ([\d.]+)MB", sentence)[1])
    assert not render(Runs(Findings(made)), RenderOptions(max_size=round(needed * 1e6))).reduced
    said = [item.get_text() for item in page.find(id="texts").find(class_="quiet").find_all("li")]
    assert said == [f"{sentence.partition('--')[0].rstrip('; ')}; everything takes {needed:g} MB."]
    assert page.select_one("#reproduce .further").find(string=f"--max-size {needed:g}MB")
    assert "layer" in panel(page, lower[0]).find_all(class_="small")[-1].get_text()
    means = unpack(from_letters(page.find(id="maps-4").string), 4, 1)
    heads = unpack(made.packed_maps(3), 4, 12)
    assert abs(means[:, 0] - heads.mean(axis=1)).max() < 0.004


def test_the_smallest_limit_keeps_the_texts_and_says_how_large_the_page_is(results):
    report = render(Runs(Findings(results)), RenderOptions(max_size=1))
    page = BeautifulSoup(report.content.decode(), "html.parser")
    assert not page.find_all("figure", class_="map")
    assert HEADLINES[0] in panel(page, 1).get_text()
    assert "above the limit of" in report.reduced[-1]


def test_texts_whose_maps_were_not_kept_name_the_option(tmp_path):
    made = make_results(tmp_path, keep=1)
    page = page_of(made)
    assert "were not kept" not in panel(page, 1).get_text()
    assert "The attention maps of this text were not kept." in panel(page, 2).get_text()
    (told,) = page.select("#texts > .banner")
    assert "Their maps were not kept." in told.get_text()
    assert page.select_one("#reproduce .further").find(string="--keep-maps 5000")  # once
    assert page.find(id="maps-2") is None


def test_without_scripts_the_texts_to_start_with_have_a_picture_of_all_heads(results, soup):
    findings = Findings(results)
    first = {*findings.picked.texts, findings.opened["en"]}
    for text in range(len(results.texts)):
        found = head_picture(results, text) if text in first else None
        images = panel(soup, text + 1).select("figure.map > noscript > img")
        assert [image["src"] for image in images] == ([found.address] if found else [])
    assert soup.select("noscript img")
