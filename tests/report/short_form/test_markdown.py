"""The Markdown report, read back by a Markdown parser."""

import os
import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.cases import some_of
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.moved_tokens import with_parts
from helpers.on_github import soup
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.findings.evidence import agreement_figures
from reportgen.report import RenderOptions, load_language, redacted, sentence, visible
from reportgen.report.components import Span
from reportgen.report.format_register import Output
from reportgen.report.language import citation, verdicts
from reportgen.report.sections import Context
from reportgen.report.short_form import (
    NAME_LENGTH,
    TEXT_LENGTH,
    cut,
    escape,
    escape_spans,
    short_across,
)
from reportgen.report.short_form.markdown import write
from reportgen.results import Results

EN = load_language("en")

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
    """What a reader sees: the breaks in links cannot be seen, nor what keeps words from right to
    left apart."""
    return re.sub("[\u200b\u2068\u2069]", "", text)


def test_words_that_run_from_the_right_move_no_figure_behind_them() -> None:
    said = escape("“שלום, 5 עולם” +0.2 → +0.4, “سلام” 3; א → ב")
    assert said == (
        "“&#8296;שלום, 5 עולם&#8297;” +0.2 → +0.4, “&#8296;سلام&#8297;” 3; "
        "&#8296;א&#8297; → &#8296;ב&#8297;"
    )
    assert "\u2068" not in escape("\u2068")  # of the text itself


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


@given(st.lists(st.tuples(texts, st.booleans()), min_size=1, max_size=5))
@example([("これ", False), ("[無料]", True), ("今すぐ", False)])
@example([("a", True), ("b", False), (" c ", True), ("*", True)])
@example([("@", False), ("name", True), ("#", False), ("12", True)])
@example([("1", False), (". a", True)])
def test_what_is_strong_is_in_bold_and_nothing_else(pieces: list[tuple[str, bool]]) -> None:
    spans = merged([Span(text, strong) for text, strong in pieces])
    ((cell, second),) = bold_rows(f"| a | b |\n|--|--|\n| {escape_spans(spans)} | second |\n")
    assert second == [("second", False)]
    wanted = [(visible(span.text), span.is_strong) for span in spans if span.text]
    said = merged([Span(plain(text), strong) for text, strong in cell])
    expected = merged([Span(text, strong) for text, strong in wanted])
    joined = ["".join(span.text for span in item).strip() for item in (said, expected)]
    assert joined[0] == joined[1]
    strong = [[s.text.strip() for s in item if s.is_strong] for item in (said, expected)]
    assert [text for text in strong[0] if text] == [text for text in strong[1] if text]


def test_two_brackets_are_no_link_of_a_wiki() -> None:
    for made in (escape("see [[Page]] and [[[x"), escape_spans([Span("[["), Span("x", True)])):
        # Wikis look for two brackets before or after Markdown is done.
        assert "[[" not in made.replace("\\", "")
        assert "[[" not in MarkdownIt().renderInline(made)


def merged(spans: list[Span]) -> list[Span]:
    found: list[Span] = []
    for span in spans:
        if found and found[-1].is_strong == span.is_strong:
            found[-1] = Span(found[-1].text + span.text, span.is_strong)
        elif span.text:
            found.append(span)
    return found


def bold_rows(markdown: str) -> list[list[list[tuple[str, bool]]]]:
    """The body rows of the only table: cells of `(text, is it bold)`."""
    rows: list[list[list[tuple[str, bool]]]] = []
    in_cell = False
    for token in PARSER.parse(markdown):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "td_open":
            in_cell = True
        elif token.type == "inline" and in_cell:
            depth, cell = 0, []
            for child in token.children or ():
                assert child.type in ("text", "text_special", "strong_open", "strong_close")
                depth += child.nesting
                if child.content:
                    cell.append((child.content, depth > 0))
            rows[-1].append(cell)
            in_cell = False
    return rows[1:]


