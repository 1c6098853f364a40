"""What is published: a text that `reportgen` wrote in the form of a host."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from reportgen.errors import UsageError

# The hidden first line, as a host keeps it, and the one after it where texts are redacted.
_MARKER = re.compile(r"^(?:<!-- |\[//\]: <> \()reportgen:([A-Za-z0-9._-]+)(?: -->|\))\s*?$", re.M)
_REDACTED = re.compile(r"^(?:<!-- |\[//\]: <> \()reportgen redacted(?: -->|\))\s*?$", re.M)

State: TypeAlias = Literal["created", "renewed", "unchanged"]


@dataclass(frozen=True, slots=True)
class Publication:
    """A text to publish, and the id by which a later run finds it."""

    id: str
    text: str

    @property
    def is_redacted(self) -> bool:
        """Whether its texts are redacted."""
        return is_redacted(self.text)


@dataclass(frozen=True, slots=True)
class Published:
    """Where a publication stands now."""

    address: str
    state: State


def id_of(text: str) -> str | None:
    """The id in the first line of a `text` that `reportgen` wrote; None of any other text."""
    found = _MARKER.match(text.lstrip("\ufeff \n\r"))
    return found[1] if found else None


def is_redacted(text: str) -> bool:
    """Whether a `text` that `reportgen` wrote says that its texts are redacted."""
    head = "\n".join(text.lstrip("\ufeff \n\r").splitlines()[:2])
    return _REDACTED.search(head) is not None


def read_publication(path: Path) -> Publication:
    """The Markdown at `path`.

    Raises:
        UsageError: it cannot be read, or `reportgen` did not write it.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise UsageError(
            f"{path}: cannot be read ({reason}); name a file such as report.md"
        ) from error
    id = id_of(text)
    if id is None:
        raise UsageError(
            f"{path}: not Markdown that reportgen wrote, as its first line is no marker; write it "
            "with `reportgen run -o report.md`, render or compare"
        )
    return Publication(id, text)
