"""What is judged is what is seen: colours of the page against the values that are ranked."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers.cases import some_of
from helpers.made_up.factories import HEADLINES, make_results
from helpers.plain.plain_multiples import plain_step
from helpers.real.models import save_model
from scipy.stats import spearmanr

import reportgen
from reportgen.comparison import Runs
from reportgen.findings import Findings, first_alike
from reportgen.report import RenderOptions, load_language, render
from reportgen.report.panel import text_measures
from reportgen.results import (
    BY_ID,
    CHANGES,
    MIN_UNITS,
    Results,
    open_results,
    ranked_tokens,
    text_units,
    unit_views,
)
from reportgen.results.agreement import yardstick

EN = load_language("en")
JAPANESE = (
    "[無料]今すぐ申し込みで最大50,000ポイントもらえる",
    "これ一つで大丈夫!カードで贅沢三昧",
    "毎日の暮らしにひまわり保険を",
    "年会費無料のカードで旅行保険も付いてくる",
    "free of charge: 初回1,000円オフのクーポン",
    "キャンペーンは今週末まで、お急ぎください",
    "全国どこでも送料無料、ポイントも2倍たまる",
    "新規会員登録で500円分のクーポンを今すぐもらえる",
    "口座開設で最大3,000円、手数料は0円から始められる",
)
ENGLISH = (
    "The unforgettable performances outshine an uninspired screenplay.",
    "An overlong, self-indulgent and thoroughly tiresome melodrama!",
    "Surprisingly heartwarming, even if the ending disappoints.",
    "Not a masterpiece, but consistently entertaining.",
    "Unbelievably boring dialogue ruins breathtaking cinematography.",
    "It is what it is: competent, predictable, forgettable.",
)


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Results]:
    """The results of texts in units or of a model of this name."""

    @cache
    def analyse(name: str) -> Results:
        folder = tmp_path_factory.mktemp(name)
        given: dict[str, Any] = {"model": "demo", "evidence": "basic", "keep_maps": "none"}
        texts: Any = JAPANESE
        if name == "given":
            texts, given["text_units"] = ENGLISH, [text.split() for text in ENGLISH]
        elif name in ("causal", "embedding"):
            kind, task = ("llama", "causal") if name == "causal" else ("bert", "base")
            given["model"] = str(save_model(folder / "model", kind, task))
            texts = ENGLISH
        else:
            given["units"] = name
        report = reportgen.analyze(texts, **given)
        report.save(f"{folder}/results/")
        return open_results(folder / "results")

    return analyse


KINDS = ("word", "token", "given", "causal", "embedding")


# Of tokens as units no values are added up.
@pytest.fixture(params=some_of(KINDS, *(kind for kind in KINDS if kind != "token")))
def results(request: pytest.FixtureRequest, analysed: Callable[[str], Results]) -> Results:
    return analysed(request.param)


def ranked_values(results: Results, text: int) -> dict[str, np.ndarray]:
    effects = results.effects_of(text)
    assert effects is not None
    return unit_views(results.tokens_of(text), effects)


def drawn_values(findings: Findings, text: int) -> dict[str, np.ndarray]:
    """What the colours of each measure show of the text units, by the page's own measures."""
    results = findings.results
    content = text_units(results, text).content
    return {
        own.id: (own.values if own.ratios is None else own.ratios)[content]
        for own in text_measures(findings, text, EN)
    }


def test_what_is_ranked_is_what_is_drawn(results: Results) -> None:
    findings = Findings(results)
    several = 0
    for text in range(len(results.texts)):
        ranked = ranked_values(results, text)
        several += int((ranked["unit_tokens"] > 1).sum())
        for view, drawn in drawn_values(findings, text).items():
            if view not in ranked:
                continue
            if BY_ID[view].group == "attention":  # a multiple of the average, not of 1
                assert np.ptp(drawn / ranked[view]) == pytest.approx(0, abs=1e-6 * drawn.max())
            else:
                np.testing.assert_array_equal(drawn, ranked[view])
    assert several or results.info.settings.options.get("units") == "token"


def test_the_printed_figure_is_the_agreement_of_the_colours_that_are_drawn(
    results: Results,
) -> None:
    """Within .02 is what is promised; it is the same but for rounding."""
    findings, by_view = Findings(results), dict[str, list[float]]()
    alike = first_alike(results)
    for text in range(len(results.texts)):
        effects = yardstick(ranked_values(results, text))
        assert effects is not None
        if alike[text] != text or len(effects) < MIN_UNITS:
            continue
        for view, drawn in drawn_values(findings, text).items():
            if view in findings.agreement_by_size:
                found = spearmanr(np.abs(drawn), np.abs(effects)).statistic
                by_view.setdefault(view, []).append(float(found))
    assert {"received_norm_all", "received_all"} <= set(by_view)
    for view, found in by_view.items():
        told = findings.agreement_by_size[view].estimate
        assert told.n_texts == len(found)
        assert told.mean == pytest.approx(np.mean(found), abs=1e-9)


def steps_of(page: str) -> list[list[int]]:
    """The colours of the text units of each text, in the order of the page; below 0 where they
    lower the prediction."""
    soup, found = BeautifulSoup(page, "html.parser"), []
    for strip in soup.select(".strip"):
        own = []
        for unit in strip.select(".u:not(.s)"):
            names: Sequence[str] = unit["class"]
            step = next(
                name for name in names if re.fullmatch(r"[a-z]\d+", name) and name[0] in "hpms"
            )
            own.append(int(step[1:]))
        found.append(own)
    return found


@pytest.mark.parametrize(
    ("units", "colour"),
    [("word", "received_norm_all"), ("word", "cls_row_last"), ("word", "gradient")],
)
def test_the_colours_of_the_page_are_steps_of_the_values_that_are_ranked(
    analysed: Callable[[str], Results], colour: str, units: str
) -> None:
    found = analysed(units)
    findings = Findings(found, colour)
    strips = steps_of(render(Runs(findings), RenderOptions(colour=colour)).content.decode())
    assert len(strips) >= len(JAPANESE)
    expected = []
    for text in range(len(JAPANESE)):
        values = np.abs(ranked_values(found, text)[colour])
        if BY_ID[colour].group == "attention":
            tokens = found.tokens_of(text)
            sizes = np.bincount(tokens["unit"][ranked_tokens(tokens)])
            average = np.average(values, weights=sizes[sizes > 0])
            expected.append([plain_step(value / average) for value in values])
        else:
            expected.append(np.round(15 * values / values.max()).astype(int).tolist())
    for own in expected:
        assert own in strips


def test_made_up_results_are_ranked_as_they_are_drawn(tmp_path: Path) -> None:
    made = make_results(tmp_path, HEADLINES, evidence="full", later=True)
    findings = Findings(made)
    for text in range(len(HEADLINES)):
        ranked = ranked_values(made, text)
        for view, drawn in drawn_values(findings, text).items():
            if view in CHANGES:
                continue
            if BY_ID[view].group != "attention":
                np.testing.assert_array_equal(drawn, ranked[view])
            elif len(drawn) > 1:
                assert spearmanr(drawn, ranked[view]).statistic == pytest.approx(1)
