"""A script over a changed package, in a process that is forked from the one of the tests.

A fresh interpreter would import the large libraries anew, which takes longer than most scripts.
"""

import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from helpers.places import ROOT


class Ended(NamedTuple):
    """How a script ended, and what it printed."""

    code: int
    stdout: str
    stderr: str


def run_forked(script: str, folder: Path, arguments: Sequence[str] = (), stdin: str = "") -> Ended:
    """Run `script` in `folder`, whose modules come first. The package, whether it is in `folder` or
    is that of the checkout, is imported anew; the libraries are those of this process."""
    outputs = [folder / f"forked-{name}.txt" for name in ("stdout", "stderr")]
    child = os.fork()
    if child == 0:
        code = 1
        try:
            for number, path in enumerate(outputs, 1):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            sys.stdin, sys.argv = io.StringIO(stdin), ["-c", *arguments]
            sys.stdout, sys.stderr = (
                os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2)
            )
            _begin_anew(folder)
            exec(compile(script, "script", "exec"), {"__name__": "__main__"})
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    said = (path.read_text("utf-8") for path in outputs)
    return Ended(os.waitstatus_to_exitcode(status), *said)


def _begin_anew(folder: Path) -> None:
    """Forget the modules of the package and of the tests, and what stands for the terminal."""
    os.chdir(folder)
    os.environ["COLUMNS"] = "400"
    sys.path[:0] = [str(folder), str(ROOT / "tests")]
    for name in [*sys.modules]:
        if name.partition(".")[0] in ("reportgen", "helpers", "docs_tables"):
            del sys.modules[name]
