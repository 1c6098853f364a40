"""Sizes and imports of the sources, and what the command line imports before it has to."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import ROOT
from importlinter.cli import lint_imports

HEAVY = ("torch", "transformers", "pandas", "pyarrow", "numpy", "plotly", "jinja2")
MAX_LINES = 500
# Everything right of the results.
REPORT_HALF = (
    "reportgen.results",
    "reportgen.tasks",
    "reportgen.comparison",
    "reportgen.report",
    "reportgen.findings",
)

# Runs the commands named on standard input one after another, as the command line does, and prints
# for each its exit code, what it wrote on standard error and which of HEAVY are imported by then.
COMMANDS = f"""
import contextlib, io, json, sys
from reportgen.cli.commands import main
ran = []
for command in json.load(sys.stdin):
    sys.argv = ["reportgen", *command.split()]
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
    ran.append((code, said.getvalue(), [name for name in {HEAVY} if name in sys.modules]))
json.dump(ran, sys.stdout)
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
        "from reportgen.texts import read_texts\n"
        "read_texts(['sample_inputs/pairs.csv', 'sample_inputs/hostile.jsonl'])\n"
        "print(*{'pandas', 'pyarrow', 'numpy'} & set(sys.modules))"
    )
    ran = python("-c", code)
    assert (ran.returncode, ran.stdout.split()) == (0, []), ran.stderr


# Help and mistakes in the use of each command, with their exit codes.
QUICK = {
    "--help": 0,
    "--version": 0,
    "run --help": 0,
    "run --help-all": 0,
    "analyze --help": 0,
    "render --help": 0,
    "compare --help": 0,
    "check --help": 0,
    "nonsense": 2,
    "run": 2,
    "run texts.txt --nonsense": 2,
    "run texts.txt --limit none": 2,
    "run texts.txt --limit 0": 2,
    "run texts.txt -o report.docx": 2,
    "run texts.txt -o scores.csv": 2,
    "run texts.txt -o there.html": 2,
    "run texts.txt --lang xx": 2,
    "run texts.txt --max-size much": 2,
    "run texts.txt -o report.md --md-limit 65001": 2,
    "run texts.txt -o report.md --md-flavor word": 2,
    "run texts.txt -o report.md --id a--b": 2,
    "run texts.txt --keep-maps some": 2,
    "run texts.txt --device nowhere": 2,
    "run texts.txt --factory-args {": 2,
    "run texts.txt --checkpoint model.pt": 2,
    "run texts.txt --encoding nonsense": 2,
    "run texts.txt --input-format nonsense": 2,
    "run texts.txt --label-column stars": 2,
    "run two.csv": 2,
    "run texts.docx": 2,
    "run gone.txt": 1,
    "run blank.txt": 1,
    "analyze two.csv": 2,
    "analyze texts.txt -o full/": 2,
    "render gone/ -o report.docx": 2,
    "check --factory nonsense": 2,
    "compare one": 2,
    "compare gone/ gone/ -o a.csv": 2,
    "check --device nowhere": 2,
}


def test_help_and_errors_of_use_are_quick(tmp_path: Path) -> None:
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
    ran = subprocess.run(
        [sys.executable, "-c", COMMANDS],
        cwd=tmp_path,
        input=json.dumps(list(QUICK)),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(ran.stdout)
    assert len(found) == len(QUICK)
    for (command, code), (exited, said, imported) in zip(QUICK.items(), found, strict=True):
        assert (exited, imported) == (code, []), f"{command}: {said}"
        assert "Traceback" not in said, command
        assert bool(said) == bool(code), command
    assert sorted(tmp_path.rglob("*")) == before


def test_continuous_integration_runs_the_commands_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    (commands,) = [block.splitlines() for block in blocks if "pytest" in block]
    assert len(commands) == 2
    for command in commands:
        assert re.search(rf"^{re.escape(command)}(?: \|\| failed=\$\?)?$", script, re.MULTILINE)
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    for path in re.findall(r"tests/[\w./]+", script):
        assert (ROOT / path).exists(), path
