"""The scripts and style sheets: every file has its place in a page, and holds nothing unused."""

import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import pytest

import reportgen
from reportgen.report import templates_root
from reportgen.report.html import (
    COMPARE_SCRIPTS,
    COMPARE_STYLE_SHEETS,
    NOTEBOOK_STYLE_SHEETS,
    REPORT_SCRIPTS,
    STYLE_SHEETS,
    Assets,
    environment,
    joined,
    sentence,
    short_script,
    short_style,
)
from reportgen.report.panel import BAR, WIDTH
from reportgen.results import Status

TEMPLATES = Path(str(templates_root()))
REPORT = Path(reportgen.__file__).parent / "report"
DECLARED = r"^(?:async )?(?:function|class|const|let) (\w+)"
LONGEST_LINE = 120


def test_every_file_has_its_place() -> None:
    assets = TEMPLATES / "assets"
    there = {path.relative_to(assets).as_posix() for path in assets.rglob("*") if path.is_file()}
    sheets = {*COMPARE_STYLE_SHEETS}
    assert sheets | {*REPORT_SCRIPTS, *COMPARE_SCRIPTS} == there
    assert set(NOTEBOOK_STYLE_SHEETS) <= set(STYLE_SHEETS)
    for names in (STYLE_SHEETS, REPORT_SCRIPTS, COMPARE_SCRIPTS):
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("scripts", [REPORT_SCRIPTS, COMPARE_SCRIPTS], ids=["report", "compare"])
def test_no_name_of_a_script_is_declared_twice(scripts: Sequence[str]) -> None:
    names = re.findall(DECLARED, joined(scripts), re.MULTILINE)
    assert len(names) > 20
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("scripts", [REPORT_SCRIPTS, COMPARE_SCRIPTS], ids=["report", "compare"])
def test_every_name_of_the_scripts_is_used(scripts: Sequence[str]) -> None:
    script = re.sub(r"^ *//.*|(?<=[;{]) // .*", "", joined(scripts), flags=re.MULTILINE)
    used = re.findall(r"\w+", script)
    names = re.findall(DECLARED, script, re.MULTILINE)
    assert [name for name in names if used.count(name) < 2] == []
    methods = re.findall(r"^  (?:async |get )?(\w+)\(.*\) \{$", script, re.MULTILINE)
    assert [name for name in methods if name != "constructor" and used.count(name) < 2] == []


def test_every_class_of_the_style_sheet_is_used() -> None:
    style = re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", joined(COMPARE_STYLE_SHEETS), flags=re.DOTALL)
    named = {name for rule in style.split("}") for name in re.findall(r"\.([a-z][\w-]*)", rule)}
    named -= {f"h{step}" for step in range(16)} | {f"r{role}" for role in range(4)}
    named -= {f"{kind}{step}" for kind in "bn" for step in range(1, BAR + 1)}
    named -= {f"w{step}" for step in range(1, WIDTH + 1)}
    named -= set(get_args(Status))
    sources = [*TEMPLATES.rglob("*.jinja"), *TEMPLATES.rglob("*.js"), *REPORT.rglob("*.py")]
    text = "\n".join(path.read_text("utf-8") for path in sources)
    assert {name for name in named if not re.search(rf"\b{name}\b", text)} == set()


def test_the_style_of_comparisons_changes_no_class_of_reports() -> None:
    """A page has one style sheet: a class that two of its files style alone is two things."""

    def alone(*names: str) -> set[str]:
        style = re.sub(r"/\*.*?\*/", "", joined(names), flags=re.DOTALL)
        return set(re.findall(r"(?:^|[},])\s*\.([a-z][\w-]*)(?=\s*[,{])", style))

    for own, known in (("css/compare.css", "sides"), ("css/trend.css", "trend-cards")):
        others = {*COMPARE_STYLE_SHEETS} - {own, "css/print.css"}
        assert known in alone(own)
        assert alone(own) & alone(*sorted(others)) == set()