@pytest.mark.parametrize("lang", some_of(["en", "ja"], "en"))
def test_hostile_texts_ids_and_titles_are_inert(tmp_path: Path, lang: str) -> None:
    results = make_results(tmp_path, HOSTILE, ids=HOSTILE, labels=(1.0,) * len(HOSTILE))
    for title in HOSTILE[::4]:
        markdown = write(Runs(Findings(results)), RenderOptions(title=title, lang=lang)).text  # type: ignore[arg-type]
        assert not re.search(r"^\s*::|##\[|##vso", markdown, re.MULTILINE)
        body = markdown.removeprefix("<!-- reportgen:report -->\n")
        assert set(re.findall(r"<[^>]*>", body)) == {
            "<details>",
            "<summary>",
            "</summary>",
            "</details>",
        }
        (code,) = [token.content for token in PARSER.parse(markdown) if token.type == "fence"]
        assert title in read_by_bash(code)
        heading = next(t for t in PARSER.parse(markdown) if t.type == "inline")
        assert plain(shown(heading)) == visible(title).strip()
    rows = table_of_all_texts(markdown)[1:]
    for text, cells in zip(HOSTILE, rows, strict=True):
        assert plain(cells[0]).strip() == visible(cut(text, NAME_LENGTH)).strip()
        assert plain(cells[1]).strip() == visible(cut(text, TEXT_LENGTH)).strip()
        assert len(cells) == 6


def read_by_bash(line: str) -> list[str]:
    """The words of a command line."""
    ran = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {line}"],
        capture_output=True,
        check=True,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
    )
    return ran.stdout.decode().split("\0")


def sinks_line(folder: Path, evidence: str) -> str:
    results = make_results(folder, sink=0.6, evidence=evidence)
    assert any(note.id == "N1" for note in Findings(results).notes)
    lines = write(
        Runs(Findings(results)), RenderOptions(), Output("report.md", None)
    ).text.splitlines()
    return next(line for line in lines if line.startswith("- **Sinks:"))


def test_a_sink_is_said_to_matter_or_not_or_not_to_be_tested(tmp_path: Path) -> None:
    """By tests where there are any, else by the length of what it passes on."""
    said = {level: sinks_line(tmp_path / level, level) for level in ("none", "basic", "full")}
    untested = "Whether the prediction depends on what it passes on was not tested."
    assert [untested in line for line in said.values()] == [True, True, False]
    by_length = re.compile(r"Its vectors are|Unclear how much it passes on")
    assert [bool(by_length.search(line)) for line in said.values()] == [False, True, False]
    assert re.search(r"passes on|The tests", said["full"])


def tables_of(markdown: str) -> list[list[list[str]]]:
    """Every table as plain text: texts to start with, the same in detail, key figures, all texts,
    layers."""
    return table_rows(markdown.replace("**", ""))


def table_of_all_texts(markdown: str) -> list[list[str]]:
    return next(table for table in tables_of(markdown) if {"tokens", "トークン数"} & {*table[0]})


def sections(markdown: str) -> list[str]:
    return re.findall(r"^#+ (.*)$|<summary>(.*?)</summary>", markdown, re.MULTILINE)


def names_of_sections(markdown: str) -> list[str]:
    return [heading or folded for heading, folded in sections(markdown)]


def test_what_a_reviewer_needs_stands_first_and_the_rest_is_folded(tmp_path: Path) -> None:
    results = make_results(
        tmp_path, sink=0.6, labels=(1.0, 2.0, 7.0, 1.0, 2.0, 1.5)
    )  # the longest is worst
    markdown = write(Runs(Findings(results)), RenderOptions(), Output("report.md", None)).text
    assert sections(markdown) == [
        ("Attention report: made-up", ""),
        ("Start with these texts", ""),
        ("", "All 2 texts to start with, in detail"),
        ("", "How much goes to special tokens, layer by layer"),
        ("", "Where the tokens of text 3 look: layer 4, mean over 3 heads"),
        ("", "The model and its figures"),
        ("", "All 6 texts"),
        ("", "Attention to special tokens, layer by layer"),
        ("", "Notes in full, with their sources"),
        ("", "How to reproduce"),
    ]
    assert markdown.startswith("<!-- reportgen:report -->\n\n## ")
    notes = Findings(results).notes
    sinks = next(line for line in markdown.splitlines() if line.startswith("- **Sinks:"))
    for verdict in verdicts(notes, EN):
        assert escape(verdict) in sinks
    for note in notes:
        assert f"- {escape(sentence(note, EN))}" in markdown
        for source in note.citations:
            assert escape(citation(source, EN)) in markdown
    pictures = re.findall(r"^!\[(.+)\]\((.+)\)$", markdown, re.MULTILINE)
    assert [path for _, path in pictures] == ["img/report-sinks.svg", "img/report-map.svg"]
    assert markdown.index(pictures[0][1]) > markdown.index("<details>")
    front, whole, figures, *_ = tables_of(markdown)
    assert [row[0] for row in whole[1:]] == [row[0] for row in front[1:]]
    assert {";" in row[2] for row in front[1:]} == {False}  # a reason each
    assert any(";" in row[2] for row in whole[1:])
    assert figures[1] == ["6", "texts"]


