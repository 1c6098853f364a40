"""Finds where a text is in the repository: its file, and its line if files of its format have
lines.

The results keep file and line as they were read, without the folder, such as `reviews.csv:17`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportgen.results import InputInfo

_PACKED = (".gz", ".zst")  # whose lines no host shows
_STDIN = "stdin"


@dataclass(frozen=True, slots=True)
class TextPlace:
    """Where a text stands."""

    file: str  # seen from the top of the repository
    line: int | None  # that its record begins on; None: a format without lines, or a whole file


def place_of(
    source: str, inputs: Sequence[InputInfo], files: Mapping[str, str], folder: str | None
) -> TextPlace | None:
    """The place of a text; None where it came from no file, or from one of two of the same name.

    Args:
        source: as the results keep it.
        inputs: the files that the texts were read from.
        files: their paths in the repository by name, as far as they are known; "" for several.
        folder: in which all of them lie there; None: where they were read from.
    """
    names = [item.name for item in inputs]
    fitting = (name for name in names if source.startswith((f"{name}:", f"{name}/")))
    name = max(fitting, key=len, default=_STDIN)
    if name == _STDIN or names.count(name) > 1 or not files.get(name, name):
        return None
    file = files.get(name, name) if folder is None else "/".join(filter(None, (folder, name)))
    rest = source.removeprefix(name)
    if rest.startswith("/"):  # a folder, each of whose files is a text
        return TextPlace(file + rest, None)
    has_lines = rest[1:].isdecimal() and not name.lower().endswith(_PACKED)
    return TextPlace(file, int(rest[1:]) if has_lines else None)
