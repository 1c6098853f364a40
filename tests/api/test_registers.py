"""A format is one line and one module, and an option is one field: everything else knows it."""

import json
from pathlib import Path

import pytest
from helpers.forked import run_forked
from helpers.made_up.factories import make_results
from helpers.many_commands import RUN_ALL

# Adds a format before the command line is imported, as a new line in the register would.
PLAIN = '''
"""Writes one line of plain text."""
from reportgen.report.format_register import Document

def write(runs, options, output):
    said = f"{len(runs.findings.texts)} texts, {runs.n} of {runs.command}, {options.title}"
    return Document(f"{said}, {output.stem}".encode())
'''
FORMAT = """
from reportgen.report import format_register as register
register.FORMATS += (register.Format("plain", ".txt", "report.txt", "a line", "plain"),)
register.REPORT_FORMATS += register.FORMATS[-1:]
register.COMPARISON_FORMATS += register.FORMATS[-1:]
"""
# Adds an option to the reports, as a new field in the class would.
OPTION = """
from dataclasses import dataclass
from typing import Annotated
from reportgen.report import options

@dataclass(frozen=True, slots=True, kw_only=True)
class More(options.RenderOptions):
    title_ink: Annotated[str, options.Option("Colour of the title, e.g. red.", "Report")] = "black"

options.RenderOptions = More
"""


COMMANDS = (
    "run --help",
    "compare --help",
    "render r -o report.docx",
    "compare r r -o maps.npz",
    "render r -o a.txt --title T -o b.json",
    "render r -o c.md --format plain",
    "compare r r -o d.txt",
    "render r -o red.html --title-ink red",
    "render r -o black.html",
    "render r -o c.html --title-ink",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with results of six texts in `r`."""
    folder = tmp_path_factory.mktemp("registers")
    make_results(folder / "r")
    (folder / "plain.py").write_text(PLAIN)
    return folder


@pytest.fixture(scope="module")
def printed(folder: Path) -> tuple[list[str], str]:
    """What each command prints in a process with both, and its table of formats."""
    table = "import docs_tables\nprint(*docs_tables.formats())"
    script = f"{FORMAT}\n{OPTION}\n{RUN_ALL}\nprint()\n{table}"
    ran = run_forked(script, folder, stdin=json.dumps(COMMANDS))
    assert ran.code == 0, ran.stderr
    said, _, after = ran.stdout.partition("\n")
    return json.loads(said), after


def test_a_format_is_one_line_and_one_module(folder: Path, printed: tuple[list[str], str]) -> None:
    (*helps, docx, other), table = printed[0][:4], printed[1]
    for text in helps:
        assert "|plain>" in text
    assert "report.txt (plain)" in helps[0]
    assert "compare.txt" in helps[1]
    assert "must end in one of .html, .md, .json, .xml, .csv, .parquet, .npz, .junit.xml, " in docx
    assert "metrics.json, .txt, or in /" in docx
    assert "a comparison is written as .html, .md, .json, .xml, .csv, .parquet, " in other
    assert ".junit.xml, metrics.json, .sarif or .txt" in other
    assert (folder / "a.txt").read_text() == "6 texts, 1 of run, T, a"
    assert (folder / "c.md").read_text() == "6 texts, 1 of run, None, c"
    assert (folder / "d.txt").read_text() == "6 texts, 2 of compare, None, d"
    assert "| `plain` | `.txt` | a line | yes | yes |" in table


def test_an_option_is_one_field(folder: Path, printed: tuple[list[str], str]) -> None:
    said, _ = printed
    assert "Colour of the title, e.g. red." in said[0]
    assert "[default: black]" in said[0]
    assert "--title-ink red" in (folder / "red.html").read_text("utf-8")
    assert "--title-ink" not in (folder / "black.html").read_text("utf-8")
    assert "requires an argument" in said[-1]
