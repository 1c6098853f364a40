"""The Markdown report, read back by a Markdown parser."""

import re
from pathlib import Path

import pytest
from factories import HEADLINES, make_results
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reportgen.notes.rules import corpus_notes
from reportgen.notes.words import Wording
from reportgen.report.markdown import LIMIT, TEXT_LENGTH, escape, render, shorten
from reportgen.report.options import RenderOptions
from reportgen.report.visible import visible
from reportgen.results import Results

HOSTILE = (
    "<script>alert(1)</script><!-- --> &lt; &#60;",
    "a | b \\| c \\",
    "`code` ``` *em* __strong__ ~~gone~~ ![i](x) [l](http://x.y) [^1] $x$",
    "@name #12 !12 GH-12 %v1 ~bug &12 :smile: www.x.y https://x.y mailto:a@b.cd",
    "first\n::error::second\r\n| - | - |\n# heading",
    "\u202eturned\u202c \u200b\x00 {{ 7*7 }} {% raw %}",
    "[CLS] [SEP] <s>",
    "- item",
    "1. item",
    "---",
    "===",
    "> quote",
    "# heading #",
    "    code",
    "👨‍👩‍👧 שלום مرحبا",
)
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# What GitHub and GitLab turn into something else after Markdown: none may be in what is shown.
REFERENCE = re.compile(r"@[^\s\u200b]|[#!]\d|\bgh-\d|:[\w+-]+:|://|www\.|[%~][a-z]", re.IGNORECASE)


def shown(token: Token) -> str:
    """The text of an inline token, which must hold nothing but text."""
    assert {child.type for child in token.children or ()} <= {"text", "text_special"}, token.content
    return "".join(child.content for child in token.children or ())


def table_rows(markdown: str) -> list[list[list[str]]]:
    """The rows of every table, as lists of cells."""
    tables: list[list[list[str]]] = []
    in_cell = False
    for token in PARSER.parse(markdown):
        if token.type in ("td_open", "th_open"):
            in_cell = True
        elif token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type == "inline" and in_cell:
            tables[-1][-1].append(shown(token))
            in_cell = False
    return tables


def plain(text: str) -> str:
    """What a reader sees: the breaks in links cannot be seen."""
    return text.replace("\u200b", "")


texts = st.text(st.characters()) | st.lists(
    st.sampled_from([*"|\\`<>&*_[](){}#@!~$:-+=.1a \n", "http://", "www.", "GH-1", "``"])
).map("".join)


@given(texts)
@example("a\\|b")
@example("\\")
@example("0@.A _www.0 a@-")
@example("gh-1 GH-1 www.www. :a:b:")
def test_any_text_stands_in_a_cell_as_it_is(text: str) -> None:
    line = f"| {escape(text)} | second |"
    assert "\n" not in line
    assert "<" not in line
    (rows,) = table_rows(f"| a | b |\n|--|--|\n{line}\n")
    first, second = rows[1]
    assert plain(first).strip() == visible(text).strip()
    assert second == "second"
    assert not REFERENCE.search(first)


@given(texts)
@example("1) a")
@example("- - -")
@example("= =")
@example("\u00a0")
def test_any_text_stands_in_a_line_as_it_is(text: str) -> None:
    for before in ("", "> ", "- ", "# "):
        tokens = PARSER.parse(f"{before}{escape(text)}")
        inline = [shown(token) for token in tokens if token.type == "inline"]
        assert plain("".join(inline)).strip() == visible(text).strip()
        allowed = {"": "paragraph", "> ": "blockquote", "- ": "list", "# ": "heading"}[before]
        opened = {token.type for token in tokens if token.nesting == 1}
        assert opened <= {"paragraph_open", f"{allowed}_open"} | (
            {"bullet_list_open", "list_item_open"} if before == "- " else set()
        )


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_hostile_texts_ids_and_titles_are_inert(tmp_path: Path, lang: str) -> None:
    results = make_results(tmp_path, HOSTILE, ids=HOSTILE, labels=(1.0,) * len(HOSTILE))
    for title in HOSTILE[::4]:
        markdown = render(results, RenderOptions(title=title, lang=lang))  # type: ignore[arg-type]
        assert "<" not in markdown
        assert not re.search(r"^(::|##\[)", markdown, re.MULTILINE)
        heading = next(t for t in PARSER.parse(markdown) if t.type == "inline")
        assert plain(shown(heading)) == visible(title).strip()
    rows = table_rows(markdown)[0][1:]
    for text, cells in zip(HOSTILE, rows, strict=True):
        assert plain(cells[0]).strip() == visible(shorten(text, 40)).strip()
        assert plain(cells[1]).strip() == visible(shorten(text, TEXT_LENGTH)).strip()
        assert len(cells) == 6


def sections(markdown: str) -> list[str]:
    return re.findall(r"^#+ (.*)$", markdown, re.MULTILINE)


def test_it_has_headline_texts_special_tokens_and_notes(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.6, labels=(1.0, 2.0, 3.0, 1.0, 2.0, 1.5))
    markdown = render(results, RenderOptions())
    assert sections(markdown) == [
        "Attention report: made-up",
        "Texts",
        "Attention to special tokens, layer by layer",
        "Notes",
    ]
    notes = corpus_notes(results)
    words = Wording("en")
    assert f"> {escape(words.headline(notes, results))}\n" in markdown
    for note in notes:
        assert f"- {escape(words.sentence(note))}" in markdown
        for citation in note.citations:
            assert escape(words.citation(citation)) in markdown


