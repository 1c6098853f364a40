"""The Markdown report in the summary of a step on GitHub Actions: a file that the runner reads."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.errors import OutputError, UsageError
from reportgen.report.digest.limits import Limit
from reportgen.report.language.printable import visible
from reportgen.report.options import RenderOptions

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings


def annotation(level: str, title: str, message: str) -> str:
    """The command that shows `message` beside a job on GitHub; `level` is error or warning."""
    return f"::{level} title={_property(visible(title))}::{_data(visible(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


VARIABLE = "GITHUB_STEP_SUMMARY"
MOST_BYTES = 1_000_000  # the runner refuses more than 1,048,576 of a step, and shows none of it
_LEAST_ROOM = 20_000


@dataclass(frozen=True, slots=True)
class StepSummary:
    """The file, and how many bytes may still be added to it."""

    path: Path
    room: int

    def text(self, findings: "Findings", options: RenderOptions) -> bytes:
        """What to add: the report as GitHub reads it, without pictures, which it cannot show."""
        from reportgen.report.digest.digest import make_brief
        from reportgen.report.digest.markdown import set_brief
        from reportgen.report.language.strings import load_language

        brief = make_brief(findings, options, "")
        limit = Limit(self.room, self.room)
        language = load_language(options.lang)
        return set_brief(brief, "github", limit, options.id, language, {}).encode()

    def add(self, text: bytes) -> None:
        """Write `text` behind what is there already.

        Raises:
            OutputError: it cannot be written.
        """
        try:
            with self.path.open("ab") as stream:
                stream.write(b"\n" + text if stream.tell() else text)
        except OSError as error:
            raise OutputError(f"${VARIABLE}: cannot be written ({error.strerror})") from error


def find_step_summary(*, wanted: bool) -> StepSummary | None:
    """The summary of the step this runs in; None where it is not `wanted`.

    Raises:
        UsageError: this is no step of GitHub Actions, or its summary is full.
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
