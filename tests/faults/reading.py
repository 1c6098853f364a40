"""Reads results folders one after another within a limit of memory and time; run as a program.

It prints one JSON line for each folder: what was said of it ("" if it could be read), and by how
many bytes the highest use of memory so far grew.
"""

import json
import resource
import signal
import sys
from pathlib import Path

from reportgen.errors import ReportgenError
from reportgen.findings import Findings
from reportgen.results import TABLES, open_results
from reportgen.results.checks import limits

SECONDS = 20


def peak() -> int:
    """The highest use of memory so far, in bytes."""
    # Not `getrusage`: it counts what the process had that started this one.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def read(folder: Path) -> None:
    """Read everything that a report may read."""
    results = open_results(folder)
    for name in TABLES:
        getattr(results, name)
    for text in range(min(len(results.texts), 5)):
        results.tokens_of(text), results.packed_maps(text)
    assert Findings(results).notes is not None


def said_of(folder: Path) -> str:
    """What is said of `folder`; the name of an error that no user should see."""
    try:
        read(folder)
    except ReportgenError as error:
        return str(error)
    except Exception as error:
        return f"TRACEBACK {type(error).__name__}: {error}"
    return ""


def main(room: int, ordinary: Path, folders: list[Path]) -> None:
    """Read the `ordinary` folder, then `folders` in `room` bytes more than that took; a file may
    unpack to a tenth of what it may else."""
    read(ordinary)
    limits.UNPACKED //= 10
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + room, size + room))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # no handler runs in a hung read
    for folder in folders:
        before = peak()
        signal.alarm(SECONDS)
        said = said_of(folder)
        signal.alarm(0)
        print(json.dumps([said, peak() - before]), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), list(map(Path, sys.argv[3:])))
