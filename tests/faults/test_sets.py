"""A run's outputs change as one set: after any failure, and after any kill and a rerun, they are
all old or all new."""

import errno
import json
import shutil
from collections.abc import Iterator, Mapping
from itertools import cycle
from pathlib import Path

import pytest
from disk import Killed, disk
from helpers.real.load_once import load_once
from helpers.real.models import SENTENCES, save_model
from typer.testing import CliRunner

from reportgen import open_report
from reportgen.api import report as api_report
from reportgen.cli import app
from reportgen.cli.outcome import system_said
from reportgen.errors import OutputError

TEXTS = SENTENCES[:2]
FAULTS = {
    "I/O error": OSError(errno.EIO, "Input/output error"),
    "full disk": OSError(errno.ENOSPC, "No space left on device"),
    "killed": Killed(),
}
# What a command writes, and how it is called. The first title is that of the old outputs.
TITLES = ("Old", "New")
RUNS = {
    "render": ["render", "kept/", "-o", "a/page.md", "-o", "b/page.json", "-o", "b/tokens.csv"],
    "pictures": ["render", "kept/", "-o", "page.md", "-o", "page.xml", "--images", "svg"],
    "redacted": ["render", "kept/", "-o", "page.md", "--images", "svg"],
    "folder of a page": ["render", "kept/", "-o", "page/index.html", "--layout", "dir"],
    "compare": ["compare", "kept/", "kept/", "-o", "compare.md", "-o", "compare.json"],
    "run": ["run", "texts.txt", "-o", "out/", "-o", "page.md", "-o", "page.json"],
    "analyze": ["analyze", "texts.txt", "-o", "out/"],
}


@pytest.fixture(scope="module", autouse=True)
def _models_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        load_once(patch)
        yield


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "bert", "bert", "sequence", num_labels=1)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    """A folder with texts and results, in which every command can work."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "texts.txt").write_text("\n".join(SENTENCES), "utf-8")
    done = CliRunner().invoke(
        app,
        ["analyze", str(folder / "texts.txt"), "--model", str(model), "-o", str(folder / "kept")],
    )
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(autouse=True)
def _documents_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written does not matter here, so it is made once for each title."""
    made: dict[tuple, Mapping] = {}
    make = api_report.make_documents

    def remembered(runs, outputs, options):
        key = (tuple(outputs), options.title, getattr(options, "images", None))
        if key not in made:
            made[key] = make(runs, outputs, options)
        return made[key]

    monkeypatch.setattr(api_report, "make_documents", remembered)
    # Nor does what is said of a report, for which all its figures would be computed.
    monkeypatch.setattr("reportgen.cli.outcome.account_lines", lambda *given: [])


class Workplace:
    """A folder with old outputs, in which one command runs with a fault."""

    def __init__(self, kind: str, folder: Path, kept: Path, model: Path, monkeypatch) -> None:
        self.kind, self.folder, self.model = kind, folder, model
        (folder / "temporary").mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(folder / "temporary"))
        self.place = folder / "place"
        shutil.copytree(kept, self.place)
        monkeypatch.chdir(self.place)
        self.old = self._written("Old")
        self._kept = shutil.copytree(self.place, folder / "old")
        self.new = self._written("New")
        assert self.old != self.new

    def _written(self, title: str) -> dict[str, bytes]:
        code, output = self.run(title)
        assert code == 0, output
        return self.outputs()

    def restore(self) -> None:
        """Put the old outputs back."""
        for path in self.place.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(self._kept, self.place, dirs_exist_ok=True)

    def run(self, title: str) -> tuple[int, str]:
        # An analysis has no title: the number of its texts tells old from new.
        n_texts = 1 + TITLES.index(title)
        (self.place / "texts.txt").write_text("\n".join(TEXTS[:n_texts]), "utf-8")
        analyses = self.kind in ("run", "analyze")
        more = ["--model", str(self.model), "--evidence", "none"] if analyses else []
        titled = ["--title", title] if self.kind != "analyze" else []
        if self.kind == "redacted" and title == "New":
            more += ["--redact", "--images", "none"]  # old pictures are removed
        done = CliRunner().invoke(app, [*RUNS[self.kind], *more, *titled, "--force"])
        said = ""
        if isinstance(done.exception, OSError):  # as `main` prints it
            said = f"reportgen: {system_said(done.exception)}\n"
        return done.exit_code, done.output + said

    def outputs(self) -> dict[str, bytes]:
        """All files but what a run reads and temporary ones; times are left out."""
        return {
            name: path.read_bytes() if path.name != "results.json" else _without_times(path)
            for path in sorted(self.place.rglob("*"))
            if path.is_file()
            and ".reportgen-" not in str(path)
            and ".unfinished" not in str(path)  # what a run keeps to go on from
            and not (name := str(path.relative_to(self.place))).startswith(("kept/", "texts.txt"))
        }

    def left(self) -> list[str]:
        """Temporary files and folders that are still there."""
        kinds = ("*reportgen-*", "*.unfinished")
        return [str(path) for kind in kinds for path in self.folder.rglob(kind)]


