"""The command line: what is written where, what is said, and the exit codes."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
from helpers.calling import call
from helpers.made_up.factories import make_results
from helpers.places import SAMPLES
from helpers.real.models import SENTENCES

from reportgen.api.options import GateChoices, InputChoices
from reportgen.cli import main
from reportgen.cli.outcome import system_said
from reportgen.models import ModelSpec
from reportgen.options import options_in
from reportgen.report import CompareOptions, RenderOptions


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(SENTENCES) + "\n", "utf-8")
    return path


def test_the_bundled_model_needs_no_option(texts: Path, tmp_path: Path) -> None:
    done = call("run", texts, "-o", tmp_path / "report.html")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert done.stdout == ""
    said = done.stderr
    assert f"{tmp_path / 'report.html'}: " in said
    assert "plotly.js" in said
    assert "6 texts, " in said
    assert "score is made up" in said
    assert "[CLS]" in said
    assert "[SEP]" in said


def test_one_run_writes_every_output(texts: Path, tmp_path: Path, bert: Path) -> None:
    names = (
        "report.html",
        "report.md",
        "summary.json",
        "tokens.csv",
        "run-heads.parquet",
        "texts.csv",
    )
    outputs = [part for name in names for part in ("-o", tmp_path / "out" / name)]
    command = ("run", texts, "--model", bert, "--evidence-texts", 1)
    done = call(*command, *outputs, "-o", f"{tmp_path}/out/results/")
    assert done.exit_code == 0, done.output
    for name in names:
        assert (tmp_path / "out" / name).stat().st_size > 0
        assert f"{tmp_path / 'out' / name}: " in done.stderr
    assert (tmp_path / "out" / "results" / "results.json").is_file()
    table = pd.read_csv(tmp_path / "out" / "texts.csv")
    assert table["text"].tolist() == list(SENTENCES)
    assert json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        [*names, "results", "img"]
    )
    assert sorted(path.name for path in (tmp_path / "out" / "img").iterdir()) == [
        "report-map.svg",
        "report-sinks.svg",
    ]


def test_run_is_analyze_then_render_byte_for_byte(tmp_path: Path, bert: Path, monkeypatch) -> None:
    """With options of every kind, which the pages list in one order."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    rows = [f'"{text}",{i},x{i}' for i, text in enumerate(SENTENCES)]
    (tmp_path / "t.csv").write_text("\n".join(["words,stars,n", *rows]), "utf-8")
    page = ("--title", "Headlines", "--lang", "ja", "--heads", "sum", "--max-size", "5MB")
    given = (tmp_path / "t.csv", "--text-column", "words", "--label-column", "stars")
    given += ("--id-column", "n", "--max-length", 32, "--keep-maps", 3, "--model", bert)
    given += ("--evidence-texts", 2)
    names = ("report.html", "report.md", "summary.json", "tokens.csv", "heads.parquet")
    for place, command in (
        ("run", ["run", *given]),
        ("two", ["render", tmp_path / "r"]),
    ):
        if place == "two":
            assert call("analyze", *given, "-o", tmp_path / "r").exit_code == 0
        outputs = [part for name in names for part in ("-o", tmp_path / place / name)]
        done = call(*command, *page, *outputs)
        assert done.exit_code == 0, done.output
    for name in names:
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), (
            name
        )


def test_standard_input_to_standard_output(tmp_path: Path, bert: Path) -> None:
    command = ("run", "-", "--model", bert, "--evidence", "none", "-o", "-")
    done = call(*command, stdin=b"the cat sat\na dog\n")
    assert done.exit_code == 0, done.stderr
    assert done.stdout_bytes.startswith(b"<!doctype html>")
    assert "2 texts, " in done.stderr
    markdown = call(*command, "--format", "md", "-q", stdin="the cat sat\n")
    assert markdown.stdout.startswith("<!-- reportgen:report -->\n\n## ")
    assert markdown.stderr == ""


