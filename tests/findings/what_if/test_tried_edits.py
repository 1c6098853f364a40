"""What edits and words do to the prediction: a model whose sensitivity is known, and single texts
against what the tables say."""

import json
import re
from dataclasses import replace
from importlib.resources import files

import jsonschema
import numpy as np
import pytest
from helpers.made_up.factories import changed
from helpers.plain.planted_edits import (
    BRACKETS,
    CAPITALS,
    CHEAP,
    SWAP,
    TRUTH,
    planted_rows,
    planted_run,
)
from helpers.real.explaining import CLASSES, load
from helpers.real.runs import run

from reportgen.comparison import Runs
from reportgen.findings import Findings, TextChange, edit_counts, text_tries, tried_changes
from reportgen.findings.what_if import edit_kinds
from reportgen.findings.what_if.edits import sample_of
from reportgen.findings.what_if.text_change import has_direction
from reportgen.report import RenderOptions, redacted
from reportgen.report import render as render_html
from reportgen.report.json import render as render_summary
from reportgen.report.short_form.markdown import write as render_markdown
from reportgen.results import Results, text_units

TEXTS = ("Free coffee (today)! The cat sat.", "the cat sat on the mat", "a very good film", "a dog")


def names(changes):
    return {change.name for change in changes}


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> Results:
    """Without noise every figure is exact: `tests/benchmarks/planted_edits.py` adds some."""
    return planted_run(tmp_path_factory.mktemp("planted") / "p", 30, 0.0, 3)


def test_of_a_planted_model_each_edit_has_its_size(planted) -> None:
    findings = Findings(planted)
    kinds = {kind.name: kind for kind in findings.what_if.kinds}
    for name, worth in (("brackets", -BRACKETS), ("lower_case", -CAPITALS), (SWAP, CHEAP)):
        assert kinds[name].change.mean == pytest.approx(worth, abs=1e-6)
        assert tuple(kinds[name].change.interval) == pytest.approx((worth, worth), abs=1e-6)
    clear = {name for name, kind in kinds.items() if kind.is_clear}
    assert clear <= set(TRUTH)
    assert clear >= {"brackets", "lower_case", SWAP}
    (lists,) = tried_changes(findings)
    assert names(lists.raises) <= {SWAP, "upper_case"}
    assert names(lists.lowers) == {"brackets", "lower_case"}
    for each in (*lists.raises, *lists.lowers):  # one interval on a page
        assert each.change is kinds[each.name].change
    counts = edit_counts(planted)
    assert sum(counts["brackets"].values()) == 30
    assert counts["brackets"]["run"] == kinds["brackets"].n_texts
    rows = planted_rows(30, 0.0, 3).set_index(["text", "edit"])["after"]
    known = planted.edits[planted.edits["status"] == "run"].set_index(["text", "edit"])["after"]
    assert known.to_numpy() == pytest.approx(rows.loc[known.index].to_numpy(), abs=1e-6)


def test_with_noise_what_is_planted_is_inside_and_nothing_else_is_clear() -> None:
    inside = n_clear = n = 0
    for seed in range(24):
        rows = planted_rows(25, 0.3, seed)
        every = (TextChange(*row[:2], None, *row[3:], None) for row in rows.itertuples(index=False))
        kinds = edit_kinds([*every])
        for kind in kinds:
            if kind.name in TRUTH and kind.change.interval:
                low, high = kind.change.interval
                inside += low <= TRUTH[kind.name] <= high
                n += 1
        n_clear += any(kind.is_clear for kind in kinds if kind.name not in TRUTH)
    assert inside >= 0.93 * n
    assert n_clear <= 3


