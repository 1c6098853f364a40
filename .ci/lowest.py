"""Installs the lowest versions that `pyproject.toml` allows into an environment of their own, and
runs the demonstration and a part of the tests there."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
DEMONSTRATION = ("run", "sample_inputs/ad_headlines.txt")  # of the README
# What hangs most on the libraries: values of models, tables, results folders, the command line.
TESTS = (
    "tests/analysis/attention/values/test_norms.py",
    "tests/cli/test_cli.py",
    "tests/findings/test_statistics.py",
    "tests/models/loading",
    "tests/report/charts/test_cross_figure.py",
    "tests/results/tables",
    "tests/results/test_store.py",
)
# Words that typer takes from another library than it did in its lowest version.
NOT_THERE = "tests/cli/test_cli.py::test_what_an_option_takes_is_said_of_a_wrong_value"
# What these tests need of the extra `test`.
NEEDED = ("beautifulsoup4", "hypothesis", "jsonschema", "openpyxl", "pytest", "pytest-xdist")
_BOUND = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,-]+\])? *>=(?P<version>[\w.]+)")


def lowest(pyproject: str) -> list[str]:
    """For each requirement with a lower bound, of the package and of its extras, that version."""
    project = tomllib.loads(pyproject)["project"]
    extras = project.get("optional-dependencies", {}).values()
    wanted = [*project["dependencies"], *(one for extra in extras for one in extra)]
    bounds = {m["name"]: m["version"] for one in wanted if (m := _BOUND.match(one))}
    return [f"{name}=={version}" for name, version in sorted(bounds.items())]


def main() -> None:
    """End with an error where one of the steps does."""
    # Beside the checkout's own, as what is temporary may lie in memory, and torch takes gigabytes.
    with TemporaryDirectory(prefix=".venv-lowest-", dir=ROOT) as folder:
        versions = Path(folder) / "versions.txt"
        versions.write_text("\n".join(lowest((ROOT / "pyproject.toml").read_text("utf-8"))) + "\n")
        bin_name = "Scripts" if os.name == "nt" else "bin"
        python = Path(folder) / "environment" / bin_name / "python"
        install = ("-m", "pip", "install", "--no-compile", "--quiet", "--constraint", versions)
        page = Path(folder) / "report.html"
        for command in (
            (sys.executable, "-m", "venv", python.parents[1]),
            (python, *install, "--editable", ".[accelerate,demo,peft,png]", *NEEDED),
            (python.parent / "reportgen", *DEMONSTRATION, "-o", page),
            (python, "-m", "pytest", "--quiet", *TESTS, "--deselect", NOT_THERE),
        ):
            subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