def test_columns_and_labels_of_a_csv(tmp_path: Path, bert: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("review,stars,shop\nthe cat sat,4,x\na very good film,5,y\n", "utf-8")
    done = call(
        "run", path, "--text-column", "review", "--label-column", "stars", "--group-column", "shop",
        "--model", bert, "--evidence", "none", "-o", tmp_path / "texts.csv",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    table = pd.read_csv(tmp_path / "texts.csv")
    assert table["label"].tolist() == [4, 5]
    error = (table["prediction"] - table["label"]).tolist()
    assert table["label_error"].tolist() == pytest.approx(error)


def test_usage_errors_exit_with_2_before_any_model_is_loaded(
    texts: Path, tmp_path: Path, monkeypatch
) -> None:
    (tmp_path / "empty").mkdir()  # where the README's first command left no report.html
    monkeypatch.chdir(tmp_path / "empty")
    taken = tmp_path / "taken.html"
    taken.write_text("old")
    csv = tmp_path / "two.csv"
    csv.write_text("a,b\nx,y\n")
    cases: list[tuple[list[object], str]] = [
        ([texts, "-o", taken], "--force"),
        ([texts, "-o", tmp_path / "report.pdf"], ".html"),
        ([texts, "-o", tmp_path / "data.csv"], "tokens, heads, texts"),
        ([texts, "-o", tmp_path / "a.html", "-o", f"{tmp_path}/./a.html"], "twice"),
        ([texts, "--max-size", "much"], "25MB"),
        ([texts, "--pool-above", "few"], "none or a number"),
        ([texts, "--page-url", "javascript:x()"], "write https://"),
        ([texts, "--page-url", "report.html#sinks"], "without #"),
        ([texts, "--commit", "a b"], "such as 4f2a9c1"),
        ([texts, "--layout", "dir", "-o", "-"], "report/index.html"),
        ([texts, "--layout", "dir", "-o", "new/page.pdf"], ".html"),
        ([texts, "--layout", "dir", "-o", tmp_path / "index.html"], "the folder is the page's own"),
        ([texts, "--keep-maps", "some"], "all, none or a number"),
        ([texts, "--factory-args", "{"], "not JSON"),
        ([texts, "--factory-args", "[1]"], "not a JSON object"),
        ([texts, "--plotlyjs", tmp_path / "none.js"], "no such file"),
        ([texts, "--lang", "fr"], "fr"),
        ([csv], "'a', 'b'"),
        ([csv, "--text-column", "c"], "'a', 'b'"),
        ([], "no texts; name a file of texts"),
    ]
    for args, words in cases:
        done = call("run", *args)
        assert done.exit_code == 2, (args, done.output)
        assert words in " ".join(done.stderr.replace("│", " ").split()), (args, done.stderr)
        assert "Traceback" not in done.output
    assert taken.read_text() == "old"


def test_faults_of_input_and_model_exit_with_1(texts: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("\n\n")
    for args, words in (
        ([tmp_path / "none.txt"], "none.txt"),
        ([empty], "empty.txt"),
        ([texts, "--model", tmp_path / "nowhere"], "nowhere"),
    ):
        done = call("run", *args, "-o", tmp_path / "report.html")
        assert done.exit_code == 1, (args, done.output)
        assert words in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert not (tmp_path / "report.html").exists()


def test_strict_exits_with_4_and_still_writes(tmp_path: Path, bert: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text('"the cat"\n""\n"a dog"\n')
    given = (path, "--model", bert, "--evidence", "none")
    plain = call("run", *given, "-o", tmp_path / "1" / "a.md")
    assert plain.exit_code == 0
    assert "1 text empty, not analysed" in plain.stderr
    strict = call("run", *given, "--strict", "-o", tmp_path / "2" / "a.md")
    assert strict.exit_code == 4
    written = [(tmp_path / name / "a.md").read_bytes() for name in ("1", "2")]
    assert written[0] == written[1]
    assert call("analyze", *given, "--strict", "-o", tmp_path / "r").exit_code == 4


def test_check_says_how_attention_is_read(bert: Path) -> None:
    done = call("check", "--model", bert)
    assert done.exit_code == 0, done.output
    said = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert said["Attention"] == "BertModel: 3 layers, 4 heads, layer by layer"
    assert said["Direction"] == "bidirectional"
    assert "batches: padded" in said["Padding"]
    assert "sum to 1 within" in said["Rows"]


def modules_after(*commands: list[str | Path]) -> list[set[str]]:
    """What the command line has imported after each of some commands."""
    code = (
        "import json, sys\n"
        "from reportgen.cli.commands import app\n"
        "for command in json.loads(sys.argv[1]):\n"
        "    try:\n        app(command)\n"
        "    except SystemExit as end:\n        assert not end.code, end.code\n"
        "    print('after:', *sys.modules, file=sys.stderr)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, json.dumps([[*map(str, own)] for own in commands])],
        check=True,
        capture_output=True,
        text=True,
    )
    said = ran.stderr.splitlines()
    return [set(line.split()[1:]) for line in said if line.startswith("after:")]


def test_render_imports_no_model_library_and_a_page_nothing_that_takes_long(
    tmp_path: Path, texts: Path, bert: Path
) -> None:
    make_results(tmp_path / "r")
    page = ["render", tmp_path / "r", "-o", tmp_path / "a.html"]
    others = ["render", tmp_path / "r", "-o", tmp_path / "a.md"]
    others += ["-o", tmp_path / "summary.json", "-o", tmp_path / "tokens.csv"]
    with_page, with_others = modules_after(page, others)
    assert {"pandas", "jinja2"} <= with_page < with_others
    slow = {"scipy.stats", "plotly.graph_objs", "IPython", "reportgen.comparison.compare"}
    assert not slow & with_page
    assert not {"torch", "transformers"} & with_others
    assert (tmp_path / "a.html").stat().st_size > 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_standard_output_is_told_in_one_line(capsys, monkeypatch) -> None:
    said = "reportgen: No space left on device; make"
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "reportgen", "--version"]
        ran = subprocess.run(
            command,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONUNBUFFERED": ""},  # as most people have it
        )
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith(said)
    assert "Traceback" not in ran.stderr
    with suppress(OSError), Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        monkeypatch.setattr(sys, "argv", ["reportgen", "check"])
        before = signal.getsignal(signal.SIGTERM)
        with pytest.raises(SystemExit, match="1"):
            main()
        signal.signal(signal.SIGTERM, before)
    assert capsys.readouterr().err.splitlines()[-1].startswith(said)


def test_every_option_has_an_example_in_its_help() -> None:
    groups = (InputChoices, ModelSpec, RenderOptions, CompareOptions, GateChoices)
    for group in groups:
        for name, option in options_in(group).items():
            assert "e.g. " in option.help, name


def test_the_printed_command_repeats_the_run(texts: Path, tmp_path: Path, bert: Path) -> None:
    call("analyze", texts, "--model", bert, "--limit", 4, "--max-length", 16, "-o", tmp_path / "r")
    record = json.loads((tmp_path / "r" / "results.json").read_text("utf-8"))
    assert record["settings"]["options"] == {"limit": 4, "model": "bert", "max-length": 16}


def test_samples_run(tmp_path: Path) -> None:
    """Of a long text the beginning."""
    for name in ("hostile.jsonl", "pairs.csv", "ad_headlines.csv"):
        page = tmp_path / f"{name}.html"
        few = ("--evidence-texts", 2, "--max-length", 64)
        done = call("run", SAMPLES / name, "-o", page, *few)
        assert done.exit_code == 0, (name, done.output)


def test_a_page_with_files_is_the_same_from_run_and_render_and_replaces_only_its_own(
    texts: Path, tmp_path: Path, bert: Path, monkeypatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    given = (texts, "--model", bert, "--evidence", "none")
    assert call("analyze", *given, "-o", tmp_path / "r").exit_code == 0
    layout = ("--layout", "dir")
    page = tmp_path / "run" / "index.html"
    done = call("run", *given, "-o", page, *layout)
    assert done.exit_code == 0, done.output
    assert call("render", tmp_path / "r", "-o", tmp_path / "two" / "index.html", *layout)
    names = [path.name for path in sorted(page.parent.iterdir())]
    assert {"icon.svg", "index.html", "plotly.min.js", "report.css", "report.js"} < {*names}
    for place in ("run", "two"):
        assert sorted(path.name for path in (tmp_path / place).iterdir()) == names
    for name in names:
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    size = sum((tmp_path / "run" / name).stat().st_size for name in names)
    assert f"{page}: {size / 1e6:.1f} MB" in done.stderr
    assert call("render", tmp_path / "r", "-o", page, *layout).exit_code == 2
    assert call("render", tmp_path / "r", "-o", page, *layout, "--force").exit_code == 0
    (tmp_path / "run" / "notes.txt").write_text("mine")
    refused = call("render", tmp_path / "r", "-o", page, *layout, "--force")
    assert refused.exit_code == 2
    assert "notes.txt" in refused.stderr
    assert (tmp_path / "run" / "notes.txt").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r", "run", "texts.txt", "two"]


def test_options_that_change_nothing_are_named(texts: Path, tmp_path: Path) -> None:
    given = ("run", texts, "-o", tmp_path / "report.html", "--evidence", "none")
    done = call(*given, "--evidence-texts", 3)
    assert done.exit_code == 0, done.output
    assert "reportgen: --evidence-texts has no effect with --evidence none\n" in done.stderr
    assert "--explain-class" not in done.stderr
    quiet = call(*given, "--evidence-texts", 3, "--force", "--quiet")
    assert (quiet.exit_code, quiet.stderr) == (0, "")


def test_empty_and_cut_texts_are_named_by_their_ids(tmp_path: Path) -> None:
    rows = [{"id": f"e{i}", "text": ""} for i in range(7)]
    rows += [{"id": "long\u202e", "text": "token " * 40}, {"id": "fine", "text": "one two three"}]
    path = tmp_path / "texts.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    out = tmp_path / "report.html"
    done = call("run", path, "-o", out, "--max-length", 12, "--evidence", "none")
    assert done.exit_code == 0, done.output
    assert "7 texts empty, not analysed: id e0, e1, e2, e3, e4 and 2 more\n" in done.stderr
    (cut,) = [line for line in done.stderr.splitlines() if "cut to the longest" in line]
    assert ": id long" in cut
    assert "\u202e" not in cut
    assert "fine" not in cut


@pytest.mark.parametrize("command", [["check"]])
def test_check_with_standard_output_closed_fails_with_one_line(command: list[str]) -> None:
    line = f"exec {sys.executable} -m reportgen {' '.join(command)} >&-"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "reportgen: standard output is closed; check prints there what it finds"
    ]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "No space left on device; make room, or"),
        (PermissionError(13, "Permission denied", "a/b"), "a/b: Permission denied"),
        (OSError("odd"), "odd"),
        (OSError(), "OSError"),
    ],
)
def test_a_stray_fault_of_the_system_says_what_the_system_said(error: OSError, said: str) -> None:
    line = system_said(error)
    assert line.startswith(said)
    assert ("make room" in line) == (error.errno == 28)


