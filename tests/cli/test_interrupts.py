"""Ctrl-C while the command works: what is written, and what is said."""

import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import typer
from helpers.cases import some_of
from helpers.real.few_steps import take_few_steps
from helpers.real.models import SENTENCES, save_model
from typer.testing import CliRunner

from reportgen.__main__ import end_quietly
from reportgen.analysis import Cost, Stage
from reportgen.api import progress_bar
from reportgen.cli import app
from reportgen.cli.outcome import user_errors
from reportgen.errors import InputError
from reportgen.files import Staging
from reportgen.interrupts import held_back, interruptible

STOPPED = "reportgen: interrupted; nothing was written"
KEPT = "results.unfinished"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "bert", "bert", "sequence", num_labels=1)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder the command works in: it holds its texts and an old report."""
    (tmp_path / "texts.txt").write_text("\n".join(SENTENCES), "utf-8")
    (tmp_path / "report.html").write_text("old")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def run(folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Runs the command and interrupts it; returns the lines that it printed on standard error.

    The signal comes once the stage `after` is done, before all stages if it is None; and again when
    the command says that it goes on with the evidence so far, if `twice` is set.
    """

    def run(
        *outputs: str, after: Stage | None, sent: int = signal.SIGINT, twice: bool = False
    ) -> list[str]:
        class Interrupting(progress_bar.TerminalProgress):
            def begin(self, cost: Cost) -> None:
                super().begin(cost)
                self.left = dict(cost.n_texts)
                if after is None:
                    signal.raise_signal(sent)

            def advance(self, stage: Stage, done: int, work: float = 0.0) -> None:
                super().advance(stage, done, work)
                self.left[stage] -= done
                if stage == after and not self.left[stage]:
                    signal.raise_signal(sent)

            def interrupted(self) -> None:
                super().interrupted()
                if twice:
                    signal.raise_signal(sent)

        monkeypatch.setattr(progress_bar, "TerminalProgress", Interrupting)
        take_few_steps(monkeypatch)
        targets = [part for name in ("report.html", *outputs) for part in ("-o", name)]
        args = ["run", "texts.txt", "--model", str(model), *targets, "--force"]
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as `main` does
        try:
            done = CliRunner().invoke(app, [*args, "--evidence", "full"])
        finally:
            signal.signal(signal.SIGTERM, before)
        assert done.exit_code == 130, done.output
        assert "Traceback" not in done.output
        return done.stderr.splitlines()

    return run


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("sent", some_of([signal.SIGINT, signal.SIGTERM], signal.SIGINT))
def test_the_first_interrupt_during_evidence_ends_in_a_report(run, folder: Path, sent: int) -> None:
    said = run("results/", "summary.json", after="deletion", sent=sent)
    assert progress_bar.INTERRUPTED in said
    assert any(line.startswith("report.html: ") for line in said)
    page = (folder / "report.html").read_text("utf-8")
    assert "The evidence was stopped before it was complete" in page
    record = json.loads((folder / "results" / "results.json").read_text("utf-8"))
    assert record["evidence"]["interrupted"]
    assert record["evidence"]["withheld"]["ig"] == "interrupted"
    assert json.loads((folder / "summary.json").read_text("utf-8"))["evidence"]["interrupted"]
    assert f"what was measured is kept in {KEPT}; --resume --force measures the rest" in said
    assert names(folder) == ["report.html", "results", KEPT, "summary.json", "texts.txt"]


def test_an_interrupt_late_in_full_evidence_keeps_what_came_before(run, folder: Path) -> None:
    run("results/", after="alti")
    evidence = json.loads((folder / "results" / "results.json").read_text("utf-8"))["evidence"]
    assert evidence["interrupted"]
    assert not {"deletion", "gradient", "mask", "ig", "alti"} & set(evidence["withheld"])


@pytest.mark.parametrize(
    "when", [{"after": "deletion", "twice": True}, {"after": None}], ids=["twice", "early"]
)
def test_a_second_interrupt_and_one_before_evidence_write_nothing(run, folder: Path, when) -> None:
    said = run("results/", "new.md", **when)
    assert (progress_bar.INTERRUPTED in said) == when.get("twice", False)
    assert (folder / "report.html").read_text() == "old"
    if when["after"] is None:  # nothing was done yet
        assert said[-1] == STOPPED
        assert names(folder) == ["report.html", "texts.txt"]
    else:
        assert said[-1] == f"{STOPPED}, but what was done is kept in {KEPT}: go on with --resume"
        assert names(folder) == ["report.html", KEPT, "texts.txt"]


