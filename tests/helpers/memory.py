"""Work within a limit of memory."""

import multiprocessing
import resource
from collections.abc import Callable
from pathlib import Path


def within(room: int, work: Callable[[], None]) -> None:
    """Do `work` in another process that may take `room` bytes of memory more than this one."""

    def limited() -> None:
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + room, size + room))
        work()

    run = multiprocessing.get_context("fork").Process(target=limited)
    run.start()
    run.join(120)
    assert run.exitcode == 0
