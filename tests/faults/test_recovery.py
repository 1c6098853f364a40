"""What a run finds beside its outputs: temporary folders that killed runs left, and other runs."""

import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.cases import some_of

from reportgen.errors import InterruptedLateError, OutputError
from reportgen.files import Staging, make_temporary, recover_at, scratch_folder

NAMES = ("a/page.md", "b/page.json", "b/tokens.csv")


def write(folder: Path, content: str) -> None:
    """Write some outputs; every file holds `content`."""
    with Staging() as staging:
        for name in NAMES:
            staging.file(folder / name, content.encode())
        inner = staging.folder(folder / "results")
        for name in ("results.json", "maps.bin"):
            staging.fill(inner / name, content.encode())
        staging.commit()


def left_by_a_killed_run(folder: Path) -> Path:
    made = make_temporary(folder)
    assert made.lock is not None
    os.close(made.lock)
    return made.path


def test_a_folder_that_a_killed_run_moved_aside_is_put_back_and_told(tmp_path: Path) -> None:
    write(tmp_path, "old")
    left = left_by_a_killed_run(tmp_path)
    (left / "old").mkdir()
    (tmp_path / "results").rename(left / "old" / "results")
    assert recover_at([tmp_path / "results"]) == (
        f"{tmp_path}/results: put back, as a run was killed while it replaced it",
        f"{tmp_path}: removed temporary files of a run that was killed",
    )
    assert (tmp_path / "results" / "maps.bin").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "results"]


def test_what_a_temporary_folder_holds_never_replaces_anything(tmp_path: Path) -> None:
    write(tmp_path, "mine")
    theirs = left_by_a_killed_run(tmp_path) / "old" / "results"
    shutil.copytree(tmp_path / "a", theirs)
    recover_at([tmp_path / "results"])
    assert (tmp_path / "results" / "maps.bin").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "results"]


def test_a_folder_that_cannot_be_replaced_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "old")
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if target == tmp_path / "results" and path.parent.name != "old":
            raise PermissionError(1, "Operation not permitted")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    names = "page.md, page.json, tokens.csv"
    with pytest.raises(OutputError, match=f"not permitted.*; already written: {names}"):
        write(tmp_path, "new")
    assert {path.read_text() for path in tmp_path.glob("[ab]/*")} == {"new"}
    assert {path.read_text() for path in tmp_path.glob("results/*")} == {"old"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "results"]


def test_the_temporary_folder_of_a_run_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    with Staging() as staging:
        staging.file(tmp_path / "page.md", b"new")
        assert recover_at([tmp_path / "other.md"]) == ()
        staging.commit()
    assert (tmp_path / "page.md").read_bytes() == b"new"


def test_only_temporary_folders_are_removed(tmp_path: Path) -> None:
    mine = tmp_path / ".reportgen-temporary-notes"
    mine.mkdir()
    (mine / "thesis.tex").write_text("mine")
    (tmp_path / ".reportgen-temporary-12345678").symlink_to(mine)
    left = left_by_a_killed_run(tmp_path)
    (told,) = recover_at([tmp_path / "page.md"])
    assert told == f"{tmp_path}: removed temporary files of a run that was killed"
    assert (mine / "thesis.tex").exists()
    assert not left.exists()


def test_scratch_folders_of_killed_runs_are_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    script = (
        "import os, signal\n"
        "from reportgen.files import make_scratch\n"
        "(make_scratch().path / 'texts').write_text('secret')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.rglob("texts")] == ["texts"]
    with scratch_folder() as folder:
        assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert list(tmp_path.iterdir()) == []


def test_a_temporary_folder_that_stays_is_told_in_one_line_without_what_it_holds(
    tmp_path: Path,
) -> None:
    script = (
        "import shutil\n"
        "from reportgen.files import scratch_folder\n"
        "def refuse(path):\n"
        "    raise PermissionError(1, 'Operation not permitted', 'secret')\n"
        "shutil.rmtree = refuse\n"
        "with scratch_folder() as folder:\n"
        "    (folder / 'secret').write_text('secret')\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    (left,) = tmp_path.iterdir()
    assert done.stderr == (
        f"reportgen: {left}: temporary folder, cannot be removed (Operation not permitted); "
        "remove it yourself\n"
    )


def _write_often(folder: Path, content: str, n_times: int) -> None:
    for _ in range(n_times):
        recover_at([folder / "results"])
        write(folder, content)


@pytest.mark.parametrize("n_times", [15, pytest.param(300, marks=pytest.mark.whole)])
def test_of_runs_side_by_side_each_output_is_whole(tmp_path: Path, n_times: int) -> None:
    write(tmp_path, "0")
    context = multiprocessing.get_context("fork")
    runs = [
        context.Process(target=_write_often, args=(tmp_path, str(number), n_times))
        for number in range(3)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0, 0, 0]
    assert {path.read_text() for path in tmp_path.glob("[ab]/*")} <= {"0", "1", "2"}
    assert len({path.read_text() for path in tmp_path.glob("results/*")}) == 1
    assert [str(path) for path in tmp_path.rglob(".reportgen-*")] == []


def test_a_file_that_appeared_while_a_run_went_on_is_kept_without_force(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    with Staging(force=False) as staging:
        staging.file(page, b"new")
        page.write_text("another's")
        with pytest.raises(OutputError, match="another program wrote it while this one ran"):
            staging.commit()
    assert page.read_text() == "another's"


def test_an_error_after_the_outputs_are_in_place_names_them(tmp_path: Path) -> None:
    for raised, expected in (
        (KeyboardInterrupt(), InterruptedLateError),
        (OutputError("standard output: cannot be written"), OutputError),
    ):
        with pytest.raises(expected, match=r"already written: page\.md"), Staging() as staging:  # noqa: PT012
            staging.file(tmp_path / "page.md", b"new")
            staging.commit()
            raise raised
        assert (tmp_path / "page.md").read_bytes() == b"new"


@pytest.mark.parametrize(
    "number", some_of([signal.SIGINT, signal.SIGTERM, signal.SIGHUP], signal.SIGTERM)
)
def test_a_signal_in_the_first_moment_ends_in_one_line(number: int) -> None:
    run = [sys.executable, "-m", "reportgen", "--help"]
    for delay in (0.05, 0.1, 0.2):
        process = subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(delay)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        # Until the first module is there, which says what an interrupt does, only the interpreter
        # can answer.
        files = re.findall(rb'File ".*/reportgen/(.+?)"', said)
        assert set(files) <= {b"__main__.py", b"__init__.py", b"interrupts.py"}, said
