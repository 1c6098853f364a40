"""The dialects of Markdown that hosts read, and how much each of them takes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from reportgen.errors import UsageError
from reportgen.report.fitting import Limit

FlavorName: TypeAlias = Literal["github", "gitlab", "azure", "bitbucket", "plain"]
Images: TypeAlias = Literal["svg", "png", "none"]
FLAVOR_NAMES: tuple[FlavorName, ...] = get_args(FlavorName)

LEAST = 4_000  # code points; title, headline and last line take up to so many
_NO_LIMIT = 2**62
_MARKER = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")
_LONGEST_MARKER = 64


@dataclass(frozen=True, slots=True)
class Flavor:
    """What a host makes of Markdown, and its limits."""

    usual: Limit
    most: Limit  # that --md-limit may raise it to
    folds: bool  # `<details>`
    hides_comments: bool  # `<!-- -->`; elsewhere an unused link definition is what no one sees


# A comment on GitHub: 65,536 characters in the body of a pull request, 262,144 bytes elsewhere, and
# refusals seen from 200,000 bytes on. GitLab takes a million characters, but renders slowly: the
# limit of GitHub unless it is raised. Azure takes 150,000 characters, Bitbucket 32,767 and no HTML.
_GITHUB = Limit(65_000, 200_000)
FLAVORS: Mapping[FlavorName, Flavor] = {
    "github": Flavor(_GITHUB, _GITHUB, folds=True, hides_comments=True),
    "gitlab": Flavor(_GITHUB, Limit(999_999, 999_999), folds=True, hides_comments=True),
    "azure": Flavor(
        Limit(140_000, 140_000), Limit(140_000, 140_000), folds=True, hides_comments=False
    ),
    "bitbucket": Flavor(
        Limit(32_000, _NO_LIMIT), Limit(32_000, _NO_LIMIT), folds=False, hides_comments=False
    ),
    "plain": Flavor(_GITHUB, Limit(_NO_LIMIT, _NO_LIMIT), folds=False, hides_comments=False),
}


def limit_of(name: FlavorName, characters: int | None) -> Limit:
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
    return Limit(characters, n_bytes)


def check_marker(text: str) -> None:
    """See that --id can stand in a hidden line, and be found there again.

    Raises:
        UsageError: it cannot.
    """
    if len(text) > _LONGEST_MARKER or not _MARKER.fullmatch(text):
        raise UsageError(
            f"--id {text!r}: write letters and digits with single - . _ between them, at most "
            f"{_LONGEST_MARKER}, such as headlines-june"
        )


def marker(name: FlavorName, id: str) -> str:
    """The line that a later run finds its comment by, which no reader sees."""
    if FLAVORS[name].hides_comments:
        return f"<!-- reportgen:{id} -->"
    return f"[//]: <> (reportgen:{id})"
