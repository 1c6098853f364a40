"""What is released can be built again, and says what it is made of."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from helpers.places import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from reportgen.version import __version__

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# A package of the locked environment, as pip reads it: its version, where it applies, its hashes.
LOCKED = re.compile(
    r"^([\w.-]+)==([\w.+-]+)(?: ; [^\\\n]+)? \\\n((?: {4}--hash=sha256:.*\n?)+)", re.M
)


def test_every_package_of_the_locked_environment_has_its_hashes() -> None:
    text = (ROOT / ".ci" / "locked.txt").read_text("utf-8")
    left = "".join(line for line in LOCKED.sub("", text).splitlines() if not line.startswith("#"))
    assert left == ""
    for _, _, hashes in LOCKED.findall(text):
        assert re.fullmatch(r"(?: {4}--hash=sha256:[0-9a-f]{64}(?: \\)?\n?)+", hashes)


def test_the_locked_environment_is_one_that_the_package_allows() -> None:
    text = (ROOT / ".ci" / "locked.txt").read_text("utf-8")
    locked = {canonicalize_name(name): version for name, version, _ in LOCKED.findall(text)}
    extras = PROJECT["optional-dependencies"]
    (ours,) = (Requirement(one) for one in extras["test"] if one.startswith(PROJECT["name"]))
    wanted = [*PROJECT["dependencies"], *extras["test"]]
    wanted += [one for extra in ours.extras for one in extras[extra]]
    for requirement in map(Requirement, wanted):
        if requirement.name != ours.name:
            assert locked[canonicalize_name(requirement.name)] in requirement.specifier


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("v9.9.9", "the tag v9.9.9 is not of version"),
        (f"v{__version__}", f'no heading "## {__version__}"'),
    ],
)
def test_a_tag_of_another_version_or_without_its_changes_is_not_released(
    tmp_path: Path, tag: str, words: str
) -> None:
    for file in (".ci/release", "reportgen/version.py"):
        (tmp_path / file).parent.mkdir()
        shutil.copy(ROOT / file, tmp_path / file)
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {__version__}, not released yet\n")
    job = {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": tag, "PYTHON": sys.executable}
    done = subprocess.run(
        [tmp_path / ".ci" / "release"], env={**os.environ, **job}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert words in done.stderr
    assert not (tmp_path / "dist").exists()


def test_actions_have_one_version_wherever_they_are_used() -> None:
    """So that a newer one is put everywhere at once."""
    places = (*(ROOT / ".github").rglob("*.yml"), ROOT / "action.yml")
    texts = [path.read_text("utf-8") for path in (*places, *(ROOT / "templates").rglob("*.yml"))]
    used = {found for text in texts for found in re.findall(r"uses: ([\w./-]+)@(\S+)", text)}
    names = [name for name, _ in used]
    assert len(names) > 6
    assert sorted(names) == sorted(set(names))


def test_the_workflow_of_a_release_checks_builds_signs_and_publishes_in_this_order() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    run = [step.get("run") or step["uses"] for step in jobs["checks"]["steps"]]
    assert run.index(".ci/run") < run.index(".ci/release")
    assert {"run": ".ci/container"} in jobs["image"]["steps"]
    signed = [str(step.get("run") or step["uses"]) for step in jobs["release"]["steps"]]
    order = ("sha256sum --check", "attest-build-provenance", "gh release create")
    places = [next(i for i, one in enumerate(signed) if word in one) for word in order]
    assert places == sorted(places)
    assert jobs["release"]["needs"] == ["checks", "image"]
    assert jobs["index"]["needs"] == "release"
    writing = {name for name, job in jobs.items() if "write" in str(job.get("permissions"))}
    assert writing == {"release", "index", "site"}
    for name in writing:  # runs no code of the checkout
        assert "checkout" not in str(jobs[name]["steps"])


@pytest.mark.packaging
def test_a_bill_of_materials_names_all_that_the_package_needs(tmp_path: Path) -> None:
    path = tmp_path / "materials.json"
    command = (
        sys.executable,
        "-m",
        "cyclonedx_py",
        "environment",
        "--output-reproducible",
        "--no-validate",
    )
    pyproject = ("--pyproject", ROOT / "pyproject.toml", "--output-file", path)
    subprocess.run((*command, *pyproject, sys.executable), check=True, capture_output=True)
    text = path.read_text("utf-8")
    materials = json.loads(text)
    assert materials["metadata"]["component"]["name"] == PROJECT["name"]
    (needed,) = (
        {canonicalize_name(one.partition("==")[0]) for one in entry["dependsOn"]}
        for entry in materials["dependencies"]
        if entry["ref"] == materials["metadata"]["component"]["bom-ref"]
    )
    names = (Requirement(one).name for one in PROJECT["dependencies"])
    assert {canonicalize_name(name) for name in names} <= needed
    assert str(ROOT.parent) not in text  # no folder of the machine
