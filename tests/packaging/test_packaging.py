"""The distribution as a user gets it: built, installed elsewhere and run from another folder."""

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest
from helpers.made_up.factories import HEADLINES, make_results
from helpers.places import ROOT

pytestmark = pytest.mark.packaging

MAX_WHEEL_BYTES = 3_650_000
MAX_DEMO_BYTES = 3_000_000  # two checkpoints of at most a million, one tokenizer


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, f"{ran.args}\n{ran.stdout}\n{ran.stderr}"
    return ran


def files_of(folder: str) -> set[str]:
    """The files below a folder of the checkout, without what Python and editors leave there."""
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the source distribution and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of a fresh environment: the wheel, and this one's packages behind it."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", "environment", cwd=folder)
    bin_name = "Scripts" if os.name == "nt" else "bin"
    commands = folder / "environment" / bin_name
    python = commands / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--no-compile", "--no-deps", "--no-index", wheel, cwd=folder)
    # Installed first, so that an editable install of the checkout does not count as this one.
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(python, "-c", where, cwd=folder).stdout.strip())
    behind = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "dependencies.pth").write_text("\n".join(sorted(behind)) + "\n", "utf-8")
    return commands


def test_the_source_distribution_holds_all_that_a_build_and_its_tests_need(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = files_of("reportgen") | files_of("templates") | files_of("sample_inputs")
    wanted |= (
        files_of("tests")
        | files_of("docs")
        | {
            "pyproject.toml",
            "README.md",
            "LICENSE",
            ".ci/run",
            ".ci/lowest.py",
            ".ci/locked.txt",
            "SECURITY.md",
            "action.yml",
            "mkdocs.yml",
            ".github/workflows/release.yml",
            "Containerfile",
            "Containerfile.dockerignore",
            ".ci/container",
            ".ci/release",
            ".ci/site_pages.py",
        }
    )
    assert not wanted - names


def test_the_wheel_holds_the_package_and_the_templates_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    templates = {f"reportgen/{name}" for name in files_of("templates")}
    assert templates
    package = {name for name in names if ".dist-info/" not in name}
    assert package == files_of("reportgen") | templates
    for needed in (
        "reportgen/demo/model/model.safetensors",
        "reportgen/report/language/strings/notes.toml",
        "reportgen/templates/page.html.jinja",
        "reportgen/report/summary.schema.json",
        "reportgen/report/compare.schema.json",
        "reportgen/py.typed",
    ):
        assert needed in package


def test_another_build_of_the_same_sources_has_the_same_bytes(dist: Path, tmp_path: Path) -> None:
    (source,) = dist.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    (copy,) = tmp_path.iterdir()
    for path in copy.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(path.stat().st_mode & 0o700)
    # By someone far away, who lets nobody else read, from files of another date.
    elsewhere = ("env", "TZ=Pacific/Apia", "LC_ALL=C", "PYTHONHASHSEED=7", sys.executable)
    built = tmp_path / "built"
    run(*elsewhere, "-m", "build", "--no-isolation", "--outdir", built, copy, cwd=tmp_path)
    assert {p.name: p.read_bytes() for p in built.iterdir()} == {
        p.name: p.read_bytes() for p in dist.iterdir()
    }


def test_the_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size <= MAX_WHEEL_BYTES
    with zipfile.ZipFile(wheel) as archive:
        demo = sum(
            item.file_size
            for item in archive.infolist()
            if item.filename.startswith("reportgen/demo/")
        )
    assert demo <= MAX_DEMO_BYTES


def test_the_wheel_runs_from_another_folder(installed: Path, tmp_path: Path) -> None:
    where = "import reportgen; print(reportgen.__file__)"
    package = Path(run(installed / "python", "-c", where, cwd=tmp_path).stdout.strip())
    assert package.is_relative_to(installed.parent)
    assert not package.is_relative_to(ROOT)

    # What it does with a model is tested where the action installs it from a clone.
    make_results(tmp_path / "results", HEADLINES)
    ran = run(installed / "reportgen", "render", "results", "-o", "report.html", cwd=tmp_path)
    assert ran.stdout == ""
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.lower().startswith("<!doctype html>")
    shown = re.sub(r"<[^>]+>", "", page)  # split where tokens are marked
    assert HEADLINES[0] in shown
    assert {path.name for path in tmp_path.iterdir()} == {"report.html", "results"}


def test_the_installed_version_is_the_one_of_the_package(installed: Path, tmp_path: Path) -> None:
    source = (ROOT / "reportgen" / "version.py").read_text("utf-8")
    version = re.search(r'__version__ = "(.+)"', source)
    assert version
    ran = run(installed / "reportgen", "--version", cwd=tmp_path)
    assert version[1] in ran.stdout
