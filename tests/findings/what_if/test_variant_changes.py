"""Variants against their originals: figures equal plain ones, and nothing else counts variants."""

import json
from dataclasses import replace

import jsonschema
import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers.made_up.factories import changed, make_results
from helpers.places import ROOT

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.report import RenderOptions, load_language
from reportgen.report.format_register import output_at
from reportgen.report.html import page
from reportgen.report.json import render
from reportgen.report.panel.changed_text import ChangeWords, edit_name
from reportgen.report.short_form import markdown
from reportgen.results import selected

SCHEMA = json.loads((ROOT / "reportgen" / "report" / "summary.schema.json").read_text("utf-8"))

N = 12  # originals; behind them stand as many of each of two kinds
TEXTS = tuple(f"plain words number {i} of them" for i in range(3 * N))
VARIANTS = tuple(
    (N * kind + i, str(i + 1), ("case", None)[kind - 1]) for kind in (1, 2) for i in range(N)
)


@pytest.fixture(scope="module", params=["number", "class", "labels", "tags"])
def results(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("variants")
    return make_results(folder, TEXTS, kind=request.param, variants=VARIANTS, evidence="basic")


def test_changes_are_those_of_a_plain_loop(results):
    what_if = Findings(results).what_if
    assert [kind.name for kind in what_if.kinds] in (["case", "variant"], ["variant", "case"])
    texts = results.texts
    for kind in what_if.kinds:
        rows = range(N, 2 * N) if kind.name == "case" else range(2 * N, 3 * N)
        assert [(c.text, c.variant) for c in kind.changes] == [(r % N, r) for r in rows]
        names = texts["prediction_label"].fillna("").tolist()
        if results.info.output.kind == "number":
            values = texts["prediction"].to_numpy(np.float64)
            expected = [values[row] - values[row % N] for row in rows]
            assert kind.change.mean == pytest.approx(np.mean(expected))
            assert kind.flips is None
        else:
            assert kind.flips.mean == np.mean([names[row] != names[row % N] for row in rows])
        if results.info.output.kind == "class":
            logits = np.stack(list(texts["scores"]))
            shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
            first = logits[:N].argmax(axis=1)
            expected = [
                shares[row, first[row % N]] - shares[row % N, first[row % N]] for row in rows
            ]
            assert kind.change.mean == pytest.approx(np.mean(expected))
        if results.info.output.kind == "labels":
            logits = np.stack(list(texts["scores"]))
            first = logits[:N].argmax(axis=1)
            chances = 1 / (1 + np.exp(-logits))
            expected = [
                chances[row, first[row % N]] - chances[row % N, first[row % N]] for row in rows
            ]
            assert kind.change.mean == pytest.approx(np.mean(expected))
        if results.info.output.kind == "tags":  # flips alone
            assert (kind.change, what_if.change_max) == (None, None)


def test_figures_over_all_texts_are_those_without_variants(results):
    """All but counts of texts and tokens that were read, and what says how many had evidence."""
    whole, alone = (Findings(each).figures for each in (results, selected(results, range(N))))
    counts = ("n_texts", "n_ok", "n_tokens", "evidence_n_texts", "tag_n_words", "unknown_share")
    differ = {
        name
        for name, value in whole.items()
        if not name.startswith("variant_") and value != alone.get(name)
    }
    assert differ <= set(counts)
    assert whole["variant_n_texts"] == N
    assert set(Findings(results).picked.texts) <= set(range(N))


def test_a_variant_of_a_failed_text_is_left_out_and_one_without_original_is_a_text(tmp_path):
    made = make_results(tmp_path / "a", TEXTS, variants=VARIANTS, failed=(0, N + 1))
    what_if = Findings(made).what_if
    assert (len(what_if.changes), what_if.n_missing) == (2 * N - 3, 3)
    assert {change.text for change in what_if.changes} == set(range(1, N))
    lone = make_results(tmp_path / "b", TEXTS, variants=((3, "elsewhere", "case"),))
    assert Findings(lone).what_if is None
    assert lone.independent.all()


def test_every_form_of_a_report_says_the_same(results):
    findings = Findings(results)
    options = RenderOptions()
    summary = json.loads(render(findings, options))
    jsonschema.validate(summary, SCHEMA)
    kinds = {kind["name"]: kind for kind in summary["what_if"]["kinds"]}
    assert kinds.keys() == {"case", "variant"}
    text = markdown.write(Runs(findings), options).text
    assert "What if the text were changed?" in text
    soup = BeautifulSoup(page.write(Runs(findings), options, output_at("a.html")).content, "lxml")
    section = soup.select_one("#what_if")
    for kind in findings.what_if.kinds:
        assert kind.name in section.text
        if results.info.output.kind == "number":
            assert kinds[kind.name]["change"]["mean"] == pytest.approx(kind.change.mean, rel=1e-5)
    original, variant = (soup.find(id=f"text={number}") for number in (1, N + 1))
    links = {link["href"] for link in original.select(".changed-text a")}
    assert links == {f"#text={N + 1}", f"#text={2 * N + 1}"}
    assert variant.select_one(".changed-text a")["href"] == "#text=1"
    assert (variant.select_one("del").text, variant.select_one("ins").text) == ("0", str(N))


def test_the_strongest_label_is_named_and_falls_where_it_no_longer_applies(tmp_path):
    made = make_results(tmp_path, ("a b", "a c"), kind="labels", variants=((1, "1", "case"),))
    texts = made.texts.copy()
    texts["scores"] = [np.array([-8.0, 4.0, -1.0]), np.array([-8.0, -4.0, -1.0])]
    texts["prediction_label"] = ["taste", ""]
    findings = Findings(changed(made, texts=texts))
    (change,) = findings.what_if.changes
    assert (change.before, change.after) == pytest.approx(
        (1 / (1 + np.exp(-4)), 1 / (1 + np.exp(4)))
    )
    assert change.flip == 1
    words = ChangeWords(findings, load_language("en")).predicted(change)
    assert "“taste” 98.2" in words


def test_whether_other_tags_are_predicted_is_not_known_of_other_words(tmp_path):
    texts = ("one two six", "one two ten", "one two")
    made = make_results(tmp_path, texts, kind="tags", variants=((1, "1", "a"), (2, "1", "b")))
    first, second = Findings(made).what_if.changes
    assert first.changed_prediction is not None
    assert second.changed_prediction is None


def test_equal_variants_of_equal_originals_count_once(tmp_path):
    texts = (*(f"one {i}" for i in range(6)), "one 0", *(f"two {i}" for i in range(6)), "two 0")
    variants = (*((7 + i, str(i + 1), "a") for i in range(6)), (13, "7", "a"))
    findings = Findings(make_results(tmp_path, texts, variants=variants))
    (kind,) = findings.what_if.kinds
    values = findings.results.texts["prediction"].to_numpy(np.float64)
    assert kind.change.mean == pytest.approx(np.mean(values[7:13] - values[:6]))
    assert (kind.n_texts, findings.what_if.n_texts, len(kind.changes)) == (6, 6, 6)
    (of_copy,) = findings.what_if.of(6)
    assert (of_copy.text, of_copy.variant) == (6, 13)


def test_a_variant_named_as_an_edit_that_was_tried_is_a_kind_of_its_own(tmp_path):
    variants = ((2, "1", "digits"), (3, "1", None))
    made = make_results(tmp_path, ("a 1", "b", "a 2", "a 3"), variants=variants)
    settings = replace(made.info.settings, edits=("digits",))
    findings = Findings(changed(made, replace(made.info, settings=settings)))
    words = load_language("ja")
    names = [change.kind for change in findings.what_if.changes]
    assert "digits" not in names
    assert [edit_name(name, words) for name in names] == ["digits", "書き換え"]
    assert edit_name("digits", words) == "数字を変える"
