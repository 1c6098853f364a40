"""Reads cases in forked processes, so that the death of one is seen, with its signal."""

import json
import os
import resource
import signal
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any

import reportgen
from fuzzing.readers import Reader, read_case

SECONDS, WAIT = 10, 60  # of processor time for a case, and by the clock
MEMORY = 1_000_000_000  # bytes that a case may take
LONGEST = 1_010  # characters of a message, which is cut after 1,000
_ROOM = 6_000_000_000  # bytes after which the process ends, to spare the machine
_PACKAGE = str(Path(reportgen.__file__).parent)


@dataclass(frozen=True)
class Outcome:
    """What came of a case.

    Attributes:
        said: why it was refused; "" if it was read.
        failure: what no user should see; "" for none. Failures with the same `mark` are one.
    """

    number: int
    said: str = ""
    failure: str = ""
    mark: str = ""


Case = Mapping[str, bytes]


def outcomes(reader: Reader, cases: Iterator[tuple[int, Case]], at_once: int = 300) -> Iterator:
    """The outcome of each case, by number, with its files; a process reads `at_once` of them."""
    left = list(_first(cases, at_once))
    while left:
        done = 0
        for outcome in _batch(reader, left):
            yield outcome, left[done][1]
            done += 1
        left = left[done:] or list(_first(cases, at_once))


def _first(cases: Iterator[tuple[int, Case]], n: int) -> Iterator[tuple[int, Case]]:
    yield from (case for _, case in zip(range(n), cases, strict=False))


def _batch(reader: Reader, cases: Sequence[tuple[int, Case]]) -> Iterator[Outcome]:
    """The outcomes of the first cases, up to one that ends the process."""
    ours, theirs = os.pipe()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        child = os.fork()
        if not child:
            code = 1
            with suppress(BaseException):
                os.close(ours)
                _read_all(reader, cases, Path(name), theirs)
                code = 0
            os._exit(code)
        os.close(theirs)
        n = 0
        with os.fdopen(ours) as lines:
            for line in lines:
                yield Outcome(**json.loads(line))
                n += 1
        status = os.waitpid(child, 0)[1]
    if n < len(cases):
        yield Outcome(cases[n][0], failure=(died := _death(status)), mark=died)


def _death(status: int) -> str:
    if not os.WIFSIGNALED(status):
        return f"the process ended with code {os.waitstatus_to_exitcode(status)}"
    number = os.WTERMSIG(status)
    if number in (signal.SIGPROF, signal.SIGALRM):
        return f"took more than {SECONDS} s of processor time, or {WAIT} s"
    return f"died of {signal.Signals(number).name}"


def _read_all(reader: Reader, cases: Sequence[tuple[int, Case]], place: Path, pipe: int) -> None:
    """Read `cases` one after another in folders in `place`, and write each outcome as a line."""
    with Path(os.devnull).open("w") as nowhere:
        for number in (1, 2):
            os.dup2(nowhere.fileno(), number)
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)  # no handler runs in a hung read
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + _ROOM, size + _ROOM))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    scratch = place / "tmp"
    scratch.mkdir()
    tempfile.tempdir = str(scratch)
    for number, case in cases:
        outcome = _read(reader, number, case, place)
        os.write(pipe, json.dumps(vars(outcome)).encode() + b"\n")


def _read(reader: Reader, number: int, case: Case, place: Path) -> Outcome:
    folder = place / "case"
    for name, content in case.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    os.chdir(folder)
    Path("/proc/self/clear_refs").write_text("5")  # the highest use of memory counts from here
    before = _peak()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.alarm(WAIT)
    try:
        outcome = _judged(number, read_case(reader))
    except BaseException as error:
        outcome = Outcome(number, failure=_traced(error), mark=_mark(error))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
    if (taken := _peak() - before) > MEMORY and not outcome.failure:
        outcome = Outcome(number, failure=f"took {taken / 1e6:,.0f} MB", mark="memory")
    os.chdir(place)
    rmtree(folder)
    beside = sorted(path.name for path in (*place.iterdir(), *(place / "tmp").iterdir()))
    if beside != ["tmp"] and not outcome.failure:
        outcome = Outcome(number, failure=f"left {beside}", mark="left")
    for name in beside:
        if name != "tmp":
            rmtree(place / name if (place / name).exists() else place / "tmp" / name)
    return outcome


def _judged(number: int, said: str) -> Outcome:
    """Whether a message is one line of a length that is read."""
    if len(said.splitlines()) > 1:
        return Outcome(number, said, f"several lines: {said[:300]!r}", f"lines {said[:15]}")
    if len(said) > LONGEST:
        return Outcome(number, said[:100], f"{len(said)} characters: {said[:300]}", "long")
    return Outcome(number, said)


def _peak() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _traced(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)[-12:])[-3000:]


def _mark(error: BaseException) -> str:
    """The kind of an error, and the line of ours that it comes from."""
    frames: list[Any] = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(_PACKAGE)] or frames[-1:]
    return f"{type(error).__name__} {Path(own[-1].filename).name}:{own[-1].lineno}"
