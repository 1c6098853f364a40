"""What the page says of which evidence there is."""

from dataclasses import replace

import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results

from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.panel import make_scope
from reportgen.results import Reason

EN, JA = load_language("en"), load_language("ja")
REASONS: dict[str, Reason] = {
    "gradient": "no_gradient",
    "ig": "no_gradient",
    "received_norm_all": "values_unproven",
    "alti": "values_unproven",
    "zero_value": "values_unreadable",
}


def with_evidence(results, **changes):
    evidence = replace(results.info.evidence, **changes)
    return changed(results, replace(results.info, evidence=evidence))


@pytest.fixture(scope="module")
def basic(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("basic"), HEADLINES, evidence="basic")


def test_evidence_that_is_off_says_so_and_nothing_else(tmp_path):
    scope = make_scope(Findings(make_results(tmp_path)), EN)
    assert scope.off.startswith("What changes the prediction was not measured")
    assert not any((scope.stopped, scope.explained, scope.texts, scope.withheld, scope.live))
    assert scope.colours == ""


def test_it_says_on_how_many_texts_and_of_what(basic):
    scope = make_scope(Findings(basic), EN)
    assert scope.off == ""
    assert scope.texts == "Evidence is on all texts that were analysed (6)."
    assert "score" in scope.explained
    some = make_scope(Findings(with_evidence(basic, n_texts=4)), EN)
    norms = "Attention × value is on all."
    said = "Evidence is on 4 of 6 texts"
    assert some.texts == f"{said}, evenly spaced in input order. {norms}"
    extra = make_scope(Findings(with_evidence(basic, n_texts=4, n_extra=1)), EN)
    also = "Also on 1 that the page lists first; the averages leave these out."
    assert extra.texts == f"{said}, evenly spaced in input order. {also} {norms}"
    stopped = make_scope(Findings(with_evidence(basic, n_texts=4, interrupted=True)), EN)
    assert stopped.texts == f"{said}: those that had it when it was stopped. {norms}"


def test_norms_that_no_text_has_are_not_said_to_be_on_all(basic):
    withheld = {"received_norm_all": "values_unproven"}
    scope = make_scope(Findings(with_evidence(basic, n_texts=4, withheld=withheld)), EN)
    assert scope.texts == "Evidence is on 4 of 6 texts, evenly spaced in input order."


def test_what_is_missing_stands_by_reason_in_the_order_of_the_views(basic):
    scope = make_scope(Findings(with_evidence(basic, withheld=REASONS)), EN)
    begin = ("The output has no gradient", "The value vectors that were read", "It is not known")
    names, reasons = zip(*scope.withheld, strict=True)
    assert all(map(str.startswith, reasons, begin))
    assert len(reasons) == len(begin)
    assert list(names[:2]) == [
        "gradient size; integrated gradients",
        "attention × value, all layers; ALTI",
    ]
    assert "zero value" in names[2]


def test_the_colours_name_what_they_cannot_show(basic):
    assert make_scope(Findings(basic), EN).colours == ""
    scope = make_scope(Findings(with_evidence(basic, withheld=REASONS)), EN)
    assert scope.colours == (
        "Not available: attention × value, all layers; gradient size; integrated gradients"
    )
    tests_only = with_evidence(basic, withheld={"zero_value": "values_unreadable"})
    assert make_scope(Findings(tests_only), EN).colours == ""


def test_an_interruption_names_what_is_missing_for_it(basic):
    stopped = with_evidence(basic, interrupted=True)
    assert make_scope(Findings(stopped), EN).stopped == (
        "The evidence was stopped before it was complete: some texts lack it."
    )
    cut = with_evidence(
        basic, interrupted=True, withheld={"deletion": "interrupted", "gradient": "no_gradient"}
    )
    assert make_scope(Findings(cut), EN).stopped.endswith(
        "Missing: change without the token. What came last may be on some of the texts only."
    )
    assert make_scope(Findings(cut), JA).stopped.startswith("検証が途中で中断されました。")


def test_which_rows_are_read_is_said_only_where_not_all_are(basic, tmp_path):
    assert "[CLS]" in make_scope(Findings(basic), EN).live
    whole = make_results(tmp_path, HEADLINES, evidence="basic", reads_cls_only=False)
    assert make_scope(Findings(whole), EN).live == ""
