"""A text's panel says what became of the text."""

from dataclasses import replace

import pytest
from helpers.made_up.factories import changed, make_results

from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.panel import make_panel, make_scope


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    texts = ("A plain line", "", "This one fails", "x" * 900)
    made = make_results(
        tmp_path_factory.mktemp("results"), texts, failed=(2,), truncated=(3,), group="g"
    )
    made.texts.loc[3, "cut_text"] = 500
    return made


def panel(results, text, lang="en"):
    language, findings = load_language(lang), Findings(results)
    return make_panel(findings, text, language, "mean", make_scope(findings, language))


def test_an_analysed_text_has_figures_facts_and_its_own_notes(results):
    shown = panel(results, 0)
    assert shown.figures is not None
    share = 100 * results.heads.query("text == 0")["special_share"].mean()
    assert shown.facts[:2] == ("8 tokens", f"{share:.1f}\u00a0% of attention to special tokens")
    assert [note.citations for note in shown.notes]
    assert (shown.number, shown.text_id, shown.group) == (1, "1", "g")


def test_what_was_asked_for_stands_with_its_value(results, tmp_path):
    made = make_results(tmp_path, kind="next_token", evidence="basic")
    assert panel(made, 0).prediction.explained == ""
    asked = replace(made.info.evidence, scalar="token_lead", target=" bank", against=" river")
    evidence = made.stored("evidence").assign(explained=-1.25)
    lead = changed(made, replace(made.info, evidence=asked), evidence=evidence)
    said = panel(lead, 0).prediction.explained
    assert said == "explained: the lead of “ bank” over “ river”, −1.25"
    evidence["explained"] = None
    none = changed(made, replace(made.info, evidence=asked), evidence=evidence)
    assert panel(none, 0).prediction.explained == ""


def test_an_empty_and_a_failed_text_have_their_message_and_nothing_else(results):
    for text, message in ((1, "no text"), (2, "the output is not a number")):
        shown = panel(results, text)
        assert shown.message == message
        assert (shown.figures, shown.prediction, shown.facts, shown.notes) == (None, None, (), ())
    assert panel(results, 2).plain == ("This one fails",)


def test_a_cut_text_says_what_was_lost_and_how_much_is_not_shown(results):
    shown = panel(results, 3)
    assert shown.cut == "Cut at 256 tokens, the most this model takes: 3 tokens were lost."
    assert shown.lost == ("x" * 300,)
    assert shown.lost_more == "… and 100 more characters"


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "Cut at 24 tokens, as was asked: 3 tokens were lost."),
        (
            "ja",
            "指定により、24トークンで切り詰めました。失われたのは3トークンです。",
        ),
    ],
)
def test_a_text_cut_by_an_option_says_so(results, lang, said):
    settings = replace(results.info.settings, options={"max-length": 24})
    model = replace(results.info.model, max_tokens=24)
    info = replace(results.info, settings=settings, model=model)
    assert panel(changed(results, info), 3, lang).cut == said


def test_without_special_tokens_there_is_no_share(tmp_path):
    shown = panel(make_results(tmp_path, special=False), 0)
    assert shown.facts == ("20 tokens",)


def test_one_of_a_thing_is_said_in_the_singular(results, tmp_path):
    made = make_results(tmp_path, ("ab",), special=False)
    assert panel(made, 0).facts == ("1 token",)
    made = changed(results, results.info)
    made.texts.loc[3, "n_truncated"] = 1
    assert panel(made, 3).cut.endswith(": 1 token was lost.")
