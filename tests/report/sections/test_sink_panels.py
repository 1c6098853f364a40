"""A token's panel holds what it gets, what it passes on, and what the tests found."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.made_up_evidence import RATIOS

from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.sections import make_sinks
from reportgen.results import SINK_TESTS, Subject

EN, JA = load_language("en"), load_language("ja")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    return make_results(folder, HEADLINES, sink=0.6, evidence="full")


def sinks_of(results, language=EN):
    return make_sinks(Findings(results), language)


def percent(value):
    return f"{100 * value:.1f}\u00a0%"


def test_the_table_holds_the_means_of_the_results(results):
    cls, sep = sinks_of(results).panels
    assert cls.columns == (
        "Attention",
        "Its equal share",
        "Attention × value",
        "Value size",
        "Effective rank",
        "Largest value",
        "Sink heads",
    )
    means = results.roles.groupby(["role", "layer"])[["share", "expected", "norm_share"]].mean()
    for panel, role, size in ((cls, "cls", "0.10×"), (sep, "sep", "0.90×")):
        assert panel.token == role.upper().join("[]")
        assert panel.n_texts == "6 texts"
        for layer, row in enumerate(panel.rows, start=1):
            share, expected, norm = means.loc[(role, layer)].astype(float)
            assert row == (
                str(layer),
                percent(share),
                percent(expected),
                percent(norm),
                size,
                {"cls": "1.25", "sep": "3.00"}[role],
                {"cls": "500.0×", "sep": "12.0×"}[role],
                {"cls": "3 of 3", "sep": "0 of 3"}[role],
            )


def test_the_tests_are_multiples_of_what_content_tokens_do(results):
    for panel, role in zip(sinks_of(results).panels, ("cls", "sep"), strict=True):
        assert [name.text for name, _, _ in panel.tests] == [
            "zero value",
            "mean value",
        ]
        for (_, chart, ratio), kind in zip(panel.tests, SINK_TESTS, strict=True):
            right = RATIOS[role][kind]
            assert float(ratio.text.rstrip("×")) == pytest.approx(right, rel=1e-6)
            low, high = map(float, ratio.small.strip("[]").split(", "))
            assert low <= right <= high
            assert BeautifulSoup(chart.track, "html.parser").svg.find(class_="r0")


def test_the_bars_are_the_shares_of_the_table(results):
    cls = sinks_of(results).panels[0]
    svg = BeautifulSoup(cls.chart, "html.parser").svg
    drawn = [float(rect["height"]) for rect in svg.find_all("rect", class_="r0")]
    shares = [float(row[1].rstrip(" %")) for row in cls.rows]
    assert [height / drawn[0] for height in drawn] == pytest.approx(
        [share / shares[0] for share in shares], rel=2e-3
    )
    outlines = [float(rect["height"]) for rect in svg.find_all("rect", class_="o0")]
    norms = [float(row[3].rstrip(" %")) for row in cls.rows]
    assert [height / drawn[0] for height in outlines] == pytest.approx(
        [norm / shares[0] for norm in norms], abs=0.01
    )


def test_the_verdict_stands_in_words_and_its_figures_below(results):
    cls = sinks_of(results).panels[0]
    assert cls.verdict.startswith("[CLS] is an attention sink: in layer ")
    assert "hardly affects" in cls.verdict
    assert cls.notes
    assert any(note.citations for note in cls.notes)
    assert sinks_of(results, JA).panels[0].verdict.startswith("第")


def test_what_it_passes_on_is_said_as_a_length(results):
    cls, _ = sinks_of(results).panels
    assert cls.value == (
        "The value vectors of [CLS] are 0.10× the length of an average text token's."
    )


def test_basic_evidence_says_that_it_was_not_tested(tmp_path):
    shown = sinks_of(make_results(tmp_path, HEADLINES, sink=0.6, evidence="basic"))
    assert shown.more == "Not tested: whether the prediction depends on these tokens."
    assert [panel.tests for panel in shown.panels] == [(), ()]


def test_without_norms_nothing_is_said_of_length(tmp_path):
    withheld = {"received_norm_all": "values_unproven"}
    made = make_results(tmp_path, HEADLINES, sink=0.6, evidence="basic", withheld=withheld)
    for panel in sinks_of(made).panels:
        assert panel.columns == ("Attention", "Its equal share", "Sink heads")
        assert (panel.value, panel.has_norms) == ("", False)
        assert 'class="o0"' not in panel.chart


def test_a_test_that_was_not_done_says_why(tmp_path):
    made = make_results(tmp_path, HEADLINES, sink=0.6, evidence="full")
    made.sinks.loc[made.sinks["test"] == "zero_value", "effect"] = None
    made.sinks.loc[made.sinks["test"] == "mean_value", "effect"] = None
    evidence = replace(made.info.evidence, withheld={"zero_value": "values_unproven"})
    made = _with(made, evidence)
    tests = dict(zip(SINK_TESTS, sinks_of(made).panels[0].tests, strict=True))
    assert tests["zero_value"][0].small.startswith(
        "The value vectors that were read do not rebuild"
    )
    assert tests["mean_value"][0].small == "Not done: too few texts have this token."
    made.sinks.loc[made.sinks["test"] == "mean_value", ["effect", "control"]] = 0.0
    idle = dict(zip(SINK_TESTS, sinks_of(made).panels[0].tests, strict=True))
    assert idle["mean_value"][0].small == (
        "No ratio: the same done to text tokens does not change the prediction."
    )
    assert {own["mean_value"][2].text for own in (tests, idle)} == {"–"}


def _with(made, evidence):
    return changed(made, replace(made.info, evidence=evidence))


def test_a_position_that_gathers_attention_has_a_panel_too(tmp_path):
    made = make_results(tmp_path, HEADLINES, sink=0.6, evidence="full")
    made.sinks.loc[made.sinks["subject"] == "cls", "subject"] = "first"
    subjects = (Subject("sep", "[SEP]", "role"), Subject("first", "", "position"))
    shown = sinks_of(_with(made, replace(made.info.evidence, subjects=subjects)))
    (first,) = [panel for panel in shown.panels if not panel.token.startswith("[")]
    assert first.token[0].isupper()
    assert first.rows[0][2] == sinks_of(made).panels[0].rows[0][2]  # the equal share
    assert len(first.tests) == 2


def test_there_are_none_without_evidence(tmp_path):
    assert sinks_of(make_results(tmp_path / "none", sink=0.6)) is None


def test_without_special_tokens_the_first_position_has_one(tmp_path):
    (panel,) = sinks_of(make_results(tmp_path, special=False, evidence="basic")).panels
    assert panel.token == "The first position"
    assert panel.verdict.startswith("No attention sink on the first position:")


def test_tests_on_fewer_texts_than_the_shares_say_on_how_many(results, tmp_path):
    made = make_results(tmp_path, HEADLINES, sink=0.6, evidence="full")
    made = changed(made, sinks=made.sinks[made.sinks["text"] > 0])
    (cls, _) = sinks_of(made).panels
    assert cls.n_texts == "6 texts"
    assert cls.tested_on == "The tests are on 5 texts."
    assert [panel.tested_on for panel in sinks_of(results).panels] == ["", ""]
