"""Prints the outcome of a command, and decides its exit code."""

import errno
import os
import re
import sys
import time
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from reportgen.api.options import GateChoices, OutputChoices, Verbosity
from reportgen.api.progress_bar import count_of_texts
from reportgen.cli.github import StepSummary, annotates, annotation
from reportgen.errors import ReportgenError, is_interrupt, with_quotes, without_quotes
from reportgen.files.interrupts import interruptible
from reportgen.findings.figures.gates import GateResult, errors_first, gate_line, has_failed
from reportgen.report.format_register import STANDARD_OUTPUT
from reportgen.report.language.printable import inert
from reportgen.report.outputs import send
from reportgen.results.labels import LARGEST
from reportgen.texts import label_number

if TYPE_CHECKING:
    from reportgen.api.report import Written
    from reportgen.files.unfinished import Unfinished
    from reportgen.findings.findings import Findings
    from reportgen.results.store import Results
    from reportgen.texts import TextSet


EXIT_GATE = 3
EXIT_STRICT = 4
EXIT_LEFT_OUT = 5  # a site without a run that was named
EXIT_INTERRUPTED = 130
_UNNAMED = re.compile(r"LABEL_\d+")  # a class without a name in the model's folder
_COMMA = re.compile(r"\s*[+-]?\d+(?:,\d+)+(?:\.\d+)?\s*[%％]?\s*")  # 2,5 or 1,000


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
    """Mark the kept work of a run as no longer needed. If evidence is still to be measured, keep it
    and return a line that says how to go on."""
    if kept is None:
        return []
    kept.is_finished = not results.info.evidence.interrupted
    if kept.is_finished:
        return []
    return [f"what was measured is kept in {kept.path.name}; --resume --force measures the rest"]


def print_notes(texts: "TextSet", verbosity: Verbosity, *, redact: bool = False) -> None:
    """Print on standard error what was found in the files of texts, or left unread."""
    said = without_quotes if redact else with_quotes
    print_lines([f"reportgen: {said(note)}" for note in texts.notes], verbosity)


def finish(
    written: "Written",
    summary: StepSummary | None,
    lines: Sequence[str],
    files: OutputChoices,
    gating: GateChoices,
    verbosity: Verbosity,
) -> None:
    """Write the step summary and what goes to standard output, and open the page with --open.
    Print on standard error what was written, then `lines`, then what the gates found."""
    if summary and written.step_summary:
        summary.add(written.step_summary)
    send(written.documents)
    print_lines([*written.lines, *lines], verbosity)
    pages = [output.path for output in written.documents if output.is_page]
    if files.open and pages and pages[0] != STANDARD_OUTPUT:
        webbrowser.open(Path(pages[0]).resolve().as_uri())
    is_annotated = annotates(gating)
    for line in gate_lines(written.gates, verbosity, annotate=is_annotated):
        typer.echo(line, err=True)
    for worse in written.annotations if is_annotated else ():
        typer.echo(annotation("warning", worse.title, worse.said, worse.place), err=True)


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
        raise typer.Exit(error.exit_code) from error


_IDS, _ID = 5, 40  # ids that are named, and characters of one
_COUNTED = {
    "truncated": "cut to the longest text that the model is given",
    "empty": "empty, not analysed",
    "failed": "failed; the report says why",
}
# Outputs that have no right answer, so that no label is held against them.
_WITHOUT_ANSWERS = {
    "embedding": "an embedding",
    "next_token": "a next token",
    "completion": "a completion",
}
# What labels of choices are read as, if most of them are that.
_CHOICE_LABELS = {
    "column": "the name of a choice's column",
    "text": "one of the text's choices",
    "letter": "the letter of a choice",
    "from_0": "the number of a choice, counted from 0",
    "from_1": "the number of a choice, counted from 1",
}
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


def account(
    findings: "Findings",
    written: "Written | None",
    lang: str,
    verbosity: Verbosity,
    started: float,
) -> list[str]:
    """Lines about what was analysed since the time `started`, what was left out, and the verdict
    on attention sinks."""
    from reportgen.report.language.language import load_language
    from reportgen.report.language.sentences import headline

    results = findings.results
    seconds = time.perf_counter() - started
    n_texts, n_tokens = count_of_texts(findings.n_texts), findings.n_tokens
    lines = [f"{n_texts}, {n_tokens:,} tokens, {seconds:.1f} seconds"]
    lines += [
        f"{count_of_texts(count)} {words}: {_ids(results, name)}"
        for name, words in _COUNTED.items()
        if (count := findings.n_by_status[name])
    ]
    if verbosity.verbose:
        failed = results.texts[results.texts["status"] == "failed"]
        lines += [
            f"text {row.text_id} ({row.source}): {row.message}" for row in failed.itertuples()
        ]
        lines += [f"{name} {version}" for name, version in results.info.versions.items()]
        lines += [f"{name} {value}" for name, value in asdict(results.info.checks).items()]
    lines += _labels(findings)
    lines += _maps_left_out(results)
    lines += results.info.remarks
    lines += written.reduced if written else []
    if results.info.model.source == "demo":
        lines.append("Bundled demonstration model: its score is made up; give yours with --model")
    lines.append(headline(findings.notes, results.info.model.name, load_language(lang)))
    return lines


