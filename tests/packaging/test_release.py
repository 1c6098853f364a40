"""What is released can be built again, and says what it is made of."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from helpers.places import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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
