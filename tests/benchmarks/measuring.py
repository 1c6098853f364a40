"""Processor time and memory of ways to do the same, for the scripts beside this module."""

import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path


def rounds_of(ways: Mapping[str, Callable[[], object]], n_rounds: int) -> list[dict[str, float]]:
    """Seconds of processor time that each way takes, by round: one after another, in an order drawn
    anew in each."""
    return [
        {way: seconds_of(ways[way]) for way in random.sample(list(ways), len(ways))}
        for _ in range(n_rounds)
    ]


def seconds_of(run: Callable[[], object]) -> float:
    """Seconds of processor time."""
    started = time.process_time()
    run()
    return time.process_time() - started


def shown(name: str, ratios: Sequence[float]) -> str:
    """A row with a median, and the lowest and the highest of its rounds."""
    middle, spread = statistics.median(ratios), f"{min(ratios):.2f} - {max(ratios):.2f}"
    return f"  {name:46} {middle:6.2f}   ({spread})"


def print_ratios(
    title: str, rounds: Sequence[Mapping[str, float]], pairs: Iterable[tuple[str, str]]
) -> None:
    """A row for each pair of ways: what the first takes in times of the second."""
    print(f"{title}: ratio of processor times, median of {len(rounds)} rounds (lowest - highest)")
    for way, beside in pairs:
        ratios = [taken[way] / taken[beside] for taken in rounds]
        print(shown(f"{way} / {beside}", ratios), flush=True)


def peak_above(run: Callable[[], object]) -> float:
    """How far `run` raises the peak of this process above what it holds now, in MB (Linux)."""
    # What came before took more for a moment: have the kernel forget that peak.
    Path("/proc/self/clear_refs").write_text("5")
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    held = pages * resource.getpagesize() / 2**20
    run()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - held


def apart(*arguments: object) -> str:
    """The last line that the running script prints with these arguments in a new process."""
    command = [sys.executable, sys.argv[0], *map(str, arguments)]
    printed = subprocess.check_output(command, text=True, stderr=subprocess.DEVNULL)
    return printed.splitlines()[-1]


def seconds_of_children() -> float:
    """Processor time of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
