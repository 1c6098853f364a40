"""The brief: what it names, in each kind of report, and that it runs nothing."""

import pytest
from bs4 import BeautifulSoup
from helpers.cases import some_of
from helpers.made_up.factories import HEADLINES, make_results

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.report import RenderOptions
from reportgen.report.format_register import output_at
from reportgen.report.html import write

LABELS = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5)


def brief_of(results, **options):
    choices = RenderOptions(brief=True, **options)
    document = write(Runs(Findings(results)), choices, output_at("report.html"))
    return BeautifulSoup(document.content.decode(), "html.parser")


def numbers(page):
    return [int(item["value"]) for item in page.select(".named > li")]


def test_the_largest_errors_are_named_with_what_changes_them_most(tmp_path):
    results = make_results(tmp_path, labels=LABELS, evidence="basic")
    page = brief_of(results)
    errors = (results.texts["prediction"] - results.texts["label_value"]).abs()
    assert numbers(page) == [int(at) + 1 for at in errors.sort_values(ascending=False).index]
    effects = results.effects.groupby("text")["effect"]
    for item in page.select(".named > li"):
        row = int(item["value"]) - 1
        before = results.texts["prediction"].iloc[row]
        largest = effects.get_group(row).abs().max()
        said = item.select_one(".why").get_text()
        assert any(f"to {before + sign * largest:.2f}" in said for sign in (1, -1)), said
    text = page.select(".named > li bdi")[0].get_text()
    assert text == HEADLINES[numbers(page)[0] - 1]


def test_of_classes_only_the_wrong_ones_are_named(tmp_path):
    results = make_results(tmp_path, kind="class")
    predicted = results.texts["prediction_label"]
    results.texts["label"] = ["good"] * 6
    wrong = [at + 1 for at in range(6) if predicted[at] != "good"]
    page = brief_of(results)
    assert sorted(numbers(page)) == wrong
    assert 0 < len(wrong) < 6
    assert page.select_one("table.confusion")


@pytest.mark.parametrize(
    "kind", some_of(["number", "embedding", "next_token", "labels"], "number", "embedding")
)
def test_without_labels_it_names_the_texts_that_stand_out(tmp_path, kind):
    page = brief_of(make_results(tmp_path, HEADLINES * 2, kind=kind, evidence="basic"), lang="ja")
    assert numbers(page)
    assert page.select_one("#named h2").get_text() == "目立つテキスト"
    assert page.find(["script", "img", "link", "iframe"]) is None
    assert not page.select("a[href^='#']:not(cite a)")
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_a_list_without_a_sure_token_says_so(tmp_path):
    results = make_results(tmp_path, HEADLINES * 2, evidence="basic")
    unsure = brief_of(results).select(".lists section")
    assert [part.select_one("p").get_text() for part in unsure] == [
        "None is sure: what is seen may be chance."
    ] * 2
    assert not any(part.table for part in unsure)
    results = make_results(tmp_path / "sure", HEADLINES * 4, evidence="basic")
    results.effects["effect"] = results.effects["position"] % 7 / 10  # equal in equal texts
    (sure,) = brief_of(results).select(".lists section")
    assert len(sure.select("tbody tr")) == 5
    assert sure.p is None


def test_one_text_that_failed_has_a_brief(tmp_path):
    page = brief_of(make_results(tmp_path, HEADLINES[:1], failed=(0,)))
    assert numbers(page) == []
    assert page.select_one("h1")
