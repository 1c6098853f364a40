"""Reads the options in a settings file, under their long names, and its gates.

Settings at the top apply to every command that has the option. Settings in the table `compare`
apply to that command only, and override those at the top.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reportgen.analysis import AnalysisOptions
from reportgen.api.options.option_register import (
    CompareChoices,
    CompareOutputChoices,
    EngineChoices,
    GateChoices,
    InputChoices,
    OutputChoices,
    RunChoices,
    Verbosity,
)
from reportgen.api.options.settings_file import SettingsFile, project_folders, settings_file
from reportgen.errors import UsageError, without_surrogates
from reportgen.findings import Level
from reportgen.models import ModelSpec
from reportgen.options import Option, options_in, options_of
from reportgen.report import STANDARD_OUTPUT, CompareOptions, RenderOptions

_GATES: Mapping[str, Level] = {"fail-if": "fail", "warn-if": "warn"}
_COMMANDS = ("compare",)  # that have a table of their own
# What a report is called and where it goes says nothing of a comparison or a list.
_OF_REPORTS: Mapping[str, tuple[str, ...]] = {
    "compare": (
        *_GATES,
        "output",
        "format",
        "title",
        "id",
        "page-url",
        "layout",
        "comment",
    ),
    "site": ("title",),
}
# Code runs only where someone says so at that very moment, so no file can ask for it.
_OF_CODE = "it runs code, so it belongs on the command line"
_NEVER = {
    "config": "it names the settings themselves",
    "factory": _OF_CODE,
    "factory-args": "it goes with --factory, which runs code, so it belongs on the command line",
    "trust-remote-code": _OF_CODE,
    "plotlyjs": "its code runs in every page, so it belongs on the command line",
}
_SHARED = (GateChoices, Verbosity)
# The groups of options of a report, all of which are settings, and those of other commands.
GROUPS = (
    *(InputChoices, ModelSpec, AnalysisOptions, OutputChoices, RenderOptions),
    *(EngineChoices, *_SHARED),
)
_GROUPS: Mapping[str, tuple[type, ...]] = {
    "run": (*GROUPS, RunChoices),
    "compare": (
        *(InputChoices, AnalysisOptions, CompareOutputChoices, CompareOptions),
        *(*_SHARED, CompareChoices),
    ),
}


@dataclass(frozen=True, slots=True)
class ConfiguredOptions:
    """The options of one command in a file, by the names of their fields."""

    source: str  # as of `SettingsFile`
    values: Mapping[str, Any]


def configured_gates(command: str, path: Path | None = None) -> list[tuple[Level, str, str]]:
    """The gates of `command`, run or compare, in a settings file: the level of each, what is
    written there, not yet parsed, and the name of the file. `path` is the file; by default the one
    of the project.

    Raises:
        UsageError: the file cannot be read or parsed, or has an unknown setting.
    """
    file = _checked(settings_file(path))
    prefix = f"{command}." if command in _COMMANDS else ""
    table = file.part(command) if prefix else file.table
    return [
        (level, expression, file.source)
        for key, level in _GATES.items()
        for expression in _expressions(table, key, file.source, prefix)
    ]


def configured_options(command: str, path: Path | None = None) -> ConfiguredOptions:
    """The options that a settings file gives to `command`, without gates (see `configured_gates`).
    `path` is the file; by default the one of the project.

    Raises:
        UsageError: the file cannot be read or parsed, or has an unknown setting or a wrong value.
    """
    file = _checked(settings_file(path))
    left_out = (*_COMMANDS, *_OF_REPORTS.get(command, ()))
    top = {key: value for key, value in file.table.items() if key not in left_out}
    if command in _COMMANDS:
        top |= file.part(command)
    known = _known(command)
    values = {
        key.replace("-", "_"): _read(key, known[key], value, f"{file.source}: {key}")
        for key, value in top.items()
        if key in known and key not in _GATES
    }
    if path is None:
        for name in ("output", "comment"):
            _require_inside(name, values.get(name), file.source)
    return ConfiguredOptions(file.source, values)


def _require_inside(option: str, paths: str | list[str] | None, source: str) -> None:
    """Check that settings that were found, and not named, write into the project only, and show
    only files of it: they may have come with it.

    Raises:
        UsageError: they name a path outside of it.
    """
    top = Path(os.path.realpath(project_folders()[-1]))
    for name in [paths] if isinstance(paths, str) else paths or ():
        if name != STANDARD_OUTPUT and not Path(os.path.realpath(name)).is_relative_to(top):
            raise UsageError(
                f"{source}: {option} {name!r:.80} is outside of {top}; give it with --{option}, or "
                "name the settings with --config"
            )


def _checked(file: SettingsFile) -> SettingsFile:
    """`file`, after checking the names of all settings and the values of gates."""
    tables = [("run", "", file.table)]
    tables += [(command, f"{command}.", file.part(command)) for command in _COMMANDS]
    for command, prefix, table in tables:
        known = _known(command)
        for key in table:
            if key not in known and not (key in _COMMANDS and not prefix):
                raise UsageError(f"{file.source}: {_unknown(prefix, str(key), tuple(known))}")
        for key in _GATES:
            _expressions(table, key, file.source, prefix)
    return file


def _unknown(prefix: str, key: str, known: tuple[str, ...]) -> str:
    if (option := key.replace("_", "-")) in _NEVER:
        return f"{prefix}{key} is no setting: {_NEVER[option]}"
    fault = f"reportgen has no setting {prefix}{key}"
    names = known if prefix else (*known, *_COMMANDS)
    close = get_close_matches(key.replace("_", "-"), names, n=1, cutoff=0.6)
    if close:
        return f"{fault}; is it {prefix}{close[0]}?"
    command = prefix.rstrip(".") or "run"
    return f"{fault}; settings are called as the options of reportgen {command} --help-all"


def _read(key: str, group: type, value: object, place: str) -> Any:
    """The value of the setting `key`, an option of `group`, as the command line gives it to the
    command.

    Raises:
        UsageError: the option does not take it; the message begins with `place`.
    """
    name = key.replace("-", "_")
    plain = _plain(value, options_in(group)[name])
    try:
        options_of(group, {name: plain}, is_python=False)
    except UsageError as error:
        message, start = str(error), f"{name} "
        if message.startswith(start):
            raise UsageError(f"{place} {message.removeprefix(start)}") from error
        raise UsageError(f"{place}: {message}") from error
    return plain


def _plain(value: object, option: Option) -> object:
    """The value in the type that its option asks for: YAML has only text, and a single text stands
    for a list of one."""
    kinds = str(option.kind)
    if isinstance(value, str):
        value = without_surrogates(value)
        if "list" in kinds:
            return [value]
        if "bool" in kinds and value in ("true", "false"):
            return value == "true"
        is_number = "int" in kinds or "float" in kinds
        if is_number and not option.read:
            return _number(value)
    if option.read and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _number(text: str) -> object:
    """The number that `text` is, else the text itself."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


@cache
def _known(command: str) -> Mapping[str, type]:
    """The settings of a command by name, each with the group of options that declares it."""
    command = command if command in _COMMANDS else "run"
    return MappingProxyType(
        {
            key: group
            for group in _GROUPS[command]
            for name, option in options_in(group).items()
            if option.is_setting and (key := name.replace("_", "-")) not in _NEVER
        }
    )


def _expressions(
    table: Mapping[str, object], key: str, source: str, prefix: str
) -> tuple[str, ...]:
    value = table.get(key, [])
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
        raise UsageError(
            f'{source}: {prefix}{key} is not a list of gates such as ["special_share_max > 0.8"]'
        )
    return tuple(map(without_surrogates, values))
