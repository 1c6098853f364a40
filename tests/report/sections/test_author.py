"""The author's words: what of them a page shows, and what is told of the rest."""

from base64 import b64encode
from pathlib import Path

import pytest
from helpers.calling import call
from helpers.made_up.factories import HEADLINES, make_results
from helpers.page_of import page_of

from reportgen.errors import UsageError
from reportgen.report import RenderOptions, comment_lines, load_language, unredacted_lines
from reportgen.report.author import AuthorComment, read_comment
from reportgen.results import Results

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
HOSTILE = """# Title
<script>alert(1)</script> <img src=x onerror=alert(1)> [a](javascript:alert(1))
[b](JaVaScRiPt:alert(1)) [c](data:text/html,x) [d](notes.md) <javascript:alert(1)>
![far](https://example.com/x.png) ![near](data:image/png;base64,{png})
![no](data:image/png;base64,AAAA)
[good](https://example.com/?a=1&b="2") <me@example.com> \u202egnp.exe \u0645\u0631\u062d\u0628\u0627

- *one*
  1. **two**

| h<s> | i |
|--|--|
| `</script>` | ~~z~~ |
"""
WORDS = HOSTILE.replace("{png}", b64encode(PNG).decode())


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return make_results(tmp_path_factory.mktemp("made"), evidence="basic")


def test_hostile_words_are_harmless_and_what_is_left_out_is_told(results: Results) -> None:
    page = page_of(results, comment=AuthorComment("notes.md", WORDS))
    words = page.select_one(".author .words")
    assert words is not None
    allowed = {"p", "h3", "a", "img", "ul", "ol", "li", "em", "strong", "table", "thead", "tbody"}
    allowed |= {"tr", "th", "td", "code", "del", "i", "bdi"}
    assert {tag.name for tag in words.find_all(True)} <= allowed
    attributes = {(tag.name, *sorted(tag.attrs)) for tag in words.find_all(True) if tag.attrs}
    assert attributes == {("a", "href", "rel"), ("img", "alt", "class", "src"), ("i", "class")}
    assert [link["href"] for link in words("a")] == [
        "https://example.com/?a=1&b=%222%22",
        "mailto:me@example.com",
    ]
    assert all("noopener" in link["rel"] for link in words("a"))
    (image,) = words("img")
    assert image["src"] == f"data:image/png;base64,{b64encode(PNG).decode()}"
    assert "<script>alert(1)</script>" in words.get_text()
    assert "\u202e" not in words.get_text()
    options = RenderOptions(comment=AuthorComment("notes.md", WORDS))
    (line,) = comment_lines(options, load_language("en"))
    assert line.startswith("notes.md: ")
    for part in ("4 HTML tags shown as text", "5 links left out", "2 pictures left out"):
        assert part in line, line


def test_few_words_are_open_and_many_are_folded_with_their_beginning(results: Results) -> None:
    page = page_of(results, comment=AuthorComment("n", "All **well**."), lang="ja")
    assert page.select_one("div.author > h2").get_text() == "作成者から"
    page = page_of(results, comment=AuthorComment("n", "First.\n\n" + "More of it. " * 60))
    fold = page.select_one("details.author:not([open])")
    assert fold.summary.get_text(" ", strip=True) == "From the author First."
    assert not page_of(results).select(".author, .by-author")


@pytest.mark.parametrize("text", ["[" * 100_000, "*a" * 50_000, "> " * 50_000, "- " * 50_000])
def test_a_hundred_kilobytes_of_marks_take_no_time_and_stay_in_the_page(
    results: Results, text: str
) -> None:
    assert page_of(results, comment=AuthorComment("n", text)).select_one(".author")


def test_japanese_lines_join_without_a_space(results: Results) -> None:
    page = page_of(results, comment=AuthorComment("n", "これは\n文です。\nA\nB"))
    assert page.select_one(".author p").get_text() == "これは文です。 A B"


def test_short_forms_have_the_words(results: Results, tmp_path: Path) -> None:
    notes = _file(tmp_path, "notes.md", b"See [run 7](https://example.com/7) **now**.")
    outputs = [tmp_path / f"r{end}" for end in (".md", ".xml", ".wiki")]
    author = ("--comment", notes)
    done = call("render", results.folder, *(w for o in outputs for w in ("-o", o)), *author)
    assert done.exit_code == 0, done.stderr
    for output, link in zip(
        outputs,
        (
            "See [run 7](https://example.com/7) **now**.",
            '<p>See <a href="https://example.com/7">run 7</a> <strong>now</strong>.</p>',
            "[https://example.com/7 <nowiki>run 7</nowiki>]",
        ),
        strict=True,
    ):
        text = output.read_text("utf-8")
        assert link in text.replace("\u200b", "")
        assert "From the author" in text


def test_redacted_outputs_warn_of_words_that_repeat_a_text(results: Results) -> None:
    text = HEADLINES[1]
    options = RenderOptions(comment=AuthorComment("notes.md", f"As in “{text}”."))
    pairs = [(str(n), line) for n, line in enumerate(HEADLINES, 1)]
    (line,) = unredacted_lines(options, pairs, load_language("en"))
    assert line == (
        "notes.md: the author's words are not redacted, and repeat texts word for word: 2"
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "no such file"),
        (b"", "is empty; write into it"),
        ("勝つ".encode("cp932"), "not UTF-8; save it as UTF-8"),
        (b"a" * 100_001, "more than 100 kB; give a smaller file"),
    ],
)
def test_a_comment_that_cannot_be_used_is_one_line(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    path = str(tmp_path / "none") if content is None else _file(tmp_path, "n.md", content)
    with pytest.raises(UsageError) as error:
        read_comment(path)
    assert told in str(error.value)


def test_settings_that_come_with_a_project_show_no_file_from_outside_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").write_text("[tool.reportgen]\ncomment = '/etc/hostname'\n")
    done = call("render", "none", "-o", "r.html")
    assert done.exit_code == 2
    assert "comment '/etc/hostname' is outside of" in done.stderr


def _file(folder: Path, name: str, content: bytes) -> str:
    (folder / name).write_bytes(content)
    return str(folder / name)
