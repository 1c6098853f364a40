"""The recipes of the README and of `docs/`: they parse, name what exists, and do what they say."""

import json
import math
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.made_up.factories import make_results
from helpers.pages import PAGES, blocks
from helpers.places import ROOT
from jsonschema.validators import validator_for
from typer.testing import CliRunner
from yamllint.config import YamlLintConfig
from yamllint.linter import run as yamllint

from reportgen.api.options import GateChoices, configured_gates, configured_options, gates
from reportgen.cli import app
from reportgen.findings import Findings
from reportgen.report import table
from reportgen.report.options import TABLE_NAMES, TableName

TEXT = "\n".join(PAGES.values())


def nodes(value: object) -> Iterator[dict[str, Any]]:
    """Every table in a YAML document."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from nodes(item)


STEPS = [step for block in blocks("yaml") for step in nodes(yaml.safe_load(block))]


def test_every_yaml_is_one_and_puts_no_expression_into_a_script() -> None:
    scripts = [step["run"] for step in STEPS if "run" in step]
    assert scripts
    for script in scripts:
        assert "${{" not in script
        checked = subprocess.run(["bash", "-n"], input=script, text=True, check=False)
        assert checked.returncode == 0


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("action.yml", "github-actions"),
        (".github/workflows/release.yml", "github-workflows"),
        ("templates/recipes/github.yml", "github-workflows"),
        ("templates/recipes/github-comment.yml", "github-workflows"),
        ("templates/recipes/gitlab.yml", "gitlab-ci"),
    ],
)
def test_what_a_host_reads_follows_its_schema(name: str, schema: str) -> None:
    """That each host publishes, as check-jsonschema holds it; and no key stands there twice."""
    text = (ROOT / name).read_text("utf-8")
    rules = {"line-length": "disable", "document-start": "disable", "truthy": "disable"}
    config = YamlLintConfig(json.dumps({"extends": "default", "rules": rules}))
    assert [str(problem) for problem in yamllint(text, config)] == []
    document = yaml.safe_load(text)
    if True in document:  # "on" is a truth value in YAML 1.1
        document["on"] = document.pop(True)
    vendored = files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{schema}.json"
    published = json.loads(vendored.read_text("utf-8"))
    found = validator_for(published)(published).iter_errors(document)
    assert [(list(error.path), error.message) for error in found] == []


def test_the_action_is_called_with_inputs_that_it_has() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    calls = [step for step in STEPS if "reportgen@" in str(step.get("uses"))]
    assert calls
    for call in calls:
        assert set(call["with"]) <= set(action["inputs"])
        used = set(re.findall(rf"steps\.{call['id']}\.outputs\.(\w+)", TEXT))
        assert used
        assert used <= set(action["outputs"])


def test_the_workflow_that_may_write_runs_nothing_of_the_pull_request() -> None:
    (privileged,) = (block for block in blocks("yaml") if "workflow_run:" in block)
    assert "checkout" not in privileged
    assert "pull_request_target" not in TEXT
    names = [yaml.safe_load(block).get("name") for block in blocks("yaml")]
    assert "[Attention report]" in privileged
    assert "Attention report" in names


def test_every_gate_is_one(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = re.findall(r'--(?:fail|warn)-if "([^"]+)"', TEXT)
    given += re.findall(r"`(\w+ [<>=!]+ [\d.]+%?)`", TEXT)
    given += [
        line
        for step in STEPS
        if "fail-if" in step.get("with", {})
        for line in step["with"]["fail-if"].splitlines()
    ]
    assert len(given) > 8
    for expression in given:  # gates of compare can name all figures of run too
        gates(GateChoices(fail_if=[expression]), "compare")


def test_gates_of_a_project_are_read(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (in_yaml,) = (block for block in blocks("yaml") if block.startswith("fail-if:"))
    Path("gates.yaml").write_text(in_yaml)
    for command in ("run", "compare"):
        assert gates(GateChoices(config=Path("gates.yaml")), command)
    tables = [block for block in blocks("toml") if "[tool.reportgen]" in block]
    own_gates, options = sorted(tables, key=lambda block: "fail-if" not in block)
    Path("pyproject.toml").write_text(own_gates)
    for command in ("run", "compare"):
        assert any(level == "fail" for level, *_ in configured_gates(command))
        assert gates(GateChoices(), command)
    Path("pyproject.toml").write_text(options)
    assert configured_options("run").values["label_column"] == "stars"
    assert configured_options("compare").values["output"] == ["compare.html", "compare.md"]


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_every_column_of_a_table_is_named(tmp_path: Path, name: TableName) -> None:
    section = PAGES["docs/outputs.md"].partition(f"\n### {name}\n")[2].partition("\n#")[0]
    rows = re.findall(r"^\| (`.+?) \| (only (?:of|for) )?", section, re.MULTILINE)
    shown = " ".join(own for own, only in rows if not only)
    named = re.findall(r"`(\w+)`", shown if rows else section.partition(". See")[0])
    columns = list(table(Findings(make_results(tmp_path / "r", evidence="full")), name).columns)
    assert sorted(named) == sorted(columns)


def test_columns_of_completions_are_named(tmp_path: Path) -> None:
    section = PAGES["docs/outputs.md"].partition("\n### texts\n")[2].partition("\n#")[0]
    (row,) = re.findall(r"^\| (`.+?) \| only of a model that completes", section, re.MULTILINE)
    completed = table(Findings(make_results(tmp_path / "c", kind="completion")), "texts")
    plain = table(Findings(make_results(tmp_path / "n")), "texts")
    assert re.findall(r"`(\w+)`", row) == [c for c in completed.columns if c not in plain.columns]
    assert completed["perplexity"].iloc[0] == pytest.approx(math.exp((0.25 + 3.5) / 2))


def test_jq_and_mlflow_read_the_summary_as_it_is(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_results(tmp_path / "r", evidence="full")
    args = [
        "render",
        "r",
        "-o",
        "summary.json",
        "--warn-if",
        "n_texts > 1",
        "--warn-if",
        "n_ok < 1",
    ]
    assert CliRunner().invoke(app, args).exit_code == 0
    told = json.loads(Path("summary.json").read_text("utf-8"))
    # What MLflow takes as the name of a metric.
    for name, value in told["figures"].items():
        assert re.fullmatch(r"[/\w.\- :]{1,250}", name)
        assert value is None or float(value) == value
    if shutil.which("jq") is None:
        pytest.skip("no jq on the path")
    (recipe,) = (block for block in blocks("sh") if block.startswith("jq "))
    ran = subprocess.run(["bash", "-e"], input=recipe, capture_output=True, text=True, check=True)
    figure, gate = ran.stdout.splitlines()
    assert float(figure) == told["figures"]["special_share_max"]
    assert gate == "n_texts > 1: 6"
