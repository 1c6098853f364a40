"""The image: built and run where there is an engine, and always read and linted."""

import re
import shutil
import subprocess
import sysconfig
import tomllib
from pathlib import Path

import pytest
from helpers.places import ROOT

TEXT = (ROOT / "Containerfile").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
# Each instruction on one line, without comments.
LINES = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n", "", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE)).splitlines()
    if line
]


def engine() -> str | None:
    """A container engine that answers; None if there is none."""
    for name in ("docker", "podman"):
        if shutil.which(name):
            asked = subprocess.run([name, "info"], capture_output=True, timeout=60, check=False)
            if asked.returncode == 0:
                return name
    return None


def test_the_image_is_as_the_linter_wants_it() -> None:
    beside = Path(sysconfig.get_path("scripts")) / "hadolint"
    linter = str(beside) if beside.exists() else shutil.which("hadolint")
    if linter is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([linter, ROOT / "Containerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_it_runs_as_a_user_without_rights_and_without_a_network() -> None:
    last = max(i for i, line in enumerate(LINES) if line[0] == "FROM")
    stage = LINES[last:]
    users = [value for name, value in stage if name == "USER"]
    assert users[-1].isdigit()
    assert int(users[-1]) > 0
    order = [name for name, _ in stage]
    assert order.index("USER") > max(i for i, name in enumerate(order) if name == "RUN")
    settings = " ".join(value for name, value in stage if name == "ENV").split()
    assert {"HF_HUB_OFFLINE=1", "TRANSFORMERS_OFFLINE=1", "HOME=/tmp"} <= set(settings)
    assert [value for name, value in stage if name == "WORKDIR"][-1] == "/work"
    assert ["ENTRYPOINT", '["reportgen"]'] in stage
    assert not any(name == "ADD" for name, _ in LINES)
    for name, value in LINES:
        assert name != "FROM" or re.match(r"python:3\.\d+-slim\b", value)


def test_it_is_built_from_what_the_wheel_is_made_of_alone() -> None:
    rules = (ROOT / "Containerfile.dockerignore").read_text("utf-8").splitlines()
    rules = [rule for rule in rules if not rule.startswith("#")]
    assert rules[0] == "*"
    build = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {
        *build["packages"],
        *build["force-include"],
        PROJECT["project"]["readme"],
        *PROJECT["project"]["license-files"],
        "pyproject.toml",
    }
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == needed


def test_its_first_lines_stand_in_the_documentation() -> None:
    shown = re.sub(r"\\\n#\s+", "", TEXT.partition("FROM ")[0])
    commands = re.findall(r"^#\s+(docker .+)$", shown, re.MULTILINE)
    assert len(commands) == 2
    page = (ROOT / "docs" / "hosts.md").read_text("utf-8")
    for command in commands:
        assert re.sub(r"\s+", " ", command) in page


@pytest.mark.packaging
def test_it_is_built_and_writes_a_report_where_there_is_an_engine() -> None:
    found = engine()
    if found is None:
        pytest.skip("no container engine answers here")
    done = subprocess.run(
        [ROOT / ".ci" / "container"], capture_output=True, text=True, timeout=3600, check=False
    )
    assert done.returncode == 0, done.stderr
