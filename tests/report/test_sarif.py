"""The texts that got worse as SARIF and as annotations, each at its line of the file of texts."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from helpers.calling import call
from helpers.log_commands import is_command
from helpers.made_up.factories import changed
from helpers.real.two_models import LABELS, TEXTS, pair_of

from reportgen.api.jobs import comparison_job
from reportgen.api.options import CompareOutputChoices
from reportgen.comparison import Comparison, compare_runs, worse
from reportgen.findings import Findings
from reportgen.report import CompareOptions, TextPlace, sarif
from reportgen.report.language import MINUS
from reportgen.report.options import read_texts_folder
from reportgen.report.worse_texts import place_of
from reportgen.results import InputInfo, Results
from reportgen.texts import read_texts

HOSTILE = ("a\n::error::x", "[x](http://x.example) {0}", "a,b:c%0A")


def with_sources(results: Results, name: str, places: list[str]) -> Results:
    """The results as if their texts had been read from these places of a file."""
    info = replace(results.info, inputs=(InputInfo(name, "0" * 64, len(places)),))
    texts = results.texts.assign(source=[f"{name}:{place}" for place in places])
    return changed(results, info, texts=texts)


def log_of(found: Comparison, **options: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The one run of the log, and what was left out."""
    document = sarif.write(found.runs, CompareOptions(**options))
    log = json.loads(document.text)
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    assert log["$schema"].endswith("/sarif-schema-2.1.0.json")
    run = log["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] == "warning"
        assert result["message"]["text"]
        assert re.fullmatch("[0-9a-f]{32}", result["partialFingerprints"]["text/v1"])
        for location in result["locations"]:
            artifact = location["physicalLocation"]["artifactLocation"]
            assert artifact["uriBaseId"] in run["originalUriBaseIds"]
            assert re.fullmatch(r"[\w%./-]+", artifact["uri"])
            assert not artifact["uri"].startswith("/")
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert len(notes) == len(document.reduced)
    return run, document.reduced


FILES = {
    "a.txt": ("one\n\n  \ntwo\r\nthree\nfour", ["one", "two", "three", "four"]),
    "b.csv": (
        '\ufefftext,label\n"one\nof ""two"" lines\r\nand three",1\n\ntwo,2\n"three, \n",3\nfour,4',
        ["one", "two", "three, ", "four"],
    ),
    "c.jsonl": (
        '{"text": "one"}\n\n"two"\n{"text": "thr\\nee"}\n"four"',
        ["one", "two", "thr", "four"],
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_the_line_is_the_one_that_the_text_begins_on(name: str, tmp_path: Path) -> None:
    content, begins = FILES[name]
    (tmp_path / name).write_bytes(content.encode())
    texts = read_texts([str(tmp_path / name)])
    lines = content.replace("\r\n", "\n").split("\n")
    for text, begin in zip(texts.texts, begins, strict=True):
        place = place_of(text.source, texts.files, {}, "data")
        assert place is not None
        assert place.file == f"data/{name}"
        assert begin in lines[place.line - 1]
        assert text.text.startswith(begin)


@pytest.mark.parametrize(
    ("source", "name", "expected"),
    [
        ("t.parquet:row 3", "t.parquet", TextPlace("d/t.parquet", None)),
        ("t.xlsx:Sheet1 row 3", "t.xlsx", TextPlace("d/t.xlsx", None)),
        ("t.json:item 3", "t.json", TextPlace("d/t.json", None)),
        ("T.CSV.GZ:3", "T.CSV.GZ", TextPlace("d/T.CSV.GZ", None)),
        ("texts/3.txt", "texts", TextPlace("d/texts/3.txt", None)),
        ("a:1.csv:3", "a:1.csv", TextPlace("d/a:1.csv", 3)),
        ("stdin:3", "stdin", None),
        ("two:3", "t.csv", None),
        ("", "t.csv", None),
    ],
)
def test_places_without_a_line_or_a_file(
    source: str, name: str, expected: TextPlace | None
) -> None:
    inputs = (*(InputInfo(own, None, 1) for own in ("a", "two", "two")), InputInfo(name, None, 3))
    assert place_of(source, inputs, {name: f"d/{name}"}, None) == expected


def test_a_number_got_worse_where_it_moved_and_its_error_grew(tmp_path: Path) -> None:
    sides = pair_of(tmp_path, labels=LABELS)
    places = [str(3 * i + 2) for i in range(len(TEXTS))]
    base = with_sources(sides[0], "earlier.csv", [str(i + 2) for i in range(len(TEXTS))])
    head = with_sources(sides[1], "te xt#s.csv", places)
    run, reduced = log_of(compare_runs(Findings(base), Findings(head)), texts_folder="data")
    assert reduced == ()
    before, after = (side.texts["prediction"].to_numpy(np.float64) for side in (base, head))
    labels = np.array(LABELS)
    growth = abs(after - labels) - abs(before - labels)
    is_worse = (growth > 0) & (abs(after - before) > 0.05 * before.std())
    expected = sorted(np.flatnonzero(is_worse), key=lambda text: -growth[text])
    assert len(expected) > 2
    assert [int(result["properties"]["id"]) - 1 for result in run["results"]] == expected
    for result, text in zip(run["results"], expected, strict=True):
        physical = result["locations"][0]["physicalLocation"]
        assert unquote(physical["artifactLocation"]["uri"]) == "data/te xt#s.csv"
        assert physical["region"] == {"startLine": 3 * text + 2}
        assert result["ruleId"] == "farther"
        said = result["message"]["text"].replace(MINUS, "-")
        found = re.fullmatch(
            rf"Text {text + 1}: prediction (\S+) → (\S+), right answer (\S+), "
            r"change of error (\S+)",
            said,
        )
        told = [float(value) for value in found.groups()]
        numbers = [before[text], after[text], labels[text], growth[text]]
        assert told == pytest.approx(numbers, abs=0.0051)
        held = [result["properties"][key] for key in ("base", "head", "label", "error_growth")]
        assert held == pytest.approx(numbers, rel=1e-5)
    alerts = {r["properties"]["id"]: r["partialFingerprints"]["text/v1"] for r in run["results"]}
    assert len(set(alerts.values())) == len(expected)
    # The same text is the same alert in a later run, on another line and farther off.
    values = after + 0.02 * np.sign(after - labels)
    texts = head.texts.assign(prediction=values, scores=[[value] for value in values])
    later = with_sources(changed(head, texts=texts), "te xt#s.csv", [f"{p}0" for p in places])
    again, _ = log_of(compare_runs(Findings(base), Findings(later)), texts_folder="data")
    told = {r["properties"]["id"]: r["partialFingerprints"]["text/v1"] for r in again["results"]}
    assert alerts.items() <= told.items()
    assert again["results"][0]["message"] != run["results"][0]["message"]


def test_a_class_got_worse_where_it_was_right_and_hostile_names_are_text(tmp_path: Path) -> None:
    ids = (*HOSTILE, *map(str, range(len(TEXTS) - len(HOSTILE))))
    sides = pair_of(tmp_path, kind="class", ids=ids)
    labels = sides[0].texts["prediction_label"].tolist()  # all were right
    base, head = (
        with_sources(
            changed(s, texts=s.texts.assign(label=labels)), "t.xlsx", [f"A row {i}" for i in ids]
        )
        for s in sides
    )
    found = compare_runs(Findings(base), Findings(head))
    run, reduced = log_of(found)
    assert reduced == ("SARIF: no line of t.xlsx is known, so the file alone is named.",)
    wrong = np.flatnonzero(head.texts["prediction_label"] != base.texts["prediction_label"])
    assert {result["properties"]["id"] for result in run["results"]} == {ids[i] for i in wrong}
    assert set(wrong) & {0, 1, 2}
    for result in run["results"]:
        assert result["ruleId"] == "broken"
        assert set(result["locations"][0]["physicalLocation"]) == {"artifactLocation"}
        text = result["message"]["text"]
        assert "\n" not in text
        assert not re.search(r"(?<!\\)[\[\]]|(?<!\{)\{(?!\{)", text)
        own = ids.index(result["properties"]["id"])
        was, now = (side.texts["prediction_label"].iloc[own] for side in (base, head))
        assert text.endswith(f": prediction {was} → {now}, right answer {was}")


def test_what_is_left_out_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sides = pair_of(tmp_path, labels=LABELS)
    found = compare_runs(*map(Findings, sides))
    monkeypatch.setattr(sarif, "MOST", 2)
    run, reduced = log_of(found)
    assert len(run["results"]) == 2
    n = len(worse(found.predictions)) - 2
    assert f"SARIF: {n} more texts got worse; only the worst 2 are listed." in reduced
    unlabelled = compare_runs(*map(Findings, pair_of(tmp_path / "none")))
    run, (said,) = log_of(unlabelled)
    assert run["results"] == []
    assert said.startswith("SARIF: no right answers")


@pytest.mark.parametrize("wrong", ["/data", "../x", "C:/x", "a\nb", "https://x"])
def test_a_folder_elsewhere_is_refused(wrong: str) -> None:
    with pytest.raises(Exception, match="as seen from the top of the repository"):
        read_texts_folder(wrong)


def test_files_are_named_from_the_top_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    (tmp_path / "repo" / "sub" / "data").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repo" / "sub")
    inputs = ["data/t.csv", "../u.csv", str(tmp_path / "v.csv"), "-", "s3://b/w.csv"]
    inputs += ["a/x.csv", "b/x.csv"]
    job = comparison_job(
        CompareOutputChoices(output=["-"], format="json"), CompareOptions(), inputs, n_models=2
    )
    assert dict(job.options.text_files) == {
        "t.csv": "sub/data/t.csv", "u.csv": "u.csv", "v.csv": "v.csv", "x.csv": "",
    }  # fmt: skip
    assert place_of("x.csv:3", (InputInfo("x.csv", None, 1),), {"x.csv": ""}, "data") is None
    assert read_texts_folder("data\\x/") == "data/x"
    assert read_texts_folder(".") == ""


def test_the_worst_texts_are_annotated_on_github(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = tuple(f"{HOSTILE[i % 3]}{i}" for i in range(len(TEXTS)))
    base, head = pair_of(tmp_path, labels=LABELS, ids=ids)
    worst = [ids[i] for i in worse(compare_runs(Findings(base), Findings(head)).predictions)]
    texts = (base.texts["text_id"], base.texts["source"])
    source = dict(zip(*texts, strict=True))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    done = call(
        "compare", tmp_path / "base", tmp_path / "head", "-o", tmp_path / "regressions.sarif",
        "--texts-folder", "a,b", "--quiet",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    commands = [line for line in done.stderr.splitlines() if is_command(line)]
    assert len(commands) == 5
    for i, (line, id) in enumerate(zip(commands, worst[:5], strict=True), 1):
        found = re.fullmatch(r"::warning file=([^,:]+),line=(\d+),title=([^,:]+)::(.*)", line)
        name, number = source[id].rsplit(":", 1)
        assert found[1] == f"a%2Cb/{name}"
        assert found[2] == number
        assert found[3].endswith(f" got worse ({i} of {len(worst)})")
        assert "%0A" not in found[3].replace("%250A", "")
        assert found[4].startswith("prediction ")
    done = call(
        "compare",
        tmp_path / "base",
        tmp_path / "head",
        "-o",
        tmp_path / "a.json",
        "--annotations",
        "none",
    )
    assert not [line for line in done.stderr.splitlines() if is_command(line)]
