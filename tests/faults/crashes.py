"""Ends commands, or lets the disk fail, at every call of the system that changes a file, and looks
at what is left: before the next run and after it.

    python tests/faults/crashes.py [--points 300 | --part 2/10] [--only render,compare]

Without `--points` or `--part` all calls meet all faults. A C compiler (`cc`) and Linux are needed.
Each command runs in a process that is forked from one that has loaded everything, so a case takes a
moment.
"""

import argparse
import ctypes
import gc
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FAULTS = {"killed": 1, "I/O error": 2, "full disk": 3}  # as faulty.c numbers them
TITLES = ("Old", "New")
TEMPORARY = (".reportgen-temporary-", "reportgen-temporary-", ".unfinished")
LONGEST = 120.0  # seconds that a command may take before it counts as hanging
ANALYSIS = ("--model", "model", "--evidence", "none")
# How each command is called; {title} and {texts} tell old outputs from new ones.
COMMANDS = {
    "analyze": ("analyze", "{texts}", *ANALYSIS, "-o", "out/"),
    "analyze again": ("analyze", "{texts}", *ANALYSIS, "-o", "out/", "--resume"),
    "run": ("run", "{texts}", *ANALYSIS, "-o", "out/", "-o", "page.md", "-o", "b/page.json"),
    "run redacted": (
        "run",
        "{texts}",
        *ANALYSIS,
        "-o",
        "page.md",
        "-o",
        "b/tokens.csv",
        "--redact",
    ),
    "render": ("render", "kept/", "-o", "a/page.md", "-o", "b/page.json", "-o", "b/tokens.csv"),
    "pictures": ("render", "kept/", "-o", "page.md", "-o", "page.xml", "--images", "svg"),
    "pictures go": ("render", "kept/", "-o", "page.md", "{pictures}"),
    "folder of a page": ("render", "kept/", "-o", "page/index.html", "--layout", "dir"),
    "compare": ("compare", "kept/", "other/", "-o", "compare.md", "-o", "compare.json"),
    "publish": ("publish", "{title}.md", "--to", "github-wiki", "--title", "page"),
}
UNTITLED = ("analyze", "analyze again", "publish")
WIKI = "host/o/r.wiki.git"  # where the page is published


@dataclass
class Tally:
    """What was tried of one command, and what went wrong."""

    calls: int = 0
    tried: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Failed(AssertionError):
    """A promise that was not kept."""


