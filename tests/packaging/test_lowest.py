"""The lowest versions that are allowed are those that continuous integration tries."""

import re
import runpy
import tomllib

from helpers.places import ROOT

TRIED = runpy.run_path(str(ROOT / ".ci" / "lowest.py"))


def test_versions_are_the_lower_bounds_of_the_package_and_its_extras() -> None:
    made = """
    [project]
    dependencies = ["torch>=2.6.0", "PyYAML >=6.0.2,<8", "numpy"]
    [project.optional-dependencies]
    test = ["attention-reportgen[png]", "pytest-xdist[psutil]>=3.8"]
    """
    assert TRIED["lowest"](made) == ["PyYAML==6.0.2", "pytest-xdist==3.8", "torch==2.6.0"]


def test_every_library_of_the_package_has_a_lower_bound() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text("utf-8")
    bounds = dict(one.split("==") for one in TRIED["lowest"](pyproject))
    for requirement in tomllib.loads(pyproject)["project"]["dependencies"]:
        name, bound = requirement.split(">=")
        assert bounds[name] == bound
    assert {*TRIED["NEEDED"]} <= {*bounds}


def test_what_is_tried_is_the_demonstration_of_the_readme_and_tests_that_there_are() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = re.search(r"\.venv/bin/reportgen (run \S+) -o \S+ --force$", readme, re.MULTILINE)
    assert shown
    assert " ".join(TRIED["DEMONSTRATION"]) == shown[1]
    for path in TRIED["TESTS"]:
        assert (ROOT / path).exists(), path
    file, _, name = TRIED["NOT_THERE"].partition("::")
    assert f"def {name}(" in (ROOT / file).read_text("utf-8")
