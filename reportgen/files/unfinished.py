"""The folder in which a run keeps what it has done until its outputs are written."""

import logging
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from reportgen.errors import (
    EngineError,
    InterruptedLateError,
    OutputError,
    ReportgenError,
    UsageError,
    is_interrupt,
    unwritten,
)
from reportgen.files import system
from reportgen.files.temporary import remove_at_once
from reportgen.interrupts import held_back

SUFFIX = ".unfinished"
_FACTS = ("run.json",)  # what a run without results leaves
_LOG = logging.getLogger(__name__)
_NEXT = "go on with --resume, or give --force to start anew"


def check_unfinished(output: Path, *, resume: bool, force: bool) -> None:
    """Check that a run may begin, before any work is done.

    Raises:
        UsageError: an earlier run left results beside `output`, and neither is given.
    """
    unfinished = Unfinished(_beside(output))
    unfinished.require_own()
    if unfinished.has_results and not (resume or force):
        raise UsageError(
            f"{unfinished.path.name}: a run that did not end left its results; {_NEXT}"
        )


def _beside(output: Path) -> Path:
    path = Path(os.path.realpath(output))
    return path.with_name(path.name + SUFFIX)


@dataclass
class Unfinished:
    """What a run keeps.

    Attributes:
        lines: for the user, what was found when the run began.
    """

    path: Path
    lines: list[str] = field(default_factory=list)
    is_found: bool = False  # an earlier run left results there

    def is_lost_by(self, error: BaseException) -> bool:
        """Whether nothing can go on from its results after `error`, a user's mistake; those of an
        earlier run are not touched."""
        is_mistake = isinstance(error, ReportgenError)
        return is_mistake and not self.is_found and not isinstance(error, OutputError | EngineError)

    def require_own(self) -> None:
        """Check that the folder, if there is one, is the user's: others may have put a link there.

        Raises:
            UsageError: it is a link, or belongs to another user.
        """
        try:
            status = self.path.lstat()
        except OSError:  # not there, or no name that can be written, which is told later
            return
        if stat.S_ISLNK(status.st_mode):
            raise UsageError(f"{self.path.name}: a link; remove it, or name another --output")
        if sys.platform != "win32" and status.st_uid != os.geteuid():
            raise UsageError(f"{self.path.name}: belongs to another user; name another --output")

    @property
    def has_results(self) -> bool:
        """Whether there is anything to go on from."""
        try:
            return any(self.path.glob("*.zip"))
        except OSError:  # such as of a name that is too long to be written
            return False


def keep(path: Path, content: bytes) -> None:
    """Write a file that is whole and on the disk when it has its name.

    What has the name of its part is replaced: a link would be written through, a pipe waited for.

    Raises:
        OutputError: the disk is full or fails.
    """
    beside = path.with_suffix(".part")
    try:
        if os.path.lexists(beside):
            system.remove(beside)
        system.write(beside, content)
        system.sync(beside)
        system.rename(beside, path)
    except OSError as error:
        raise unwritten(path, error) from error


@contextmanager
def unfinished_run(output: Path, *, resume: bool, force: bool) -> Iterator[Unfinished]:
    """The folder beside `output` in which a run keeps what it has done.

    It stays if anything was done, unless the run has it removed in one set with the outputs
    (`Staging.remove_folder`). Only a user's mistake, after which nothing can go on, removes what
    this run has done itself.

    Args:
        resume: go on from what an earlier run left there.
        force: remove that otherwise.

    Raises:
        UsageError: an earlier run left something there and neither is given; or a run is at work
            there.
        OutputError: the folder cannot be made.
        InterruptedLateError: in place of an interrupt, if something is kept.
    """
    check_unfinished(output, resume=resume, force=force)
    path = _beside(output)
    missing = [folder for folder in path.parents if not folder.exists()]
    try:
        unfinished, lock = _opened(path)
    except OSError as error:
        raise unwritten(path, error) from error
    try:
        _settle(unfinished, resume=resume)
        yield unfinished
    except BaseException as error:
        with held_back():
            if not unfinished.has_results or unfinished.is_lost_by(error):
                _remove(unfinished, missing)
                raise
        if is_interrupt(error):
            raise InterruptedLateError(
                f"interrupted; nothing was written, but what was done is kept in "
                f"{unfinished.path.name}: go on with --resume"
            ) from error
        raise
    finally:
        if lock is not None:
            os.close(lock)


def _opened(path: Path) -> tuple[Unfinished, int | None]:
    """The folder, which is made where there is none, and the lock on it; None where the file system
    knows no locks."""
    system.make_folder(path)
    Unfinished(path).require_own()
    system.set_mode(path, 0o700)  # it holds texts
    try:
        lock = system.lock(path)
    except OSError:
        return Unfinished(path), None
    if lock is None:
        raise UsageError(f"{path.name}: another run is at work there; wait for it to end")
    return Unfinished(path), lock


def _settle(unfinished: Unfinished, *, resume: bool) -> None:
    """Decide what becomes of the results of an earlier run."""
    unfinished.is_found = unfinished.has_results
    if unfinished.is_found and resume:
        return
    for item in unfinished.path.iterdir():
        if unfinished.is_found or item.name in _FACTS:  # nothing that may be somebody else's
            system.remove(item)
    if unfinished.is_found:
        unfinished.lines.append(
            f"reportgen: removed {unfinished.path.name}, which an earlier run left"
        )
    elif resume:
        unfinished.lines.append(f"reportgen: no {unfinished.path.name}; the run starts anew")
    unfinished.is_found = False


def _remove(unfinished: Unfinished, made: list[Path]) -> None:
    """Remove the folder, and those of its parents that were `made` for it and are empty.

    If it stays, one line on standard error says so, as it may hold texts.
    """
    try:
        if unfinished.path.exists():  # else it has become an output
            remove_at_once(unfinished.path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        _LOG.warning(
            "reportgen: %s: cannot be removed (%s); remove it yourself", unfinished.path, reason
        )
    for folder in made:
        with suppress(OSError):  # not empty: an output is in it
            system.remove_empty(folder)