class Disk:
    """The library that stands before the system's own functions."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(os.environ["LD_PRELOAD"])
        self._library.faulty_end.restype = ctypes.c_long
        self._library.faulty_last.restype = ctypes.c_char_p

    def arm(self, folder: Path, fault: int, at: int) -> None:
        """Count calls on paths below `folder`; call number `at` meets `fault`."""
        self._library.faulty_arm(os.fsencode(folder), fault, ctypes.c_long(at))

    def end(self) -> tuple[int, str]:
        """End all faults: how many calls there were, and the one that met the fault."""
        n = int(self._library.faulty_end())
        return n, os.fsdecode(self._library.faulty_last())


@dataclass(frozen=True)
class Ended:
    """How a command ended in its process."""

    code: int  # negative: the signal
    output: str
    calls: int = 0
    last: str = ""


class Workplace:
    """A folder with old outputs, in which one command runs with a fault."""

    def __init__(self, kind: str, folder: Path, kept: Path, disk: Disk) -> None:
        self.kind, self.disk = kind, disk
        self.root = folder
        self.place, self.temporary = folder / "place", folder / "temporary"
        self._before = folder.with_name(f"{folder.name}-before")
        self._told = folder.with_name(f"{folder.name}-told.json")
        shutil.copytree(kept, self.place, symlinks=True)
        self.temporary.mkdir()
        self._given = {str(path) for path in self._files()}
        self.old = self._written("Old")
        if kind == "analyze again":
            self._leave_unfinished()
        shutil.copytree(folder, self._before, symlinks=True)
        self.new = self._written("New")
        if self.old == self.new:
            raise Failed(f"{kind}: old and new outputs are the same")
        self.restore()

    def _leave_unfinished(self) -> None:
        """Be killed while the outputs are made ready, once the texts are measured."""
        shutil.copytree(self.root, self._before, symlinks=True)
        n = self.run("New", fault=0).calls
        self.restore()
        self.run("New", fault=FAULTS["killed"], at=n // 2)
        shutil.rmtree(self._before)
        # What it left for the next run stays, its temporary folders go.
        for path in (*self.place.glob(f"{TEMPORARY[0]}*"), *self.temporary.iterdir()):
            shutil.rmtree(path)
        if self.outputs() != self.old or not list(self.place.glob("*.unfinished/*.zip")):
            raise Failed(f"{self.kind}: nothing to go on from")

    def _written(self, title: str) -> dict[str, str]:
        """The outputs of the command. It runs in this process, so that no process that is forked
        loads, compiles or makes anew what it needs."""
        ended = self._ended(self._call(title, None, -1))
        gc.freeze()  # nor looks for garbage in it, which would copy it
        if ended.code:
            raise Failed(f"{self.kind}: {ended.output}")
        return self.outputs()

    def restore(self) -> None:
        """Put back what was there before."""
        shutil.rmtree(self.root)
        shutil.copytree(self._before, self.root, symlinks=True)

    def run(self, title: str, fault: int | None = None, at: int = -1) -> Ended:
        """Run the command in a process of its own."""
        self._told.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            code = 99
            try:
                code = self._call(title, fault, at)
            finally:
                os._exit(code)
        return self._ended(os.waitstatus_to_exitcode(_waited_for(child)))

    def _ended(self, code: int) -> Ended:
        told = json.loads(self._told.read_bytes()) if self._told.exists() else {}
        return Ended(code, **{"output": "", **told})

    def _call(self, title: str, fault: int | None, at: int) -> int:
        from typer.testing import CliRunner

        from reportgen.cli import app
        from reportgen.cli.outcome import system_said

        os.chdir(self.place)
        tempfile.tempdir = str(self.temporary)
        if self.kind == "publish":
            host = {"SERVER_URL": (self.place / "host").as_uri(), "REPOSITORY": "o/r", "TOKEN": "x"}
            os.environ |= {f"GITHUB_{name}": value for name, value in host.items()}
        words = [self._word(word, title) for word in COMMANDS[self.kind]]
        words += [] if self.kind in UNTITLED else ["--title", title]
        if fault is not None:
            self.disk.arm(self.root, fault, at)
        words += ["--force"]
        done = CliRunner().invoke(app, [word for word in words if word])
        n_calls, last = self.disk.end()
        output = done.output
        if isinstance(done.exception, OSError):  # as `main` prints it
            output += f"reportgen: {system_said(done.exception)}\n"
        elif done.exception and not isinstance(done.exception, SystemExit):
            output += f"Traceback: {done.exception!r}\n"
        told = {"output": output, "calls": n_calls, "last": last}
        self._told.write_text(json.dumps(told), "utf-8")
        return done.exit_code

    def _word(self, word: str, title: str) -> str:
        is_new = title == "New"
        pictures = "--redact" if is_new else "--images=svg"
        return word.format(title=title, texts=f"{title}.txt", pictures=pictures)

    def _files(self) -> Iterator[Path]:
        for path in sorted(self.place.rglob("*")):
            if path.is_file():
                yield path.relative_to(self.place)

    def outputs(self) -> dict[str, str]:
        """All files but what a run reads and temporary ones, as checksums."""
        if self.kind == "publish":
            command = ["git", "ls-tree", "-r", "--format=%(path) %(objectname)", "master"]
            shown = subprocess.run(command, cwd=self.place / WIKI, capture_output=True, check=True)
            return dict(line.split() for line in shown.stdout.decode().splitlines())
        return {
            str(path): _checksum(self.place / path)
            for path in self._files()
            if str(path) not in self._given and not _is_temporary(path)
        }

    def left(self) -> list[str]:
        """Temporary files and folders that are still there."""
        beside = (path for path in self.place.rglob("*") if _is_temporary(path))
        return sorted(map(str, (*beside, *self.temporary.iterdir())))

    def open_to_others(self) -> list[str]:
        """Temporary files that another user could read."""
        found = []
        for path in self.root.rglob("*"):
            inner = path.relative_to(self.root)
            if path.is_file() and any(_is_temporary(Path(part)) for part in inner.parts):
                above = [self.root.joinpath(*inner.parts[:n]) for n in range(1, len(inner.parts))]
                modes = [stat.S_IMODE(each.stat().st_mode) for each in (*above, path)]
                if all(mode & 0o005 for mode in modes):
                    found.append(str(inner))
        return found


def _waited_for(child: int) -> int:
    """The status of a process; one that does not end is killed."""
    until = time.monotonic() + LONGEST
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise Failed("it hangs")
        time.sleep(0.002)


def _is_temporary(path: Path) -> bool:
    return any(part.startswith(TEMPORARY[:2]) or part.endswith(TEMPORARY[2]) for part in path.parts)


def _checksum(path: Path) -> str:
    from hashlib import sha256

    return sha256(path.read_bytes()).hexdigest()


def meet_fault(work: Workplace, at: int, name: str) -> bool:
    """Run a command whose call number `at` meets a fault, and check what is left; False if the
    command makes fewer calls.

    Raises:
        Failed: a promise was not kept.
    """
    work.restore()
    ended = work.run("New", FAULTS[name], at)
    is_killed = ended.code == -signal.SIGKILL
    if not is_killed and at > ended.calls:
        return False
    where = f"{work.kind}, {name} at call {at} ({ended.last}), ended with {ended.code}"

    def require(holds: bool, what: str) -> None:
        if not holds:
            raise Failed(f"{where}: {what}\n{ended.output[-2000:]}")

    found = work.outputs()
    if is_killed:
        _require_whole_files(work, found, require)
    elif ended.code == 0:
        require(found == work.new, f"code 0, but {_differing(found, work.new)}")
    else:
        require(ended.code == 1, "another exit code than 1")
        require("Traceback" not in ended.output, "a traceback")
        last = (ended.output.splitlines() or [""])[-1]
        require(last.startswith("reportgen: "), "no line that says why")
        _require_whole_files(work, found, require)
    require(not work.open_to_others(), f"others can read {work.open_to_others()[:3]}")
    again = work.run("New")
    require(again.code == 0, f"the next run ended with {again.code}: {again.output[-500:]}")
    found = work.outputs()
    require(found == work.new, f"after the next run {_differing(found, work.new)}")
    require(not work.left(), f"after the next run there is {work.left()[:3]}")
    return True


def _require_whole_files(
    work: Workplace, found: Mapping[str, str], require: Callable[[bool, str], None]
) -> None:
    """Each file is old or new, none is missing that was there, and a folder of results or of a page
    is one of both; of one that is missing the old one is put back by the next run."""
    for name, content in found.items():
        wanted = (work.old.get(name), work.new.get(name))
        require(content in wanted, f"{name} is neither old nor new")
    for name in work.old.keys() & work.new.keys() - found.keys():
        require(name.startswith(("out/", "page/")), f"{name} is missing")
    for folder in {name.partition("/")[0] for name in found if name.startswith(("out/", "page/"))}:
        inner = {name: content for name, content in found.items() if name.startswith(f"{folder}/")}
        sets = [
            {name: content for name, content in outputs.items() if name.startswith(f"{folder}/")}
            for outputs in (work.old, work.new)
        ]
        require(inner in sets, f"{folder}/ is a mixture")


def _differing(found: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    names = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
    return f"other: {', '.join(names[:5])}"


def points(
    n_calls: int, n_wanted: int | None, part: tuple[int, int] = (1, 1)
) -> list[tuple[int, str]]:
    """The calls that meet a fault, and which: all of them, `n_wanted` that are evenly spaced, or
    the part k of n."""
    every = list(product(range(1, n_calls + 1), FAULTS))[part[0] - 1 :: part[1]]
    if n_wanted is None or n_wanted >= len(every):
        return every
    step = len(every) / n_wanted
    # Each step begins at another fault, so that all of them come.
    return [every[(int(i * step) // 3) * 3 + i % 3] for i in range(n_wanted)]


def try_command(
    kind: str, folder: Path, kept: Path, disk: Disk, n_wanted: int | None, part: tuple[int, int]
) -> Tally:
    """Let the calls of one command meet faults."""
    tally, begun = Tally(), time.monotonic()
    work = Workplace(kind, folder / kind.replace(" ", "-"), kept, disk)
    tally.calls = work.run("New", fault=0).calls
    for at, name in points(tally.calls, n_wanted, part):
        try:
            if not meet_fault(work, at, name):
                continue
        except Failed as failure:
            tally.failures.append(str(failure))
        tally.tried += 1
        tally.faults[name] += 1
    tally.seconds = time.monotonic() - begun
    return tally


def prepare(folder: Path, kinds: Sequence[str]) -> Path:
    """A folder with a model, texts, results and runs, in which these commands can work."""
    from helpers.git import edit, git
    from helpers.real.models import save_model

    kept = folder / "kept"
    kept.mkdir()
    os.chdir(kept)
    save_model(kept / "model", "bert", "sequence", num_labels=1)
    # As many texts, of as many words, as redacted outputs take.
    for title, first in zip(TITLES, (0, 4), strict=True):
        texts = [f"the cat sat on mat number {number}" for number in range(first, first + 6)]
        (kept / f"{title}.txt").write_text("\n".join(texts), "utf-8")
    _call("analyze", "Old.txt", *ANALYSIS, "-o", "kept/")
    if "publish" in kinds:
        Path(WIKI).mkdir(parents=True)
        git("init", "--quiet", "--bare", "--initial-branch=master", ".", cwd=Path(WIKI))
        git("clone", "--quiet", WIKI, folder / "work", cwd=kept)
        edit(folder / "work", "Home.md", "# Home\n")
        for title in TITLES:
            _call("render", "kept", "-o", f"{title}.md", "--title", title, "--images", "none")
    shutil.copytree("kept", "other")
    return kept


def _call(*words: str) -> None:
    from typer.testing import CliRunner

    from reportgen.cli import app

    done = CliRunner().invoke(app, list(words))
    if done.exit_code:
        raise Failed(f"{' '.join(words)}: {done.output}")


def load_everything() -> None:
    """Load the libraries, and let every process that is forked load the model, build the commands
    and make each document once only."""
    import pytest
    from helpers.real.load_once import load_once
    from typer.main import get_command

    from reportgen.api import report as api_report

    patch = pytest.MonkeyPatch()
    load_once(patch)
    patch.setattr("typer.testing._get_command", cache(get_command))
    # Nor does it matter how a document is made: that of a run, as its options say, stays the same.
    patch.setattr(api_report, "make_documents", remembered(api_report.make_documents))


def remembered(make: Callable[..., object]) -> Callable[..., object]:
    """`make`, which is called once for the same run or comparison and options."""
    made: dict[str, object] = {}

    def known(runs: Any, *options: object) -> object:
        key = repr((runs.infos, *options))
        if key not in made:
            made[key] = make(runs, *options)
        return made[key]

    return known


def compile_library(folder: Path) -> Path:
    """The library of faulty.c.

    Raises:
        OSError, subprocess.CalledProcessError: there is no compiler, or it fails.
    """
    library = folder / "faulty.so"
    command = (
        "cc",
        "-shared",
        "-fPIC",
        "-O1",
        "-o",
        library,
        HERE / "faulty.c",
        "-ldl",
        "-lpthread",
    )
    subprocess.run(command, check=True)
    return library


def main() -> int:
    """Try what was asked for; how many promises were not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, help="of each command; else all")
    parser.add_argument("--part", default="1/1", help="of all points; 2/10: every tenth")
    parser.add_argument("--only", default=",".join(COMMANDS), help="these commands, with commas")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(os.path.realpath(name))
        if "faulty.so" not in os.environ.get("LD_PRELOAD", ""):
            settings = {
                "LD_PRELOAD": str(compile_library(folder)),
                "OMP_NUM_THREADS": "1",
                "SOURCE_DATE_EPOCH": "1767225600",
            }
            return subprocess.call(
                [sys.executable, __file__, *sys.argv[1:]], env={**os.environ, **settings}
            )
        sys.path[:0] = [str(HERE.parent), str(HERE)]
        disk = Disk()
        load_everything()
        kinds = given.only.split(",")
        kept = prepare(folder, kinds)
        number, n_parts = map(int, given.part.split("/"))
        run = partial(
            try_command,
            folder=folder,
            kept=kept,
            disk=disk,
            n_wanted=given.points,
            part=(number, n_parts),
        )
        print("| command | calls | tried | killed | I/O error | full disk | not kept | s |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|")
        n_failures = 0
        for kind in kinds:
            own = run(kind)
            counts = " | ".join(str(own.faults[name]) for name in FAULTS)
            print(f"| {kind} | {own.calls} | {own.tried} | {counts} |", end=" ")
            print(f"{len(own.failures)} | {own.seconds:.0f} |", flush=True)
            print(*own.failures, sep="\n\n", file=sys.stderr, flush=True)
            n_failures += len(own.failures)
        return min(n_failures, 1)


if __name__ == "__main__":
    sys.exit(main())