def test_the_page_has_no_comments_and_nothing_else_is_lost() -> None:
    made = Assets("file", "")
    for text, names in ((made.script, REPORT_SCRIPTS), (made.style, STYLE_SHEETS)):
        assert not re.search(r"^\s*(//|/\*)|\s// |\*/|^ ", text, re.MULTILINE)
        whole = re.sub(r"/\*.*?\*/", "", joined(names), flags=re.DOTALL)
        lines = [re.sub(r"^\s*//.*|(?<=[;{},()\[]) // .*", "", line) for line in whole.splitlines()]
        bare, stays = ("".join(given.split()) for given in (text, "".join(lines)))
        assert bare.replace(";}", "}") == stays.replace(";}", "}")
        strings = [own for line in lines for own in re.findall(r'"[^"]*"|`[^`]*`', line)]
        assert [own for own in strings if own not in text] == []
    # A text over several lines would lose its indents.
    assert all(
        line.count("`") % 2 == 0
        for line in joined(REPORT_SCRIPTS).splitlines()
        if '"0123' not in line
    )


def test_rules_are_told_apart_without_blanks() -> None:
    given = (
        'a :is(b, c) > d::before {\n  content: " · ; {";\n  width: calc(100% - 2px); /* e */\n}\n'
    )
    assert short_style(given) == 'a :is(b,c)>d::before{content:" · ; {";width:calc(100% - 2px)}'


def test_statements_go_on_where_their_line_ends() -> None:
    given = (
        'const a = 1; // one\n// two\nfor (const b of [\n  "; // 3",\n  4]) {\n  f(b)\n}\nf(a);\n'
    )
    assert short_script(given) == 'const a = 1;for (const b of ["; // 3",4]) {f(b)\n}f(a);'


def test_compiled_templates_are_kept_beside_them(tmp_path, monkeypatch) -> None:
    folder = tmp_path / "templates"
    shutil.copytree(TEMPLATES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr("reportgen.report.html.assets.templates_root", lambda: folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    plain = environment.__wrapped__().get_template("macros.html.jinja")
    assert not (folder / "__pycache__").exists()

    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    environment.__wrapped__().get_template("macros.html.jinja")
    (kept,) = (folder / "__pycache__").iterdir()
    again = environment.__wrapped__()
    monkeypatch.setattr(again, "compile", None)  # would fail if it was called
    assert dir(again.get_template("macros.html.jinja").module) == dir(plain.module)

    with (folder / "macros.html.jinja").open("a") as file:
        file.write("{% macro one_more() %}{% endmacro %}")
    assert "one_more" in dir(environment.__wrapped__().get_template("macros.html.jinja").module)
    kept.unlink()
    kept.parent.rmdir()
    kept.parent.write_text("no folder")  # nothing can be written
    environment.__wrapped__().get_template("macros.html.jinja")


def test_words_that_run_from_the_right_move_no_other_part_of_a_sentence() -> None:
    said = "“שלום עולם” (20.6 %) and “سلام”, “<b>\u202e”"
    assert sentence(said) == (
        "“<bdi>שלום עולם</bdi>” (20.6 %) and “<bdi>سلام</bdi>”, "
        '“&lt;b&gt;<i class="chip">U+202E</i>”'
    )


def test_both_ways_to_the_dark_colours_say_the_same() -> None:
    dark = re.findall(r":root\S* \{\n( +color-scheme: dark;.*?)\}", joined(STYLE_SHEETS), re.DOTALL)
    assert len(dark) == 2
    assert dark[0] == dark[1]


@pytest.mark.parametrize("kind", ["css", "js", "jinja"])
def test_no_line_is_too_long_to_read(kind: str) -> None:
    for path in TEMPLATES.rglob(f"*.{kind}"):
        lines = path.read_text("utf-8").splitlines()
        assert [line for line in lines if len(line) > LONGEST_LINE] == [], path.name
