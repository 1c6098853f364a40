"""Escapes text for Markdown, so that it reads exactly as it is."""

import re
import shlex
from collections.abc import Sequence

from reportgen.report.components import Span
from reportgen.report.language.printable import FROM_RIGHT, visible

# Unseen characters are chips by the time these are put in, so they are never the text's own.
_BREAK = "\u200b"
_OPEN, _CLOSE = "\ue000", "\ue001"  # around what is in bold, until all is escaped
_APART, _AGAIN = "\ue002", "\ue003"  # around what runs from right to left, likewise
_ESCAPES = str.maketrans(
    {character: f"\\{character}" for character in "\\`*_[]{}#"}
    | {
        "~": "&#126;",
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "|": "&#124;",
        "$": "&#36;",
        _BREAK: "&#8203;",
        _APART: "&#8296;",  # the isolates of Unicode's bidirectional algorithm, FSI and PDI
        _AGAIN: "&#8297;",
    }
)
# GitHub and GitLab make links, mentions, references and emoji of these after Markdown is done, so
# that no escape helps. An unseen break is put at these places.
_LINKS = re.compile(
    r"""
      (?<=@)(?=\S)                # @name, name@host
    | (?<=[#!$&^])(?=\d)          # #12 issue, !12 merge request, $12 snippet, &12 epic, ^12 alert
    | (?<=[%~])(?=[a-z0-9_"])     # %milestone, ~label
    | (?<=(?<![a-z0-9])gh-)(?=\d) # GH-12
    | (?<=:)(?=[\w+-]+:)          # :emoji:
    | (?<=:)(?=//)                # https://
    | (?<=www)(?=\.)              # www.
    | (?<=:)(?=:)                 # ::error, read as a command where a log begins with it
    | (?<=\#)(?=\#)               # ##[error] and ##vso[...], read as commands anywhere in a log
    | (?<=\[)(?=\[)               # [[page]], a link of wikis
    | (?<=data)(?=:)|(?<=style)(?==)  # what some hosts refuse even as text
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NOT_IN_CODE = re.compile(r"[<`]|::|##|data:|style=", re.IGNORECASE)
# Where a very long word may be wrapped, so that it does not push the other columns out of a table.
_LONG = re.compile(r"[!-~]{20}(?=[!-~])")
# The beginning of a line that makes it a list or an underline; the escape is put after the match.
_BLOCK_START = re.compile(r"\d+(?=[.)](\s|$))|(?=[-+](\s|$))|(?=[-=][-=\s]*$)")


def escape(text: str, *, wraps: bool = False) -> str:
    """`text` as Markdown that reads as exactly that text, on one line and inside a table's cell.

    Nothing in it is markup, HTML, a link, a mention, a reference or a command of a log; unseen
    characters are chips. Where it `wraps`, a very long word may be broken over lines; a copy of it
    then contains the unseen breaks.
    """
    escaped = _escaped(visible(text).strip(" "), wraps=wraps)
    start = _BLOCK_START.match(escaped)
    return f"{start[0]}\\{escaped[start.end() :]}" if start else escaped


def escape_spans(spans: Sequence[Span], *, wraps: bool = False) -> str:
    """As `escape`, with what is strong in bold; for a cell or behind a bullet."""
    if not any(span.is_strong for span in spans):
        return escape("".join(span.text for span in spans), wraps=wraps)
    marked = "".join(
        f"{_OPEN}{visible(span.text)}{_CLOSE}" if span.is_strong else visible(span.text)
        for span in spans
        if span.text
    )
    # What begins like a list behind a bullet begins with it still where the bold does not.
    escaped = _escaped(marked.strip(" "), wraps=wraps)
    start = _BLOCK_START.match(escaped)
    if start:
        escaped = f"{start[0]}\\{escaped[start.end() :]}"
    return re.sub(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}", _bold, escaped)


def shell_line(command: str) -> str:
    """A command line for a block of code, where nothing can be escaped. Words with markup, with the
    beginning of a log's command or with unseen characters are written as `$'...'`, which a shell
    reads as the same."""
    return " ".join(map(_shell_word, shlex.split(command)))


def _shell_word(word: str) -> str:
    if visible(word) == word and not _NOT_IN_CODE.search(word):
        return shlex.quote(word)
    return "$'" + "".join(map(_shell_character, word)) + "'"


def _shell_character(character: str) -> str:
    if character in "'\\":
        return f"\\{character}"
    if character in "<`:#=" or visible(character) != character:
        code = ord(character)
        return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"
    return character


def _bold(match: re.Match[str]) -> str:
    """Stars hold next to letters only, so anything else inside them gets an unseen neighbour."""
    inside = match[1]
    before = "" if inside[:1].isalnum() else _BREAK
    after = "" if inside[-1:].isalnum() else _BREAK
    return f"**{before}{inside}{after}**"


def _escaped(shown: str, *, wraps: bool) -> str:
    apart = FROM_RIGHT.sub(rf"{_APART}\g<0>{_AGAIN}", shown)
    broken = _LINKS.sub(_BREAK, apart)
    if wraps:
        broken = _LONG.sub(lambda match: match[0] + _BREAK, broken)
    return broken.translate(_ESCAPES)
