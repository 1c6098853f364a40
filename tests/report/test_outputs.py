"""Which outputs a command may write together."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reportgen.errors import OutputError, UsageError
from reportgen.report import Document, Output, plan_outputs, send
from reportgen.report.format_register import PAGE


def test_each_path_asks_for_its_format(tmp_path: Path) -> None:
    paths = [f"{tmp_path}/{name}" for name in ("a.html", "b.md", "tokens.csv", "r/")]
    planned = plan_outputs([*paths, "-"], None, force=False)
    names = [output.format.name if output.format else "folder" for output in planned]
    assert [output.path for output in planned] == [*paths, "-"]
    assert names == ["html", "md", "csv", "folder", "html"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a.html", "./a.html"), "named twice"),
        (("-", "-"), "named twice"),
        (("r/", "r/report.html"), r"r/report\.html: lies in the results folder r/"),
        (("r/deep/tokens.csv", "r/"), r"tokens\.csv: lies in the results folder r/"),
        (("a.html", "a.html/tokens.csv"), r"tokens\.csv: lies in a\.html"),
        (("r/", "s/"), "one results folder at a time"),
    ],
)
def test_outputs_that_would_meet_are_refused(tmp_path: Path, monkeypatch, names, words) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=words):
        plan_outputs(names, None, force=True)


def test_an_input_is_never_overwritten(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts.csv").write_text("text\na\n")
    with pytest.raises(UsageError, match="is also read from"):
        plan_outputs(["./texts.csv"], None, force=True, inputs=["texts.csv", "-"])


def test_a_report_beside_a_results_folder_is_fine(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(plan_outputs(["r/", "r.html", "-"], None, force=False)) == 3


def test_standard_output_that_is_closed_is_told_at_once(monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match="standard output is closed"):
        plan_outputs(["-"], None, force=False)


SEND = """
import sys
from reportgen.report.format_register import PAGE, Document, Output
from reportgen.report.outputs import send

send({Output(path, PAGE): Document(size * b"x") for path, size in (("a", 9), ("-", 10**6))})
"""


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_of_standard_output_gets_all_of_it_or_ends_the_writing(unbuffered: str) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", SEND],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
    )
    assert writer.communicate() == (10**6 * b"x", b"")
    writer = subprocess.Popen(
        [sys.executable, "-c", SEND],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.read(10)
    writer.stdout.close()
    assert b"BrokenPipeError" in writer.stderr.read()
    writer.stderr.close()
    assert writer.wait()


def test_standard_output_that_is_full_is_told(monkeypatch) -> None:
    class Full(io.RawIOBase):
        taken = 0

        def writable(self) -> bool:
            return True

        def write(self, content) -> int:
            if self.taken:
                raise OSError(28, "No space left on device")
            self.taken = len(content) // 2
            return self.taken

    full = Full()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(full))
    with pytest.raises(OutputError, match=r"standard output: .* \(No space left on device\)"):
        send({Output("-", PAGE): Document(b"1234")})
    assert full.taken == 2


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("-",), "standard output takes one file"),
        (("p/a.html", "p/b.html"), "in the folder of another page"),
        (
            ("p/a.html", "p/tokens.csv"),
            r"p/tokens\.csv: --layout dir keeps the folder of p/a\.html",
        ),
        (("p/a.html", "p/"), "named twice"),
    ],
)
def test_a_page_with_files_has_its_folder_for_itself(
    tmp_path: Path, monkeypatch, names, words
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=words):
        plan_outputs(names, None, force=True, layout="dir")
    outputs = plan_outputs(["p/a.html", "tokens.csv", "-"], "html", force=False)
    assert len(outputs) == 3


def test_other_outputs_stand_beside_the_folder_of_a_page(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(plan_outputs(["p/a.html", "tokens.csv"], None, force=False, layout="dir")) == 2