def test_the_headline_says_fit_sinks_and_how_many_texts_to_look_at(tmp_path: Path) -> None:
    labels = (1.0, 2.0, 3.0, 1.0, 2.0, 1.5)
    results = make_results(tmp_path, sink=0.6, labels=labels)
    headline = (
        write(Runs(Findings(results)), RenderOptions()).text.splitlines()[4].replace("\u200b", "")
    )
    errors = results.texts["prediction"].to_numpy(float) - labels
    assert f"mean absolute error {float(abs(errors).mean()):.2f} (" in headline
    (sink,) = [note for note in Findings(results).notes if note.id == "N1"]
    share = f"{100 * float(sink.values['share']):.1f}\u00a0%"
    layer = sink.values["layer"]
    assert f"attention sink on \\[CLS\\] ({share} of the attention in layer {layer})" in headline
    looked_at = tables_of(write(Runs(Findings(results)), RenderOptions()).text)[0]
    assert headline.endswith(f"; {len(looked_at) - 1} texts to start with.**  ")
    assert headline.startswith("**made-up, 6 texts: ")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"sink": 0.0}, "no attention sink"),
        ({"special": False}, "no attention sink"),
        ({"texts": HEADLINES[:3], "sink": 0.6}, "too few texts for a verdict on"),
    ],
)
def test_the_headline_says_that_there_is_no_sink(tmp_path: Path, how, words: str) -> None:
    headline = write(
        Runs(Findings(make_results(tmp_path, **how))), RenderOptions()
    ).text.splitlines()[4]
    assert words in headline
    assert "attention sink on" not in headline


def test_the_strongest_units_of_a_text_are_in_bold(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="basic")
    findings = Findings(results, "received_norm_all")
    markdown = write(Runs(findings), RenderOptions()).text
    table = markdown[markdown.index("### Start with these") : markdown.index("<details>")]
    rows = bold_rows("| id" + table.partition("| id")[2])
    assert rows
    for row in rows:
        index = int(row[0][0][0]) - 1
        tokens = results.tokens_of(index)
        content = tokens[~tokens["is_special"].astype(bool)]
        received = content["received_norm_all"].to_numpy(float)
        strong = {
            str(content["token"].iloc[i]).strip()
            for i in np.argsort(-received, kind="stable")[:3]
            if received[i] / received.mean() >= 1.3
        }
        bold = [plain(text) for text, is_bold in row[1] if is_bold]
        assert strong
        assert "".join(sorted("".join(bold).replace(" ", ""))) == "".join(
            sorted("".join(strong).replace(" ", ""))
        )


def test_what_moves_the_output_most_is_that_of_the_deletion_effects(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="basic")
    (header, *rows) = tables_of(write(Runs(Findings(results)), RenderOptions()).text)[1]
    assert header[-1] == "largest effects on it"
    for row in rows:
        effects = results.effects_of(int(row[0]) - 1)
        tokens = results.tokens_of(int(row[0]) - 1)
        assert effects is not None
        sizes = effects["effect"].abs().fillna(-1).to_numpy(float, copy=True)
        sizes[tokens["is_special"].to_numpy(bool)] = -1
        first = int(sizes.argmax())
        sign = "+" if effects["effect"].iloc[first] > 0 else "\u2212"
        assert plain(row[-1]).startswith(f"“{tokens['token'].iloc[first]}” {sign}")


