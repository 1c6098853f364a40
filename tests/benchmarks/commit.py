"""What it costs to put a set of outputs in place so that it is all old or all new and survives a
loss of power, beside plain renames: `python tests/benchmarks/commit.py [FOLDER]`.

The set is a page, five other files and a results folder, 8 MB in all. FOLDER says which disk is
measured; by default it is that of the system's temporary folder.
"""

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from reportgen.files import Staging

TIMES = 30
FILES = {f"{i}.md": os.urandom(n) for i, n in enumerate((2_700_000, *[90_000] * 5))}
RESULTS = {f"{i}.parquet": os.urandom(40_000) for i in range(8)} | {"maps.bin": os.urandom(5 << 20)}


def staged(place: Path) -> float:
    """Write the set as reportgen does; the seconds that the commit took."""
    with Staging(force=True) as staging:
        for name, content in FILES.items():
            staging.file(place / name, content)
        fill(staging.folder(place / "results"))
        start = time.perf_counter()
        staging.commit()
        return time.perf_counter() - start


def renamed(place: Path) -> float:
    """Write the set into a folder and rename its parts; the seconds that renaming took."""
    temporary = place / "temporary"
    (temporary / "results").mkdir(parents=True)
    for name, content in FILES.items():
        (temporary / name).write_bytes(content)
    fill(temporary / "results")
    start = time.perf_counter()
    for name in FILES:
        (temporary / name).replace(place / name)
    shutil.rmtree(place / "results", ignore_errors=True)
    (temporary / "results").rename(place / "results")
    temporary.rmdir()
    return time.perf_counter() - start


def fill(folder: Path) -> None:
    """Write the files of a results folder."""
    for name, content in RESULTS.items():
        (folder / name).write_bytes(content)


def main(disk: str | None) -> None:
    """Write the set both ways in turn, and print the median of each."""
    ways: dict[str, Callable[[Path], float]] = {"commit": staged, "plain renames": renamed}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory(dir=disk) as folder:
        for name in ways:
            (Path(folder) / name).mkdir()
        for _ in range(TIMES):
            for name, write in ways.items():
                taken[name].append(write(Path(folder) / name))
    for name, seconds in taken.items():
        middle, most = (1000 * value for value in (statistics.median(seconds), max(seconds)))
        print(f"{name}: {middle:.1f} ms (median of {TIMES}), {most:.1f} ms at most")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
