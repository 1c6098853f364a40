"""The summary of a step of GitHub Actions, to which a run adds its Markdown."""

import os
from dataclasses import dataclass
from pathlib import Path

from reportgen.errors import OutputError, UsageError

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