def test_every_request_to_end_the_process_is_an_interrupt_but_one_that_is_ignored() -> None:
    asked = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in asked}
    try:
        for ignored in (None, *asked):
            for number in asked:
                signal.signal(number, signal.SIG_IGN if number == ignored else signal.SIG_DFL)
            with interruptible():
                for number in asked:
                    wanted = signal.SIG_IGN if number == ignored else signal.default_int_handler
                    assert signal.getsignal(number) is wanted
            for number in asked:
                wanted = signal.SIG_IGN if number == ignored else signal.SIG_DFL
                assert signal.getsignal(number) is wanted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


INTERRUPTED_AT = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, *others):
        if name == {module!r}:
            assert not {{"typing", "typer"}} & set(sys.modules) or name != "reportgen.cli"
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv = ["reportgen", "run", "--help"]
from reportgen.__main__ import main
main()
"""


@pytest.mark.parametrize(
    "module", ["reportgen.cli", "typing", "rich.panel"], ids=["first", "in a library", "in help"]
)
def test_an_interrupt_before_the_work_begins_ends_in_one_line(module: str) -> None:
    """`reportgen.cli` is the first import after the handler, and little is imported before it.
    Typer catches interrupts by itself while it reads the command line."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AT.format(module=module)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr, done.stdout) == (130, STOPPED + "\n", "")


@pytest.mark.parametrize("made_of_it", [ModuleNotFoundError("no module"), InputError("a.txt: bad")])
def test_an_interrupt_that_a_library_made_an_error_of_is_still_one(made_of_it, capsys) -> None:
    with pytest.raises(typer.Exit) as ended, user_errors(redact=False):  # noqa: PT012
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as interrupt:
            raise made_of_it from interrupt
    assert ended.value.exit_code == 130
    assert capsys.readouterr().err == STOPPED + "\n"


def test_a_request_to_end_the_process_leaves_what_was_done_and_nothing_else(
    folder: Path, model: Path
) -> None:
    # A process of its own: a copy of this one, after thousands of other tests, ran on to its end.
    (folder / "texts.txt").write_text("the cat sat on the mat\n" * 5_000)
    command = [sys.executable, "-m", "reportgen", "run", "texts.txt", "--model", model]
    process = subprocess.Popen(
        [*command, "-o", "report.html", "--force", "--keep-maps", "none"],
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    # The analysis is under way once something is kept.
    deadline = time.monotonic() + 120
    while not any(folder.glob("report.html.unfinished/*.zip")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 130, stderr
    # Not the last line in every case: a library may say something while the process ends.
    said = [line for line in stderr.decode().splitlines() if line.startswith(STOPPED)]
    assert [line.startswith(f"{STOPPED}, but what was done is kept") for line in said] == [True]
    assert b"Traceback" not in stderr
    assert (folder / "report.html").read_text() == "old"
    assert names(folder) == ["report.html", "report.html.unfinished", "texts.txt"]


def test_a_first_interrupt_is_held_back_and_a_second_is_not() -> None:
    with held_back() as came:
        assert came == []
        os.kill(os.getpid(), signal.SIGINT)
    assert came == [signal.SIGINT]
    with pytest.raises(KeyboardInterrupt), held_back() as came:
        interrupt_twice()
    assert came == [signal.SIGINT] * 2
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_does_not_part_outputs_that_belong_together(
    tmp_path: Path, monkeypatch
) -> None:
    replace = Path.replace

    def interrupted(self, target):
        if target.name == "a":
            os.kill(os.getpid(), signal.SIGINT)
        return replace(self, target)

    with Staging() as staging:
        for name in "ab":
            staging.file(tmp_path / name, b"new")
        monkeypatch.setattr(Path, "replace", interrupted)
        staging.commit()
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == [b"new", b"new"]


def interrupt_twice() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)


def test_a_handler_of_ones_own_is_left_alone() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        with held_back() as came:
            os.kill(os.getpid(), signal.SIGINT)
        assert (seen, came) == ([signal.SIGINT], [])
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("is_loaded", "end"), [(False, "freeze"), (True, "unfreeze")])
def test_what_would_be_reported_as_a_leak_is_collected(
    monkeypatch: pytest.MonkeyPatch, is_loaded: bool, end: str
) -> None:
    called: list[str] = []
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "triton", raising=False)
        if is_loaded:
            patch.setitem(sys.modules, "triton", None)
        for name in ("freeze", "unfreeze"):
            patch.setattr(gc, name, partial(called.append, name))
        end_quietly()
    assert called == [end]