def test_a_wrong_choice_is_said_without_the_class_of_the_error() -> None:
    done = call("run", "t.csv", "--evidence", "fast")
    assert done.exit_code == 2
    assert "'fast' is not one of" in done.stderr
    assert "Value error" not in done.stderr


def test_what_an_option_takes_is_said_of_a_wrong_value() -> None:
    for option, value, takes in (
        ("limit", "x", "'x': takes a whole number"),
        ("limit", "0", "'0': takes 1 or more"),
        ("temperature", "x", "'x': takes a number"),
        ("temperature", "-1", "'-1': takes 0 or more"),
    ):
        done = call("run", "t.csv", f"--{option}", value)
        assert done.exit_code == 2
        assert f"Invalid value for '--{option}': {takes} " in done.stderr


def test_texts_are_typed_in_place_of_a_file(tmp_path: Path, bert: Path) -> None:
    page = tmp_path / "report.html"
    fast = ("--model", bert, "--evidence", "none", "-o", page)
    typed = ("--text", "the cat sat", "--text", "a dog ran", "--max-unknown", "60%")
    done = call("run", *typed, *fast)
    assert done.exit_code == 0, done.output
    assert "2 texts, " in done.stderr
    said = page.read_text("utf-8")
    assert ">dog<" in said
    again = re.search(r"reportgen run --text &#39;…&#39; [^<]*", said)
    assert again
    assert "--max-unknown 60%" in again[0]
    for arguments, message in {
        ("run", "--model", "demo"): 'no texts; name a file of texts, or give one with --text "…"',
        ("run", "a.txt", "--text", "a"): "--text: gives the texts themselves; leave out the files",
        ("run", "Great camera", "-m", "demo"): "no such file; --text gives a text itself",
        ("run", "a.txt", "--max-unknown", "x"): "--max-unknown 'x': write a share such as 50%",
    }.items():
        refused = call(*arguments)
        assert refused.exit_code == (1 if "no such file" in message else 2)
        assert message in refused.stderr


