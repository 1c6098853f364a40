"""The section on errors: what it says is what was found, in every form of a report."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers.cases import some_of
from helpers.made_up.factories import changed, make_results
from helpers.made_up.labelled import classes_with_labels, numbers_with_labels
from helpers.places import ROOT

from reportgen.comparison import Runs
from reportgen.findings import Estimate, Findings, Interval, LengthTrend, Subset, WhereWrong
from reportgen.report import Lang, RenderOptions, load_language, render_markdown
from reportgen.report.format_register import output_at
from reportgen.report.html import page
from reportgen.report.json import render
from reportgen.report.language import LANGUAGES
from reportgen.report.sections import ErrorWords, make_answers, make_errors, told_errors
from reportgen.report.short_form import markdown

EN = load_language("en")
SCHEMA = json.loads((ROOT / "reportgen" / "report" / "summary.schema.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """Numbers with errors that grow with length."""
    return list(numbers_with_labels(tmp_path_factory.mktemp("numbers")))[1]


@pytest.fixture(scope="module")
def sure(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """Classes with probabilities that are too high."""
    return list(classes_with_labels(tmp_path_factory.mktemp("classes")))[1]


def test_the_sentence_has_the_means_of_both_thirds(growing: Findings) -> None:
    lengths = growing.texts["n_tokens"].to_numpy()
    errors = abs(growing.texts["prediction"] - growing.texts["label_value"]).to_numpy()
    ordered = np.sort(lengths)  # of 48 texts
    short, long = lengths <= ordered[15], lengths >= ordered[32]
    section = make_errors(growing, EN)
    assert section is not None
    assert section.headline == (
        f"Errors grow with length: off by {errors[long].mean():.2f} in the longest texts "
        f"({lengths[long].min()} tokens or more), off by {errors[short].mean():.2f} in the "
        f"shortest ({lengths[short].max()} or fewer)."
    )
    assert make_answers(growing, EN)[0].remark.startswith("Errors grow with length: off by 0.06 in")


@pytest.mark.parametrize("lang", some_of(LANGUAGES, "ja"))
def test_what_is_sure_stands_in_every_form(growing: Findings, lang: Lang) -> None:
    said = told_errors(growing, load_language(lang))
    options = RenderOptions(lang=lang)
    html = BeautifulSoup(page.render(Runs(growing), options).text, "html.parser")
    cell = render_markdown(growing, lang).replace("\\", "")
    text = markdown.write(Runs(growing), options, output_at("report.md")).text.replace("\\", "")
    for sentence in said:
        first = sentence.split("(")[0].split("（")[0]
        assert first in html.find(id="errors").get_text()
        assert first in text
        assert first in cell
    assert "#errors" in {link["href"] for link in html.nav("a")}


def test_the_json_says_the_same_as_its_schema_says(growing: Findings, sure: Findings) -> None:
    for findings in (growing, sure):
        told = json.loads(render(findings, RenderOptions()))
        jsonschema.Draft202012Validator(SCHEMA).validate(told)
        found = findings.where_wrong
        assert found is not None
        assert told["errors"]["n_compared"] == found.n_tried == len(told["errors"]["parts"]) + 1
    assert told["errors"]["calibration"]["verdict"] == "over"
    assert told["errors"]["against_constant"] == findings.against_constant
    gap = told["figures"]["overconfidence"]
    assert gap == told["errors"]["calibration"]["overconfidence"]["mean"]
    trend = told["figures"]["error_length_correlation"]
    assert trend == told["errors"]["length"]["correlation"]["mean"]


@pytest.mark.parametrize(("lang", "unit"), [("en", " points ["), ("ja", "ポイント [")])
def test_differences_of_shares_are_in_points_and_the_table_is_cards_on_a_phone(
    sure: Findings, growing: Findings, lang: str, unit: str
) -> None:
    language = load_language(lang)
    section = make_errors(sure, language)
    table = section.table
    own, *_ = sure.where_wrong.parts
    shown = [row[4].text for row in (*table.rows, *section.doubtful.rows)]
    assert len(shown) >= len(sure.where_wrong.parts)
    assert all(unit in text for text in shown)
    difference = f"{100 * (own.error.mean - own.rest.mean):+.1f}".replace("-", "\u2212")
    assert any(text.startswith(difference) for text in shown)
    assert table.kind == "tracks"
    other = make_errors(growing, language)
    assert not any(unit in row[4].text for row in (*other.table.rows, *other.doubtful.rows))


def test_what_may_be_chance_is_folded_under_how_much_it_is(sure: Findings) -> None:
    section, where = make_errors(sure, EN), sure.where_wrong
    assert section is not None
    assert where is not None
    n_sure = len(where.sure)
    assert len(section.table.rows) == n_sure
    n_doubtful = where.n_tried - n_sure
    assert len(section.doubtful.rows) == n_doubtful
    assert section.more.startswith(
        f"{n_doubtful} more" if n_sure else f"None is sure; {n_doubtful}"
    )


def test_each_dot_of_the_curve_stands_at_its_probability_and_share(sure: Findings) -> None:
    section, found = make_errors(sure, EN), sure.calibration
    assert section is not None
    assert section.probabilities is not None
    assert section.probabilities.chart is not None
    assert found is not None
    svg = BeautifulSoup(section.probabilities.chart.shapes, "html.parser")
    dots = svg.select_one("path.dots")["d"].removeprefix("M").removesuffix("h0").split("h0M")
    x, y = np.array([[float(part) for part in dot.split()] for dot in dots]).T
    line = svg.select_one("path.even")["d"].replace("M", "").replace("L", " ").split()
    x1, y1, x2, y2 = map(float, line)
    assert (x - x1) / (x2 - x1) == pytest.approx([own.chance for own in found.bins], abs=1e-3)
    assert (y - y1) / (y2 - y1) == pytest.approx([o.right.mean for o in found.bins], abs=1e-3)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_that_equal_texts_count_once_is_said_where_there_are_some(
    sure: Findings, lang: Lang
) -> None:
    language = load_language(lang)
    once = language.say("errors", "once")
    texts = sure.texts.copy()
    section = make_errors(sure, language)
    assert section is not None
    assert section.probabilities is not None
    assert once not in section.probabilities.headline
    texts.loc[1, "text"] = texts["text"].iloc[0]
    section = make_errors(Findings(changed(sure.results, texts=texts)), language)
    assert section is not None
    assert section.probabilities is not None
    assert section.probabilities.headline.endswith(once)


def test_without_right_answers_there_is_no_section(tmp_path: Path) -> None:
    found = Findings(make_results(tmp_path))
    assert make_errors(found, EN) is None
    assert json.loads(render(found, RenderOptions()))["errors"] is None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_kind_of_error_and_of_part_can_be_told(growing: Findings, lang: Lang) -> None:
    language, one = load_language(lang), Estimate(0.4, Interval(0.3, 0.5), 9)
    rest = Estimate(0.1, Interval(0.05, 0.15), 20)
    far = Interval(0.1, 0.4)
    trend = LengthTrend(rest, (Interval(3, 9), Interval(20, 30)), rest, one, 0.001)
    names = [("label", "a"), ("prediction", "b"), ("group", "<g>"), ("source", "x.csv")]
    names += [("script", "kana"), ("script", "tamil"), ("cut", ""), ("unknown", ""), ("pair", "")]
    parts = [Subset(aspect, name, None, one, rest, far, 0.001) for aspect, name in names]  # type: ignore[arg-type]
    parts += [Subset("label", "", Interval(low, 2.5), one, rest, far, 0.001) for low in (1, 2.5)]
    own = Findings(growing.results)
    for measure in ("distance", "ranks", "texts", "labels", "words", "masks", "f1", "loss"):
        where = WhereWrong(measure, 29, one, trend, tuple(parts), 0)  # type: ignore[arg-type]
        own.__dict__["where_wrong"] = where
        words = ErrorWords(own, language)
        said = [*words.sentences(), *words.in_short()]
        assert len(said) == 3 + 12
        assert not [sentence for sentence in said if "{" in sentence]
        table = words.table()
        assert len(table.rows) == 12
        assert {len(row) for row in table.rows} == {6}
    better = replace(parts[0], error=rest, rest=one, difference=Interval(-0.4, -0.1))
    own.__dict__["where_wrong"] = WhereWrong("texts", 29, one, None, (better,), 2)
    words = ErrorWords(own, language)
    assert "10.0" in words.sentences()[0]
    assert len(words.remarks()) == 2


def test_hostile_names_are_escaped(tmp_path: Path) -> None:
    findings = list(numbers_with_labels(tmp_path))[3]
    texts = findings.texts.assign(
        group=findings.texts["group"].replace({"c": "<script>alert(1)</script>"})
    )
    found = Findings(changed(findings.results, texts=texts))
    html = page.render(Runs(found), RenderOptions()).text
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html
