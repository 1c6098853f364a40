"""Lines for a log: nothing from a user is read as a command of a continuous integration."""

import json
import re

import pytest
from bs4 import BeautifulSoup
from helpers.log_commands import HOSTILE, is_command
from hypothesis import given
from hypothesis import strategies as st

from reportgen.cli.outcome import annotation
from reportgen.report import inert
from reportgen.report.language import inert_page


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_lines_are_no_commands(text: str) -> None:
    assert any(is_command(line) for line in re.split("[\r\n]+", text.lstrip("\u202e")))
    shown = inert(text)
    assert not re.search("[\r\n]", shown)
    assert not is_command(shown)


PIECES = [*":#[] %=\n\r\t\u3000\x1b", "::", "##[", "##vso[", "##VsO[", "error"]


@given(st.lists(st.sampled_from(PIECES), max_size=20))
def test_no_line_is_a_command(pieces: list[str]) -> None:
    shown = inert("".join(pieces))
    assert not is_command(shown)
    assert len(shown.splitlines()) <= 1


@pytest.mark.parametrize("text", ["24 texts", "a::b", "# title", "#[x]", "最大50%", "a ## b"])
def test_other_lines_stay_as_they_are(text: str) -> None:
    assert inert(text) == text


@pytest.mark.parametrize("text", [*HOSTILE, "50%, and: more", "%0A::error::x"])
def test_an_annotation_is_one_command_whose_message_reads_as_it_was(text: str) -> None:
    line = annotation("error", text, text)
    assert len(re.split("[\r\n]", line)) == 1
    match = re.fullmatch(r"::error title=([^:,]*)::(.*)", line)
    assert match
    # The runner undoes the escapes in this order, per cent signs last.
    for found, escapes in ((match[1], {"%3A": ":", "%2C": ","}), (match[2], {})):
        read = found
        for escape, character in {"%0D": "\r", "%0A": "\n", **escapes, "%25": "%"}.items():
            read = read.replace(escape, character)
        shown = {"\n": "↵", "\r": "⟨U+000D⟩", "\u202e": "⟨U+202E⟩"}
        one_each = text.replace("\r\n", "\n")
        assert read == "".join(shown.get(character, character) for character in one_each)


def test_a_page_in_a_log_reads_as_the_same_and_holds_no_command() -> None:
    page = (
        b'<title>##[error]a</title><style>a{color:#fff}/* ## */</style><p title="###[x]">'
        b'##vso[task.complete]</p>\n<script type="application/json" id=d>["####[add-mask]"]'
        b'</script><script type="module">x = "##"</script>'
    )
    found = inert_page(page)
    assert found.count(b"##") == 2  # of the style sheet and the script, which are always the same
    before, after = (BeautifulSoup(side, "html.parser") for side in (page, found))
    assert after.title.get_text() == before.title.get_text()
    assert after.p.attrs == before.p.attrs
    assert after.p.get_text() == before.p.get_text()
    assert json.loads(after.select_one("#d").string) == ["####[add-mask]"]
    assert after.select("script")[1].string == before.select("script")[1].string
