"""What is said of agreement with shuffled weights follows from paired intervals alone."""

from pathlib import Path

import pytest
from helpers.made_up.factories import make_results
from helpers.made_up.shuffled_agreement import TEXTS, with_shuffled

from reportgen.findings import Estimate, Findings, Interval, ShuffledFigures
from reportgen.report import load_language
from reportgen.report.language import LANGUAGES
from reportgen.report.sections import shuffled


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


def test_nothing_is_said_of_where_an_agreement_comes_from_that_is_not_clear(
    tmp_path: Path,
) -> None:
    """The texts that were run with weights shuffled agree, but not all texts together."""
    made = make_results(tmp_path, TEXTS, evidence="basic")
    findings = Findings(with_shuffled(made, 0.6, 0.1, n_shuffled=8, rest=-0.6), colour="gradient")
    figures = findings.shuffled_first
    assert figures is not None
    assert (figures.share, figures.shuffled.n_texts) == ("less", 8)
    for lang in LANGUAGES:
        words = load_language(lang).words["trust"]
        said = shuffled(findings, load_language(lang))
        assert said
        assert not any(words[f"shuffled_{key}"] in said for key in ("less", "most", "some", "all"))


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
