"""The GitHub action: its steps run as the runner would run them, with what users may put in."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.places import ROOT
from typer.main import get_command

from reportgen.cli import app

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
CACHE, *STEPS = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{\s*(?:inputs\.)?([\w.-]+)\s*\}\}")

# Stands for the Python a user names: makes an environment of the two commands below it.
STUB = """#!/usr/bin/env bash
set -e
[ "$1 $2" = "-m venv" ]
mkdir -p "$3/bin"
cp "{folder}/python" "{folder}/reportgen" "$3/bin"
"""
STUB_PYTHON = """#!/usr/bin/env bash
if [ "$1" = -m ]; then printf '%s\\0' "$@" > "{folder}/pip-called"; exit; fi
exec "{python}" "$@"
"""
STUB_REPORTGEN = """#!/usr/bin/env bash
printf '%s\\0' "$@" >> "{folder}/called"
exit {code}
"""
# Makes a real environment, behind which this one's packages stand, pip among them.
WRAPPER = """#!/usr/bin/env bash
set -e
[ "$1 $2" = "-m venv" ]
"{python}" "$@" --without-pip
cp "{folder}/behind.pth" "$("$3/bin/python" -c \
  "import sysconfig; print(sysconfig.get_path('purelib'))")"
"""

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


def _value(known: Mapping[str, str], expression: re.Match[str]) -> str:
    return known.get(expression[1], "")


def run_steps(
    folder: Path, inputs: Mapping[str, str], python: str, action_path: Path = ROOT
) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """Run every step until one fails, and those that run all the same; the process of the one that
    failed, or of the last, and the outputs of the action."""
    (folder / "temp").mkdir(exist_ok=True)
    given = {name: str(item.get("default", "")) for name, item in ACTION["inputs"].items()}
    given |= {"python": python, "commit": "", "model": "m", **inputs}
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    outputs: dict[str, str] = {}
    failed: subprocess.CompletedProcess[str] | None = None
    for step in STEPS:
        if failed and "always()" not in step.get("if", ""):
            continue
        if "inputs.publish" in step.get("if", "") and not (
            given["publish"] and outputs.get("markdown")
        ):
            continue
        known = given | {f"steps.run.outputs.{name}": value for name, value in outputs.items()}
        values = {
            name: EXPRESSION.sub(partial(_value, known), str(value))
            for name, value in step["env"].items()
        }
        script = folder / "temp" / "step.sh"
        script.write_text(step["run"], "utf-8")
        ran = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=folder,
            env={
                **inherited,
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTION_PATH": str(action_path),
                "GITHUB_OUTPUT": str(folder / "temp" / "output"),
                "GITHUB_STEP_SUMMARY": str(folder / "temp" / "summary.md"),
                "RUNNER_TEMP": str(folder / "temp"),
                **values,
            },
            capture_output=True,
            text=True,
            check=False,
            encoding="utf-8",
        )
        if ran.returncode:
            failed = failed or ran
        output = folder / "temp" / "output"
        pairs = output.read_text("utf-8").splitlines() if output.exists() else []
        outputs = dict(line.split("=", 1) for line in pairs)
    return failed or ran, {
        name: outputs.get(re.search(r"outputs\.(\w+)", item["value"])[1], "")  # type: ignore[index]
        for name, item in ACTION["outputs"].items()
    }


@pytest.fixture
def stub(tmp_path: Path) -> str:
    return make_stub(tmp_path)


def make_stub(folder: Path, code: int = 0) -> str:
    names = {"python": STUB_PYTHON, "reportgen": STUB_REPORTGEN, "stub": STUB}
    for name, text in names.items():
        path = folder / name
        path.write_text(text.format(folder=folder, python=sys.executable, code=code))
        path.chmod(0o755)
    return str(folder / "stub")


def called(folder: Path, name: str = "called") -> list[str]:
    return (folder / name).read_text("utf-8").split("\0")[:-1]


def test_every_script_is_bash_and_holds_no_expression() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert (CACHE["uses"], CACHE["if"]) == ("actions/cache@v5", "inputs.cache == 'true'")
    assert "inputs" not in str(CACHE["with"])
    for step in STEPS:
        assert "uses" not in step
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]
        for value in step["env"].values():
            assert EXPRESSION.fullmatch(value) or "${{" not in value
        checked = subprocess.run(
            ["bash", "-n"], input=step["run"], capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stderr
    text = (ROOT / "action.yml").read_text("utf-8")
    assert not re.search(r"curl|gh api|secrets\.", text)
    assert (
        text.count("GITHUB_TOKEN") == text.count("github.token") == 1
    )  # of the step that needs it


def test_every_input_is_used_and_explained() -> None:
    used = {name for step in STEPS for value in step["env"].values()
            for name in EXPRESSION.findall(value) if "." not in name}  # fmt: skip
    assert used == set(ACTION["inputs"]) - {"cache"}
    assert all(item["description"] for item in ACTION["inputs"].values())
    assert not [name for name, item in ACTION["inputs"].items() if item.get("required")]


def test_a_report_is_written_with_what_is_given(tmp_path: Path, stub: str) -> None:
    ran, outputs = run_steps(
        tmp_path,
        {
            "texts": "a.csv\nb b.csv\n",
            "model": "./checkpoint",
            "output-dir": "out put/",
            "args": "--text-column 'review text' --evidence full",
            "fail-if": "special_share_max > 0.8\n  unknown_share > 5%  \n\n",
            "warn-if": "n_failed > 0",
            "lang": "ja",
            "page-url": "https://example.com/",
            "commit": "4f2a9c1",
            "requirements": " sentencepiece>=0.2 \n\n",
        },
        stub,
    )
    assert ran.returncode == 0, ran.stderr
    assert called(tmp_path, "pip-called")[:3] == ["-m", "pip", "install"]
    *_, package, flag, index, own = called(tmp_path, "pip-called")
    assert (package, flag, own) == ("sentencepiece>=0.2", "--extra-index-url", str(ROOT))
    assert index.endswith("/whl/cpu")
    assert called(tmp_path) == [
        "run", "--model=./checkpoint",
        "--output=out put/report.html", "--output=out put/report.md",
        "--output=out put/summary.json", "--output=out put/metrics.json",
        "--lang=ja", "--force", "--github-summary",
        "--page-url=https://example.com/", "--commit=4f2a9c1",
        "--fail-if=special_share_max > 0.8", "--fail-if=unknown_share > 5%",
        "--warn-if=n_failed > 0",
        "--text-column", "review text", "--evidence", "full",
        "--", "a.csv", "b b.csv",
    ]  # fmt: skip
    assert outputs == {
        "passed": "true", "headline": "", "figures": "",
        "report": "out put/report.html",
        "markdown": "out put/report.md",
        "summary": "out put/summary.json",
    }  # fmt: skip


@pytest.mark.parametrize("code", [0, 3])
def test_told_to_it_publishes_what_it_wrote_and_a_failed_gate_stays_one(
    tmp_path: Path, code: int
) -> None:
    stub = make_stub(tmp_path, code)
    ran, outputs = run_steps(tmp_path, {"texts": "a.csv", "publish": "github-pr"}, stub)
    assert ran.returncode == code
    assert called(tmp_path, "pip-called")[-1] == f"{ROOT}[github]"
    assert called(tmp_path)[-4:] == ["publish", "--to=github-pr", "--", outputs["markdown"]]
    (last,) = (step for step in STEPS if "GITHUB_TOKEN" in step["env"])
    assert last["name"] == "Publish the report"  # no code of a model runs beside the token
    (tmp_path / "called").unlink()
    run_steps(tmp_path, {"texts": "a.csv"}, stub)
    assert "publish" not in called(tmp_path)


def test_with_a_base_two_models_are_compared(tmp_path: Path, stub: str) -> None:
    ran, outputs = run_steps(tmp_path, {"texts": "a.csv", "model": "./new", "base": "./old"}, stub)
    assert ran.returncode == 0, ran.stderr
    assert called(tmp_path)[:3] == ["compare", "--base=./old", "--head=./new"]
    assert "--images=none" in called(tmp_path)
    assert outputs["report"] == "attention-report/compare.html"
    assert outputs["summary"] == "attention-report/compare.json"


def test_with_a_baseline_one_command_writes_report_and_comparison(
    tmp_path: Path, stub: str
) -> None:
    given = {"model": "m", "baseline": "kept/", "fail-if": "mae_rise_low > 0"}
    ran, outputs = run_steps(tmp_path, given, stub)
    assert ran.returncode == 0, ran.stderr
    words = called(tmp_path)
    assert words[:3] == ["compare", "--head=m", "--report=attention-report/report.html"]
    assert words[-2:] == ["--", "kept/"]  # whose texts are analysed
    assert {"--output=attention-report/compare.md", "--fail-if=mae_rise_low > 0"} < set(words)
    assert outputs["report"] == "attention-report/compare.html"


def test_a_model_with_files_of_its_own_is_run_before_it_is_compared_with_a_baseline(
    tmp_path: Path, stub: str
) -> None:
    given = {
        "model": "",
        "baseline": "kept/",
        "args": "--factory=own.py:Model",
        "fail-if": "mae_rise_low > 0",
    }
    ran, _ = run_steps(tmp_path, given, stub)
    assert ran.returncode == 1
    assert ran.stderr.startswith("reportgen: name the file of texts too")
    ran, _ = run_steps(tmp_path, {**given, "texts": "data/a.csv"}, stub)
    assert ran.returncode == 0, ran.stderr
    words = called(tmp_path)
    at = words.index("compare")
    run, compare = words[:at], words[at:]
    assert run[-3:] == ["--factory=own.py:Model", "--", "data/a.csv"]
    (results,) = (word.removeprefix("--output=") for word in run if word.endswith("/results/"))
    assert compare[-3:] == ["--", "kept/", results]
    assert "--fail-if=mae_rise_low > 0" in compare
    assert not [word for word in run if "fail-if" in word]


def test_patterns_are_files_and_requirements_are_no_options(tmp_path: Path, stub: str) -> None:
    for name in ("b.csv", "a.csv", "[x].csv"):
        (tmp_path / name).write_text("text\n")
    ran, _ = run_steps(tmp_path, {"texts": "[ab].csv\n[x].csv\nnone*.csv"}, stub)
    assert ran.returncode == 0, ran.stderr
    assert called(tmp_path)[-5:] == ["--", "a.csv", "b.csv", "[x].csv", "none*.csv"]
    ran, _ = run_steps(tmp_path, {"texts": "a.csv", "requirements": "--pre"}, stub)
    assert ran.returncode == 1
    assert ran.stderr.startswith("reportgen: requirements: --pre: an option")


@pytest.mark.parametrize("base", ["", "./old"])
def test_every_option_it_gives_is_one_of_the_command(tmp_path: Path, stub: str, base: str) -> None:
    gates = {"fail-if": "n_failed > 0", "warn-if": "n_failed > 0"}
    ran, _ = run_steps(tmp_path, {"texts": "a.csv", "model": "m", "base": base, **gates}, stub)
    assert ran.returncode == 0, ran.stderr
    command, *words = called(tmp_path)
    options = {word.partition("=")[0] for word in words if word.startswith("--") and word != "--"}
    parameters = get_command(app).commands[command].params  # type: ignore[attr-defined]
    assert options <= {name for parameter in parameters for name in parameter.opts}


HOSTILE = (
    "\"; touch 'pwned'; $(touch pwned) `touch pwned` ${{ github.token }} $HOME \\ * -x & | > x"
)


@pytest.mark.parametrize(
    "name", ["texts", "model", "base", "output-dir", "fail-if", "warn-if", "lang", "page-url"]
)
def test_no_input_is_ever_run(tmp_path: Path, stub: str, name: str) -> None:
    given = {"texts": "a.csv", "model": "m", name: HOSTILE}
    ran, outputs = run_steps(tmp_path, given, stub)
    assert ran.returncode == 0, ran.stderr
    assert not (tmp_path / "pwned").exists()
    assert [word for word in called(tmp_path) if HOSTILE in word]
    assert set(outputs) == set(ACTION["outputs"])


def test_args_are_words_and_not_a_script(tmp_path: Path, stub: str) -> None:
    args = "--title \"$(touch pwned); 'a' `touch pwned`\" ; touch pwned"
    ran, _ = run_steps(tmp_path, {"texts": "a.csv", "args": args}, stub)
    assert ran.returncode == 0, ran.stderr
    assert not (tmp_path / "pwned").exists()
    assert "$(touch pwned); 'a' `touch pwned`" in called(tmp_path)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"texts": " \n"}, "name a file of texts"),
        ({"output-dir": "a\nreport=evil"}, "output has more than one line"),
        ({"model": "a\nb"}, "model has more than one line"),
        ({"base": "./old", "model": ""}, "base is compared with model"),
        ({"model": " "}, "reportgen: model: none is named"),
        ({"publish": "gitlab-mr"}, "publish: the action publishes to github-pr alone"),
        ({"args": "--title 'open"}, "reportgen: args: No closing quotation: close each quote"),
        ({"model": "m", "base": "./old", "baseline": "b/"}, "with base or with baseline"),
    ],
)
def test_inputs_that_cannot_be_are_told_and_nothing_runs(
    tmp_path: Path, stub: str, inputs: dict[str, str], words: str
) -> None:
    ran, outputs = run_steps(tmp_path, {"texts": "a.csv", **inputs}, stub)
    assert ran.returncode != 0
    assert words in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert not (tmp_path / "called").exists()
    assert {name: value for name, value in outputs.items() if value} == {"passed": "false"}


@pytest.mark.parametrize(
    ("args", "file", "text"),
    [
        ("--factory own.py:Model", "", ""),
        ("--model=./checkpoint", "", ""),
        ("", "reportgen.toml", "model = './checkpoint'"),
        ("", "pyproject.toml", "[tool.reportgen]\nmodel = './checkpoint'"),
    ],
)
def test_a_model_may_be_named_in_args_or_settings(
    tmp_path: Path, stub: str, args: str, file: str, text: str
) -> None:
    if file:
        (tmp_path / file).write_text(text)
    ran, _ = run_steps(tmp_path, {"texts": "a.csv", "model": "", "args": args}, stub)
    assert ran.returncode == 0, ran.stderr
    assert not [word for word in called(tmp_path) if word in ("--model=", "--model=demo")]


@pytest.mark.parametrize("uses", ["Someone/ReportGen@v1", "./own"])
def test_a_misspelt_input_is_an_error_which_the_runner_passes_over(
    tmp_path: Path, stub: str, monkeypatch: pytest.MonkeyPatch, uses: str
) -> None:
    workflow = ".github/workflows/attention.yml"
    monkeypatch.setenv("GITHUB_WORKFLOW_REF", f"someone/texts/{workflow}@refs/pull/1/merge")
    action = tmp_path / ("own" if uses == "./own" else "_actions/someone/reportgen/v1")
    (tmp_path / workflow).parent.mkdir(parents=True)
    action.mkdir(parents=True)
    shutil.copy(ROOT / "action.yml", action)
    for name in ("fail_if", "texts"):
        steps = [{"uses": "actions/cache@v5", "with": {"key": "a"}}, {"run": "ls"}]
        steps.append({"uses": uses, "with": {name: "n_failed > 0", "Model": "m"}})
        (tmp_path / workflow).write_text(yaml.safe_dump({"jobs": {"report": {"steps": steps}}}))
        ran, _ = run_steps(tmp_path, {"texts": "a.csv"}, stub, action)
        if name == "fail_if":
            assert ran.returncode == 1
            assert ran.stderr == "reportgen: fail_if: not an input of this action; it has fail-if\n"
            assert not (tmp_path / "called").exists()
        else:
            assert ran.returncode == 0, ran.stderr


def test_a_failed_gate_fails_the_job_and_leaves_the_outputs(tmp_path: Path) -> None:
    ran, outputs = run_steps(tmp_path, {"texts": "a.csv"}, make_stub(tmp_path, code=3))
    assert ran.returncode == 3
    assert outputs["report"] == "attention-report/report.html"
    assert outputs["passed"] == "false"


def test_a_run_that_failed_has_no_outputs_though_older_files_lie_there(tmp_path: Path) -> None:
    (tmp_path / "attention-report").mkdir()
    (tmp_path / "attention-report" / "report.html").write_text("of another run")
    for code in (1, 2, 137):
        ran, outputs = run_steps(tmp_path, {"texts": "a.csv"}, make_stub(tmp_path, code))
        assert ran.returncode == code
        assert {name for name, value in outputs.items() if value} == {"passed"}
        assert outputs["passed"] == "false"


@pytest.mark.packaging
def test_from_a_clone_the_action_writes_its_outputs_and_fails_with_its_gate(tmp_path: Path) -> None:
    clone, work = tmp_path / "clone", tmp_path / "work"
    work.mkdir()
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout, so there is nothing to clone")
    subprocess.run(["git", "clone", "--quiet", "--depth=1", ROOT.as_uri(), str(clone)], check=True)
    wrapper = tmp_path / "wrapper"
    wrapper.write_text(WRAPPER.format(python=sys.executable, folder=tmp_path))
    wrapper.chmod(0o755)
    behind = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    (tmp_path / "behind.pth").write_text("\n".join(behind) + "\n", "utf-8")
    texts = "Free coffee for every new member\n年会費無料のカード\n"
    (work / "texts.txt").write_text(texts, "utf-8")
    inputs = {"texts": "texts.txt", "model": "demo", "fail-if": "n_texts > 1"}
    inputs["args"] = "--evidence none"
    environment = {"PIP_NO_COMPILE": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        ran, outputs = run_steps(work, inputs, str(wrapper), clone)
    assert ran.returncode == 3, ran.stderr
    assert "::error title=reportgen gate::n_texts 2 (allowed: at most 1)" in ran.stderr
    for name in ("report", "markdown", "summary"):
        assert (work / outputs[name]).stat().st_size > 0
    assert outputs["passed"] == "false"
    failed = "❌ 1 of 1 gates failed: n_texts 2 (allowed: at most 1). "
    assert outputs["headline"].startswith(f"{failed}reportgen demo, 2 texts: ")
    assert json.loads(outputs["figures"])["n_texts"] == 2
    assert "年会費無料" in (work / outputs["report"]).read_text("utf-8")
    assert (work / "temp" / "summary.md").stat().st_size > 0
