"""What --detail takes: `ID,…` (ids of texts), `first:N`, `worst:N`, `all` or `none`."""

import re
from collections.abc import Collection

from reportgen.errors import UsageError

COUNTED = re.compile(r"(first|worst):([0-9]{1,12})")


def check_detail(choice: str | None, ids: Collection[str]) -> None:
    """See that --detail is something it takes, and names only texts there are (`ids`).

    Raises:
        UsageError: it is not, or does not.
    """
    if choice is None or choice in ("all", "none") or COUNTED.fullmatch(choice):
        return
    if re.match(r"(first|worst):", choice) and choice not in ids:
        raise UsageError(f"--detail {choice}: write a number after the colon, such as first:20")
    known = set(ids)
    if not choice.strip(", "):
        raise UsageError(f"--detail {choice!r}: names no text; write ids, first:N, worst:N, all")
    for name in named(choice, known):
        if name not in known:
            raise UsageError(
                f"--detail {choice}: no text has the id {name!r}; write ids of texts with commas "
                "between them, first:N, worst:N, all or none"
            )


def named(choice: str, ids: Collection[str]) -> list[str]:
    """The ids that a choice names; one that has a comma of its own may stand alone."""
    if choice in ids:
        return [choice]
    return [name.strip() for name in choice.split(",") if name.strip()]
