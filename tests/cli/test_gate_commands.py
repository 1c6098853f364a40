"""Gates on the command line: exit codes, what is written and said, and what a log reads."""

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from helpers.calling import call
from helpers.cases import some_of
from helpers.log_commands import HOSTILE, is_command
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.unlisted import without_manifest
from typer.testing import Result

from reportgen.api.options import GateChoices, arguments
from reportgen.cli import outcome
from reportgen.findings import Findings, evaluate
from reportgen.results import Evidence

NEVER, ALWAYS = "n_texts < 1", "n_texts > 1"

ON_A_LINE = [text for text in HOSTILE if "\n" not in text]


@pytest.fixture(autouse=True)
def outside(tmp_path: Path, monkeypatch) -> None:
    """A folder with results of six texts and no settings; no continuous integration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    make_results(tmp_path / "r", labels=(1.0, 2.0, 0.0, 1.5, 1.0, 3.0))


def render(*args: str) -> Result:
    return call("render", "r", "-o", "summary.json", "--force", *args)


def gates() -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(Path("summary.json").read_text("utf-8"))["gates"]
    return found


def test_a_failed_gate_exits_with_3_after_all_is_written(tmp_path: Path) -> None:
    asked = ("--fail-if", NEVER, "--fail-if", ALWAYS, "--warn-if", "special_share_max > 0")
    done = render("-o", "report.html", *asked)
    assert done.exit_code == 3, done.output
    lines = done.stderr.splitlines()
    assert lines[-3] == "gate failed: n_texts 6 (allowed: at most 1)"
    assert lines[-2].startswith("gate warning: special_share_max 0.")
    assert lines[-1] == "1 of 3 gates passed"
    assert [gate["passed"] for gate in gates()] == [True, False, False]
    assert (tmp_path / "report.html").stat().st_size > 0
    assert done.stdout == ""


def test_a_warning_or_a_gate_that_is_passed_exits_with_0() -> None:
    done = render("--fail-if", NEVER, "--warn-if", ALWAYS)
    assert done.exit_code == 0
    assert "gate warning: n_texts 6 (allowed: at most 1, else a warning)" in done.stderr
    assert NEVER not in done.stderr
    verbose = render("--fail-if", NEVER, "-v")
    assert "gate passed: n_texts 6 (allowed: at least 1)" in verbose.stderr


def test_a_figure_that_was_not_measured_fails() -> None:
    done = render("--fail-if", "agreement_ig_spearman < 0.2")
    assert done.exit_code == 3
    assert "gate failed: agreement_ig_spearman not measured (allowed: at least 0.2)" in done.stderr
    assert gates()[0]["found"] is None


def test_quiet_leaves_the_errors() -> None:
    done = render("-q", "--fail-if", ALWAYS, "--warn-if", ALWAYS)
    assert done.stderr == "gate failed: n_texts 6 (allowed: at most 1)\n"


def test_what_a_gate_finds_is_the_figure_of_the_summary() -> None:
    render("--warn-if", "label_mae > 0", "--warn-if", "cls_share >= 30 %")
    told = json.loads(Path("summary.json").read_text("utf-8"))
    for gate in told["gates"]:
        assert gate["found"] == told["figures"][gate["figure"]]
    edge = told["figures"]["label_mae"]
    assert render("--fail-if", f"label_mae > {edge}").exit_code == 0
    assert render("--fail-if", f"label_mae >= {edge}").exit_code == 3


@pytest.mark.parametrize("option", ["--fail-if", "--warn-if"])
@pytest.mark.parametrize("gate", ["n_texts", "nothing > 1", "n_texts > many"])
def test_what_is_no_gate_exits_with_2_before_anything_is_read(option: str, gate: str) -> None:
    for command in (("run", "none.txt", "-m", "none"), ("render", "none")):
        done = call(*command, "-o", "a.html", option, gate)
        assert done.exit_code == 2, done.output
        assert f"{option} {gate!r}" in done.stderr
        assert "see reportgen run --list-figures" in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert not Path("a.html").exists()


def test_settings_of_the_project_count_and_are_named() -> None:
    Path("pyproject.toml").write_text(f"[tool.reportgen]\nfail-if = ['{ALWAYS}']\n")
    done = render("--warn-if", ALWAYS)
    assert done.exit_code == 3
    assert "gate failed: n_texts 6 (allowed: at most 1) (from pyproject.toml)" in done.stderr
    assert "gate warning: n_texts 6 (allowed: at most 1, else a warning)\n" in done.stderr
    Path("gates.yaml").write_text(f"warn-if: '{ALWAYS}'\n")
    done = render("--config", "gates.yaml")
    assert done.exit_code == 0
    assert "(from gates.yaml)" in done.stderr
    Path("gates.yaml").write_text("fail-of: []\n")
    done = render("--config", "gates.yaml")
    assert done.exit_code == 2
    assert "gates.yaml: reportgen has no setting fail-of" in done.stderr


@pytest.mark.parametrize(
    ("interrupted", "failed", "strict", "code"),
    [
        (False, False, False, 0),
        (False, False, True, 4),
        (False, True, True, 3),
        (True, True, True, 130),
    ],
)
def test_precedence_of_exit_codes(
    tmp_path: Path, interrupted: bool, failed: bool, strict: bool, code: int
) -> None:
    results = make_results(tmp_path / "flawed", (*HEADLINES, ""))
    object.__setattr__(results.info, "evidence", Evidence(interrupted=interrupted))
    (gate,) = arguments.gates(GateChoices(fail_if=[ALWAYS if failed else NEVER]), "run")
    judged = evaluate((gate,), Findings(results).figures)
    assert outcome.exit_code(results, judged, strict=strict) == code


def test_run_has_gates_too(tmp_path: Path) -> None:
    Path("texts.txt").write_text("Free coffee\n年会費無料のカード\n", "utf-8")
    args = ("run", "texts.txt", "-o", "a.html", "-o", "a.json", "--evidence", "none", "--force")
    for option in ("--fail-if", "--warn-if"):  # it was forgotten, or misspelt in a job
        done = call(*args, option, "n_failed > 0")
        assert done.exit_code == 2
        assert "none is named; name yours with --model, or give --model demo" in done.stderr
        assert done.stderr.count("\n") == 1
    assert not Path("a.html").exists()
    args = (*args, "--model", "demo")
    assert call(*args, "--fail-if", "n_texts != 2", "--fail-if", "n_failed > 0").exit_code == 0
    done = call(*args, "--fail-if", "special_share_max > 5%")
    assert done.exit_code == 3, done.output
    assert json.loads(Path("a.json").read_text("utf-8"))["gates"][0]["passed"] is False


@pytest.mark.parametrize(
    ("lang", "failed", "allowed"), [("en", "Failed", "at most 0"), ("ja", "不合格", "0以下")]
)
def test_the_page_has_them_without_scripts_and_its_command_asks_them_again(
    lang: str, failed: str, allowed: str
) -> None:
    Path("pyproject.toml").write_text("[tool.reportgen]\nwarn-if = 'label_r2 < 99%'\n")
    render("-o", "report.html", "--lang", lang, "--fail-if", "special_share_max > 0")
    page = BeautifulSoup(Path("report.html").read_text("utf-8"), "html.parser")
    rows = page.select("#main section.run table.gates tbody tr")
    assert len(rows) == 2
    assert rows[0].select_one("th").text == failed  # type: ignore[union-attr]
    cells = [cell.text for cell in rows[0].select("td")]
    assert [cells[0], cells[2]] == ["special_share_max", allowed]
    found = json.loads(Path("summary.json").read_text("utf-8"))["gates"]
    share = next(gate["found"] for gate in found if gate["level"] == "fail")
    assert cells[1] == f"{share:.3g}"
    command = page.select_one("pre.command").text  # type: ignore[union-attr]
    assert "--fail-if 'special_share_max > 0'" in command
    assert "--warn-if 'label_r2 < 99%'" in command


def test_without_gates_the_page_has_no_table_of_them() -> None:
    render("-o", "report.html")
    assert 'class="gates"' not in Path("report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("variable", "option", "expected"),
    [
        ("true", "auto", True),
        ("false", "auto", False),
        (None, "auto", False),
        (None, "github", True),
        ("true", "none", False),
    ],
)
def test_annotations_are_for_github(
    monkeypatch, variable: str | None, option: str, expected: bool
) -> None:
    if variable:
        monkeypatch.setenv("GITHUB_ACTIONS", variable)
    done = render(
        "--annotations",
        option,
        "--fail-if",
        "n_texts > 5%",
        "--warn-if",
        ALWAYS,
        "--warn-if",
        NEVER,
    )
    commands = [line for line in done.stderr.splitlines() if is_command(line)]
    assert commands == expected * [
        "::error title=reportgen gate::n_texts 600%25 (allowed: at most 5%25)",
        "::warning title=reportgen gate::n_texts 6 (allowed: at most 1, else a warning)",
    ]
    assert done.stdout == ""


@pytest.mark.parametrize("hostile", some_of(ON_A_LINE, *ON_A_LINE[::2]))
def test_no_text_id_title_or_file_is_a_command_in_a_log(
    tmp_path: Path, monkeypatch, hostile: str
) -> None:
    results = tmp_path / "hostile"
    make_results(
        results, (hostile, *HEADLINES), failed=(0,), ids=(hostile, *map(str, range(len(HEADLINES))))
    )
    without_manifest(results)
    record = json.loads((results / "results.json").read_text("utf-8"))
    record["model"]["name"] = record["inputs"][0]["name"] = hostile
    record["remarks"] = [hostile]
    (results / "results.json").write_text(json.dumps(record), "utf-8")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for args in (
        ("-o", "-", "--format", "json", "-v", "--title", hostile, "--fail-if", ALWAYS),
        ("-o", "a.json", "--force", "--title", hostile),
        ("-o", "a.json", "--force", "--fail-if", hostile),
        ("-o", f"{hostile.replace('/', '')}.docx"),
    ):
        done = call("render", "hostile", *args)
        assert done.stderr
        assert done.exit_code in (0, 2, 3), done.exception
        commands = [
            line
            for line in (done.stdout + "\n" + done.stderr).replace("\r", "\n").split("\n")
            if is_command(line)
        ]
        gate = "::error title=reportgen gate::n_texts 7 (allowed: at most 1)"
        if done.exit_code == 2:  # the error itself is one, and nothing in it
            assert len(commands) == 1
            assert commands[0].startswith("::error title=reportgen::")
            assert not is_command(commands[0].removeprefix("::error title=reportgen::"))
        else:
            assert commands == ([gate] if ALWAYS in args else [])


def test_an_error_is_shown_beside_the_job_of_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("-o", "a.json", "--fail-if", "n_texts = 100%")
    message = "--fail-if 'n_texts = 100%': not a gate; write a figure, one of"
    plain = render(*asked)
    assert plain.exit_code == 2
    assert plain.stderr.count("\n") == 1
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    shown = render(*asked).stderr.removeprefix(plain.stderr)
    assert shown.startswith(f"::error title=reportgen::{message.replace('%', '%25')}")


def test_the_same_gates_give_the_same_bytes() -> None:
    contents = []
    for _ in range(2):
        render("-o", "report.html", "--fail-if", ALWAYS, "--warn-if", NEVER)
        contents.append([Path(name).read_bytes() for name in ("summary.json", "report.html")])
    assert contents[0] == contents[1]
