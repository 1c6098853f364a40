"""What the commands print and how they end; with `cli` the only file that does either."""

import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

from reportgen import choices, terminal
from reportgen.errors import ReportgenError
from reportgen.gates import GateResult
from reportgen.options import Talk
from reportgen.output_options import GateChoices
from reportgen.outputs import STANDARD_OUTPUT, Document, send

EXIT_INTERRUPTED = 130


def finish(
    documents: Sequence[Document], lines: Sequence[str], talk: Talk, *, browse: bool
) -> None:
    """Send what goes to standard output, say `lines`, and open the page where asked to."""
    send(documents)
    if not talk.quiet:
        for line in lines:
            typer.echo(terminal.inert(line), err=True)
    pages = [item.output.path for item in documents if item.output.writer == "html"]
    if browse and pages and pages[0] != STANDARD_OUTPUT:
        webbrowser.open(Path(pages[0]).resolve().as_uri())


def tell_gates(judged: Sequence[GateResult], gating: GateChoices, talk: Talk) -> None:
    """Say what every gate found."""
    for line in terminal.gates(judged, talk, annotate=choices.annotates(gating)):
        typer.echo(line, err=True)


@contextmanager
def told() -> Iterator[None]:
    """Tell the user's mistakes in one line, with the exit code each kind has."""
    try:
        yield
    except ReportgenError as error:
        typer.echo(terminal.inert(f"reportgen: {error}"), err=True)
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as error:
        typer.echo("reportgen: interrupted; nothing was written", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from error
