"""Fits a document under a limit: keeps or drops whole rows and whole parts."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from reportgen.errors import UsageError
from reportgen.report.options import FlavorName

if TYPE_CHECKING:  # the help of a command names the limits, and waits for no language
    from reportgen.report.language.language import Language


@dataclass(frozen=True, slots=True)
class LengthLimit:
    """How long a document may be."""

    characters: int  # code points
    n_bytes: int  # in UTF-8


@dataclass(frozen=True, slots=True)
class DocumentPart:
    """A piece of a document: its opening, its rows and its closing; all lines with their end."""

    head: str
    rows: tuple[str, ...] = ()
    foot: str = ""
    rank: int = 0  # parts with a low rank get room first; 0 is never left out


class _Room:
    """What is left of a limit."""

    def __init__(self, limit: LengthLimit) -> None:
        self._characters, self._bytes = limit.characters, limit.n_bytes

    def take(self, *texts: str) -> bool:
        """Take room for all of `texts`; False, and nothing taken, where there is not enough."""
        characters = sum(map(len, texts))
        n_bytes = sum(len(text.encode()) for text in texts)
        if characters > self._characters or n_bytes > self._bytes:
            return False
        self._characters -= characters
        self._bytes -= n_bytes
        return True


def fit(
    parts: Sequence[DocumentPart], limit: LengthLimit, last: Callable[[int], str]
) -> str | None:
    """The document of `parts`, in order, under `limit`; None if the parts that must stay are too
    long by themselves.

    Rows are left out from the end of a part; a part that had rows and would keep none is left out
    as a whole. `last` gives the last line for how many rows are not shown (a part without rows
    counts as one).
    """
    room = _Room(limit)
    if room.take(*(_whole(part) for part in parts)):
        return "".join(_whole(part) for part in parts)
    room = _Room(limit)
    if not room.take(last(sum(map(_rows_of, parts)))):
        return None
    shown: dict[int, str] = {}
    left_out = 0
    for place, part in sorted(enumerate(parts), key=lambda item: item[1].rank):
        rows = _taken(part, room)
        if rows is not None:
            shown[place] = part.head + "".join(rows) + part.foot
        elif part.rank == 0:
            return None
        left_out += _rows_of(part) - (len(rows or ()) if part.rows else rows is not None)
    return "".join(text for _, text in sorted(shown.items())) + last(left_out)


def _taken(part: DocumentPart, room: _Room) -> Sequence[str] | None:
    """The rows of `part` that fit; None where it is left out."""
    first = part.rows[:1]
    if not room.take(part.head, part.foot, *first):
        return None
    for index in range(1, len(part.rows)):
        if not room.take(part.rows[index]):
            return part.rows[:index]
    return part.rows


def _rows_of(part: DocumentPart) -> int:
    return max(1, len(part.rows))


def _whole(part: DocumentPart) -> str:
    return part.head + "".join(part.rows) + part.foot


LEAST = 4_000  # code points that title, headline and last line can take
_NO_LIMIT = 2**62
_MARKER = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")
_LONGEST_MARKER = 64


# How a host folds: with `<details>`, with `??? note`, or not at all.
Folds: TypeAlias = Literal["details", "admonition", "none"]


@dataclass(frozen=True, slots=True)
class Flavor:
    """What a host makes of Markdown, and its limits."""

    usual: LengthLimit
    most: LengthLimit  # that --md-limit may raise it to
    folds: Folds
    hides_comments: bool  # `<!-- -->`; elsewhere an unused link definition is the hidden line
    is_page: bool = False  # a page of its own, whose title is the first heading


# A comment on GitHub: 65,536 characters in the body of a pull request, 262,144 bytes elsewhere, and
# refusals seen from 200,000 bytes on. GitLab takes a million characters, but renders slowly: the
# limit of GitHub unless it is raised.
_GITHUB = LengthLimit(65_000, 200_000)
FLAVORS: Mapping[FlavorName, Flavor] = {
    "github": Flavor(_GITHUB, _GITHUB, folds="details", hides_comments=True),
    "gitlab": Flavor(_GITHUB, LengthLimit(999_999, 999_999), folds="details", hides_comments=True),
    "mkdocs": Flavor(
        _GITHUB,
        LengthLimit(_NO_LIMIT, _NO_LIMIT),
        folds="admonition",
        hides_comments=True,
        is_page=True,
    ),
    "plain": Flavor(_GITHUB, LengthLimit(_NO_LIMIT, _NO_LIMIT), folds="none", hides_comments=False),
}


def limit_of(name: FlavorName, characters: int | None) -> LengthLimit:
    """The limit of a flavour, or that of --md-limit.

    Raises:
        UsageError: the flavour takes less than `characters`, or they are too few for any report.
    """
    flavor = FLAVORS[name]
    if characters is None:
        return flavor.usual
    most = flavor.most.characters
    if characters > most:
        others = "--md-flavor gitlab or plain take more" if name != "gitlab" else "plain takes more"
        raise UsageError(
            f"--md-limit {characters}: {name} takes {most:,} characters at most; lower it, or "
            f"leave it out ({others})"
        )
    if characters < LEAST:
        raise UsageError(
            f"--md-limit {characters}: title and headline alone can take {LEAST:,} characters; "
            f"raise it, or leave it out ({flavor.usual.characters:,})"
        )
    n_bytes = flavor.usual.n_bytes if characters <= flavor.usual.characters else flavor.most.n_bytes
    return LengthLimit(characters, n_bytes)


def check_marker(text: str) -> None:
    """Check that --id can be written into a hidden line and found again.

    Raises:
        UsageError: it cannot.
    """
    if len(text) > _LONGEST_MARKER or not _MARKER.fullmatch(text):
        raise UsageError(
            f"--id {text!r}: write letters and digits with single - . _ between them, at most "
            f"{_LONGEST_MARKER}, such as headlines-june"
        )


def marker(name: FlavorName, id: str) -> str:
    """The hidden line by which a later run finds its comment."""
    return _hidden(name, f"reportgen:{id}")


def redacted_marker(name: FlavorName) -> str:
    """The hidden line by which a later run knows that a text holds none of the texts."""
    return _hidden(name, "reportgen redacted")


def _hidden(name: FlavorName, text: str) -> str:
    return f"<!-- {text} -->" if FLAVORS[name].hides_comments else f"[//]: <> ({text})"


def fit_page(
    parts: Sequence[DocumentPart | None],
    limit: LengthLimit,
    language: "Language",
    written: Callable[[str], str],
) -> str:
    """The page of a wiki made of those of `parts` that there are, under `limit`; `written` is a
    text as the wiki takes it.

    Raises:
        UsageError: not even title and headline fit.
    """
    allowed = language.say("brief", "bytes", n=limit.n_bytes)
    text = fit(
        [part for part in parts if part],
        limit,
        lambda n: f"\n{written(language.count('brief', 'not_shown', n, limit=allowed))}\n",
    )
    if text is None:
        raise UsageError("title and headline are too long for a page; shorten --title")
    return text
