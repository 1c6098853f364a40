"""Option groups as command options, and the arguments that only the command line has."""

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import is_dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from reportgen.analysis import AnalysisOptions
from reportgen.api.options import InputChoices, configured_gates, configured_options
from reportgen.cli.outcome import user_errors
from reportgen.errors import UsageError, shortened
from reportgen.findings import figure_list
from reportgen.options import Option, options_in, options_of
from reportgen.report import inert
from reportgen.texts import INPUT_FORMATS
from reportgen.version import __version__


def with_options(command: Callable[..., int]) -> Callable[..., None]:
    """Make a command whose parameters are dataclasses; their fields become the options of the
    command.

    `command` returns its exit code. An error that a user can cause is printed in one line.
    """
    declared = inspect.signature(command).parameters.values()
    groups: dict[str, Any] = {p.name: p.annotation for p in declared if is_dataclass(p.annotation)}

    def call(context: typer.Context, **values: Any) -> None:
        values.pop(_HELP_ALL, None)
        is_redacted = values.get("redact", False)
        with user_errors(redact=is_redacted), _told_of_settings(own_name, context, values):
            chosen: dict[str, Any] = {
                name: options_of(group, {name: values.pop(name) for name in options_in(group)})
                for name, group in groups.items()
            }
            code = command(**chosen, **values)
        raise typer.Exit(code)

    own_name = command.__name__
    n_options = sum(len(options_in(group)) for group in groups.values())
    is_long = n_options > _MOST_SHOWN
    parameters = [
        parameter
        for group in groups.values()
        for parameter in _parameters(group, only_common=is_long)
    ]
    parameters += [p.replace(kind=p.KEYWORD_ONLY) for p in declared if p.name not in groups]
    call.__name__ = command.__name__
    call.__doc__ = command.__doc__
    of_context = inspect.Parameter(
        "context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context
    )
    parameters += [of_context, *([_help_all()] if is_long else [])]
    call.__annotations__ = {p.name: p.annotation for p in parameters}
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return call


_MOST_SHOWN = 25  # options; the help of a command with more shows those that most people need
_HELP_ALL = "help_all"


def _help_all() -> inspect.Parameter:
    """The option that shows the help with all options of a command."""

    def show(context: typer.Context, wanted: bool) -> None:
        if wanted:
            command = copy(context.command)
            command.params = [_unhidden(parameter) for parameter in command.params]
            typer.echo(command.get_help(context))
            raise typer.Exit

    option = typer.Option(
        "--help-all", callback=show, is_eager=True, help="Show all options and exit."
    )
    return inspect.Parameter(
        _HELP_ALL, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, option]
    )


def _unhidden(parameter: Any) -> Any:
    """A parameter of a command that its help shows."""
    shown = copy(parameter)
    shown.hidden = False
    return shown


_MISUSES: Any = typer.BadParameter.__base__  # the errors of the command line, of whatever typer