def test_columns_that_were_recognised_are_said_and_stand_in_the_run_details(
    tmp_path: Path, bert: Path
) -> None:
    table, page = tmp_path / "t.csv", tmp_path / "report.html"
    table.write_text("sentence,clicks\nthe cat sat,3.5\na dog ran,1\n", "utf-8")
    done = call("run", table, "--model", bert, "--evidence", "none", "--lang", "ja", "-o", page)
    assert done.exit_code == 0, done.output
    taken = "the text is taken from the column 'sentence'; --text-column names another"
    assert taken in done.stderr
    assert "`--label-column clicks` would compare the predictions with them" in done.stderr
    assert "テキストは「sentence」" in page.read_text("utf-8")


def test_the_help_shows_what_most_people_need_and_all_where_asked() -> None:
    """Of commands with many options; the others show all of them."""

    def shown(command: str, flag: str) -> list[str]:
        done = call(command, flag)
        assert done.exit_code == 0
        return re.findall(r"^│ (--[a-z-]+) ", done.stdout, re.MULTILINE)

    first, whole = shown("run", "--help"), shown("run", "--help-all")
    assert 12 <= len(first) <= 20
    assert {"--model", "--output", "--label-column", "--lang", "--help-all"} <= {*first}
    assert len(whole) > 4 * len(first)
    assert {*first} < {*whole}
    named = {f"--{name.replace('_', '-')}" for name in options_in(RenderOptions)}
    assert named <= {*whole}
    assert shown("run", "--help") == first  # showing all leaves no trace
    for command in ("analyze", "compare", "render"):
        assert {*shown(command, "--help")} < {*shown(command, "--help-all")}
    assert "--help-all" not in shown("init", "--help")
