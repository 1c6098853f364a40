"""The chart of a text's units against its results."""

import re

import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers.made_up.factories import HEADLINES, make_results

from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.panel import (
    Explained,
    looks_of,
    make_colours,
    make_scope,
    make_used_units,
    text_measures,
)
from reportgen.results import Results

EN = load_language("en")


def shown(results: Results, lang: str = "en"):
    findings, language = Findings(results), load_language(lang)
    scope = make_scope(findings, language)
    return make_colours(findings, 0, [HEADLINES[0]], language, scope)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return make_results(tmp_path_factory.mktemp("used"), HEADLINES, evidence="basic", sink=0.4)


def test_each_text_token_has_a_dot_at_its_attention_and_its_change(results: Results) -> None:
    colours = shown(results)
    found, looks_id = colours.used, colours.influence.looks_id
    dots = BeautifulSoup(found.chart, "html.parser").select("circle[data-u]")
    tokens, effects = results.tokens_of(0), results.effects_of(0)
    content = np.flatnonzero(~tokens["is_special"].to_numpy(bool))
    assert sorted(int(dot["data-u"]) for dot in dots) == content.tolist()
    looks = tokens[looks_id].to_numpy(float)
    times = looks / looks[content].mean()
    changes = effects["effect"].to_numpy(float)
    places = {int(dot["data-u"]): (float(dot["cx"]), float(dot["cy"])) for dot in dots}
    across = np.array([places[unit][0] for unit in content])
    slope, start = np.polyfit(np.log2(times[content]), across, 1)
    assert across == pytest.approx(start + slope * np.log2(times[content]), abs=0.2)
    assert start == pytest.approx(196, abs=0.2)  # the average is in the middle
    heights = np.array([places[unit][1] for unit in content])
    order = np.argsort(-np.abs(changes[content]), kind="stable")
    assert (np.diff(heights[order]) >= 0).all()
    for dot in dots:
        assert dot.parent["class"] == ["up" if changes[int(dot["data-u"])] >= 0 else "dn"]


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_sentence_counts_the_corners(results: Results, lang: str) -> None:
    colours = shown(results, lang)
    found, looks_id = colours.used, colours.influence.looks_id
    findings = Findings(results)
    tokens, effects = results.tokens_of(0), results.effects_of(0)
    content = ~tokens["is_special"].to_numpy(bool)
    looks = tokens[looks_id].to_numpy(float)[content]
    changes = np.abs(effects["effect"].to_numpy(float))[content]
    values = findings.number_spread.values
    is_used = changes >= 0.05 * np.ptp(values)
    is_looked_at = looks > looks.mean()
    label = BeautifulSoup(found.chart, "html.parser").svg["aria-label"]
    corners = [
        is_looked_at & is_used,
        ~is_looked_at & is_used,
        is_looked_at & ~is_used,
        ~is_looked_at & ~is_used,
    ]
    wanted = [len(changes), *(int(corner.sum()) for corner in corners)]
    assert [int(n) for n in re.findall(r"\d+", label)] == wanted


@pytest.mark.parametrize(
    ("texts", "kind"), [(HEADLINES[:1], "number"), (HEADLINES, "tags"), (HEADLINES, "embedding")]
)
def test_without_a_range_over_texts_the_level_is_that_of_the_text_and_says_so(
    tmp_path_factory: pytest.TempPathFactory, texts: tuple[str, ...], kind: str
) -> None:
    made = make_results(tmp_path_factory.mktemp("one"), texts, evidence="basic", kind=kind)
    colours = shown(made)
    changes = made.effects_of(0)["effect"].dropna().abs()
    level = 0.05 * changes.max()
    said = re.search(r"at ([\d.]+), 5.% of the largest change in this text", colours.used.caption)
    assert float(said[1]) == pytest.approx(level, rel=5e-3)
    label = BeautifulSoup(colours.used.chart, "html.parser").svg["aria-label"]
    every, both, only_used, *_ = map(int, re.findall(r"\d+", label))
    assert both + only_used == (changes >= level).sum()
    assert every == len(changes)


def test_of_texts_with_one_prediction_not_every_word_counts_as_used(results: Results) -> None:
    explained = Explained("the score", value=1.0, spread=0.0)
    attention = text_measures(Findings(results), 0, EN)
    names = [str(i) for i in range(len(attention[0].values))]
    found = make_used_units(
        looks_of(attention, ""), attention, names, [1] * len(names), explained, EN
    )
    assert found is not None
    assert "5 % of the largest change in this text" in found.caption.replace("\u00a0", " ")
    neither = int(
        re.findall(r"\d+", BeautifulSoup(found.chart, "html.parser").svg["aria-label"])[4]
    )
    changes = results.effects_of(0)["effect"].dropna().abs()
    assert (changes < 0.05 * changes.max()).sum() >= neither > 0


def test_of_a_very_long_text_only_what_is_looked_at_or_used_is_drawn(tmp_path_factory) -> None:
    long = "".join(chr(0x3042 + i % 60) for i in range(800))
    made = make_results(tmp_path_factory.mktemp("long"), (long, *HEADLINES), evidence="basic")
    colours = make_colours(Findings(made), 0, [long], EN, make_scope(Findings(made), EN))
    dots = BeautifulSoup(colours.used.chart, "html.parser").select("circle[data-u]")
    label = BeautifulSoup(colours.used.chart, "html.parser").svg["aria-label"]
    every, *corners, neither = map(int, re.findall(r"\d+", label))
    assert every == int((~made.tokens_of(0)["is_special"].astype(bool)).sum()) > 250
    assert len(dots) == sum(corners) == every - neither
    said = f"Left out are {neither:,} that are neither." if neither != 1 else "Left out is 1"
    assert said in colours.used.caption


def test_without_a_measured_change_there_is_no_chart(tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("none")
    assert shown(make_results(folder, HEADLINES, evidence="none")).used is None
