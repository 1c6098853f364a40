"""Agreement with Shapley values is that of a plain computation from the tables, and is said only
where enough texts have it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.made_up.factories import changed, make_results
from helpers.made_up.sampled_shapley import TEXTS, of_some, with_shapley
from scipy.stats import spearmanr

from reportgen.findings import Findings
from reportgen.findings.evidence_checks import shapley_figures
from reportgen.findings.statistics import estimate
from reportgen.report import RenderOptions, load_language
from reportgen.report.json import render
from reportgen.report.language import LANGUAGES
from reportgen.report.panel import measures, text_effects
from reportgen.report.sections import shapley
from reportgen.results import Results, text_units

_IS = "shapley_is"


def plain(results: Results, view: str) -> pd.DataFrame:
    """By text: agreement of a column of effects with Shapley values, by size, and the spread of
    these. Each token is a unit of its own."""
    rows = {}
    for text, own in results.effects.groupby("text"):
        known = own.dropna(subset=["shapley", view])
        sizes = known["shapley"].abs().to_list(), known[view].abs().to_list()
        if len(known) >= 4:
            rho = spearmanr(*sizes).statistic
            rows[text] = {"rho": rho, "spread": known["shapley"].std(ddof=0)}
    return pd.DataFrame.from_dict(rows, orient="index")


def test_figures_and_words_are_those_of_a_plain_computation(tmp_path: Path) -> None:
    results = with_shapley(tmp_path)
    findings = Findings(results, colour="gradient")
    figures = findings.shapley
    assert figures is not None
    by_effect, by_colours = plain(results, "effect"), plain(results, "gradient")
    for own, found in ((by_effect, figures.effect), (by_colours, figures.colours)):
        assert found is not None
        expected = estimate(own["rho"])  # how an interval comes from the texts has its own tests
        assert expected is not None
        assert found.interval == pytest.approx(expected.interval)
        assert found.mean == pytest.approx(own["rho"].mean())
        assert found.n_texts == len(own)
    errors = results.evidence.set_index("text")["shapley_error"] / by_effect["spread"]
    sampled = errors[errors > 0]
    assert len(sampled) > 2
    assert figures.n_exact == len(errors.dropna()) - len(sampled)
    assert figures.error == pytest.approx(sampled.median())
    assert figures.largest_error == pytest.approx(sampled.max())
    for lang in LANGUAGES:
        language = load_language(lang)
        said = shapley(findings, language)
        for mean in (by_effect["rho"].mean(), by_colours["rho"].mean()):
            assert f"{mean:.2f}" in said
        for share in (sampled.median(), sampled.max()):
            assert language.percent(share) in said
    told = json.loads(render(findings, RenderOptions()))["evidence"]["shapley"]
    assert told["effect"]["mean"] == pytest.approx(by_effect["rho"].mean(), abs=1e-5)
    assert told["n_exact"] == figures.n_exact


def test_agreement_with_shapley_values_is_that_of_the_measure_that_colours_the_texts(
    tmp_path: Path,
) -> None:
    results = with_shapley(tmp_path)
    for view in ("gradient", "alti", "mask"):
        figures = shapley_figures(results, view)
        assert figures is not None
        assert figures.colours is not None
        assert figures.colours.mean == pytest.approx(plain(results, view)["rho"].mean())


def test_colours_that_are_one_of_both_are_not_compared_with_themselves(tmp_path: Path) -> None:
    results = with_shapley(tmp_path)
    for colour in ("effect", "shapley"):
        figures = Findings(results, colour=colour).shapley
        assert figures is not None
        assert figures.colours is None
        assert figures.effect.mean == pytest.approx(plain(results, "effect")["rho"].mean())


@pytest.mark.parametrize(("error", "key"), [(0.0, "all"), (0.02, "none"), (None, "")])
def test_values_are_called_exact_only_where_they_are(
    tmp_path: Path, error: float | None, key: str
) -> None:
    """Earlier versions did not store what sampled values may be off by."""
    results = with_shapley(tmp_path)
    evidence = results.evidence.assign(shapley_error=np.nan if error is None else error)
    findings = Findings(changed(results, evidence=evidence))
    figures = findings.shapley
    assert figures is not None
    assert (figures.error is None) == (key != "none")
    said = shapley(findings, load_language("en"))
    assert said.endswith(load_language("en").words["trust"][_IS]) == (key == "")
    assert ("The values are exact in all these texts." in said) == (key == "all")
    assert ("sampled" in said) == (key == "none")


def test_few_texts_and_results_without_it_say_nothing(tmp_path: Path) -> None:
    basic = make_results(tmp_path / "a", TEXTS, evidence="basic", later=True)
    few = with_shapley(tmp_path / "b", TEXTS[:4])
    # Equal texts count once.
    equal = with_shapley(tmp_path / "c", TEXTS[:4] * 3)
    for results in (basic, few, equal):
        findings = Findings(results)
        assert findings.shapley is None
        assert shapley(findings, load_language("en")) == ""
        assert "shapley" not in json.loads(render(findings, RenderOptions()))["evidence"]


def test_a_basic_run_says_of_how_many_texts_it_speaks(tmp_path: Path) -> None:
    results = of_some(with_shapley(tmp_path), 7)
    findings = Findings(results)
    figures = findings.shapley
    assert figures is not None
    own = plain(results, "effect")["rho"]
    assert (figures.effect.n_texts, len(own)) == (7, 7)
    assert figures.effect.mean == pytest.approx(own.mean())
    for lang in LANGUAGES:
        language = load_language(lang)
        assert shapley(findings, language).endswith(language.words["trust"]["shapley_share"])
        assert {"en": "7 texts", "ja": "7件"}[lang] in shapley(findings, language)
    told = json.loads(render(findings, RenderOptions()))["evidence"]["shapley"]
    assert (told["n_paid"], told["effect"]["n_texts"]) == (7, 7)


def test_no_text_of_a_basic_run_is_coloured_by_what_few_have(tmp_path: Path) -> None:
    results = of_some(with_shapley(tmp_path), 7)
    for colour in ("auto", "shapley"):
        colouring = Findings(results, colour=colour).colouring
        assert colouring.view != "shapley"
        assert colouring.missing == (None if colour == "auto" else "shapley")
    units = text_units(results, 0)
    labels, effects = [""] * len(units.units), text_effects(results, 0, units.unit_of)
    assert effects is not None
    assert "shapley" in effects.columns  # for the table of the text
    drawn = measures(results.info, units, labels, effects, load_language("en"))
    assert "shapley" not in {measure.id for measure in drawn}


def test_too_few_texts_have_a_sentence_and_no_figure(tmp_path: Path) -> None:
    whole = with_shapley(tmp_path)
    level = whole.effects["shapley"].where(whole.effects["text"] > 1)  # two texts have none
    lacking = changed(whole, effects=whole.effects.assign(shapley=level))
    for results, n, key in ((whole, 3, "unpaid"), (whole, 0, "unpaid"), (lacking, 6, "few")):
        findings = Findings(of_some(results, n))
        assert findings.shapley is None
        for lang in LANGUAGES:
            language = load_language(lang)
            said = language.say("trust", f"shapley_{key}", n=n, min=5)
            assert shapley(findings, language) == said
        told = json.loads(render(findings, RenderOptions()))["evidence"]["shapley"]
        assert told == {"n_paid": n}


def test_where_no_text_can_have_them_nothing_is_said_of_their_cost(tmp_path: Path) -> None:
    results = of_some(with_shapley(tmp_path), 0)
    evidence = replace(results.info.evidence, withheld={"alone": "no_special_tokens"})
    without = replace(results, info=replace(results.info, evidence=evidence))
    still = results.effects.assign(**dict.fromkeys(("deletion", "effect"), 0.0))
    for own in (without, changed(results, effects=still)):
        assert shapley(Findings(own), load_language("en")) == ""


def test_values_that_do_not_differ_have_no_ranking_to_agree_with(tmp_path: Path) -> None:
    results = with_shapley(tmp_path)
    effects = results.effects
    level = effects.assign(shapley=effects["shapley"].where(effects["shapley"].isna(), 0.5))
    assert Findings(changed(results, effects=level)).shapley is None
