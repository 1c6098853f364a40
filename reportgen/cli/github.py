"""Writes for GitHub Actions: annotations of a job, and the summary of a step."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.api.options import GateChoices
from reportgen.errors import OutputError, UsageError
from reportgen.report.language.printable import visible

if TYPE_CHECKING:
    from reportgen.report.worse_texts.places import Place


def annotates(choices: GateChoices) -> bool:
    """Whether gates that did not pass are shown as annotations."""
    if choices.annotations == "auto":
        return os.environ.get("GITHUB_ACTIONS", "").lower() == "true"
    return choices.annotations == "github"


def annotation(level: str, title: str, message: str, place: "Place | None" = None) -> str:
    """The line that makes GitHub show `message` beside a job, or at a `place` in the repository;
    `level` is error or warning."""
    file, line = (None, None) if place is None else (place.file, place.line)
    named = {"file": file, "line": line, "title": title}
    properties = (f"{k}={_property(visible(str(v)))}" for k, v in named.items() if v is not None)
    return f"::{level} {','.join(properties)}::{_data(visible(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


VARIABLE = "GITHUB_STEP_SUMMARY"
MOST_BYTES = 1_000_000  # the runner refuses more than 1,048,576 of a step, and shows none of it
_LEAST_ROOM = 20_000


@dataclass(frozen=True, slots=True)
class StepSummary:
    """The file that holds the summary, and how many bytes may still be added to it."""

    path: Path
    room: int

    def add(self, text: bytes) -> None:
        """Append `text` to what is there already.

        Raises:
            OutputError: it cannot be written.
        """
        try:
            with self.path.open("ab") as stream:
                stream.write(b"\n" + text if stream.tell() else text)
        except OSError as error:
            raise OutputError(f"${VARIABLE}: cannot be written ({error.strerror})") from error


def find_step_summary(*, wanted: bool) -> StepSummary | None:
    """The summary of the step that this process runs in; None if it is not `wanted`.

    Raises:
        UsageError: this is not a step of GitHub Actions, or its summary is full.
    """
    if not wanted:
        return None
    name = os.environ.get(VARIABLE)
    if not name:
        raise UsageError(
            f"--github-summary: ${VARIABLE} is not set; on GitHub Actions it is. "
            "Elsewhere write the same with -o report.md"
        )
    path = Path(name)
    try:
        with path.open("ab") as stream:
            held = stream.tell()
    except OSError as error:
        raise UsageError(
            f"--github-summary: ${VARIABLE} cannot be written ({error.strerror})"
        ) from error
    room = MOST_BYTES - held - 1
    if room < _LEAST_ROOM:
        raise UsageError(
            f"--github-summary: the summary of this step holds {held:,} of {MOST_BYTES:,} bytes "
            "already; write less to it before, or run this in a step of its own"
        )
    return StepSummary(path, room)
