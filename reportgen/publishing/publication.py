"""What is published: a text that `reportgen` wrote in the form of a host, and what lies beside
it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import unquote

from reportgen.errors import UsageError

Form: TypeAlias = Literal["markdown", "confluence", "mediawiki"]
State: TypeAlias = Literal["created", "renewed", "unchanged"]

# How the id of a text stands in its first lines, by form; and that its texts are redacted.
_MARKERS: Mapping[Form, str] = {
    "markdown": r"\A<!-- reportgen:([A-Za-z0-9._-]+) -->",
    "mediawiki": r"\A<!-- reportgen:([A-Za-z0-9._-]+), mediawiki -->",
    # The host adds ids and schemas to its macros.
    "confluence": r'\A<p[^>]*>\s*<ac:structured-macro[^>]* ac:name="anchor"[^>]*>\s*'
    r'<ac:parameter ac:name="">reportgen-([A-Za-z0-9._-]+)</ac:parameter>',
}
_REDACTED = re.compile(r"^<!-- reportgen redacted -->", re.M)
_REDACTED_PAGE = '<ac:parameter ac:name="">reportgen-redacted</ac:parameter>'
# The pictures that a text shows, which lie beside it; what is quoted shows none.
_QUOTED = re.compile(r"<nowiki>.*?</nowiki>", re.DOTALL)
_PICTURES = re.compile(
    r"!\[[^\]\n]*\]\((img/[^)\s]+)\)"
    r'|<ri:attachment ri:filename="([^"]+)"'
    r"|\[\[File:Reportgen-([^|\]]+)\|"
)


@dataclass(frozen=True, slots=True)
class Publication:
    """A text to publish, the id by which a later run finds it, and the files that go with it."""

    id: str
    text: str
    form: Form = "markdown"
    files: Mapping[str, bytes] = field(default_factory=dict)  # by their paths beside the text
    page: str = ""  # the one of `files` that is the full page, if any
    title: str = ""  # of the page that it becomes, where it is no comment

    @property
    def is_redacted(self) -> bool:
        """Whether its texts are redacted."""
        return is_redacted(self.text)


@dataclass(frozen=True, slots=True)
class Published:
    """Where a publication stands now."""

    address: str
    state: State


def form_and_id(text: str) -> tuple[Form, str] | None:
    """The form of a `text` that `reportgen` wrote, and its id; None of any other text."""
    begin = text.lstrip("\ufeff \n\r")
    for form, marker in _MARKERS.items():
        if match := re.match(marker, begin):
            return form, match[1]
    return None


def id_of(text: str) -> str | None:
    """The id of a `text` that `reportgen` wrote; None of any other text."""
    known = form_and_id(text)
    return known[1] if known else None


def is_redacted(text: str) -> bool:
    """Whether a `text` that `reportgen` wrote says that its texts are redacted."""
    lines = text.lstrip("\ufeff \n\r").splitlines()[:2]
    is_page = any(_REDACTED_PAGE in line for line in lines[:1])
    return is_page or _REDACTED.search("\n".join(lines)) is not None


def marker_lines(publication: Publication) -> str:
    """The first lines of a text in Markdown: its id, and that its texts are redacted."""
    lines = publication.text.lstrip("\ufeff \n\r").splitlines()
    return "".join(f"{line}\n" for line in lines[: 2 if publication.is_redacted else 1])


def linked(text: str, address: str) -> str:
    """A text in Markdown with a link to the page at `address` in the line of its verdict, where it
    has none yet."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.strip() and not line.startswith(("<!--", "#")):
            if f"]({address}" not in line:
                words = line.rstrip()
                link = f" · [{address.rpartition('/')[2]}]({address})"
                lines[number] = f"{words}{link}{line[len(words) :]}"
            break
    return "".join(lines)


def read_publication(path: Path, page: Path | None = None, title: str = "") -> Publication:
    """The text at `path` with the pictures beside it, and the full `page`; `title` names what it
    becomes.

    Raises:
        UsageError: one cannot be read, or `reportgen` did not write the text.
    """
    try:
        text = _read(path).decode("utf-8-sig")
    except ValueError as error:
        raise UsageError(f"{path}: not UTF-8; name a file such as report.md") from error
    known = form_and_id(text)
    if known is None:
        raise UsageError(
            f"{path}: not a text that reportgen wrote, as its first line is no marker; write it "
            "with `reportgen run -o report.md` or -o page.xml, with render or compare"
        )
    form, id = known
    files = {name: _read(path.parent / name) for name in _pictures(text, id)}
    if page is not None:
        files[page.name] = _read(page)
    return Publication(id, text, form, files, "" if page is None else page.name, title)


def _pictures(text: str, id: str) -> Sequence[str]:
    """The paths of the pictures that `text` shows, beside it."""
    paths = (
        unquote(path) if path else f"img/{attached or uploaded.removeprefix(f'{id}-')}"
        for path, attached, uploaded in _PICTURES.findall(_QUOTED.sub("", text))
    )
    return [path for path in dict.fromkeys(paths) if ".." not in Path(path).parts]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror}); name what reportgen wrote, with img/ "
            "beside it"
        ) from error