def _without_times(path: Path) -> bytes:
    info = json.loads(path.read_bytes())
    return json.dumps(
        {"n": info["n_texts"] if "n_texts" in info else len(path.read_bytes())}
    ).encode()


def meet_fault(work: Workplace, at: int, name: str) -> bool:
    """Run a command whose operation number `at` meets a fault, and check what is left; False if the
    command has fewer operations."""
    old, new = work.old, work.new
    work.restore()
    with disk(at, FAULTS[name]) as counted:
        try:
            code, output = work.run("New")
        except Killed:
            code, output = None, ""
    where = f"{name} at {at}: {counted.seen[-1:]}\n{output}"
    if at > len(counted.seen):
        assert code == 0, where
        return False
    if code == 0:
        assert work.outputs() == new, where
    elif code is not None:
        assert code == 1, where
        assert "Traceback" not in output, where
        assert output.splitlines()[-1].startswith("reportgen: "), where
        is_written = "already written" in output
        assert work.outputs() == (new if is_written else old), where
    # After a kill too, the next run ends what was begun, sweeps, and succeeds.
    assert work.run("New")[0] == 0, where
    assert work.outputs() == new, where
    assert work.left() == [], where
    return True


@pytest.mark.parametrize("kind", RUNS)
def test_after_a_fault_at_any_operation_the_outputs_are_all_old_or_all_new(
    kind: str, tmp_path: Path, kept: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One fault after the other, at every sixteenth operation of the kind that removes outputs too;
    of the others at every 32nd; of the rows that a table gets the first and last count."""
    work = Workplace(kind, tmp_path, kept, model, monkeypatch)
    work.restore()
    with disk() as counted:
        work.run("New")
    rows = [at for at, name in enumerate(counted.seen, 1) if name == "append.write"]
    places = sorted(set(range(1, len(counted.seen) + 1)) - set(rows[1:-1]))
    places = places[:: 16 if kind == "redacted" else 32]
    for at, fault in zip(places, cycle(FAULTS), strict=False):
        assert meet_fault(work, at, fault)


@pytest.mark.whole
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", RUNS)
def test_after_each_fault_at_every_operation_the_outputs_are_all_old_or_all_new(
    kind: str, fault: str, tmp_path: Path, kept: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Workplace(kind, tmp_path, kept, model, monkeypatch)
    at = 1
    while meet_fault(work, at, fault):
        at += 1


def test_saving_results_from_python_meets_a_full_disk_as_the_command_does(
    tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = open_report(kept / "kept")
    outputs = [f"{tmp_path}/out/", str(tmp_path / "page.md")]
    with disk() as counted:
        report.save(*outputs)
    copies = [at for at, name in enumerate(counted.seen, 1) if name == "copy"]
    before = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(copies) == len(list((kept / "kept").iterdir()))
    for at in copies:
        with disk(at, FAULTS["full disk"]), pytest.raises(OutputError, match="make room"):
            report.save(*outputs, title="New")
        assert {p.name: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
