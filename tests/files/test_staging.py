"""Outputs that are whole or not there."""

import errno
import os
import shutil
import signal
import stat
from pathlib import Path

import pytest

from reportgen.errors import OutputError, ResultsError, UsageError
from reportgen.files import (
    RESULTS_FILES,
    Staging,
    check_page_folder,
    check_target,
    keep,
)
from reportgen.files.destinations import PAGE_FILES
from reportgen.results import TABLES


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_nothing_is_there_until_it_is_committed(tmp_path: Path) -> None:
    with Staging() as staging:
        staging.file(tmp_path / "new" / "report.html", b"whole")
        inner = staging.folder(tmp_path / "results")
        (inner / "results.json").write_text("{}")
        assert not (tmp_path / "new" / "report.html").exists()
        assert not (tmp_path / "results").exists()
        staging.commit()
    assert (tmp_path / "new" / "report.html").read_bytes() == b"whole"
    assert left_over(tmp_path / "results") == ["results.json"]
    assert left_over(tmp_path) == ["new", "results"]


def test_a_failure_leaves_the_old_file_whole(tmp_path: Path) -> None:
    old = tmp_path / "report.html"
    old.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), Staging() as staging:  # noqa: PT012
        staging.file(old, b"new")
        staging.folder(tmp_path / "results")
        raise KeyboardInterrupt
    assert old.read_bytes() == b"old"
    assert left_over(tmp_path) == ["report.html"]


def test_a_results_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    old = tmp_path / "results"
    old.mkdir()
    (old / "results.json").write_text("old")
    (old / "maps.bin").write_text("old")
    with Staging() as staging:
        (staging.folder(old) / "results.json").write_text("new")
        staging.commit()
    assert left_over(old) == ["results.json"]
    assert (old / "results.json").read_text() == "new"
    assert left_over(tmp_path) == ["results"]


def test_a_name_as_long_as_names_may_be(tmp_path: Path) -> None:
    target = tmp_path / ("あ" * 80 + ".html")
    for content in (b"old", b"new"):
        with Staging() as staging:
            staging.file(target, content)
            staging.commit()
    assert target.read_bytes() == b"new"
    with pytest.raises(UsageError, match="cannot be written"):
        check_target(tmp_path / ("x" * 300 + ".html"), force=False)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_disk_that_is_full_or_fails_is_no_mistake_in_a_command(
    tmp_path: Path, monkeypatch, number: int
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("reportgen.files.destinations.tempfile.TemporaryFile", full)
    for check in (check_target, check_page_folder):
        with pytest.raises(OutputError, match="cannot be written"):
            check(tmp_path / "new" / "report.html", force=False)
    number = errno.EROFS
    with pytest.raises(UsageError, match="Read-only"):
        check_target(tmp_path / "report.html", force=False)


def test_what_cannot_be_read_is_not_said_to_be_unwritable(tmp_path: Path, monkeypatch) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "maps.bin").write_bytes(b"x")
    (source / "gone").symlink_to("nowhere")
    told = r"source/gone: cannot be read \(No such file"
    with pytest.raises(ResultsError, match=told), Staging() as staging:
        staging.copy({path.name: path for path in source.iterdir()}, tmp_path / "copy")
    assert left_over(tmp_path) == ["source"]
    (source / "gone").unlink()
    with Staging() as staging:
        staging.copy({path.name: path for path in source.iterdir()}, tmp_path / "copy")
        staging.commit()
    assert (tmp_path / "copy" / "maps.bin").read_bytes() == b"x"


def test_a_new_file_has_ordinary_permissions(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with Staging() as staging:
            staging.file(tmp_path / "report.html", b"x")
            staging.folder(tmp_path / "results")
            staging.commit()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "report.html").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "results").stat().st_mode) == 0o750


def test_a_link_keeps_pointing_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real.html").write_bytes(b"old")
    (tmp_path / "link.html").symlink_to(tmp_path / "real.html")
    with Staging() as staging:
        staging.file(tmp_path / "link.html", b"new")
        staging.commit()
    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "real.html").read_bytes() == b"new"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        Staging() as staging,
        pytest.raises(OutputError, match=r"file/report\.html: cannot be written"),
    ):
        staging.file(tmp_path / "file" / "report.html", b"x")
    with Staging() as staging, pytest.raises(OutputError, match="cannot be written"):
        staging.folder(tmp_path / "file" / "results")


def test_what_exists_needs_force(tmp_path: Path) -> None:
    report, results = tmp_path / "report.html", tmp_path / "results"
    check_target(report, force=False)
    check_target(results, force=False, is_folder=True)
    report.write_text("")
    results.mkdir()
    check_target(results, force=False, is_folder=True)  # empty, so nothing is lost
    (results / "results.json").write_text("")
    with pytest.raises(UsageError, match="--force"):
        check_target(report, force=False)
    with pytest.raises(UsageError, match="--force"):
        check_target(results, force=False, is_folder=True)
    check_target(report, force=True)
    check_target(results, force=True, is_folder=True)