def _ids(results: "Results", status: str) -> str:
    """The ids of the first texts with a status, and how many more there are."""
    ids = [str(id) for id in results.texts["text_id"][results.texts["status"] == status]]
    shown = [id if len(id) <= _ID else f"{id[: _ID - 1]}…" for id in ids[:_IDS]]
    more = f" and {len(ids) - _IDS:,} more" if len(ids) > _IDS else ""
    return f"id {', '.join(shown)}{more}"


def gate_lines(results: Sequence[GateResult], verbosity: Verbosity, *, annotate: bool) -> list[str]:
    """A line for every gate that did not pass, errors first, then how many passed; with `annotate`
    also the commands that show them on GitHub. Print them as they are.

    `--quiet` leaves only errors, `--verbose` adds the gates that passed.
    """
    lines, commands = [], []
    for result in errors_first(results):
        gate, outcome = result.gate, gate_line(result)
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


def _labels(findings: "Findings") -> list[str]:
    """Lines about labels that are not used, or not read to the letter."""
    use, output = findings.label_use, findings.info.output
    if use is None:
        has_labels = findings.texts["label"].notna() & findings.analysed
        what = _WITHOUT_ANSWERS.get(output.kind)
        if what is None or not has_labels.any():
            return []
        return [f"labels are not compared with anything: the model's output is {what}"]
    lines = []
    if use.misfit is not None:
        text = str(findings.texts["text_id"].iloc[use.misfit.text])
        lines.append(
            f"{use.n_labelled - use.n_used:,} of {use.n_labelled:,} labels not used: text {text!r} "
            f"has {_counted(use.misfit.n_labels, 'tag')} for "
            f"{_counted(use.misfit.n_words, 'word')}; give a list with "
            "one tag for each word between spaces, or the words in a column units"
        )
    if use.unused is not None:
        n, label = use.n_labelled - use.n_used, use.unused
        first = label if len(label) <= _ID else f"{label[: _ID - 1]}…"
        why = "not a number"
        if label_number(label) is not None:
            why = f"beyond {LARGEST:g}, farther than a model in float32 can come"
        if output.kind in ("class", "labels"):
            names = ", ".join(output.labels[:_IDS]) + (", …" if len(output.labels) > _IDS else "")
            why = f"not one of the model's labels ({names})"
        elif output.kind == "choice":
            why = "none of the text's choices, nor the letter, number or column of one"
            if use.n_used:
                why = f"not {_CHOICE_LABELS[use.read_as]}, as the other labels are"
        elif output.kind == "numbers":
            n_numbers = len(output.labels)
            why = f"not the {n_numbers or 'same count of'} numbers that the model returns"
        advice = "; rename labels with --label-map"
        if output.kind == "numbers":
            advice = "; write a JSON list such as [3.5, 2], or numbers between commas"
        if output.kind == "class" and all(map(_UNNAMED.fullmatch, output.labels)):
            advice = "; name the classes in the model's order, e.g. --class-names bad,good"
        if output.kind == "number" and _COMMA.fullmatch(label):
            advice = "; write it without commas, with a point before decimals"
        lines.append(f"{n:,} of {use.n_labelled:,} labels not used: {first!r} is {why}{advice}")
    if use.n_percent:
        lines.append(f"{_counted(use.n_percent, 'label')} with a percent sign: 2.1% is read as 2.1")
    if use.n_folded:
        lines.append(f"{_counted(use.n_folded, 'label')} matched without regard to case and spaces")
    return lines


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def _maps_left_out(results: "Results") -> list[str]:
    """A line if --keep-maps all could not keep the maps of all texts."""
    kept = results.info.settings.maps_kept
    n_analysed = int((results.texts["n_tokens"] > 0).sum())
    is_asked = results.info.settings.keep_maps != "all" or results.is_redacted
    if is_asked or kept == n_analysed:
        return []
    return [
        f"Attention maps kept of the first {count_of_texts(kept)}, as many as fit in 2 GB; "
        f"--keep-maps {n_analysed} keeps all"
    ]


def is_flawed(results: "Results") -> bool:
    """Whether some text was empty or failed."""
    return bool(results.texts["status"].isin(["empty", "failed"]).any())