def test_what_was_tried_on_a_text_is_what_the_tables_say(tmp_path) -> None:
    model = load(tmp_path, "bert", **CLASSES)
    options = {"edits": "all", "evidence_texts": "all", "units": "word"}
    findings = Findings(run(tmp_path / "r", model, TEXTS, **options))
    results = findings.results
    for text in range(len(TEXTS)):
        tries = text_tries(findings, text)
        assert tries is not None
        rows = results.edits_of(text)
        rows = rows[rows["status"] == "run"]
        effects = results.effects_of(text)["deletion"].dropna()
        n_units = sum(not unit.is_special for unit in text_units(results, text).units)
        assert len(tries.tries) == len(rows) + n_units
        changes = [*(rows["after"] - rows["before"]), *-effects]
        assert max(each.change for each in tries.tries) == pytest.approx(max(changes))
        if max(changes) > 0:
            assert tries.raises[0].change == pytest.approx(max(changes))
        own = results.text_row(text)["prediction_label"]
        of_edits = {each.name: each for each in tries.tries if each.kind == "edit"}
        for name, label in zip(rows["edit"], rows["prediction_label"], strict=True):
            assert of_edits[name].is_flip == (label != own)
            assert of_edits[name].is_flip == (of_edits[name].after < 0)
        for each in tries.tries:
            if each.kind == "word":  # the margin of what was predicted
                assert each.is_flip == (each.after < 0)
                assert each.size == len(TEXTS[text]) - len(each.changed_text)
        flips = [each.size for each in tries.tries if each.is_flip]
        assert (tries.flip.size if tries.flip else None) == min(flips, default=None)


def test_sizes_count_what_differs(tmp_path) -> None:
    model = load(tmp_path, "bert", num_labels=1, problem_type="regression")
    options = {"edits": "brackets,typo,repetition", "evidence_texts": "all"}
    findings = Findings(run(tmp_path / "r", model, TEXTS[:1], **options))
    sizes = {each.name: each.size for each in text_tries(findings, 0).tries}
    assert sizes["brackets"] == 2
    assert sizes["typo"] == 2  # one letter leaves its place and comes back beside it
    assert sizes["repetition"] == len(TEXTS[0]) + 1
    assert text_tries(findings, 0).n_known == 0  # a number
    assert np.isfinite([each.change for each in text_tries(findings, 0).tries]).all()


def test_a_text_of_the_sample_counts_though_an_equal_one_stands_before_it(planted) -> None:
    texts, row = planted.texts.copy(), int(planted.edits["text"].max())
    texts.loc[0, "text"] = texts.loc[row, "text"]
    edits = planted.edits[planted.edits["text"] != 0]
    sample = sample_of(changed(planted, texts=texts, edits=edits))
    assert set(sample["text"]) == set(edits["text"])


@pytest.mark.parametrize("scalar", [None, "number"])
@pytest.mark.parametrize("kind", ["class", "embedding", "number"])
def test_without_evidence_only_a_number_has_a_direction(planted, kind, scalar) -> None:
    info, known = planted.info, kind == "number" or scalar is not None
    info = replace(
        info,
        output=replace(info.output, kind=kind),
        evidence=replace(info.evidence, scalar=scalar),
    )
    assert has_direction(changed(planted, info)) == known


def test_without_edits_nothing_was_tried(tmp_path) -> None:
    model = load(tmp_path, "bert", num_labels=1, problem_type="regression")
    findings = Findings(run(tmp_path / "r", model, TEXTS[:1]))
    assert text_tries(findings, 0) is None
    assert tried_changes(findings) == ()
    assert findings.what_if is None


def test_page_short_form_and_json_say_it_and_redacted_ones_without_words(planted) -> None:
    runs = Runs(Findings(planted))
    page = text_of(render_html(runs, RenderOptions()).text)
    markdown = render_markdown(runs, RenderOptions()).text
    for text in (page, markdown):
        assert "Lowers the score most: no brackets, by 0.800 on average" in text
        assert "swap: free → cheap" in text
    assert "Variants of this text" not in page
    markdown = render_markdown(runs, RenderOptions(lang="ja")).text
    assert "scoreを最も下げるもの：括弧を外す" in markdown
    said = json.loads(render_summary(Findings(planted), RenderOptions()))
    schema = files("reportgen.report").joinpath("summary.schema.json").read_text("utf-8")
    jsonschema.validate(said, json.loads(schema))
    (tried,) = said["what_if"]["tried"]
    assert {each["name"] for each in tried["lowers"]} == {"brackets", "lower_case"}
    with redacted(planted, "en", wanted=True) as copy:
        markdown = render_markdown(Runs(Findings(copy)), RenderOptions()).text
        assert "no brackets" not in markdown  # what edits of a text change tells its words
        assert copy.edits.empty
        assert "swap:•1" in copy.info.settings.edits
        for word in ("cheap", "coffee", "member"):
            assert word not in markdown


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
