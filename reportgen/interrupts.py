"""Keeping an interrupt out of what must not be left half done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_back() -> Iterator[list[int]]:
    """Within it a first interrupt waits: the list, empty until then, holds its signal; a second one
    is raised as ever."""
    came: list[int] = []

    def wait(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if len(came) > 1:
            raise KeyboardInterrupt

    is_main = threading.current_thread() is threading.main_thread()  # no other is interrupted
    default = signal.default_int_handler
    numbers = [n for n in _SIGNALS if is_main and signal.getsignal(n) is default]
    for number in numbers:
        signal.signal(number, wait)
    try:
        yield came
    finally:
        for number in numbers:
            signal.signal(number, default)
