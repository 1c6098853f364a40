"""What a prediction and a right answer are, for each kind of output."""

import numpy as np
import pytest
from helpers.made_up.factories import HEADLINES, make_results

from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.language import half_widths
from reportgen.report.sections.run import definitions

EN, JA = load_language("en"), load_language("ja")
LABELS = (1.0, 2.0, 1.5, 1.1, 0.4, 2.2)


def said(results, language=EN):
    return definitions(Findings(results), language)


def test_a_number_is_named(tmp_path):
    results = make_results(tmp_path)
    assert (
        said(results) == f"The model gives each text one number, its “{results.info.output.name}”."
    )


def test_with_labels_both_ranges_are_told(tmp_path):
    results = make_results(tmp_path, labels=LABELS)
    values = results.texts["prediction"]
    low, high = (f"{x:.2f}".replace("-", "−") for x in (values.min(), values.max()))
    name = results.info.output.name
    assert said(results) == (
        f"The model gives each text one number, its “{name}”: here {low} to {high}. "
        "The right answers given with the texts: 0.40 to 2.20."
    )


def test_numbers_that_are_all_the_same_are_no_range(tmp_path):
    results = make_results(tmp_path, labels=(1.5,) * 6)
    results.texts["prediction"] = 0.25
    assert "here always 0.25. The right answers given with the texts are all 1.50." in said(results)
    assert "すべて0.25" in said(results, JA)
    assert "すべて1.50" in said(results, JA)


def test_a_number_that_is_not_finite_is_in_no_range(tmp_path):
    results = make_results(tmp_path, labels=LABELS)
    results.texts["prediction"] = [np.inf, *np.arange(5) / 2]
    assert "here 0.00 to 2.00." in said(results)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("class", "The model puts each text into one of 2 classes."),
        ("embedding", "The model turns each text into an embedding, a list of numbers."),
        ("next_token", "The model predicts the token that follows each text."),
    ],
)
def test_other_outputs_are_told_in_words(tmp_path, kind, expected):
    results = make_results(tmp_path, kind=kind)
    assert said(results) == expected
    results.texts["label"] = ["good"] * 6
    more = " The right answer is the class given with the text." if kind == "class" else ""
    assert said(results) == expected + more


@pytest.mark.parametrize(
    "kind", ["number", "class", "labels", "numbers", "embedding", "next_token"]
)
def test_a_definition_is_short_in_both_languages(tmp_path, kind):
    for labels in (None, LABELS if kind == "number" else None):
        results = make_results(tmp_path / str(labels), HEADLINES, kind=kind, labels=labels)
        for sentence in said(results).split(". "):
            assert 1 <= len(sentence.split()) <= 15
        for sentence in said(results, JA).split("。"):
            assert half_widths(sentence) <= 80
