"""Interrupts that wait until a step is done that must not be left half-way."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# What asks a process to end: a key, a service manager, a terminal that is closed.
SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


def interrupt_on_every_signal() -> None:
    """Treat every request to end this process as an interrupt, which cleans up before it ends.

    A signal that is ignored, as `nohup` does with SIGHUP, stays ignored.
    """
    for number in SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


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

    is_main = (
        threading.current_thread() is threading.main_thread()
    )  # other threads are never interrupted
    default = signal.default_int_handler
    numbers = [n for n in SIGNALS if is_main and signal.getsignal(n) is default]
    for number in numbers:
        signal.signal(number, wait)
    try:
        yield came
    finally:
        for number in numbers:
            signal.signal(number, default)
