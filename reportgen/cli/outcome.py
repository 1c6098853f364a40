"""Prints the outcome of a command, and decides its exit code."""

import errno
import os
import sys
import time
import webbrowser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from reportgen.api.options import GateChoices, Verbosity
from reportgen.errors import ReportgenError, is_interrupt, with_quotes, without_quotes
from reportgen.findings import GateResult, errors_first, has_failed
from reportgen.interrupts import interruptible
from reportgen.report import STANDARD_OUTPUT, inert, send, visible

if TYPE_CHECKING:
    from reportgen.api import AnyJob, Report, Written, jobs
    from reportgen.files import Staging, Unfinished
    from reportgen.findings import Findings
    from reportgen.report import Lang, RenderOptions
    from reportgen.results import Results
    from reportgen.texts import SwapList, TextSet


EXIT_GATE = 3
EXIT_STRICT = 4
EXIT_INTERRUPTED = 130


def exit_code(results: "Results", gates: Sequence[GateResult], *, strict: bool) -> int:
    """The exit code of an analysis; `strict` makes an empty or failed text count."""
    if results.info.evidence.interrupted:
        return EXIT_INTERRUPTED
    if has_failed(gates):
        return EXIT_GATE
    return EXIT_STRICT if strict and is_flawed(results) else 0


def gate_code(gates: Sequence[GateResult]) -> int:
    """The exit code of a command that analyses nothing itself: only its gates decide."""
    return EXIT_GATE if has_failed(gates) else 0


def print_lines(lines: Sequence[str], verbosity: Verbosity) -> None:
    """Print `lines` on standard error, unless --quiet is set."""
    if not verbosity.quiet:
        for line in lines:
            typer.echo(inert(line), err=True)


def settled(kept: "Unfinished | None", results: "Results") -> list[str]:
    """Remove the kept work of a run whose outputs are written. If evidence is still to be measured,
    keep it and return a line that says how to go on."""
    if kept is None:
        return []
    if not results.info.evidence.interrupted:
        kept.remove()
        return []
    return [f"what was measured is kept in {kept.path.name}; --resume --force measures the rest"]


def print_notes(
    texts: "TextSet | SwapList | None", verbosity: Verbosity, *, redact: bool = False
) -> None:
    """Print on standard error what was found in the files of texts or swaps, or left unread."""
    as_printed = without_quotes if redact else with_quotes
    notes = () if texts is None else texts.notes
    print_lines([f"reportgen: {as_printed(note)}" for note in notes], verbosity)


def finish(
    written: "Written",
    job: "AnyJob",
    lines: Sequence[str],
    gating: GateChoices,
    verbosity: Verbosity,
) -> None:
    """Write the step summary and what goes to standard output, and open the page with --open.
    Print on standard error the verdict, what was written, then `lines`, then what the gates
    found."""
    if job.summary and written.step_summary:
        job.summary.add(written.step_summary)
    send(written.documents)
    more = [line for line in (*written.lines, *lines) if line not in written.verdict]
    print_lines([*filter(None, [written.verdict]), *more], verbosity)
    pages = [output.path for output in written.documents if output.is_page]
    if job.is_opened and pages and pages[0] != STANDARD_OUTPUT:
        webbrowser.open(Path(pages[0]).resolve().as_uri())
    annotate = annotates(gating)
    for line in gate_lines(written.gates, written.told_gates, verbosity, annotate=annotate):
        typer.echo(line, err=True)


def account_lines(
    findings: "Findings",
    verbosity: Verbosity,
    started: float,
    lang: "Lang" = "en",
    written: "Written | None" = None,
) -> list[str]:
    """Lines about what was analysed since the time `started`; see `account`."""
    from reportgen.api import account_of

    seconds = time.perf_counter() - started
    reduced = written.reduced if written else []
    return account_of(findings, lang, reduced=reduced, seconds=seconds, verbose=verbosity.verbose)