def test_how_far_the_bold_is_to_be_trusted_is_told(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="basic")
    markdown = write(Runs(Findings(results)), RenderOptions()).text.replace("\u200b", "")
    (found,) = [
        item
        for item in agreement_figures(results)
        if (item.view, item.statistic) == ("cls_row_last", "spearman")
    ]
    mean = f"{found.estimate.mean:.2f}".replace("-", "\u2212")
    assert f"with what changes the prediction is {mean} (95\u00a0% interval" in markdown
    none = write(Runs(Findings(make_results(tmp_path / "none"))), RenderOptions()).text
    assert "**Trust" not in none


def test_few_texts_stand_there_without_a_reason(tmp_path: Path) -> None:
    markdown = write(Runs(Findings(make_results(tmp_path, HEADLINES[:3]))), RenderOptions()).text
    assert "The first texts" in names_of_sections(markdown)
    assert tables_of(markdown)[0][0][:3] == ["id", "text", "prediction (score)"]
    assert len(tables_of(markdown)[0]) == 4


def test_nothing_is_said_to_be_in_bold_where_no_token_is(tmp_path: Path) -> None:
    for level, is_bold in (("none", False), ("basic", True)):
        made = make_results(tmp_path / level, HEADLINES[:1], evidence=level)
        front = write(Runs(Findings(made)), RenderOptions()).text.partition("### ")[2]
        front = front.partition("<details>")[0]
        assert ("In bold: " in front) == ("**" in front) == is_bold


def test_figures_are_those_of_the_results(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.3, truncated=(1,))
    *_, texts_table, special = tables_of(write(Runs(Findings(results)), RenderOptions()).text)

    def percent(share: float) -> str:
        return f"{100 * share:.1f}\u00a0%"

    for index, cells in enumerate(texts_table[1:]):
        heads = results.heads[results.heads["text"] == index]
        even = 2 / int(results.texts["n_tokens"][index])
        assert cells[4] == f"{percent(float(heads['special_share'].mean()))} ({percent(even)})"
        assert float(cells[2]) == pytest.approx(results.texts["prediction"][index], abs=5e-3)
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
    markdown = write(Runs(Findings(results)), RenderOptions()).text
    rows = table_of_all_texts(markdown)
    assert [row[2] for row in rows[7:]] == [
        "empty: no text",
        "failed: the output is not a number",
    ]
    assert "6 whole, 0 truncated, 1 empty, 1 failed" in markdown


def test_an_embedding_has_no_column_but_a_failure_has(tmp_path: Path) -> None:
    whole = make_results(tmp_path / "whole", kind="embedding")
    assert table_of_all_texts(write(Runs(Findings(whole)), RenderOptions()).text)[0][:3] == [
        "id",
        "text",
        "tokens",
    ]
    failed = make_results(tmp_path / "failed", kind="embedding", failed=(0,))
    rows = table_of_all_texts(write(Runs(Findings(failed)), RenderOptions()).text)
    assert rows[1][2].startswith("failed: ")


def test_a_model_without_special_tokens_has_neither_their_table_nor_chart(tmp_path: Path) -> None:
    results = make_results(tmp_path, special=False)
    report = write(Runs(Findings(results)), RenderOptions(), Output("report.md", None))
    assert "Attention to special tokens, layer by layer" not in names_of_sections(report.text)
    assert len(table_of_all_texts(report.text)[0]) == 4
    assert list(report.files) == ["img/report-map.svg"]


def test_every_language_has_its_words(tmp_path: Path) -> None:
    markdown = write(
        Runs(Findings(make_results(tmp_path, evidence="full"))), RenderOptions(lang="ja")
    ).text
    assert names_of_sections(markdown)[0] == "アテンションレポート：made-up"
    prose = re.sub(r"```.*?```|\(.*?\)|\*\*SHA.*", "", markdown, flags=re.DOTALL)
    first = prose[: prose.index("<details>")]
    assert not re.search(r"\b(the|texts?|attention|layer|mean)\b", first.partition("| ID")[0])


def test_the_command_makes_the_same_again(tmp_path: Path) -> None:
    markdown = write(
        Runs(Findings(make_results(tmp_path))), RenderOptions(md_flavor="gitlab", md_limit=9000)
    ).text
    (code,) = [token.content for token in PARSER.parse(markdown) if token.type == "fence"]
    words = shlex.split(code)
    assert words[:3] == ["reportgen", "run", "made.txt"]
    assert words[words.index("-o") + 1] == "report.md"
    assert words[words.index("--md-flavor") + 1] == "gitlab"
    assert words[words.index("--md-limit") + 1] == "9000"