def test_figures_are_those_of_the_results(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.3, truncated=(1,))
    texts_table, special = table_rows(render(results, RenderOptions()))
    percent = Wording("en").percent
    for index, cells in enumerate(texts_table[1:]):
        heads = results.heads[results.heads["text"] == index]
        even = 2 / int(results.texts["n_tokens"][index])
        assert cells[4] == f"{percent(float(heads['special_share'].mean()))} ({percent(even)})"
        assert float(cells[2]) == pytest.approx(results.texts["prediction"][index], rel=1e-3)
    assert texts_table[2][3] == "14 (3 cut off)"
    assert special[0] == ["layer", "[CLS]", "[SEP]"]
    for layer, cells in enumerate(special[1:], start=1):
        for role, cell in zip(("cls", "sep"), cells[1:], strict=True):
            rows = results.roles[
                (results.roles["role"] == role) & (results.roles["layer"] == layer)
            ]
            share, expected = float(rows["share"].mean()), float(rows["expected"].mean())
            assert cell == f"{percent(share)} ({percent(expected)})"


def test_an_empty_and_a_failed_text_say_why(tmp_path: Path) -> None:
    results = make_results(tmp_path, (*HEADLINES, "", "x y z"), failed=(7,))
    rows = table_rows(render(results, RenderOptions()))[0]
    assert [row[2] for row in rows[7:]] == [
        "empty: no text",
        "failed: the output is not a number",
    ]


def test_an_embedding_has_no_column_but_a_failure_has(tmp_path: Path) -> None:
    whole = make_results(tmp_path / "whole", kind="embedding")
    assert table_rows(render(whole, RenderOptions()))[0][0][:3] == ["id", "text", "tokens"]
    failed = make_results(tmp_path / "failed", kind="embedding", failed=(0,))
    assert table_rows(render(failed, RenderOptions()))[0][1][2].startswith("failed: ")


def test_a_model_without_special_tokens_has_no_table_of_them(tmp_path: Path) -> None:
    markdown = render(make_results(tmp_path, special=False), RenderOptions())
    assert sections(markdown) == ["Attention report: made-up", "Texts", "Notes"]
    assert len(table_rows(markdown)[0][0]) == 4


def test_every_language_has_its_words(tmp_path: Path) -> None:
    markdown = render(make_results(tmp_path), RenderOptions(lang="ja"))
    assert sections(markdown)[0] == "アテンションレポート：made-up"
    assert "第" in markdown


def rows_left_out(markdown: str) -> int:
    """The number in the last line, 0 where nothing is left out."""
    found = re.match(r"([\d,]+) rows are not shown", markdown.splitlines()[-1])
    return int(found[1].replace(",", "")) if found else 0


def texts_of(n: int, text: str) -> tuple[str, ...]:
    return tuple(f"{index}{text}" for index in range(n))


@pytest.mark.parametrize("n", [5, 100, 300])
def test_whole_rows_are_left_out_where_there_is_no_room_and_counted(tmp_path: Path, n: int) -> None:
    results = make_results(tmp_path, texts_of(n, "\u202e" * 100), n_layers=2, n_heads=1)
    markdown = render(results, RenderOptions(title="|" * 10_000))
    assert len(markdown) < LIMIT
    rows = table_rows(markdown)[0][1:]
    assert [row[0] for row in rows] == [str(i + 1) for i in range(len(rows))]
    assert rows_left_out(markdown) == n - len(rows)
    assert (len(rows) < n) == (n > 5)
    if len(rows) < n:
        assert len(markdown) > LIMIT - 1500
    assert sections(markdown)[-1] == "Notes"


def test_even_a_thousand_layers_stay_under_the_limit(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("abcdef",) * 5, n_layers=2500, n_heads=1)
    markdown = render(results, RenderOptions())
    texts_table, special = table_rows(markdown)
    assert len(markdown) < LIMIT
    assert rows_left_out(markdown) == 5 - (len(texts_table) - 1) + 2500 - (len(special) - 1) > 0


def remarked(results: Results, remark: str) -> Results:
    from dataclasses import replace

    return Results(results.folder, replace(results.info, remarks=(remark,)))


def test_remarks_on_the_model_are_told(tmp_path: Path) -> None:
    results = remarked(make_results(tmp_path), "no head; <mean> pooling")
    assert "- no head; &lt;mean&gt; pooling\n" in render(results, RenderOptions())


@pytest.mark.parametrize(
    ("text", "length", "short"),
    [
        ("abcdefghij", 10, "abcdefghij"),
        ("abcdefghijk", 10, "abcd⟨…⟩ijk"),
        ("あいうえおかきくけこさ", 9, "あいう⟨…⟩けこさ"),
        ("", 10, ""),
    ],
)
def test_long_texts_are_cut_in_the_middle(text: str, length: int, short: str) -> None:
    assert shorten(text, length) == short


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = make_results(tmp_path / "1"), make_results(tmp_path / "2")
    assert render(one, RenderOptions()) == render(two, RenderOptions())
