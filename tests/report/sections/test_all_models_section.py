"""Comparisons of more than two models as they are written: page, Markdown, JSON, redacted."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from helpers.cases import some_of
from helpers.made_up.factories import make_results
from helpers.real.planted import planted, traces
from helpers.real.two_models import TEXTS, chain, row_of
from helpers.words import words_between

from reportgen.comparison import Comparison, compare_runs
from reportgen.findings import Findings
from reportgen.report import CompareOptions, redacted_comparison
from reportgen.report.html import page as html_page
from reportgen.report.json import comparison as comparison_json
from reportgen.report.short_form import markdown
from reportgen.results import OutputKind, Results
from reportgen.tasks import TASKS


@pytest.mark.parametrize("kind", some_of(TASKS, "class", "tags"))
def test_every_kind_of_output_is_written(tmp_path: Path, kind: OutputKind) -> None:
    """The page in one language and Markdown, which says the same, in the other."""
    made = [
        make_results(
            tmp_path / str(i),
            TEXTS[:6],
            n_layers=2,
            n_heads=1,
            kind=kind,
            seed=i,
            evidence="basic",
        )
        for i in range(3)
    ]
    found = chain(*made)
    assert row_of(found, "entropy").values[2].change is not None
    of_page, of_text = ("en", "ja") if kind in ("number", "class", "embedding") else ("ja", "en")
    html = html_page.render(found.runs, CompareOptions(lang=of_page)).text
    text = markdown.write(found.runs, CompareOptions(lang=of_text)).text
    two = html_page.render(chain(*made[:2]).runs, CompareOptions(lang=of_text)).text
    pages = (words_between(page, "<main", "</main>") for page in (html, two))
    for said in (*pages, text):
        assert not re.search(r"nan\b|None|\binf\b|[{}]", said)
    assert json.loads(comparison_json.write(found.runs, CompareOptions()).text)["models"]
    steps = found.all_models.from_first
    assert all((step.n_moved is None) == (kind == "embedding") for step in steps)


def test_json_adds_the_models_and_renames_nothing(four_models, four_compared: Comparison) -> None:
    two = compare_runs(Findings(four_models[0]), Findings(four_models[3]))
    record, plain = (
        json.loads(comparison_json.write(each.runs, CompareOptions()).text)
        for each in (four_compared, two)
    )
    models = record.pop("models")
    assert plain.pop("models") is plain.pop("trend") is None
    assert [own["name"] for own in record.pop("trend")["models"]] == ["made-up"] * 4
    assert record == plain  # of the first and the last model, as if no other were there
    assert [model["from_first"] is None for model in models] == [True, False, False, False]
    assert models[0]["model"] == four_models[0].info.model.name
    assert models[3]["from_previous"]["n_tokens_changed"] == 1
    assert models[1]["figures"]["mae"]["change"] == pytest.approx(
        models[1]["figures"]["mae"]["value"] - models[0]["figures"]["mae"]["value"], abs=1e-6
    )


def test_a_page_of_two_has_no_such_section(four_models) -> None:
    found = compare_runs(Findings(four_models[0]), Findings(four_models[1]))
    html = BeautifulSoup(html_page.render(found.runs, CompareOptions()).text, "html.parser")
    assert html.find(id="all_models") is None
    assert html.h1.get_text() == "Two models compared"


def test_the_page_has_a_column_for_each_model_and_a_trend(four_compared: Comparison) -> None:
    html = BeautifulSoup(html_page.render(four_compared.runs, CompareOptions()).text, "html.parser")
    assert html.h1.get_text() == "4 models compared"
    figures, steps = html.find(id="all_models").find_all("table")
    assert [len(table.thead.find_all("th")) for table in (figures, steps)] == [6, 4]
    *others, moved = figures.tbody.find_all("tr")
    points = [len(row.find("svg", class_="trend").find_all("circle")) for row in others]
    assert set(points) == {4}
    assert len(moved.find("svg", class_="trend").find_all("circle")) == 3  # from the second on
    text = markdown.write(four_compared.runs, CompareOptions()).text
    line = next(line for line in text.splitlines() if line.startswith("| Figure | "))
    assert line.count("|") == 6  # no column for charts


def test_redacted_models_name_no_text(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    made = [planted(tmp_path / name, seed=i) for i, name in enumerate("abc")]
    with redacted_comparison(chain(*made), "en", wanted=True) as masked:
        for write in (comparison_json, markdown, html_page):
            assert traces(write.write(masked.runs, CompareOptions()).content) == set()
        record = json.loads(comparison_json.write(masked.runs, CompareOptions()).text)
    assert [list(model["inputs"].values()) for model in record["models"]] == [[None]] * 3


def test_remarks_of_a_model_in_between_are_told(four_models) -> None:
    info = replace(four_models[1].info, remarks=("a remark on it",))
    found = chain(four_models[0], Results(info, four_models[1].source), four_models[2])
    html = html_page.render(found.runs, CompareOptions()).text
    assert "Model 2: a remark on it" in html
    assert info.model.weights_sha256 in html


def test_the_command_names_folders_where_one_model_was_run_otherwise(four_models) -> None:
    settings = replace(four_models[1].info.settings, options={"max-length": 64})
    info = replace(four_models[1].info, settings=settings)
    for second, command in (
        (
            four_models[1],
            "compare --base {0} --head {0} --head {0} ".format(four_models[0].info.model.name),
        ),
        (Results(info, four_models[1].source), "compare base_results/ results_2/ head_results/"),
    ):
        found = chain(four_models[0], second, four_models[2])
        assert command in markdown.write(found.runs, CompareOptions()).text
