"""Markdown of 500 hostile and Japanese texts: what every host takes, and how it reads there."""

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from bs4 import BeautifulSoup
from helpers.hostile_texts import hostile_texts
from helpers.made_up.factories import make_results
from helpers.on_github import rendered, sanitised, soup
from markdown_it import MarkdownIt

from reportgen.comparison import Runs
from reportgen.errors import UsageError
from reportgen.findings import Findings
from reportgen.report import RenderOptions, check_marker, limit_of, visible
from reportgen.report.components import Brief
from reportgen.report.options import FlavorName
from reportgen.report.short_form import LEAST, TEXT_LENGTH, cut, make_brief, marker
from reportgen.report.short_form.markdown import set_brief, write
from reportgen.results import Results

TEXTS = hostile_texts()
# Section 7 of the research: characters, and bytes where a host counts them.
LIMITS = {
    "github": (65_000, 200_000),
    "gitlab": (65_000, 200_000),
    "mkdocs": (65_000, 200_000),
    "plain": (65_000, 200_000),
}
TITLE = "<b>@octocat</b> #12 ::error::x"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """500 texts that are their own ids."""
    return make_results(
        tmp_path_factory.mktemp("hostile"), TEXTS, ids=TEXTS, n_layers=2, n_heads=1, sink=0.4
    )


@pytest.fixture(scope="module")
def brief(results: Results) -> Brief:
    """Its tree, which every flavour sets."""
    return make_brief(Runs(Findings(results)), RenderOptions(title=TITLE), "report.md")


def set_as(brief: Brief, flavor: FlavorName, limit: int | None = None, id: str = "report") -> str:
    """The tree in a flavour, with both pictures."""
    paths = {figure.name: f"img/report-{figure.name}.svg" for figure in brief.pictures}
    return set_brief(brief, RenderOptions(md_flavor=flavor, md_limit=limit, id=id), paths)


@pytest.fixture(scope="module")
def written(brief: Brief) -> dict[str, str]:
    """The report in every flavour that GitHub's parser reads."""
    return {name: set_as(brief, name) for name in get_args(FlavorName) if name != "mkdocs"}


def test_every_flavour_is_tested() -> None:
    assert set(LIMITS) == set(get_args(FlavorName))


@pytest.mark.parametrize("flavor", LIMITS)
def test_it_stays_under_the_limit_of_its_host_and_uses_it(brief, written, flavor) -> None:
    characters, n_bytes = LIMITS[flavor]
    text = written.get(flavor) or set_as(brief, flavor)
    assert len(text) <= characters
    assert n_bytes is None or len(text.encode()) <= n_bytes
    if rows_not_shown(text):
        assert len(text) > characters - 1_000


def test_japanese_is_held_to_the_bytes(tmp_path: Path) -> None:
    texts = tuple(f"{i}" + "𠮷" * 200 for i in range(500))
    made = make_results(tmp_path, texts, ids=texts, n_layers=1, n_heads=1)
    text = write(Runs(Findings(made)), RenderOptions(md_flavor="github")).text
    assert 190_000 < len(text.encode()) <= 200_000
    assert rows_not_shown(text) > 0


@pytest.mark.parametrize("flavor", LIMITS)
def test_whole_rows_are_left_out_and_counted_in_the_last_line(written, brief, flavor) -> None:
    text = written.get(flavor) or re.sub(r"(?m)^    ", "", set_as(brief, flavor))
    rows = all_texts(text)
    every_row = [line for line in text.splitlines() if line.startswith(("| ", "- "))]
    complete = set_as(brief, "plain", 10**7)
    whole = [line for line in complete.splitlines() if line.startswith(("| ", "- "))]
    assert len(whole) - len(every_row) == rows_not_shown(text)
    assert set(every_row) <= set(whole)
    assert rows == [shown(text) for text in TEXTS[: len(rows)]]
    assert text.count("<details>") == text.count("</details>")
    assert 0 < len(rows) < 500
    assert re.match(r"[\d,]+ rows are not shown", text.splitlines()[-1])


