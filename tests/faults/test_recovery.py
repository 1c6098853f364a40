"""What a run finds beside its outputs: sets half moved, temporary folders, other runs."""

import errno
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from disk import Killed, disk
from helpers.cases import some_of

from reportgen.errors import InterruptedLateError, OutputError, UsageError
from reportgen.files import (
    Staging,
    check_target,
    make_temporary,
    recover_at,
    recover_below,
    scratch_folder,
    system,
    temporary,
)

NAMES = ("a/page.md", "b/page.json", "b/tokens.csv")


def write(folder: Path, content: str, names: tuple[str, ...] = NAMES) -> None:
    """Write one set of outputs; every file holds `content`."""
    with Staging() as staging:
        for name in names:
            staging.file(folder / name, content.encode())
        inner = staging.folder(folder / "results")
        staging.fill(inner / "results.json", content.encode())
        staging.commit()


def contents(folder: Path) -> set[str]:
    """What the files hold, temporary ones apart."""
    return {
        path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and ".reportgen-" not in str(path)
    }


def moves(folder: Path) -> list[int]:
    """The numbers of the operations that move an output to its name."""
    with disk() as counted:
        write(folder, "counted")
    return [at for at, name in enumerate(counted.seen, 1) if name in ("rename", "exchange")]


def kill(folder: Path, at: int) -> None:
    with pytest.raises(Killed), disk(at, Killed()):
        write(folder, "new")