def written_report(
    report: "Report",
    job: "jobs.OutputJob[RenderOptions]",
    staging: "Staging",
    verbosity: Verbosity,
    started: float,
) -> tuple["Written", list[str]]:
    """Write every output of `job`, except results folders; with lines about what was analysed since
    the time `started`."""
    from reportgen.api import write_report, writing

    with report.shown(job) as findings:
        with writing(job.files, verbosity):
            written = write_report(findings, job, staging)
        return written, account_lines(findings, verbosity, started, job.options.lang, written)


@contextmanager
def user_errors(*, redact: bool) -> Iterator[None]:
    """Print an error that a user can cause in one line, and exit with the code of its kind; with
    `redact` the line quotes no text. A request to end the process is an interrupt here, so that no
    half-written file is left behind."""
    try:
        with interruptible():
            yield
    except (Exception, KeyboardInterrupt) as error:
        if is_interrupt(error):
            typer.echo("reportgen: interrupted; nothing was written", err=True)
            raise typer.Exit(EXIT_INTERRUPTED) from error
        if not isinstance(error, ReportgenError):
            raise
        message = error.unquoted if redact else str(error)
        typer.echo(inert(f"reportgen: {message}"), err=True)
        for line in error_commands(message, os.environ):
            typer.echo(line, err=True)
        raise typer.Exit(error.exit_code) from error


def error_commands(message: str, environment: Mapping[str, str]) -> Iterator[str]:
    """The lines that make a host show `message` beside its job, where it has such."""
    if environment.get("GITHUB_ACTIONS", "").lower() == "true":
        yield annotation("error", "reportgen", inert(message))


_GATE_WORDS = {"fail": "failed", "warn": "warning"}


def give_up_unwritten() -> None:
    """Drop what standard output does not take: Python would try again at its end, and then end with
    lines and an exit code of its own."""
    try:
        sys.stdout.flush()
    except OSError:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


def system_said(error: OSError) -> str:
    """The error message of the system, with the file, and what to do if that is known."""
    message = error.strerror or str(error) or type(error).__name__
    where = f"{error.filename}: " if error.filename is not None else ""
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return f"{where}{message}" + ("; make room, or write elsewhere" if is_full else "")


def gate_lines(
    results: Sequence[GateResult], told: Sequence[str], verbosity: Verbosity, *, annotate: bool
) -> list[str]:
    """A line for every gate that did not pass, errors first, then how many passed; with `annotate`
    also the commands that show them on GitHub. Print them as they are. `told` says, errors first,
    what was found and what is allowed.

    `--quiet` leaves only errors, `--verbose` adds the gates that passed.
    """
    lines, commands = [], []
    for result, outcome in zip(errors_first(results), told, strict=True):
        gate = result.gate
        is_error = not result.passed and gate.level == "fail"
        if is_error or (not verbosity.quiet and (verbosity.verbose or not result.passed)):
            word = "passed" if result.passed else _GATE_WORDS[gate.level]
            source = f" (from {gate.source})" if gate.source else ""
            lines.append(inert(f"gate {word}: {outcome}{source}"))
        if annotate and not result.passed:
            level = "error" if is_error else "warning"
            commands.append(annotation(level, "reportgen gate", outcome))
    if results and not verbosity.quiet:
        n_passed = sum(result.passed for result in results)
        lines.append(f"{n_passed} of {len(results)} gates passed")
    return lines + commands


def is_flawed(results: "Results") -> bool:
    """Whether some text was empty or failed."""
    return bool(results.texts["status"].isin(["empty", "failed"]).any())


def annotates(choices: GateChoices) -> bool:
    """Whether gates that did not pass are shown as annotations."""
    if choices.annotations == "auto":
        return os.environ.get("GITHUB_ACTIONS", "").lower() == "true"
    return choices.annotations == "github"


def annotation(level: str, title: str, message: str) -> str:
    """The line that makes GitHub show `message` beside a job; `level` is error or warning."""
    return f"::{level} title={_property(visible(title))}::{_data(visible(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
