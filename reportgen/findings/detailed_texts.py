"""Values of --detail (`ID,…`, `first:N`, `worst:N`, `all` or `none`) and the texts they choose."""

import re
from collections.abc import Collection, Sequence
from math import isfinite
from typing import TYPE_CHECKING

from reportgen.errors import UsageError

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings

MOST_COUNTED = 50  # texts that first:N and worst:N list first, at most
_COUNTED = re.compile(r"(first|worst):([0-9]{1,12})")


def check_detail(choice: str | None, ids: Collection[str]) -> None:
    """Check that `choice` is a value of --detail, and names only texts with one of the `ids`.

    Raises:
        UsageError: it is not, or does not.
    """
    if choice is None or choice in ("all", "none") or _COUNTED.fullmatch(choice):
        return
    if re.match(r"(first|worst):", choice) and choice not in ids:
        raise UsageError(f"--detail {choice}: write a number after the colon, such as first:20")
    known = set(ids)
    if not choice.strip(", "):
        raise UsageError(f"--detail {choice!r}: names no text; write ids, first:N, worst:N, all")
    for name in _named(choice, known):
        if name not in known:
            raise UsageError(
                f"--detail {choice}: no text has the id {name!r}; write ids of texts with commas "
                "between them, first:N, worst:N, all or none"
            )


def detailed(findings: "Findings", choice: str | None) -> tuple[tuple[int, ...], int]:
    """All rows of `texts`, those with the most detail first, and the number of rows from the start
    that may show more than a line in the list.

    Without a choice every text may, those that deserve a look first.

    Raises:
        UsageError: `choice` is not something --detail takes, or names a text that does not exist.
    """
    ids = findings.texts["text_id"].astype(str).tolist()
    check_detail(choice, ids)
    chosen = _chosen(findings, choice, ids)
    taken = set(chosen)
    return (*chosen, *(row for row in findings.order if row not in taken)), len(chosen)


def listed_first(findings: "Findings", choice: str | None) -> tuple[int, ...]:
    """The rows of `texts` that a page lists first, each once: those named by --detail, the text
    that is open first, those that deserve a look, and those with the largest errors.

    `choice` is what --detail takes; of first:N and worst:N the first MOST_COUNTED, and no more than
    without it for `all`. Only texts that were analysed are among them.
    """
    chosen: Sequence[int] = ()
    if choice is not None and choice != "all":
        chosen = _chosen(findings, choice, findings.texts["text_id"].astype(str).tolist())
        chosen = chosen[:MOST_COUNTED] if _COUNTED.fullmatch(choice) else chosen
    picked = findings.picked
    rows = dict.fromkeys((*chosen, picked.first, *picked.texts, *picked.worst))
    return tuple(row for row in rows if findings.analysed[row])


def _named(choice: str, ids: Collection[str]) -> list[str]:
    """The ids in a choice. An id that contains a comma must be given alone."""
    if choice in ids:
        return [choice]
    return [name.strip() for name in choice.split(",") if name.strip()]


def _chosen(findings: "Findings", choice: str | None, ids: Sequence[str]) -> tuple[int, ...]:
    if choice is None:
        return findings.order
    if choice in ("all", "none"):
        return tuple(range(len(ids))) if choice == "all" else ()
    if counted := _COUNTED.fullmatch(choice):
        count = int(counted[2])
        return tuple(range(len(ids)))[:count] if counted[1] == "first" else _worst(findings, count)
    rows = {name: row for row, name in reversed(list(enumerate(ids)))}
    return tuple(dict.fromkeys(rows[name] for name in _named(choice, set(ids))))


def _worst(findings: "Findings", count: int) -> tuple[int, ...]:
    """The rows with the largest error against their label; without labels, those that deserve a
    look first."""
    errors: list[float] = findings.text_figures["error"].tolist()
    known = [row for row, error in enumerate(errors) if isfinite(error)]
    if not known:
        return findings.order[:count]
    return tuple(sorted(known, key=lambda row: -errors[row])[:count])
