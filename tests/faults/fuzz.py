"""Gives changed files to every reader of bytes that come from elsewhere; run as a program.

    python tests/faults/fuzz.py --cases 300 [--seconds S] [--only READER] [--first N] [--keep]

It prints how many cases each reader read, refused in one line, or failed at: a traceback, a death,
more than 10 s of processor time, more than 1 GB of memory, a message of several lines or of more
than 1,010 characters, a file outside of the folder of the case. With --keep the first case of each
failure goes into the corpus, which `test_fuzz.py` reads at each change.
"""

import argparse
import io
import os
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ["OMP_NUM_THREADS"] = "1"  # threads do not outlive a fork

from fuzzing.pool import Outcome, outcomes
from fuzzing.readers import READERS, Reader, case_of
from fuzzing.seeds import Files

CORPUS = Path(__file__).with_name("corpus")
SEED = "SEED"  # in a kept case: the number of the seed whose other files it has


@dataclass
class Count:
    """What came of the cases of a reader."""

    reader: str
    said: Counter[str] = field(default_factory=Counter)
    failures: dict[str, tuple[int, Outcome]] = field(default_factory=dict)  # by mark, how often

    def add(self, outcome: Outcome) -> bool:
        """Count an outcome; returns whether it is a failure of a new kind."""
        kind = "failed" if outcome.failure else "refused" if outcome.said else "read"
        self.said[kind] += 1
        if not outcome.failure:
            return False
        n, first = self.failures.get(outcome.mark, (0, outcome))
        self.failures[outcome.mark] = (n + 1, first)
        return not n

    def line(self) -> str:
        """A row of the table."""
        n, counts = self.said.total(), (self.said[k] for k in ("refused", "read", "failed"))
        return f"{self.reader:<20}{n:>8,}" + "".join(f"{count:>9,}" for count in counts)


def name_of(reader: Reader) -> str:
    """The folder of a reader in the corpus."""
    return "".join(c if c.isalnum() else "-" for c in reader.name)


def kept(case: Files, made: list[Files]) -> bytes:
    """A case as a zip: what differs from the seed that is nearest to it."""
    gaps = [[name for name in case if seed.get(name) != case[name]] for seed in made]
    nearest = min(range(len(made)), key=lambda at: len(gaps[at]))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        gone = sorted(made[nearest].keys() - case.keys())
        packed.writestr(zipfile.ZipInfo(SEED), "\n".join([str(nearest), *gone]))
        for name in gaps[nearest]:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, case[name])
    return stream.getvalue()


def opened(path: Path, made: list[Files]) -> Files:
    """The case that was kept at `path`."""
    with zipfile.ZipFile(path) as packed:
        number, *gone = packed.read(SEED).decode().split("\n")
        own = {name: packed.read(name) for name in packed.namelist() if name != SEED}
    return {name: c for name, c in made[int(number)].items() if name not in gone} | own


def corpus_of(reader: Reader) -> list[Path]:
    """The kept cases of a reader."""
    return sorted((CORPUS / name_of(reader)).glob("*.zip"))


@cache
def made_by(reader: Reader) -> list[Files]:
    """The seeds of a reader."""
    return list(reader.seeds())


def counted(
    reader: Reader, n: int, first: int = 0, seconds: float = 1e9, *, keep: bool = False
) -> Count:
    """What comes of `n` cases of a reader from the number `first` on, or of those that it reads in
    so many seconds."""
    made = made_by(reader)
    count, until = Count(reader.name), time.monotonic() + seconds

    def cases() -> Iterator[tuple[int, Files]]:
        for number in range(first, first + n):
            if time.monotonic() > until:
                return
            yield number, case_of(reader, made, number)

    for outcome, case in outcomes(reader, cases()):
        if count.add(outcome) and keep:
            content = kept(case, made)
            path = CORPUS / name_of(reader) / f"{sha256(content).hexdigest()[:10]}.zip"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return count


def main() -> None:
    """Go through the cases of all readers, and end with 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=200, help="of each reader")
    parser.add_argument("--commands", type=int, help="of each command; default: as --cases")
    parser.add_argument("--seconds", type=float, default=1e9, help="the most for each reader")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--only", help="part of the name of a reader")
    parser.add_argument("--keep", action="store_true", help="keep what failed in the corpus")
    asked = parser.parse_args()
    print(f"{'reader':<20}{'cases':>8}{'refused':>9}{'read':>9}{'failed':>9}")
    total = Count("all")
    for reader in READERS:
        if asked.only and asked.only not in reader.name:
            continue
        is_short = reader.is_command and asked.commands is not None
        n = asked.commands if is_short else asked.cases
        count = counted(reader, n, asked.first, asked.seconds, keep=asked.keep)
        total.said += count.said
        print(count.line(), flush=True)
        for mark, (times, outcome) in count.failures.items():
            print(f"  {times} x {mark} (case {outcome.number}): {outcome.failure}", flush=True)
    print(total.line())
    sys.exit(bool(total.said["failed"]))


if __name__ == "__main__":
    main()
