"""What a request to end the process does: before the work, in it, and in a step of it that must not
be left half-way.

The command imports this before all else, so it imports nothing that takes time.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# What asks a process to end: a key, a service manager, a terminal that is closed.
SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


def end_at_once() -> None:
    """Let an interrupt end this process in one line, since its work has not begun."""
    for number in _handled_by(signal.default_int_handler):
        signal.signal(number, _end)


@contextmanager
def ending_at_once() -> Iterator[None]:
    """Within it, where libraries are imported and nothing is begun, an interrupt ends this process:
    as an exception it may be lost in them, or come out of them as another."""
    numbers = _handled_by(signal.default_int_handler)
    end_at_once()
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.default_int_handler)


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, b"reportgen: interrupted; nothing was written\n")
    os._exit(130)


@contextmanager
def interruptible() -> Iterator[None]:
    """Within it every request to end this process is an interrupt, which cleans up before it ends;
    after it, when all is done and said, such a request ends the process without a word.

    A signal that is ignored, as `nohup` does with SIGHUP, stays ignored.
    """
    numbers = _handled_by(signal.SIG_DFL, _end)
    for number in numbers:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def held_back() -> Iterator[list[int]]:
    """Delay the first interrupt: its signal is added to the list that this yields.

    A second one raises KeyboardInterrupt as usual.
    """
    came: list[int] = []

    def wait(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if len(came) > 1:
            raise KeyboardInterrupt

    default = signal.default_int_handler
    numbers = _handled_by(default)
    for number in numbers:
        signal.signal(number, wait)
    try:
        yield came
    finally:
        for number in numbers:
            signal.signal(number, default)


def _handled_by(*handlers: object) -> list[signal.Signals]:
    """The signals with one of these handlers; none in a thread, which is never interrupted."""
    is_main = threading.current_thread() is threading.main_thread()
    return [number for number in SIGNALS if is_main and signal.getsignal(number) in handlers]