@pytest.mark.parametrize("place", ["a/other.md", "b/other.md", "results"])
@pytest.mark.parametrize("can_exchange", [True, False])
def test_the_next_run_in_any_of_the_folders_ends_a_set_that_was_half_moved(
    tmp_path: Path, place: str, can_exchange: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if not can_exchange:
            patch.setattr(system, "exchange", _refuse)
        write(tmp_path, "old")
        *_, before_last, last = moves(tmp_path)
        for at in (before_last, last):
            write(tmp_path, "old")
            kill(tmp_path, at)
            told = recover_at([tmp_path / place])
            assert [line.split(":")[0] for line in told if "finished" in line] == [
                "finished writing of a run that was killed"
            ]
            assert contents(tmp_path) == {"new"}
    for name in ("a/x", "b/x", "x"):
        recover_at([tmp_path / name])
    assert [str(path) for path in tmp_path.rglob(".reportgen-*")] == []


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_removal_that_was_begun_is_ended_by_the_next_run(tmp_path: Path, number: int) -> None:
    """A new page, a new table, and an old picture that goes; the kill comes before each move."""

    def redact() -> None:
        with Staging() as staging:
            staging.file(tmp_path / "page.md", b"new")
            staging.file(tmp_path / "tokens.csv", b"new")
            assert staging.remove(tmp_path / "img" / "page-map.svg")
            assert not staging.remove(tmp_path / "img" / "page-map.svg")
            assert not staging.remove(tmp_path / "img" / "page-sinks.svg")
            staging.commit()

    names = ("page.md", "tokens.csv", "img/page-map.svg", "img/other-map.svg")
    write(tmp_path, "old", names)
    with disk() as counted:
        redact()
    moves = [at for at, name in enumerate(counted.seen, 1) if name in ("rename", "exchange")]
    write(tmp_path, "old", names)
    with pytest.raises(Killed), disk(moves[-number], Killed()):
        redact()
    recover_at([tmp_path / "page.md"])
    left = {path.name: path.read_text() for path in tmp_path.glob("*/*.svg")}
    assert left == {"other-map.svg": "old"}
    assert (tmp_path / "page.md").read_text() == "new"
    assert (tmp_path / "tokens.csv").read_text() == "new"
    assert [str(path) for path in tmp_path.rglob(".reportgen-*")] == []


@pytest.mark.parametrize("known", ["nothing", "mode", "folder"])
@pytest.mark.parametrize("is_removal", [True, False])
def test_a_folder_that_came_from_elsewhere_moves_nothing(
    tmp_path: Path, known: str, is_removal: bool
) -> None:
    """A repository or an archive may hold a temporary folder with a journal of any moves, such as
    of other settings of git into their place."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("mine")
    left = tmp_path / ".reportgen-theirs"
    (left / "0").mkdir(parents=True)
    (left / "0" / "config").write_text("theirs")
    number = (tmp_path / ".git").stat().st_ino if is_removal else 1
    move = {"item": str(left / "0"), "target": str(tmp_path / ".git"), "number": number}
    if is_removal:
        move |= {"item": str(left / "1"), "removes": True}
    (left / "journal.json").write_text(json.dumps([move]))
    # Who guesses the number of the folder does not know that of what it holds too.
    knows = known == "folder" and not is_removal
    owner = {"process": 1} | ({"folder": left.stat().st_ino} if knows else {})
    (left / "owner.json").write_text(json.dumps(owner))
    left.chmod(0o755 if known == "nothing" else 0o700)
    recover_at([tmp_path / "report.html"])
    assert (tmp_path / ".git" / "config").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == [".git"]


def test_a_link_is_removed_and_what_it_names_stays(tmp_path: Path) -> None:
    (tmp_path / "mine.svg").write_text("mine")
    (tmp_path / "page-map.svg").symlink_to(tmp_path / "mine.svg")
    with Staging() as staging:
        assert staging.remove(tmp_path / "page-map.svg")
        staging.commit()
    assert [path.name for path in tmp_path.iterdir()] == ["mine.svg"]


def _die(folder: Path, at: int) -> None:
    """Write a set of outputs, and kill this process at the operation number `at`."""
    with disk() as counted:
        meet = counted.meet

        def killed(name: str) -> bool:
            found = meet(name)
            if len(counted.seen) == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return found

        counted.meet = killed
        write(folder, "new")


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.whole)])
def test_after_a_real_kill_at_any_operation_the_next_run_finds_or_ends_one_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr("reportgen.files.temporary._MOMENT", 0.0)  # nobody else begins just now
    write(tmp_path, "old")
    with disk() as counted:
        write(tmp_path, "old")
    context = multiprocessing.get_context("fork")
    found = []
    for at in range(len(counted.seen), 0, -step):
        write(tmp_path, "old")
        run = context.Process(target=_die, args=(tmp_path, at))
        run.start()
        run.join()
        assert run.exitcode == -signal.SIGKILL
        recover_at([tmp_path / "a/x", tmp_path / "b/x", tmp_path / "x"])
        assert [str(path) for path in tmp_path.rglob(".reportgen-*")] == [], counted.seen[at - 1]
        assert (tmp_path / "results").is_dir()
        found += contents(tmp_path)
        assert len(contents(tmp_path)) == 1, counted.seen[at - 1]
    assert found == sorted(found)  # new down to some operation, old from there on
    assert set(found) == {"old", "new"}


def _refuse(first: Path, second: Path) -> None:
    raise system.NoExchangeError(errno.ENOSYS, "Function not implemented")


def test_a_set_that_cannot_be_ended_is_put_back(tmp_path: Path, monkeypatch) -> None:
    write(tmp_path, "old")
    *_, last = moves(tmp_path)
    write(tmp_path, "old")
    kill(tmp_path, last)
    make = system.exchange

    def refuse(first: Path, second: Path) -> None:
        if second.name == "results" and "new" in (first / "results.json").read_text():
            raise OSError(errno.EPERM, "Operation not permitted")
        make(first, second)

    monkeypatch.setattr(system, "exchange", refuse)
    told = recover_at([tmp_path / "x"])
    assert any(line.startswith("put the old outputs back") for line in told)
    assert contents(tmp_path) == {"old"}


def test_the_temporary_folder_of_a_run_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    with Staging() as staging:
        staging.file(tmp_path / "page.md", b"new")
        assert recover_at([tmp_path / "other.md"]) == ()
        staging.commit()
    assert (tmp_path / "page.md").read_bytes() == b"new"


def test_only_marked_folders_are_removed(tmp_path: Path) -> None:
    mine = tmp_path / ".reportgen-notes"
    mine.mkdir()
    (mine / "thesis.tex").write_text("mine")
    (tmp_path / ".reportgen-link").symlink_to(mine)
    left = make_temporary(tmp_path)
    left.release()
    (told,) = recover_at([tmp_path / "page.md"])
    assert told == f"{tmp_path}: removed temporary files of a run that was killed"
    assert (mine / "thesis.tex").exists()
    assert not left.path.exists()


def test_scratch_folders_of_killed_runs_are_removed_by_the_next(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    script = (
        "import os, signal, sys\n"
        "from reportgen.files.temporary import make_scratch\n"
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
        "from reportgen.files import system\n"
        "from reportgen.files.temporary import scratch_folder\n"
        "def refuse(path, last):\n"
        "    raise PermissionError(1, 'Operation not permitted', 'secret')\n"
        "system.remove_folder = refuse\n"
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


def test_what_cannot_be_swept_is_not_called_removed(tmp_path: Path, monkeypatch, caplog) -> None:
    left = make_temporary(tmp_path)
    left.release()

    def refuse(path: Path, last: str) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(system, "remove_folder", refuse)
        assert recover_at([tmp_path / "page.md"]) == ()
    (said,) = caplog.messages
    assert said.startswith(f"reportgen: {left.path}: temporary folder, cannot be removed (Input/")
    assert recover_at([tmp_path / "page.md"]) != ()
    assert not left.path.exists()


@pytest.mark.parametrize("parent", ["", "runs/one"])
def test_a_kill_at_any_file_of_a_folder_that_is_removed_leaves_it_to_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parent: str
) -> None:
    """Each call of the system that takes a name away is one point; in a published site too."""
    monkeypatch.setattr(temporary, "_MOMENT", -1)  # to wait before an empty folder counts as left
    place = tmp_path / parent
    place.mkdir(parents=True, exist_ok=True)
    for at in count(1):
        is_killed = _killed_at(at, make_temporary(place), monkeypatch)
        recover_below(tmp_path, 2) if parent else recover_at([place / "page.md"])
        assert list(place.iterdir()) == []
        if not is_killed:
            break
    assert at > 6


def _killed_at(at: int, made: temporary.Temporary, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Fill the folder and remove it until the removal of name number `at`; whether it came to
    that."""
    for name in ("texts.parquet", "inner/page.html", "a", "z"):
        (made.path / name).parent.mkdir(exist_ok=True)
        (made.path / name).write_text("secret")
    numbers = count(1)

    def meet(call: Callable[..., None], *given: object, **named: object) -> None:
        if next(numbers) >= at:  # nothing after it has any effect
            raise Killed
        call(*given, **named)

    try:
        with monkeypatch.context() as patch:
            for name in ("unlink", "rmdir"):
                patch.setattr(os, name, partial(meet, getattr(os, name)))
            made.remove()
    except Killed:
        made.release()
        return True
    return False


def _write_often(folder: Path, content: str, n_times: int) -> None:
    for _ in range(n_times):
        write(folder, content)


@pytest.mark.parametrize("n_times", [15, pytest.param(300, marks=pytest.mark.whole)])
def test_runs_side_by_side_never_mix_their_outputs(tmp_path: Path, n_times: int) -> None:
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
    assert len(contents(tmp_path)) == 1
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


@pytest.fixture
def immutable(tmp_path: Path):
    """A file that nobody may change or replace."""
    path = tmp_path / "fixed.md"
    path.write_text("old")
    if subprocess.run(["chattr", "+i", path], capture_output=True, check=False).returncode:
        pytest.skip("chattr needs rights and a file system that has it")
    yield path
    subprocess.run(["chattr", "-i", path], check=True)


def test_an_immutable_file_is_found_before_the_work_and_never_parts_a_set(immutable: Path) -> None:
    with pytest.raises(UsageError, match="it is marked as immutable or append-only"):
        check_target(immutable, force=True)
    others = [immutable.with_name(name) for name in ("a.md", "z.md")]
    for path in others:
        path.write_text("old")
    with Staging() as staging:
        for path in (others[0], immutable, others[1]):
            staging.file(path, b"new")
        with pytest.raises(OutputError, match=r"fixed\.md: cannot be written"):
            staging.commit()
    assert contents(immutable.parent) == {"old"}
    assert [path.name for path in immutable.parent.glob(".reportgen-*")] == []


@pytest.fixture
def mounted(tmp_path: Path):
    """A file that is a mount point of its own."""
    path = tmp_path / "a mount.md"
    path.write_text("old")
    bind = ["mount", "--bind", path, path]
    if subprocess.run(bind, capture_output=True, check=False).returncode:
        pytest.skip("mounting needs rights")
    yield path
    subprocess.run(["umount", path], check=True)


def test_a_mounted_file_is_found_before_the_work_and_never_parts_a_set(mounted: Path) -> None:
    with pytest.raises(UsageError, match="it is a mount point"):
        check_target(mounted, force=True)
    other = mounted.with_name("a.md")
    other.write_text("old")
    with Staging() as staging:
        staging.file(other, b"new")
        staging.file(mounted, b"new")
        with pytest.raises(OutputError, match="cannot be written"):
            staging.commit()
    assert contents(mounted.parent) == {"old"}


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
