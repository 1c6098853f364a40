"""After a kill, an error or a full disk at a call of the system, and one more run, nothing of an
earlier state is left; `crashes.py` tries it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# It replaces a folder. Scratch folders with texts are in `test_recovery`, what a run keeps to go on
# from is in `test_resume`.
SAMPLE = "folder of a page"


def try_crashes(*options: str) -> None:
    if sys.platform != "linux":
        pytest.skip("stands before the functions of glibc")
    if shutil.which("cc") is None and not os.environ.get("CI"):
        pytest.skip("needs a C compiler (cc)")
    ran = subprocess.run(
        [sys.executable, HERE / "crashes.py", *options], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_after_a_crash_at_some_calls_and_one_more_run_nothing_is_left() -> None:
    try_crashes("--only", SAMPLE, "--points", "3")


@pytest.mark.whole
@pytest.mark.parametrize("more", [(), ("--no-exchange",)])
def test_after_a_crash_at_any_call_and_one_more_run_nothing_is_left(more: tuple[str, ...]) -> None:
    try_crashes(*more)
