"""What is said of agreement with shuffled weights follows from paired intervals alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results

from reportgen.findings.findings import Findings
from reportgen.findings.shuffled import ShuffledFigures
from reportgen.findings.statistics import Estimate, Interval
from reportgen.report.language.language import LANGUAGES, load_language
from reportgen.report.sections.trust import shuffled
from reportgen.results.store import Results

TEXTS = tuple(f"{i:02}{text}" for i, text in enumerate(HEADLINES * 4))


def with_shuffled(results: Results, whole: float, own: float, spread: float = 0.05) -> Results:
    """The gradient agrees at `whole`, with weights shuffled at `own`."""
    random = np.random.default_rng(0)
    texts = sorted(set(results.agreement["text"]))
    agreement = results.agreement
    is_shown = (agreement["view"] == "gradient") & (agreement["statistic"] == "spearman")
    noise = dict(zip(texts, random.normal(0, spread, len(texts)), strict=True))
    values = np.where(is_shown, whole + agreement["text"].map(noise), agreement["value"])
    rows = pd.DataFrame({"text": texts, "view": "gradient"})
    rows["value"] = own + random.normal(0, spread, len(texts))
    return changed(results, agreement=agreement.assign(value=values), shuffled=rows)


@pytest.mark.parametrize(
    ("whole", "own", "share"),
    [
        (0.6, 0.1, "less"),
        (0.6, 0.5, "most"),
        (0.6, 0.3, "some"),
        (0.6, 0.6, "all"),
        (0.0, 0.0, None),
    ],
)
def test_the_share_is_what_paired_intervals_say(
    tmp_path: Path, whole: float, own: float, share: str | None
) -> None:
    made = make_results(tmp_path, TEXTS, evidence="basic")
    spread = 0.2 if share in ("some", "all", None) else 0.05
    findings = Findings(with_shuffled(made, whole, own, spread), colour="gradient")
    figures = findings.shuffled_first
    assert figures is not None
    assert figures.share == share
    assert figures.shuffled.n_texts == len(TEXTS)
    assert figures.difference.mean == pytest.approx(figures.whole.mean - figures.shuffled.mean)
    for lang in LANGUAGES:
        language = load_language(lang)
        said = shuffled(findings, language)
        assert f"{figures.shuffled.mean:.2f}".replace("-", "−") in said
        told = [
            key
            for key in ("less", "most", "some", "all")
            if language.words["trust"][f"shuffled_{key}"] in said
        ]
        assert told == ([share] if share else [])


def test_few_texts_and_results_without_it_say_nothing(tmp_path: Path) -> None:
    made = make_results(tmp_path / "a", TEXTS, evidence="basic")
    assert Findings(made).shuffled == {}
    assert shuffled(Findings(made), load_language("en")) == ""
    few = with_shuffled(make_results(tmp_path / "b", TEXTS[:4], evidence="basic"), 0.6, 0.1)
    assert Findings(few, colour="gradient").shuffled == {}


def test_half_of_the_agreement_is_a_question_of_its_own() -> None:
    """A mean below half of the whole is not surely below it."""
    sure, unsure = (Estimate(0.1, Interval(low, 0.3), 9) for low in (0.02, -0.1))
    whole = Estimate(0.6, Interval(0.4, 0.8), 9)
    difference = Estimate(0.4, Interval(0.2, 0.6), 9)
    assert ShuffledFigures(whole, whole, difference, sure).share == "less"
    assert ShuffledFigures(whole, whole, difference, unsure).share == "some"
