"""The list of texts: one line each, with the figures it is sorted and filtered by."""

import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.page_of import page_of

from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.components import Span
from reportgen.report.language import decimals, fixed
from reportgen.report.panel import marked_text, text_measures
from reportgen.report.sections import make_text_list

EN = load_language("en")
LABELS = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5)


def text_of(row):
    return "".join(span.text for span in row.spans)


def list_of(results, listed=None):
    return make_text_list(Findings(results), EN, listed)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, HEADLINES, sink=0.4, labels=LABELS, truncated=(1,))


def test_the_row_of_a_text_holds_its_prediction_label_and_share(results):
    shares = results.heads.groupby("text")["special_share"].mean()
    digits = decimals(results.texts["prediction"].max())
    for text, row in enumerate(list_of(results).rows):
        predicted = results.texts.iloc[text]["prediction"]
        assert row.prediction.text == f"{predicted:.{digits}f}"
        assert row.error == f"{predicted - LABELS[text]:+.{digits}f}".replace("-", "−")
        assert row.label.text == f"{LABELS[text]:.{digits}f}".replace("-", "−")
        assert row.sink_share == f"{fixed(100 * shares[text], 1)}\u00a0%"
        assert row.n_tokens == results.texts.iloc[text]["n_tokens"]
    assert [row.status for row in list_of(results).rows[:2]] == ["ok", "truncated"]


def test_a_part_of_the_texts_is_said_to_be_one(results):
    whole, part = list_of(results), list_of(results, (0, 4))
    assert (whole.partial, len(whole.rows)) == ("", 6)
    assert [row.number for row in part.rows] == [1, 5]
    assert part.rows[1] == whole.rows[4]
    assert part.partial.startswith("This page lists 2 of 6 texts")


def test_long_texts_and_labels_are_cut_in_the_list_only(tmp_path):
    long = make_results(tmp_path, ("word " * 100,), group="g" * 100)
    (row,) = list_of(long).rows
    assert len(text_of(row)) <= 110
    assert text_of(row).startswith("word word")
    assert "…" in text_of(row)
    assert len(row.group.text) <= 28
    assert row.group.whole == "g" * 100
    assert row.text_id.whole is None


def test_an_embedding_has_no_column_of_predictions(tmp_path):
    assert not list_of(make_results(tmp_path, kind="embedding")).has_predictions


def test_what_an_embedding_came_with_is_no_right_answer(tmp_path):
    made = make_results(tmp_path, kind="embedding", labels=LABELS)
    page = page_of(made)
    assert page.select_one("#list th[data-key=label]").get_text() == "Given with it"
    assert "Right answer" not in page.select_one("#texts").get_text()


def test_named_numbers_are_cut_between_two_of_them(tmp_path):
    made = make_results(tmp_path, kind="numbers")
    scores = [dict(zip(made.info.output.labels, own, strict=True)) for own in made.texts["scores"]]
    for row, own in zip(list_of(made).rows, scores, strict=True):
        parts = row.prediction.text.split(", ")
        names = [part.split()[0] for part in parts if part != "…"]
        assert names == list(own)[: len(names)]
        assert (parts[-1] == "…") == (len(names) < len(own)) == (row.prediction.whole is not None)


def test_a_class_other_than_the_label_is_wrong(tmp_path):
    made = make_results(tmp_path, kind="class")
    right = made.texts["prediction_label"].tolist()
    made.texts["label"] = [*right[:3], "bad", "good", None]
    expected = [False] * 3 + [right[3] != "bad", right[4] != "good", False]
    assert [row.is_wrong for row in list_of(made).rows] == expected
    assert True in expected


def test_predictions_have_as_many_decimals_as_the_largest_calls_for(tmp_path):
    made = make_results(tmp_path, ("one", "two", "three", ""))
    made.texts["prediction"] = [-12.3456, 0.012345, 1.0, None]
    shown = [row.prediction.text for row in list_of(made).rows]
    assert shown == ["−12.3", "0.0", "1.0", ""]


def test_ids_have_a_column_where_they_are_not_the_numbers(tmp_path, results):
    assert not list_of(results).has_ids
    named = list_of(make_results(tmp_path, ("one", "two"), ids=("1", "ad-7")))
    assert named.has_ids
    assert [row.text_id.text for row in named.rows] == ["1", "ad-7"]


def test_nothing_but_empty_texts_still_makes_a_list(tmp_path):
    rows = list_of(make_results(tmp_path, ("", ""))).rows
    assert [row.prediction.text for row in rows] == ["", ""]


def test_the_rows_of_a_page_mark_what_its_panels_colour_most(tmp_path):
    results = make_results(tmp_path, HEADLINES, evidence="basic")
    findings = Findings(results)
    page = page_of(findings)
    rows = page.select("table.texts tbody .t bdi")
    for text, row in enumerate(rows):
        assert row.get_text() == HEADLINES[text]
        spans = marked_text(findings, text, text_measures(findings, text, EN))
        assert [mark.get_text() for mark in row.select("mark")] == [
            span.text for span in spans if span.is_strong
        ]
    assert any(row.select("mark") for row in rows)


def test_a_text_that_the_model_did_not_see_to_its_end_is_plain(results):
    seen = (Span(HEADLINES[1][:-3], is_strong=True),)
    rows = make_text_list(Findings(results), EN, marked={1: seen, 2: (Span(HEADLINES[2]),)}).rows
    assert rows[1].spans == (Span(HEADLINES[1]),)
    whole = (Span(HEADLINES[2][:2], is_strong=True), Span(HEADLINES[2][2:]))
    rows = make_text_list(Findings(results), EN, marked={2: whole}).rows
    assert rows[2].spans == whole


def test_how_many_texts_lack_the_evidence_that_others_have_is_said_once(tmp_path):
    made = make_results(tmp_path, sink=0.4, evidence="basic", truncated=(1,))
    assert not any(row.is_unmeasured for row in list_of(made).rows)
    tables = {name: made.stored(name) for name in ("evidence", "effects")}
    some = changed(made, **{name: own[own["text"].isin((0, 3))] for name, own in tables.items()})
    measured = [row.number for row in list_of(some).rows if not row.is_unmeasured]
    assert measured == [1, 4]
    page = page_of(some)
    states = [row.find_all("td")[-1].get_text() for row in page.select(".texts tbody tr")]
    assert states == ["ok", "truncated", "ok", "ok", "ok", "ok"]
    lacking = [row.th.get_text() for row in page.select(".texts tbody tr[data-unmeasured]")]
    assert lacking == ["2", "3", "5", "6"]
    (said,) = page.select("#texts .lacking")
    assert said.get_text() == ("What changes the prediction was not measured in 4 of 6 texts.")
    none = make_results(tmp_path / "none", sink=0.4)
    assert not any(row.is_unmeasured for row in list_of(none).rows)
    assert not list_of(none).unmeasured
