"""The command that starts a project: it writes settings and a recipe for a host."""

from typing import Annotated

import typer

from reportgen.api.options.recipes import Host
from reportgen.cli.outcome import user_errors

_NEXT = "set model and columns in reportgen.toml, and texts and OWNER in the recipe"


def init(
    host: Annotated[
        Host | None,
        typer.Option(help="Write a recipe for this host too, e.g. github."),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Overwrite recipes that exist; without --host, the settings."),
    ] = False,
    show: Annotated[
        bool, typer.Option("--print", help="Print the files and write none, e.g. to paste a part.")
    ] = False,
) -> None:
    """Write a commented settings file, and a recipe for a host.

    Example: reportgen init --host github
    """
    from reportgen.api.start_project import first_files, write_first_files

    with user_errors(redact=False):
        if show:
            typer.echo("\n".join(first_files(host).values()), nl=False)
            return
        for line in write_first_files(host, force=force):
            typer.echo(line, err=True)
        typer.echo(_NEXT if host else _NEXT.partition(", and")[0], err=True)