def test_every_table_row_has_a_cell_a_column(written) -> None:
    for text in written.values():
        page = BeautifulSoup(rendered(text), "html.parser")
        assert len(page.find_all("table")) == 6
        for table in page.find_all("table"):
            columns = len(table.find_all("th"))
            cells = {len(row.find_all("td")) for row in table.find("tbody").find_all("tr")}
            assert cells == {columns}
        # The parser drops what is too much in a row, so the source is counted as well.
        width = 0
        for line in text.splitlines():
            if re.fullmatch(r"\|(:?-+:?\|)+", line):
                width = line.count("|")
            elif line.startswith("| ") and width:
                assert len(re.findall(r"(?<!\\)\|", line)) == width
            elif not line.startswith("|"):
                width = 0


def test_a_page_of_mkdocs_is_the_plain_one_with_a_title_and_folds(tmp_path: Path) -> None:
    findings = Findings(make_results(tmp_path))
    options = RenderOptions(title='a "b" ~c~', commit="4f2a9c1")
    plain, page = (
        write(Runs(findings), replace(options, md_flavor=flavor)).text.split("\n", 2)[2]
        for flavor in ("plain", "mkdocs")
    )
    assert page.startswith('# a "b" &#126;&#8203;c&#126;\n')
    folded = re.findall(r'^\?\?\? note "(.+)"\n\n    ', page, re.MULTILINE)
    assert folded[0] == "All 2 texts to start with, in detail"
    assert folded[-1] == "How to reproduce"
    opened = re.sub(r'^\?\?\? note "(.+)"$', r"## \1", page, flags=re.MULTILINE)
    opened = re.sub(r"^    ", "", opened, flags=re.MULTILINE)
    plain = re.sub(r"^```sh\n(.*)\n```$", r"    \1", plain, flags=re.MULTILINE)
    plain = plain.replace("--md-flavor plain", "--md-flavor mkdocs")
    assert opened == re.sub(r"^##", "#", plain, flags=re.MULTILINE)
    # Python's Markdown shows the backslash of what it does not escape.
    assert not re.search(r"\\[~&<>|$]", page)


