"""Figures of the author's own: read, stored, told with intervals, gated and compared."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.calling import call
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.unlisted import without_manifest
from helpers.page_of import page_of

from reportgen import analyze, open_report
from reportgen.api import compare
from reportgen.comparison import compare_runs
from reportgen.errors import ResultsError, UsageError
from reportgen.findings import Findings, figure_list, mean_interval
from reportgen.report import RenderOptions, redacted
from reportgen.report.json.run import render
from reportgen.report.redact import long_texts
from reportgen.results import open_results, read_figures

N = len(HEADLINES)
OLD = [0.5, 0.75, 0.25, 0.125, 1.0, 2.0]
NEW = [1.0, 1.75, 0.5, 0.125, 2.0, 2.5]
RECORDS = [
    {"name": "clicks", "value": 0.12, "unit": "%", "better": "higher", "meaning": "a <b>, 率"},
    {"name": "ease", "better": "higher", "per_text": OLD},
    {"name": "banned", "better": "lower", "per_text": {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0}},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_results(tmp_path / "old", evidence="basic")
    (tmp_path / "old/figures.json").write_text(json.dumps(RECORDS), "utf-8")
    return tmp_path / "old"


def test_figures_in_the_folder_stand_beside_those_that_are_measured(folder: Path) -> None:
    findings = Findings(open_results(folder))
    figures, values = findings.figures, np.array(OLD)
    assert figures["author_clicks"] == 0.12
    assert figures["author_clicks_low"] is None
    assert figures["author_ease"] == pytest.approx(values.mean())
    low, high = mean_interval(values)
    assert figures["author_ease_low"] == pytest.approx(low, rel=1e-5)
    assert figures["author_ease_high"] == pytest.approx(high, rel=1e-5)
    # Exact where nothing varies: 0 of 5 (Clopper and Pearson 1934).
    assert figures["author_banned"] == figures["author_banned_low"] == 0
    assert figures["author_banned_high"] == pytest.approx(1 - 0.025 ** (1 / 5), rel=1e-5)
    assert all(figure_list("run").find(name) for name in figures)


def test_page_brief_and_json_say_that_the_author_gives_them(folder: Path) -> None:
    findings = Findings(open_results(folder))
    for brief in (False, True):
        page = page_of(findings, brief=brief)
        section = page.select_one("#author_figures")
        rows = [[c.get_text() for c in row(["th", "td"])] for row in section.select("tbody tr")]
        assert rows[0] == ["clicks", "0.120 %", "higher", "–", "a <b>, 率"]
        assert [row[3] for row in rows] == ["–", "6", "5"]
        assert "not measured by reportgen" in section.get_text()
    summary = json.loads(render(findings, RenderOptions()))
    assert [given["figure"] for given in summary["author_figures"]] == [
        "author_clicks",
        "author_ease",
        "author_banned",
    ]
    assert summary["author_figures"][2]["n_texts"] == 5
    assert "author_figures" not in render(Findings(open_results(_without(folder))), RenderOptions())


def _without(folder: Path) -> Path:
    (folder / "figures.json").unlink()
    return folder


def test_a_comparison_pairs_the_texts(folder: Path) -> None:
    new = folder.parent / "new"
    make_results(new, evidence="basic", seed=1)
    records = [{**RECORDS[0], "value": 0.2}, {**RECORDS[1], "per_text": NEW}, RECORDS[2]]
    (new / "figures.json").write_text(json.dumps(records), "utf-8")
    whole = compare_runs(*(Findings(open_results(each)) for each in (folder, new)))
    figures, differences = whole.figures, np.array(NEW) - np.array(OLD)
    assert figures["author_ease_change"] == pytest.approx(differences.mean())
    low, high = mean_interval(differences)
    assert figures["author_ease_change_low"] == pytest.approx(low, rel=1e-5)
    assert figures["author_ease_change_high"] == pytest.approx(high, rel=1e-5)
    assert figures["author_ease_base"] == pytest.approx(np.mean(OLD))
    assert figures["author_clicks_change"] == pytest.approx(0.08)
    assert figures["author_clicks_change_low"] is None
    assert figures["author_banned_change_low"] < 0 == figures["author_banned_change"]
    assert [given.gain for given in whole.author_changes] == [None, "better", "unclear"]
    assert all(figure_list("compare").find(name) for name in figures)
    out = folder.parent / "c.md"
    compare(folder, new).save(out, out.with_suffix(".html"), out.with_suffix(".json"))
    assert "| ease | 0.77 | 1.31 | +0.54 " in out.read_text("utf-8")
    assert 'id="author_figures"' in out.with_suffix(".html").read_text("utf-8")


def test_the_trend_has_them(folder: Path) -> None:
    runs = [folder]
    for n in (1, 2):
        runs.append(folder.parent / f"run-{n}")
        make_results(runs[-1], evidence="basic", seed=n)
        records = [{**RECORDS[1], "per_text": [value + n for value in OLD]}]
        (runs[-1] / "figures.json").write_text(json.dumps(records), "utf-8")
    trend = compare(*runs)
    row = next(row for row in trend.comparison.all_models.rows if row.author)
    means = [value.value for value in row.values]
    assert np.diff(means) == pytest.approx([1.0, 1.0])
    assert [value.change and value.change.interval for value in row.values] == [
        None,
        (1.0, 1.0),
        (2.0, 2.0),
    ]


def test_gates_metrics_and_render_take_a_file(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"clicks": 0.5}', "utf-8")
    done = call(
        *("render", folder, "-o", tmp_path / "metrics.json", "--figures", file),
        *("--fail-if", "author_clicks < 0.6", "--warn-if", "author_ease > 0"),
    )
    assert done.exit_code == 3, done.stderr
    assert "gate failed: author_clicks 0.5 (allowed: at least 0.6)" in done.stderr
    assert "author_ease" in done.stderr  # which the file lacks: no gate is passed in silence
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["author_clicks"] == 0.5
    assert not {name for name in metrics if name.endswith(("_low", "_high"))}
    redacted = call("render", folder, "-o", tmp_path / "r.json", "--redact")
    assert (redacted.exit_code, "REDACT" in redacted.stderr) in ((0, False), (1, False))


def test_python_takes_a_function_of_the_predictions_and_keeps_the_figures(folder: Path) -> None:
    def figures(predictions):
        return [{"name": "high", "better": "none", "per_text": (predictions["value"] > 0).tolist()}]

    report = open_report(_without(folder))
    with pytest.raises(UsageError, match="figure high: text 1 True: no finite number"):
        report.set_figures(figures)
    assert report.set_figures({"mean": float(report.predictions["value"].mean())}) is report
    assert report.figures["author_mean"] == report.figures["prediction_mean"]
    assert open_report(folder).figures["author_mean"] == report.figures["prediction_mean"]
    moved = folder.parent / "moved"
    shutil.copytree(folder, moved)
    lines = report.save(folder.parent / "r.html")
    assert "author_figures" in (folder.parent / "r.html").read_text("utf-8"), lines


def test_a_run_keeps_figures_with_its_results_and_checks_them_before(
    bert: Path, tmp_path: Path
) -> None:
    texts, file = tmp_path / "t.txt", tmp_path / "f.json"
    texts.write_text("one text\nanother text\n")
    run = ("run", texts, "-m", bert, "--evidence", "none", "--figures", file)
    record = {"name": "a", "better": "none", "per_text": [1, 2, 3]}
    file.write_text(json.dumps([record]))
    done = call(*run, "-o", tmp_path / "r.html")
    assert done.exit_code == 2
    assert done.stderr.endswith("3 numbers for 2 texts; give one for each, or by id\n")
    file.write_text(json.dumps([{**record, "per_text": [1, 2]}]))
    done = call(*run, "-o", f"{tmp_path}/results/", "-o", tmp_path / "r.html")
    assert done.exit_code == 0, done.stderr
    assert open_report(tmp_path / "results").figures["author_a"] == 1.5
    open_report(tmp_path / "results").save(f"{tmp_path}/copy/")
    assert open_report(tmp_path / "copy").figures["author_a"] == 1.5


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[", "not JSON of figures"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": "1"}', "figure a: value '1': no finite number; write one such as 0.12"),
        ('{"a": true}', "figure a: value True: no finite number"),
        ('{"a": 1e999}', "figure a: value inf: no finite number"),
        ('{"a": 1, "a": 2}', "'a' stands there twice"),
        ('[{"name": "a", "value": 1}]', 'better None: write "higher", "lower" or "none"'),
        ('[{"name": "a", "better": "none"}]', "has no number; give value, or per_text"),
        ('[{"name": "a", "better": "none", "values": 1}]', "'values': no such field; there are"),
        ('{"<b>": 1}', "figure 1: name '<b>': write A-Z, a-z, 0-9 and _"),
        ('{"a_low": 1}', "figure 1: name 'a_low': write"),
        ('{"author_a": 1}', "without author_ in front"),
        ("[1]", "figure 1 is not a record"),
        ("7", "not figures; write"),
        ("[" * 100_000, "not figures; write"),
    ],
)
def test_what_is_no_figure_is_one_line(tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "f.json"
    file.write_text(content)
    with pytest.raises(UsageError) as error:
        read_figures(str(file))
    assert str(error.value).startswith(f"--figures {file}: ")
    assert told in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"per_text": {"99": 1}}, "figure a: per_text: no text has the id '99'"),
        ({"per_text": [1, 2]}, "figure a: per_text: 2 numbers for 6 texts"),
        ({"per_text": {}}, "figure a: per_text: is empty"),
        ({"per_text": [1] * N, "value": 2}, "value 2 is not the mean of per_text, 1"),
        ({"name": "label_mae", "value": 1}, "label_mae: reportgen measures a figure of this name"),
    ],
)
def test_what_does_not_fit_the_texts_is_one_line(folder: Path, record: dict, told: str) -> None:
    records = [{"name": "a", "better": "none", **record}]
    with pytest.raises(UsageError) as error:
        open_report(folder).set_figures(records)
    assert told in str(error.value)
    if "name" not in record:
        (folder / "figures.json").write_text(json.dumps(records))
        with pytest.raises(ResultsError) as error:
            open_results(folder)
        assert told in str(error.value)


def test_redacted_copies_have_them_under_the_new_ids_and_variants_do_not_count(
    folder: Path,
) -> None:
    without_manifest(folder)
    path = folder / "texts.parquet"
    rows = pq.read_table(path)
    ids = rows["text"].to_pylist()  # which are numbered in a copy
    table = rows.to_pydict() | {"text_id": ids, "variant_of": [None] * (N - 1) + ids[:1]}
    pq.write_table(pa.table(table, rows.schema), path)
    records = [{"name": "ease", "better": "none", "per_text": dict(zip(ids, OLD, strict=True))}]
    (folder / "figures.json").write_text(json.dumps(records), "utf-8")
    results = open_results(folder)
    mean = np.mean(OLD[:-1])
    assert Findings(results).figures["author_ease"] == pytest.approx(mean)
    with redacted(results, "en", wanted=True, with_short=True) as copy:
        assert not set(ids) & set(copy.author_figures[0].by_text)
        assert Findings(copy).figures["author_ease"] == pytest.approx(mean)


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        ({"label_mae": 1}, "label_mae"),
        ([{"name": "ease", "better": "none", "per_text": [1, 2]}], "2 numbers for 1 texts"),
        ([{"name": "ease", "better": "none", "per_text": {"z": 1}}], "no text has the id 'z'"),
        ("none.json", "no such file"),
    ],
)
def test_python_checks_them_before_the_model_is_loaded(figures: object, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        analyze(["one text"], object(), figures=figures)


def test_a_function_of_figures_that_raises_leaves_the_results_in_the_folder(
    tmp_path: Path,
) -> None:
    with pytest.raises(ZeroDivisionError):
        analyze(["one text"], "demo", folder=tmp_path / "kept", figures=lambda _: 1 / 0)
    report = open_report(tmp_path / "kept").set_figures({"clicks": 0.5})
    assert report.findings.figures["author_clicks"] == 0.5


def test_a_file_too_large_is_neither_written_nor_read(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr("reportgen.results.author_figures.FIGURES_BYTES", 99)
    with pytest.raises(UsageError, match="with per_text"):
        open_report(folder).set_figures(RECORDS)
    monkeypatch.setattr("reportgen.results.store.FIGURES_BYTES", 99)
    with pytest.raises(ResultsError, match="not read"):
        open_results(folder)


def test_a_text_that_stands_there_twice_is_refused_among_many(tmp_path: Path) -> None:
    values = ",".join(f'"{n}":1' for n in (*range(2000), 7))
    path = tmp_path / "figures.json"
    path.write_text(f'[{{"name":"ease","better":"none","per_text":{{{values}}}}}]', "utf-8")
    with pytest.raises(UsageError, match="'7' stands there twice"):
        read_figures(str(path))


@pytest.mark.parametrize("shared", [("1", 4), ("4", 1)])  # text 4 has three words
def test_redaction_counts_no_variants_and_keeps_none_of_a_short_text(
    folder: Path, shared: tuple[str, int]
) -> None:
    without_manifest(folder)
    original, n = shared
    path = folder / "texts.parquet"
    rows = pq.read_table(path)
    variant_of = [None] * (N - n) + [original] * n
    pq.write_table(pa.table(rows.to_pydict() | {"variant_of": variant_of}, rows.schema), path)
    results = open_results(folder)
    assert (N - 1 in long_texts(results)) == (original == "1")
    with (
        pytest.raises(ResultsError, match="different texts"),
        redacted(results, "en", wanted=True),
    ):
        pass
