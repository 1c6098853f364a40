"""The README and the pages of `docs/`: links lead somewhere, tables and commands are right."""

import re
import shlex

import pytest
from docs_tables import TABLES, filled
from helpers.pages import DOCS, PAGES, README, commands
from helpers.places import ROOT
from typer.main import get_command

from reportgen.cli import app
from reportgen.report import load_language
from reportgen.version import __version__

MAX_README_LINES = 250
CALLS = [(page, command) for page in PAGES for command in commands(page)]


def anchors(page: str) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    text = re.sub(r"^```.*?^```$", "", PAGES[page], flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file_and_a_heading(page: str) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", PAGES[page]))
    assert links
    for link in links:
        path, _, anchor = link.partition("#")
        target = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.relative_to(ROOT).as_posix()), link


def test_every_page_links_to_all_others() -> None:
    for page in DOCS:
        first = PAGES[f"docs/{page.name}"].split("\n\n")[1]
        others = {other.name for other in DOCS if other != page} | {"../README.md"}
        assert set(re.findall(r"\]\(([^)]+)\)", first)) == others
    assert {f"docs/{page.name}" for page in DOCS} <= set(
        re.findall(r"\]\(([^)#]+)\)", PAGES["README.md"])
    )


def test_the_readme_is_short() -> None:
    assert len(README.read_text("utf-8").splitlines()) < MAX_README_LINES


def test_the_changelog_is_a_page_and_leads_to_every_change() -> None:
    """What is older goes to `docs/changelog/`."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert len(text.splitlines()) <= 60
    assert len(text) < 14_000
    kept = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/changelog").iterdir()}
    assert f"docs/changelog/{__version__}.md" in kept
    assert kept <= set(re.findall(r"\]\(([^)#]+)\)", text))
    assert re.search(rf"^## {re.escape(__version__)}\b", text, re.MULTILINE)


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_tables_are_as_the_program_gives_them(page) -> None:
    text = page.read_text("utf-8")
    remade = filled(text)
    assert text == remade, "sections.run: python tests/docs_tables.py"


def test_every_table_stands_on_one_page() -> None:
    found = [name for text in PAGES.values() for name in re.findall(r"<!-- table: (.+) -->", text)]
    assert sorted(found) == sorted(TABLES)


@pytest.mark.parametrize(("page", "command"), CALLS, ids=lambda value: value[:60])
def test_every_command_is_one_that_the_command_line_takes(page: str, command: str) -> None:
    words = shlex.shlex(command, posix=True, punctuation_chars="|>;")
    words.whitespace_split = True
    _, name, *arguments = iter(lambda: _word(words), None)
    commands = get_command(app).commands  # type: ignore[attr-defined]
    context = commands[name].make_context(name, arguments)
    if name == "run" and (context.params["fail_if"] or context.params["warn_if"]):
        assert context.params["model"] or context.params["factory"], "gates judge a named model"


def _word(words: shlex.shlex) -> str | None:
    """The next word of a command; None at its end, be it a pipe or a redirection."""
    word = words.get_token()
    return None if word is None or set(word) <= set("|>;") else word


def test_the_glossary_gives_the_coverage_that_was_measured() -> None:
    """The least and the most at 5 and at 24 texts, in the table and in the sentence below it."""
    page = PAGES["docs/evidence.md"]
    start = page.index("| texts | 5 | 8 | 24 | 100 |")
    rows = [line.split("|") for line in page[start:].split("\n\n")[0].splitlines()[2:]]
    below = re.search(r"lognormal less 1: (\.\d+), \.\d+ and (\.\d+) at 5, 8 and 24 texts", page)
    assert below
    for column, least in ((2, below[1]), (4, below[2])):
        found = [float(row[column].split()[0]) for row in rows] + [float(least)]
        low, high = (f"{100 * end:.0f}" for end in (min(found), max(found)))
        for lang, said in (("en", f"{low} to {high}"), ("ja", f"{low}～{high}")):
            entries = load_language(lang).words["glossary"]["entries"]
            (meaning,) = [own["meaning"] for own in entries if own["id"] == "interval"]
            assert said in meaning
