"""The lines that a command says when it is done; `cli` prints them."""

import errno
import time
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from reportgen.api import arguments
from reportgen.api.options import GateChoices, Talk
from reportgen.api.progress_bar import count_of_texts
from reportgen.cli.github import annotation
from reportgen.errors import ReportgenError
from reportgen.findings.gates import GateResult, errors_first, gate_line, has_failed
from reportgen.report.formats import STANDARD_OUTPUT, Document
from reportgen.report.language import printable
from reportgen.report.language.printable import inert
from reportgen.report.outputs import send

if TYPE_CHECKING:
    from reportgen.analysis.attention.capture import Capture
    from reportgen.analysis.attention.checks import Probe
    from reportgen.findings.findings import Findings
    from reportgen.models.load import LoadedModel
    from reportgen.results.store import Results


EXIT_GATE = 3
EXIT_STRICT = 4


def exit_code(results: "Results", judged: Sequence[GateResult], *, strict: bool) -> int:
    if results.info.evidence.interrupted:
        return EXIT_INTERRUPTED
    if has_failed(judged):
        return EXIT_GATE
    return EXIT_STRICT if strict and is_flawed(results) else 0


EXIT_INTERRUPTED = 130


def finish(
    documents: Sequence[Document], lines: Sequence[str], talk: Talk, *, browse: bool
) -> None:
    """Send what goes to standard output, say `lines`, and open the page where asked to."""
    send(documents)
    if not talk.quiet:
        for line in lines:
            typer.echo(printable.inert(line), err=True)
    pages = [item.output.path for item in documents if item.output.writer == "html"]
    if browse and pages and pages[0] != STANDARD_OUTPUT:
        webbrowser.open(Path(pages[0]).resolve().as_uri())


def tell_gates(judged: Sequence[GateResult], gating: GateChoices, talk: Talk) -> None:
    """Say what every gate found."""
    for line in gates(judged, talk, annotate=arguments.annotates(gating)):
        typer.echo(line, err=True)


