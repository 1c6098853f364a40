"""A folder whose files are held open while another one takes its name."""

import os
import resource
from pathlib import Path

import pytest

from reportgen.files import ReplacedError, pin, pinned
from reportgen.files.pinned import PinnedFile

NAMES = ("a.txt", "b.txt", "none.txt", "pipe", "inner")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    (made / "inner").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "other.txt"):
        (made / name).write_text(f"the old {name}")
    os.mkfifo(made / "pipe")
    return made


def replace(folder: Path) -> None:
    """Put another folder in the place of this one, which is removed."""
    old = folder.with_name("old")
    folder.rename(old)
    folder.mkdir()
    (folder / "a.txt").write_text("the new one")
    for path in old.iterdir():
        path.rmdir() if path.is_dir() else path.unlink()
    old.rmdir()


def test_files_are_read_as_they_were(folder: Path) -> None:
    found = pin(folder, NAMES)
    replace(folder)
    with found.file("b.txt").open("rb") as stream:
        assert stream.read() == b"the old b.txt"
        assert stream.seek(-5, os.SEEK_END) == 8
        assert stream.read(3) == b"b.t"
        with pytest.raises(ValueError, match="before the beginning"):
            stream.seek(-1)
    assert found.file("a.txt").stat().st_size == len("the old a.txt")
    assert [name for name in NAMES if found.has(name)] == ["a.txt", "b.txt", "pipe", "inner"]
    assert [name for name in NAMES if found.is_held(name)] == ["a.txt", "b.txt"]
    with pytest.raises(FileNotFoundError):
        found.file("none.txt")


def test_files_are_closed_with_the_folder(folder: Path) -> None:
    found = pin(folder, NAMES)
    file = found.file("a.txt")
    assert isinstance(file, PinnedFile)
    del found
    assert os.fstat(file.number)  # the file holds the folder
    number = file.number
    del file
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)


@pytest.mark.parametrize("times", [1, 100])
def test_a_folder_that_is_replaced_while_it_is_opened_is_opened_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    opened, seen = pinned._opened, []

    def slowly(number: int, names: tuple[str, ...]) -> dict[str, int | None]:
        if len(seen) < times:
            replace(folder)
        seen.append(number)
        return opened(number, names)

    monkeypatch.setattr(pinned, "_opened", slowly)
    if times > 1:
        with pytest.raises(ReplacedError):
            pin(folder, NAMES)
        return
    with pin(folder, NAMES).file("a.txt").open("rb") as stream:
        assert stream.read() == b"the new one"


def test_where_few_files_may_be_open_they_are_opened_by_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (6, 6))
    found = pin(folder, NAMES)
    assert not found.is_held("a.txt")
    assert found.file("a.txt") == folder / "a.txt"
    assert found.has("a.txt")


def test_where_a_folder_cannot_be_held_open_files_are_opened_by_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "supports_dir_fd", set())
    found = pin(folder, NAMES)
    assert not found.is_held("a.txt")
    assert found.file("a.txt") == folder / "a.txt"
    assert not found.has("none.txt")
    replace(folder)
    assert not found.has("b.txt")
