"""The arguments that only the command line has, and groups of choices as command options."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import partial
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from reportgen.api.options import GATES, MODEL
from reportgen.findings.figures import figure_list
from reportgen.version import __version__


def takes(*groups: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the fields of data classes as its options.

    The command takes one instance of each of `groups` first, then its own parameters; typer sees
    them all as options, with the annotations and defaults of the fields.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(command).parameters.values())[len(groups) :]
        added = [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if field.default is MISSING else field.default,
                annotation=get_type_hints(group, include_extras=True)[field.name],
            )
            for group in groups
            for field in fields(group)
        ]

        def call(**values: Any) -> None:
            choices = [
                group(**{field.name: values.pop(field.name) for field in fields(group)})
                for group in groups
            ]
            command(*choices, **values)

        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + added
        call.__name__ = command.__name__
        call.__doc__ = command.__doc__
        call.__annotations__ = {p.name: p.annotation for p in parameters}
        call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return call

    return decorate


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"reportgen {__version__}")
        raise typer.Exit


def list_figures(command: str) -> Callable[[bool], None]:
    """What prints the figures that gates of `command` can name, and ends."""

    def show(wanted: bool) -> None:
        if wanted:
            for line in figure_list(command).listing():
                typer.echo(line)
            raise typer.Exit

    return show


Version = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
]
Texts = Annotated[
    list[str],
    typer.Argument(
        metavar="TEXTS...",
        help="Files of texts (.txt .csv .tsv .json .jsonl .parquet), or - for standard input.",
    ),
]
Outputs = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="Where to write, e.g. report.html; may repeat: report.md, tokens.csv, summary.json, "
        "page.xml (Confluence), results/ (a folder). - is standard output.",
    ),
]
ResultsOutput = Annotated[
    Path, typer.Option("--output", "-o", metavar="FOLDER", help="Results folder, e.g. results/.")
]
ResultsFolder = Annotated[
    Path, typer.Argument(metavar="RESULTS", help="A folder that `reportgen analyze` wrote.")
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite outputs that exist.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit with 4 where a text was empty or failed.")
]
Redact = Annotated[
    bool,
    typer.Option(
        "--redact", help="Write ids, lengths and figures only: no text and no token in any output."
    ),
]
_list_figures = partial(
    GATES,
    "--list-figures",
    is_eager=True,
    help="Print every figure that a gate can name, with its meaning, and end.",
)
ListFigures = Annotated[bool, _list_figures(callback=list_figures("run"))]
ListCompareFigures = Annotated[bool, _list_figures(callback=list_figures("compare"))]
Open = Annotated[bool, typer.Option("--open", help="Open the HTML report when it is written.")]
ComparePaths = Annotated[
    list[str],
    typer.Argument(
        metavar="BASE HEAD | TEXTS...",
        help="Two results folders; with --base and --head, files of texts.",
    ),
]
CompareOutputs = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="Where to write, e.g. compare.html; may repeat: compare.md, compare.json. - is "
        "standard output.",
    ),
]
Base = Annotated[
    str | None,
    MODEL(
        metavar="MODEL", help="The model to hold the other against, e.g. ./old; a hub id, or demo."
    ),
]
Head = Annotated[
    str | None,
    MODEL(metavar="MODEL", help="The model that is compared, e.g. ./new; a hub id, or demo."),
]