@contextmanager
def user_errors() -> Iterator[None]:
    """Tell the user's mistakes in one line, with the exit code each kind has."""
    try:
        yield
    except ReportgenError as error:
        typer.echo(printable.inert(f"reportgen: {error}"), err=True)
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as error:
        typer.echo("reportgen: interrupted; nothing was written", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from error


_IDS, _ID = 5, 40  # ids that are named, and characters of one
_COUNTED = {
    "truncated": "cut to the length the model takes",
    "empty": "empty, not analysed",
    "failed": "failed; the report says why",
}
_GATE_WORDS = {"fail": "failed", "warn": "warning"}


def system_said(error: OSError) -> str:
    """What the system said, about which file, and what to do where that is known."""
    said = error.strerror or str(error) or type(error).__name__
    where = f"{error.filename}: " if error.filename is not None else ""
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return f"{where}{said}" + ("; make room, or write elsewhere" if is_full else "")


def account(
    findings: "Findings", documents: Sequence[Document], lang: str, talk: Talk, started: float
) -> list[str]:
    """What was analysed since `started`, what was left out, and the verdict on sinks."""
    from reportgen.report.language.sentences import Wording

    results = findings.results
    status = results.texts["status"].value_counts()
    n_tokens = int(results.texts["n_tokens"].sum())
    seconds = time.perf_counter() - started
    lines = [f"{count_of_texts(len(results.texts))}, {n_tokens:,} tokens, {seconds:.1f} seconds"]
    lines += [
        f"{count_of_texts(status[name])} {words}: {_ids(results, name)}"
        for name, words in _COUNTED.items()
        if name in status
    ]
    if talk.verbose:
        failed = results.texts[results.texts["status"] == "failed"]
        lines += [
            f"text {row.text_id} ({row.source}): {row.message}" for row in failed.itertuples()
        ]
        lines += [f"{name} {version}" for name, version in results.info.versions.items()]
        lines += [f"{name} {value}" for name, value in asdict(results.info.checks).items()]
    lines += _maps_left_out(results)
    lines += results.info.remarks
    # Two pages that lack the same say it once.
    lines += dict.fromkeys(said for document in documents for said in document.reduced)
    if results.info.model.source == "demo":
        lines.append("Bundled demonstration model: its score is made up; give yours with --model")
    lines.append(Wording(lang).headline(findings.notes, results.info.model.name))
    return lines


def _ids(results: "Results", status: str) -> str:
    """The ids of the first texts of a status, and how many more there are."""
    ids = [str(id) for id in results.texts["text_id"][results.texts["status"] == status]]
    shown = [id if len(id) <= _ID else f"{id[: _ID - 1]}…" for id in ids[:_IDS]]
    more = f" and {len(ids) - _IDS:,} more" if len(ids) > _IDS else ""
    return f"id {', '.join(shown)}{more}"


def gates(results: Sequence[GateResult], talk: Talk, *, annotate: bool) -> list[str]:
    """A line for every gate that was not passed, errors first, and how many were; to print as they
    are, for with `annotate` commands for GitHub follow.

    `--quiet` leaves the errors, `--verbose` names the gates that were passed.
    """
    lines, commands = [], []
    for result in errors_first(results):
        gate, said = result.gate, gate_line(result)
        is_error = not result.passed and gate.level == "fail"
        if is_error or (not talk.quiet and (talk.verbose or not result.passed)):
            word = "passed" if result.passed else _GATE_WORDS[gate.level]
            source = f" (from {gate.source})" if gate.source else ""
            lines.append(inert(f"gate {word}: {said}{source}"))
        if annotate and not result.passed:
            level = "error" if is_error else "warning"
            commands.append(annotation(level, "reportgen gate", said))
    if results and not talk.quiet:
        n_passed = sum(result.passed for result in results)
        lines.append(f"{n_passed} of {len(results)} gates passed")
    return lines + commands


def _maps_left_out(results: "Results") -> list[str]:
    """A line where "all" kept not all, which no one asked for."""
    kept = results.info.settings.maps_kept
    n_analysed = int((results.texts["n_tokens"] > 0).sum())
    if results.info.settings.keep_maps != "all" or kept == n_analysed:
        return []
    return [
        f"Attention maps kept of the first {count_of_texts(kept)}, as many as fit in 2 GB; "
        f"--keep-maps {n_analysed} keeps all"
    ]


def is_flawed(results: "Results") -> bool:
    """Whether some text was empty or failed."""
    return bool(results.texts["status"].isin(["empty", "failed"]).any())


def checked(model: "LoadedModel", capture: "Capture", probed: "Probe") -> list[str]:
    """What a trial showed of a model, a line each."""
    info, output = model.info, model.output
    way = "layer by layer" if capture.way == "hooks" else "all layers of a batch together"
    apart = (
        "texts of different length cannot run together"
        if probed.padded_difference is None
        else f"differs by {probed.padded_difference:.1e} from the same text alone"
    )
    shown = [output.kind, f'"{output.name}"', output.pooling and f"{output.pooling} pooling"]
    facts = {
        "Model": f"{info.name} ({info.architecture})",
        "Output": ", ".join(filter(None, shown)),
        "Attention": f"{info.encoder}: {probed.n_layers} layers, {probed.n_heads} heads, {way}",
        "Direction": "causal" if probed.is_causal else "bidirectional",
        "Rows": f"sum to 1 within {probed.row_sum_error:.1e}",
        "Padding": f"{apart}; batches: {probed.batching}",
        "Tokenizer": f"{info.tokenizer}: {info.vocabulary_size:,} tokens, fits the model",
        "Longest text": f"{info.max_tokens:,} tokens",
        "Weights": f"{info.n_parameters:,} parameters, {info.dtype}, "
        f"sha256 {info.weights_sha256[:16]}",
    }
    return [f"{name:13} {value}" for name, value in facts.items()]
