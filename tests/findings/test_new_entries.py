"""A flat figure is one entry, a note is a rule and its sentences: everything else knows them."""

import json
import shutil
from pathlib import Path

import pytest
from helpers.forked import run_forked
from helpers.made_up.factories import make_results
from helpers.many_commands import RUN_ALL
from helpers.places import ROOT

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
WORDS = 'many.en = "There are {n:texts} in all."\nmany.ja = "全部で{n:texts}です。"\n'


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with two more figures and one more note; results of six texts in
    `r`."""
    folder = tmp_path_factory.mktemp("recipes")
    package = shutil.copytree(ROOT / "reportgen", folder / "reportgen")
    (folder / "templates").symlink_to(ROOT / "templates")
    findings = package / "findings"
    edit(findings / "figures" / "figure_register.py", "\n_TEXTS = (\n", FIGURE)
    edit(findings / "findings.py", "\n    # Which texts count", PART)
    notes = findings / "notes" / "spread.py"
    notes.write_text(notes.read_text("utf-8") + RULE, "utf-8")
    edit(
        findings / "notes" / "note_register.py",
        "    length_notes,\n",
        "    length_notes,\n    many_notes,\n",
    )
    edit(findings / "notes" / "note_register.py", "\nRULES = (\n", "\nRULES = (\n    many_notes,\n")
    words = package / "report" / "language" / "strings" / "notes.toml"
    edit(words, "N16.en", f"{WORDS}N16.en")
    make_results(folder / "r")
    return folder


COMMANDS = (
    "run --list-figures",
    "compare --list-figures",
    "render r -o s.json --fail-if longest>1 --warn-if head_size>1000",
    "render r --fail-if longst>1",
    "compare r r -o c.json",
    "render r -o p.html -o p.md -o p.xml",
    "render r -o ja.md --lang ja",
)


@pytest.fixture(scope="module")
def printed(folder: Path) -> tuple[list[str], str]:
    """What each command prints in a process of the copied package, and its table of figures."""
    table = "import docs_tables\nprint()\nprint(*docs_tables.figures())"
    ran = run_forked(f"{RUN_ALL}\n{table}", folder, stdin=json.dumps(COMMANDS))
    assert ran.code == 0, ran.stderr
    said, _, table = ran.stdout.partition("\n")
    return json.loads(said), table


def test_a_figure_is_one_entry(folder: Path, printed: tuple[list[str], str]) -> None:
    said, table = printed
    assert "tokens of the longest text" in said[0]
    assert "new model: tokens of the longest text" in said[1]
    assert "longest>1: found" in said[2]
    assert "is it longest?" in said[3]
    summary = json.loads((folder / "s.json").read_text("utf-8"))
    figures = summary["figures"]
    assert list(figures)[:3] == ["head_size", "longest", "n_texts"]
    assert figures["longest"] > 1
    assert [gate["passed"] for gate in summary["gates"]] == [False, True]
    assert "| `longest` | tokens | tokens of the longest text |" in table


@pytest.mark.usefixtures("printed")
def test_a_note_is_a_rule_and_its_sentences(folder: Path) -> None:
    page, markdown, wiki, ja = (
        (folder / name).read_text("utf-8") for name in ("p.html", "p.md", "p.xml", "ja.md")
    )
    for text in (page, markdown, wiki):
        assert "There are 6 texts in all." in text
    assert "全部でテキスト6件です。" in ja
    assert "What Does BERT Look At?" in page
