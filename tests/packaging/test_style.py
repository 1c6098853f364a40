"""Formatting, types, size and imports of the sources, held by the tests themselves."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from importlinter.cli import lint_imports
from places import ROOT

HEAVY = ("torch", "transformers", "pandas", "plotly")
MAX_LINES = 350
# Everything right of the results.
REPORT_HALF = (
    "reportgen.results",
    "reportgen.comparison",
    "reportgen.report",
    "reportgen.findings",
)

# Reports on standard error which of HEAVY the command line imported.
COMMAND = f"""
import sys
from reportgen.cli.commands import main
sys.argv[0] = "reportgen"
try:
    main()
except SystemExit as stop:
    code = stop.code
else:
    code = 0
print("exit", code or 0, *(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)
"""
# Imports every module of the packages named as arguments and prints which of HEAVY came along.
IMPORTS = f"""
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    for part in pkgutil.walk_packages(getattr(module, "__path__", ()), name + "."):
        importlib.import_module(part.name)
print(*(name for name in {HEAVY} if name in sys.modules))
"""


def python(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "tool",
    [("ruff", "check"), ("ruff", "format", "--check", "--diff"), ("mypy",)],
    ids=["lint", "format", "types"],
)
def test_the_sources_pass(tool: Sequence[str]) -> None:
    paths = ["."] if tool[0] == "ruff" else []
    ran = python("-m", *tool, *paths)
    if ran.returncode:
        pytest.fail(f"{' '.join(tool)}\n{ran.stdout}{ran.stderr}", pytrace=False)


def test_imports_run_one_way(capsys: pytest.CaptureFixture[str]) -> None:
    found = lint_imports(str(ROOT / "pyproject.toml"), no_cache=True)
    assert found == 0, capsys.readouterr().out


def test_no_source_file_is_long() -> None:
    sources = [
        path
        for folder in ("reportgen", "templates")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".js", ".css", ".jinja")
    ]
    assert sources
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in sources}
    long = [f"{path.relative_to(ROOT)}: {n}" for path, n in lengths.items() if n > MAX_LINES]
    assert not long


def test_no_path_of_a_machine_is_in_a_file() -> None:
    ran = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        pytest.skip("not a checkout, so what belongs to the project is not known")
    machine = re.compile(rb"(?<![\w.])/(?:home|Users|root|work|tmp|opt)/\w+")
    found = [
        f"{name}: {match[0].decode()}"
        for name in filter(None, ran.stdout.split("\0"))
        if (ROOT / name).is_file() and b"\0" not in (content := (ROOT / name).read_bytes())
        for match in machine.finditer(content)
    ]
    assert not found


def test_the_report_half_imports_no_model_library() -> None:
    ran = python("-c", IMPORTS, *REPORT_HALF)
    assert ran.returncode == 0, ran.stderr
    assert not {"torch", "transformers"} & set(ran.stdout.split())


def test_reading_texts_imports_no_table_library() -> None:
    code = (
        "import sys\n"
        "from reportgen.texts.read import read_texts\n"
        "read_texts(['sample_inputs/pairs.csv', 'sample_inputs/hostile.jsonl'])\n"
        "print(*{'pandas', 'pyarrow', 'numpy'} & set(sys.modules))"
    )
    ran = python("-c", code)
    assert (ran.returncode, ran.stdout.split()) == (0, []), ran.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("--help", 0),
        ("--version", 0),
        ("run --help", 0),
        ("analyze --help", 0),
        ("render --help", 0),
        ("check --help", 0),
        ("nonsense", 2),
        ("run", 2),
        ("run texts.txt --nonsense", 2),
        ("run texts.txt --limit none", 2),
        ("run texts.txt --limit 0", 2),
        ("run texts.txt -o report.docx", 2),
        ("run texts.txt -o scores.csv", 2),
        ("run texts.txt -o there.html", 2),
        ("run texts.txt --lang xx", 2),
        ("run texts.txt --max-size much", 2),
        ("run texts.txt -o report.md --md-limit 65001", 2),
        ("run texts.txt -o report.md --md-flavor word", 2),
        ("run texts.txt -o report.md --id a--b", 2),
        ("run texts.txt --keep-maps some", 2),
        ("run texts.txt --device nowhere", 2),
        ("run texts.txt --factory-args {", 2),
        ("run texts.txt --checkpoint model.pt", 2),
        ("run texts.txt --encoding nonsense", 2),
        ("run texts.txt --input-format nonsense", 2),
        ("run texts.txt --label-column stars", 2),
        ("run two.csv", 2),
        ("run texts.docx", 2),
        ("run gone.txt", 1),
        ("run blank.txt", 1),
        ("analyze two.csv", 2),
        ("analyze texts.txt -o full/", 2),
        ("render gone/ -o report.docx", 2),
        ("check --factory nonsense", 2),
    ],
)
def test_help_and_errors_of_use_are_quick(tmp_path: Path, arguments: str, code: int) -> None:
    for name, content in {
        "texts.txt": "a\n",
        "texts.docx": "a\n",
        "blank.txt": "\n",
        "two.csv": "a,b\n1,2\n",
        "there.html": "kept",
        "full/notes.txt": "kept",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, "utf-8")
    before = sorted(tmp_path.rglob("*"))
    ran = python("-c", COMMAND, *arguments.split(), cwd=tmp_path)
    *message, last = ran.stderr.splitlines()
    assert last == f"exit {code}", ran.stderr
    assert "Traceback" not in ran.stderr
    assert bool(message) == bool(code)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_command_starts_as_a_module_too() -> None:
    ran = python("-m", "reportgen", "--version")
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"\d+\.\d+", ran.stdout)


def test_continuous_integration_runs_the_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    command = script.rstrip().splitlines()[-1]
    assert "pytest" in command
    readme = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    assert f"{command}\n" in blocks
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