def test_only_in_a_table_a_word_without_end_may_be_broken(tmp_path: Path) -> None:
    markdown = write(
        Runs(Findings(make_results(tmp_path, ("x" * 60, "short words stay as they are")))),
        RenderOptions(),
    ).text
    assert f"{'x' * 20}&#8203;{'x' * 20}&#8203;{'x' * 20} |" in markdown.replace("**", "")
    assert "| short words stay as they are |" in markdown.replace("**", "")
    assert "0" * 64 in markdown  # a checksum is there to be copied
    assert "AlbertForSequenceClassification" in markdown


def remarked(results: Results, remark: str) -> Results:
    return replace(results, info=replace(results.info, remarks=(remark,)))


def test_remarks_on_the_model_are_told(tmp_path: Path) -> None:
    results = remarked(make_results(tmp_path), "no head; <mean> pooling")
    assert (
        "\n- no head; &lt;mean&gt; pooling\n"
        in write(Runs(Findings(results)), RenderOptions()).text
    )


def test_where_texts_are_redacted_no_column_is_of_dots(tmp_path: Path) -> None:
    results = make_results(tmp_path / "r", evidence="basic", labels=(1.0, 2.0, 3.0, 1.0, 2.0, 1.5))
    with redacted(results, "en", wanted=True, with_short=True) as shown:
        text = write(Runs(Findings(shown)), RenderOptions()).text
    heads = [re.findall(r"[^|]+", line) for line in text.splitlines() if line.startswith("| id")]
    assert [head.strip() for head in heads[0]] == [
        "id",
        "why",
        "prediction (score)",
        "right answer",
    ]
    assert "•" not in text.split("### ")[1].split("![")[0]
    assert "bold" not in text
    assert text.count("\n| 1 |") >= 1


def test_headline_and_texts_lead_to_the_page_and_the_date_stands_beside_them(
    tmp_path: Path,
) -> None:
    results = make_results(tmp_path, ids=("movie 7025", *"bcdef"))
    options = RenderOptions(page_url="report.html", commit="4f2a9c1")
    page = soup(write(Runs(Findings(results)), options).text)
    assert {link["href"] for link in page.p.select("a")} == {"report.html"}
    assert page.p.get_text().splitlines()[1] == (
        f"{results.info.created} · commit 4f2a9c1 · Full report"
    )
    links = {link.get_text(): link["href"] for link in page.select("td a")}
    assert links == {
        "movie 7025": "report.html#id=movie%207025",
        **{id: f"report.html#id={id}" for id in "bcdef"},
    }
    assert not soup(write(Runs(Findings(results)), RenderOptions()).text).select("a")


@pytest.mark.parametrize(
    ("text", "length", "short"),
    [
        ("abcdefghij", 10, "abcdefghij"),
        ("abcdefghijklm", 10, "abcdefghijklm"),  # a cut would only save what its mark takes
        ("abcdefghijklmn", 10, "abcd⟨…⟩lmn"),
        ("あいうえおかきくけこさしす", 9, "あいう⟨…⟩さしす"),
        ("", 10, ""),
    ],
)
def test_long_texts_are_cut_in_the_middle(text: str, length: int, short: str) -> None:
    assert cut(text, length) == short


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_tokens_over_all_texts_stand_in_folded_tables(tmp_path, lang):
    findings = Findings(with_parts(tmp_path, {"ab": 0.6, "cd": -0.5}, 0.05))
    language = load_language(lang)
    context = Context(Runs(findings), RenderOptions(lang=lang), language, "report.md")
    found = list(short_across(context))
    assert context.across is not None
    assert found[0].lead == (context.across.headline,)
    assert all(section.is_folded for section in found)
    headings = [section.heading for section in found]
    for item in context.across.lists:
        assert (item.title in headings) == bool(item.rows)
        assert any(item.more and item.more in heading for heading in headings) == bool(item.more)
    n_rows = sum(len(section.table.rows) for section in found)
    assert n_rows == sum(len(item.rows) + len(item.doubtful) for item in context.across.lists)
