"""What one entry adds is known everywhere: a measure, a figure, a note, a format and an option.

Each is added to a copy of the package as the recipes say, and one process runs the copy.
"""

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from helpers.forked import run_forked
from helpers.many_commands import RUN_ALL
from helpers.places import ROOT

MEASURE = """    Measure(
        "loudness",
        "gradients",
        "sum",
        level="basic",
        stage="loudness:LOUDNESS",
        bar="Loudness",
        shown=("colours", "table", "tokens"),
        since=2,
    ),
    # Baselines"""
METHOD = """
from reportgen.analysis.evidence.methods import MeasureMethod
from reportgen.analysis.progress import Passes


def run(tools, texts):
    for text in texts:
        text.add("loudness", [float(len(token)) for token in text.encoded.tokens])


LOUDNESS = MeasureMethod(run, lambda text, basis: Passes(3, 0, 3.0))
"""
WORDS_OF_MEASURE = """
[measures.loudness]
name = { en = "Loudness", ja = "声の大きさ" }
legend = { en = "Colour: loudness.", ja = "色：声の大きさ。" }
method = { en = "Loudness is the length of a token.", ja = "声の大きさは、トークンの長さです。" }
"""
FIGURE = """
_TEXTS = (
    Figure("head_size", "count", "values that one head passes on", "info.model.head_size"),
    Figure("longest", "tokens", "tokens of the longest text"),
"""
PART = """
    @property
    def longest(self) -> int:
        return int(self.texts["n_tokens"].max())

    # Which texts count"""