def test_force_never_replaces_a_folder_of_other_things(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(UsageError, match=r"holds more than results \(thesis\.tex\)"):
        check_target(tmp_path, force=True, is_folder=True)
    with pytest.raises(UsageError, match="is a folder"):
        check_target(tmp_path, force=True)
    with pytest.raises(UsageError, match="is a file"):
        check_target(tmp_path / "thesis.tex", force=True, is_folder=True)


def test_force_spares_what_was_put_beside_results(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("")
    check_target(tmp_path, force=True, is_folder=True)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds more than results \(notes\.txt\)"):
        check_target(tmp_path, force=True, is_folder=True)


def test_a_pipe_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "report.html")
    with pytest.raises(UsageError, match="not an ordinary file"):
        check_target(tmp_path / "report.html", force=True)


@pytest.mark.parametrize(
    "place",
    [
        "file/report.html",
        "file/deep/report.html",
        "loop/report.html",
        "x" * 300 + "/report.html",
        "new/" + "x" * 300 + ".html",
        "/".join(["y" * 200] * 30) + "/report.html",
        "/proc/report.html",
    ],
)
@pytest.mark.parametrize("is_folder", [False, True])
def test_a_place_that_cannot_be_written_is_found_before_the_work(
    tmp_path: Path, place: str, is_folder: bool
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UsageError, match=r"cannot be written \(.*\); name another place"):
        check_target(tmp_path / place, force=True, is_folder=is_folder)
    assert left_over(tmp_path) == ["file", "loop"]


def test_a_folder_that_may_not_be_written_in_is_found_before_the_work(
    tmp_path: Path, monkeypatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("reportgen.files.destinations.tempfile.TemporaryFile", refuse)
    with pytest.raises(UsageError, match=r"cannot be written \(Permission denied\)"):
        check_target(tmp_path / "new" / "report.html", force=False)
    (tmp_path / "results").mkdir()
    with pytest.raises(UsageError, match=r"cannot be written \(Permission denied\)"):
        check_target(tmp_path / "results", force=False, is_folder=True)


def test_looking_leaves_nothing_behind(tmp_path: Path) -> None:
    check_target(tmp_path / "a" / "b" / "report.html", force=False)
    check_target(tmp_path / "a" / "results", force=False, is_folder=True)
    assert left_over(tmp_path) == []


def test_folders_made_for_an_output_that_failed_are_gone(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    with pytest.raises(KeyboardInterrupt), Staging() as staging:  # noqa: PT012
        staging.file(tmp_path / "kept" / "new" / "deep" / "report.html", b"new")
        raise KeyboardInterrupt
    assert left_over(tmp_path / "kept") == []


def test_an_interrupt_while_another_is_cleaned_up_after_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = shutil.rmtree

    def interrupted(folder: Path, **options: bool) -> None:
        signal.raise_signal(signal.SIGINT)
        remove(folder, **options)

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt), Staging() as staging:  # noqa: PT012
        staging.folder(tmp_path / "results")
        staging.file(tmp_path / "report.html", b"new")
        raise KeyboardInterrupt
    assert left_over(tmp_path) == []


def test_the_tables_that_a_results_folder_holds_are_those_of_the_schemas() -> None:
    tables = {f"{name}.parquet" for name in TABLES}
    assert {"results.json", "maps.bin"} | tables == RESULTS_FILES


def test_a_mounted_folder_and_the_current_one_are_never_replaced(
    tmp_path: Path, monkeypatch
) -> None:
    with pytest.raises(UsageError, match="a mount point"):
        check_target(Path("/"), force=True, is_folder=True)
    monkeypatch.chdir(tmp_path)
    for here in (Path(), tmp_path):
        with pytest.raises(UsageError, match="the current folder"):
            check_target(here, force=True, is_folder=True)


def page_folder(folder: Path, *more: str) -> Path:
    folder.mkdir()
    for name in (*PAGE_FILES, "index.html", *more):
        (folder / name).write_text("old")
    return folder / "index.html"


def test_a_page_folder_is_new_empty_or_one_of_ours(tmp_path: Path) -> None:
    check_page_folder(tmp_path / "new" / "deep" / "index.html", force=False)
    (tmp_path / "empty").mkdir()
    check_page_folder(tmp_path / "empty" / "index.html", force=False)
    page = page_folder(tmp_path / "ours")
    with pytest.raises(UsageError, match="give --force"):
        check_page_folder(page, force=False)
    check_page_folder(page, force=True)
    assert left_over(tmp_path) == ["empty", "ours"]


def test_a_folder_that_is_not_ours_is_never_replaced(tmp_path: Path, monkeypatch) -> None:
    mixed = page_folder(tmp_path / "mixed", "thesis.docx")
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("a site of its own")
    (tmp_path / "file").write_text("")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for page, words in (
        (mixed, "holds thesis.docx"),
        (site / "index.html", "is not the folder of a page"),
        (mixed.with_name("other.html"), "holds index.html"),
        (tmp_path / "file" / "index.html", "is a file"),
        (Path("index.html"), "the current folder"),
        (tmp_path / "new" / "index.md", "must end in .html"),
    ):
        with pytest.raises(UsageError, match=words):
            check_page_folder(page, force=True)


def test_a_folder_that_holds_anything_else_is_never_replaced(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "mine.txt").write_text("mine")
    with Staging() as staging:
        staging.fill(staging.folder(target) / "report.html", b"x")
        with pytest.raises(OutputError, match=r"holds mine\.txt"):
            staging.commit()
    assert [item.name for item in tmp_path.rglob("*")] == ["out", "mine.txt"]


def test_what_has_the_name_of_a_part_is_neither_written_through_nor_waited_for(
    tmp_path: Path,
) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"not of this run")
    (tmp_path / "link.part").symlink_to(other)
    keep(tmp_path / "link.zip", b"kept")
    assert other.read_bytes() == b"not of this run"
    os.mkfifo(tmp_path / "pipe.part")
    keep(tmp_path / "pipe.zip", b"kept")
    for name in ("link.zip", "pipe.zip"):
        assert (tmp_path / name).read_bytes() == b"kept"
        assert not (tmp_path / name).is_symlink()
    assert left_over(tmp_path) == ["link.zip", "other", "pipe.zip"]