def test_nothing_of_a_text_is_anything_but_text(written) -> None:
    for flavor, text in written.items():
        html = rendered(text)
        page = BeautifulSoup(html, "html.parser")
        tags = {tag.name for tag in page.find_all()}
        folds = {"details", "summary"} if flavor in ("github", "gitlab") else set()
        assert tags == folds | {
            *("h2", "h3", "p", "strong", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"),
            *("img", "pre", "code", "br"),
        } - ({"h3"} if not page.find("h3") else set())
        assert [image["src"] for image in page.find_all("img")] == [
            "img/report-sinks.svg",
            "img/report-map.svg",
        ]
        assert all(image["alt"].strip() for image in page.find_all("img"))
        # What the sanitiser takes away is the hidden marker, alignment's spelling, and no word.
        clean = BeautifulSoup(sanitised(html), "html.parser")
        assert clean.get_text() == page.get_text()
        assert {tag.name for tag in clean.find_all()} == tags


def test_what_hosts_refuse_is_nowhere_in_it(written) -> None:
    for flavor, text in written.items():
        for refused in ("style=", "data:", "<svg", "<script", "javascript:<", "\r"):
            assert refused not in text
        assert not re.search(r"^#{4,} ", text, re.MULTILINE)
        assert not re.search(r"^\s*::|##\[|##vso", text, re.MULTILINE)
        if flavor == "plain":
            assert not re.search(r"<[a-zA-Z/!?]", text)
        assert not re.search(r"@[a-z]", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


def test_mentions_and_references_are_broken_where_a_host_looks_for_them(written) -> None:
    page = soup(written["github"])
    for block in page.find_all("pre"):  # a host links nothing in code
        block.decompose()
    nodes = [str(node) for node in page.find_all(string=True)]
    links = re.compile(r"@\w|(?<![\w&])#\d|\bGH-\d|:\w+:|www\.|https?://", re.IGNORECASE)
    assert [node for node in nodes if links.search(node)] == []
    assert page.find("a") is None


def test_the_marker_is_first_and_nobody_sees_it(brief, written) -> None:
    for flavor, text in written.items():
        first = text.splitlines()[0]
        assert first == (
            "<!-- reportgen:report -->"
            if flavor in ("github", "gitlab")
            else "[//]: <> (reportgen:report)"
        )
        assert BeautifulSoup(rendered(f"{first}\n\nx\n"), "html.parser").get_text().strip() == "x"
        for page in (soup(text), BeautifulSoup(MarkdownIt().render(text), "html.parser")):
            assert page.get_text().strip().startswith(visible(TITLE)[:3])
    other = set_as(brief, "github", id="june-2.x")
    assert other.splitlines()[0] == "<!-- reportgen:june-2.x -->"
    assert other.splitlines()[1:] == written["github"].splitlines()[1:]


@pytest.mark.parametrize(
    "id", ["", "a b", "-a", "a-", "a--b", "<x", "a>", "x" * 65, "é", "a\n", ")"]
)
def test_an_id_that_could_be_seen_is_refused(id: str) -> None:
    with pytest.raises(UsageError, match=r"--id .*letters and digits"):
        check_marker(id)


@pytest.mark.parametrize("id", ["report", "a", "A-1_b.c", "x" * 64])
def test_an_id_of_letters_and_digits_is_taken(id: str) -> None:
    check_marker(id)
    assert id in marker("github", id)


@pytest.mark.parametrize(
    ("flavor", "limit", "words"),
    [
        ("github", 65_001, "github takes 65,000 characters at most; lower it"),
        ("gitlab", 1_000_000, "gitlab takes 999,999 .*lower it"),
        ("github", LEAST - 1, "title and headline alone .*raise it"),
        ("plain", 1, "title and headline alone .*raise it"),
    ],
)
def test_a_limit_that_cannot_be_met_is_told(flavor, limit: int, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        limit_of(flavor, limit)


@pytest.mark.parametrize("limit", [LEAST, 5_000, 9_999, 20_000])
@pytest.mark.parametrize("flavor", LIMITS)
def test_any_limit_is_kept(brief: Brief, flavor, limit: int) -> None:
    text = set_as(brief, flavor, limit)
    assert len(text) <= limit
    assert text.count("<details>") == text.count("</details>")
    assert "**made-up, 500 texts: " in text
    assert rows_not_shown(text) > 0


def test_gitlab_takes_more_where_it_is_asked_for(brief: Brief) -> None:
    text = set_as(brief, "gitlab", 999_999)
    assert len(all_texts(text)) == 500
    assert rows_not_shown(text) == 0
    assert text.rstrip().endswith("</details>")


def test_the_longest_title_names_and_tokens_leave_room_for_the_headline(tmp_path: Path) -> None:
    worst = "\u202e" * 500
    made = make_results(tmp_path, TEXTS[:8], n_layers=1, n_heads=1, sink=0.6)
    roles = tuple(replace(role, token=worst) for role in made.info.roles)
    model = replace(made.info.model, name=worst, architecture=worst)
    hostile = replace(made, info=replace(made.info, model=model, roles=roles))
    tree = make_brief(Runs(Findings(hostile)), RenderOptions(title=worst), "report.md")
    for flavor in get_args(FlavorName):
        assert len(set_as(tree, flavor, LEAST)) <= LEAST


def rows_not_shown(markdown: str) -> int:
    """The number in the last line, 0 where nothing is left out."""
    found = re.match(r"([\d,]+) rows? (?:is|are) not shown", markdown.splitlines()[-1])
    return int(found[1].replace(",", "")) if found else 0


def all_texts(markdown: str) -> list[str]:
    """The texts in the list of all of them, as a reader sees them."""
    tables = BeautifulSoup(rendered(markdown), "html.parser").find_all("table")
    whole = [table for table in tables if "tokens" in [th.text for th in table.find_all("th")]]
    rows = [row for table in whole for row in table.find("tbody").find_all("tr")]
    unseen = "[\u200b\u2068\u2069]"
    return [re.sub(unseen, "", row.find_all("td")[1].get_text()) for row in rows]


def shown(text: str) -> str:
    return visible(cut(text, TEXT_LENGTH)).strip(" ")