class Commands(TyperGroup):
    """The group of commands. An error about a value says what its option takes, and no error
    repeats a long value whole."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except _MISUSES as error:
            is_value = isinstance(error, typer.BadParameter)
            error.message = shortened(_taken(error) if is_value else error.message)
            raise


def _taken(error: typer.BadParameter) -> str:
    """What is wrong with a value, in place of what pydantic, which typer asks, says of it."""
    message = error.message.removeprefix("Value error, ")
    listed = getattr(error.__cause__, "errors", None)
    if listed is None:
        return message
    first = listed()[0]
    kind, limits = first["type"], first.get("ctx", {})
    if kind == "greater_than_equal":
        takes = f"{limits['ge']}".removesuffix(".0") + " or more"
    elif kind == "less_than_equal":
        takes = f"{limits['le']}".removesuffix(".0") + " or less"
    elif kind.startswith(("int_", "float_")):
        takes = "a whole number" if kind.startswith("int_") else "a number"
    else:
        return message
    return f"{first['input']!r:.80}: takes {takes}"


# Options whose meaning is another one there: a folder.
_OWN_OUTPUT = ("analyze",)
_NOT_OF_FOLDERS = (InputChoices, AnalysisOptions)
_GATES = ("fail_if", "warn_if")  # of settings, which add to those that are given


@contextmanager
def _told_of_settings(
    command: str, context: typer.Context, values: dict[str, Any]
) -> Iterator[None]:
    """Use the settings of the project for options that were not given, and print which file they
    are from. An error about such an option says in which file it is set."""
    places = {name: context.get_parameter_source(name) for name in values}
    given = {name for name, place in places.items() if place and place.name != "DEFAULT"}
    settings = configured_options(command, values.get("config"))
    leave_out = {"output"} if command in _OWN_OUTPUT else set()
    is_set = {name: v for name, v in settings.values.items() if name in values}
    if command == "compare" and not (values["base"] or is_set.get("base")):
        # Results folders are compared as they are, and a new model is analysed as its baseline was.
        leave_out |= {name for group in _NOT_OF_FOLDERS for name in options_in(group)}
    taken = {n: v for n, v in is_set.items() if n not in given and n not in leave_out}
    if not (values.get("config") or (values.get("quiet") and "quiet" in given)):
        _print_source(command, settings.source, [*taken, *(g for g in _GATES if g in values)])
    values |= {n: Path(v) if isinstance(values[n], Path) else v for n, v in taken.items()}
    try:
        yield
    except UsageError as error:
        flags = [f"--{name.replace('_', '-')}" for name in taken]
        named = [flag for flag in flags if re.search(rf"{flag}(?![\w-])", str(error))]
        if not named:
            raise
        options = ", ".join(named)
        raise UsageError(f"{error} ({options}: set in {settings.source})") from error


def _print_source(command: str, source: str, names: Sequence[str]) -> None:
    """Print from which file the options `names` are taken, and the gates of `command` if it has
    any. No setting can silence the line."""
    gates = configured_gates("compare" if command == "compare" else "run")
    levels = {f"{level}_if" for level, *_ in gates}
    shown = [n for n in names if n not in _GATES or n in levels]
    if shown:
        listed = ", ".join(name.replace("_", "-") for name in shown)
        typer.echo(inert(f"settings of {source}: {listed}"), err=True)


def _parameters(group: type, *, only_common: bool = False) -> list[inspect.Parameter]:
    """The options of a dataclass as typer reads them from the signature of a command; with
    `only_common` its help hides those that few people need."""
    parameters = []
    for name, option in options_in(group).items():
        default = option.default
        if option.write and default is not None:
            default = option.write(default)
        parameters.append(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=default,
                annotation=Annotated[
                    _typed_kind(option),
                    _declared(name, option, is_hidden=only_common and not option.is_common),
                ],
            )
        )
    return parameters


def _typed_kind(option: Option) -> Any:
    """The type of an option's value as it is typed: text, where the option reads it itself."""
    if option.choices:
        kind: Any = Literal[option.choices]
    elif option.read:
        kind = str
    else:
        return option.kind
    return kind | None if option.default is None else kind


def _declared(name: str, option: Option, *, is_hidden: bool) -> Any:
    flags = option.flags or (f"--{name.replace('_', '-')}",)
    return typer.Option(
        *flags,
        help=option.help.replace("[", r"\["),  # or it is read as markup
        rich_help_panel=option.panel,
        metavar=option.metavar,
        hidden=is_hidden,
        min=None if option.read else option.least,
        max=None if option.read else option.most,
    )


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"reportgen {__version__}")
        raise typer.Exit


def list_figures(command: str) -> Callable[[bool], None]:
    """Make a function that prints the figures which gates of `command` can name, and exits."""

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
    list[str] | None,
    typer.Argument(
        metavar="TEXTS...",
        help=f"Files of texts ({' '.join(f'.{name}' for name in INPUT_FORMATS)}; also .gz and "
        ".zst), folders of .txt files, or - for standard input; or give --text.",
    ),
]
ResultsFolder = Annotated[
    Path, typer.Argument(metavar="RESULTS", help="A folder that `reportgen analyze` wrote.")
]
PublishedSources = Annotated[
    list[Path],
    typer.Argument(
        metavar="RESULTS|FILE",
        help="Folders that `reportgen analyze` wrote; or what reportgen wrote of them, e.g. "
        "report.md or page.xml with its img/.",
    ),
]
SiteFolder = Annotated[
    Path,
    typer.Argument(help="Folder of reports, each with a summary.json beside it, e.g. public/."),
]
_list_figures = partial(
    typer.Option,
    "--list-figures",
    rich_help_panel="Gates",
    is_eager=True,
    help="Print every figure that a gate can name, with its meaning, and exit.",
)
ListFigures = Annotated[bool, _list_figures(callback=list_figures("run"))]
ListCompareFigures = Annotated[bool, _list_figures(callback=list_figures("compare"))]
ComparePaths = Annotated[
    list[str],
    typer.Argument(
        metavar="OLD NEW... | BASELINE [TEXTS...] | TEXTS...",
        help="Two results folders or more, the old model's first and the new model's last; with "
        "--head alone, a baseline that `reportgen analyze` wrote, and files of texts if they are "
        "not to be its own; with --base and --head, files of texts.",
    ),
]