RULE = '''

def many_notes(found):
    """How many texts there are."""
    return [plain("many", {"n": found.n_texts}, CLARK)]
'''
WORDS_OF_NOTE = 'many.en = "There are {n:texts} in all."\nmany.ja = "全部で{n:texts}です。"\n'
WRITER = '''
"""Writes one line of plain text."""
from reportgen.report.format_register import Document

def write(runs, options, output):
    said = f"{len(runs.findings.texts)} texts, {runs.n} of {runs.command}, {options.title}"
    return Document(f"{said}, {output.stem}".encode())
'''
# A format and an option, before the command line is imported, as a line in a register and a field
# of a class would add them; and what is made of a run.
SCRIPT = """
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import reportgen
from reportgen.report import format_register as register, options

register.FORMATS += (register.Format("plain", ".txt", "report.txt", "a line", "plain"),)
register.REPORT_FORMATS += register.FORMATS[-1:]
register.COMPARISON_FORMATS += register.FORMATS[-1:]

@dataclass(frozen=True, slots=True, kw_only=True)
class More(options.RenderOptions):
    title_ink: Annotated[str, options.Option("Colour of the title, e.g. red.", "Report")] = "black"

options.RenderOptions = More

texts = ["Shares fall again", "A quiet day on the markets"]
report = reportgen.analyze(texts, "demo", evidence="basic", progress=True)
report.save("page.html", "tokens.csv", "kept/")
report = reportgen.open_report("kept")
six = [*texts, "Rates rise", "A storm is near", "Nothing new", "One more day"]
reportgen.analyze(six, "demo", evidence="none", folder="r")
print(json.dumps({
    "package": reportgen.__file__,
    "effects": bool(report.results.effects["loudness"].notna().any()),
    "agreement": "loudness" in set(report.results.agreement["view"]),
}))
"""
TABLES = """
print()
import docs_tables
print(*docs_tables.figures(), *docs_tables.formats(), sep="\\n")
"""
COMMANDS = (
    "run --list-figures",
    "compare --list-figures",
    "render r -o s.json --fail-if longest>1 --warn-if head_size>1000",
    "render r --fail-if longst>1",
    "compare r r -o c.json",
    "render r -o p.html -o p.md -o p.xml",
    "render r -o ja.md --lang ja",
    "run --help-all",
    "compare --help-all",
    "render r -o report.docx",
    "compare r r -o maps.npz",
    "render r -o a.txt --title T -o b.json",
    "render r -o c.md --format plain --force",
    "compare r r -o d.txt",
    "render r -o red.html --title-ink red",
    "render r -o e.html --title-ink",
)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with all additions; results of six texts come to lie in `r`."""
    folder = tmp_path_factory.mktemp("recipes")
    package = shutil.copytree(ROOT / "reportgen", folder / "reportgen")
    (folder / "templates").symlink_to(ROOT / "templates")
    (folder / "plain.py").write_text(WRITER)
    strings = package / "report" / "language" / "strings"
    edit(package / "results" / "measure_register.py", "    # Baselines", MEASURE)
    (package / "analysis" / "evidence" / "measures" / "loudness.py").write_text(METHOD)
    with (strings / "measures.toml").open("a", encoding="utf-8") as file:
        file.write(WORDS_OF_MEASURE)
    findings = package / "findings"
    edit(findings / "figures" / "figure_register.py", "\n_TEXTS = (\n", FIGURE)
    edit(findings / "findings.py", "\n    # Which texts count", PART)
    with (findings / "notes" / "spread.py").open("a", encoding="utf-8") as file:
        file.write(RULE)
    notes = findings / "notes" / "note_register.py"
    edit(notes, "    length_notes,\n", "    length_notes,\n    many_notes,\n")
    edit(notes, "\nRULES = (\n", "\nRULES = (\n    many_notes,\n")
    edit(strings / "notes.toml", "N16.en", f"{WORDS_OF_NOTE}N16.en")
    return folder


class Printed(NamedTuple):
    """What the process of the copy printed."""

    run: dict[str, Any]  # about the run with the measure
    commands: dict[str, str]  # by command
    tables: str  # of figures and of formats, as in the documentation
    progress: str


@pytest.fixture(scope="module")
def printed(folder: Path) -> Printed:
    ran = run_forked(f"{SCRIPT}\n{RUN_ALL}\n{TABLES}", folder, stdin=json.dumps(COMMANDS))
    assert ran.code == 0, ran.stderr
    run, commands, tables = ran.stdout.split("\n", 2)
    said = dict(zip(COMMANDS, json.loads(commands), strict=True))
    return Printed(json.loads(run), said, tables, ran.stderr)


def test_a_measure_is_an_entry_a_module_and_its_words(folder: Path, printed: Printed) -> None:
    assert printed.run["package"] == str(folder / "reportgen" / "__init__.py")
    assert "Loudness: 2 texts" in printed.progress
    assert printed.run["effects"]
    assert printed.run["agreement"]
    page = (folder / "page.html").read_text("utf-8")
    for words in ("Colour: loudness.", "Loudness is the length of a token.", ">Loudness<"):
        assert words in page, words
    assert "loudness" in (folder / "tokens.csv").read_text("utf-8-sig").splitlines()[0]


def test_a_figure_is_an_entry(folder: Path, printed: Printed) -> None:
    of_run, of_comparison, gated, unknown = list(printed.commands.values())[:4]
    assert "tokens of the longest text" in of_run
    assert "new model: tokens of the longest text" in of_comparison
    assert "gate failed: longest " in gated
    assert "is it longest?" in unknown
    summary = json.loads((folder / "s.json").read_text("utf-8"))
    figures = summary["figures"]
    assert list(figures)[:3] == ["head_size", "longest", "n_texts"]
    assert figures["longest"] > 1
    assert [gate["passed"] for gate in summary["gates"]] == [False, True]
    assert "| `longest` | tokens | tokens of the longest text |" in printed.tables


@pytest.mark.usefixtures("printed")
def test_a_note_is_a_rule_and_its_sentences(folder: Path) -> None:
    page, markdown, wiki, ja = (
        (folder / name).read_text("utf-8") for name in ("p.html", "p.md", "p.xml", "ja.md")
    )
    for text in (page, markdown, wiki):
        assert "There are 6 texts in all." in text
    assert "全部でテキスト6件です。" in ja
    assert "What Does BERT Look At?" in page


def test_a_format_is_one_line_and_one_module(folder: Path, printed: Printed) -> None:
    said = printed.commands
    files = {"run --help-all": "report.txt (plain)", "compare --help-all": "compare.txt"}
    for command, name in files.items():
        assert "|plain>" in said[command]
        assert name in said[command]
    docx, other = said["render r -o report.docx"], said["compare r r -o maps.npz"]
    named = ".html, .md, .json, .xml, .wiki, .csv, .parquet, "
    assert f"must end in one of {named}.npz, metrics.json" in docx
    assert "metrics.json, .txt, or in /" in docx
    assert f"a comparison is written as {named}" in other
    assert "metrics.json or .txt" in other
    for name, text in (("a.txt", "1 of run, T"), ("c.md", "1 of run, None")):
        assert (folder / name).read_text() == f"6 texts, {text}, {name[0]}"
    assert (folder / "d.txt").read_text() == "6 texts, 2 of compare, None, d"
    assert "| `plain` | `.txt` | a line | yes | yes |" in printed.tables


def test_an_option_is_one_field(folder: Path, printed: Printed) -> None:
    said = printed.commands
    assert "Colour of the title, e.g. red." in said["run --help-all"]
    assert "[default: black]" in said["run --help-all"]
    assert "--title-ink red" in (folder / "red.html").read_text("utf-8")
    assert "--title-ink" not in (folder / "p.html").read_text("utf-8")
    assert "requires an argument" in said["render r -o e.html --title-ink"]
