"""Gates in a settings file: `pyproject.toml`, another TOML file or a YAML file.

[tool.reportgen]
fail-if = ["special_share_max > 0.8"]
warn-if = ["unknown_share > 5%"]

[tool.reportgen.compare]
fail-if = ["prediction_changed > 5%"]
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from reportgen.errors import UsageError, without_surrogates
from reportgen.files.reading import read_within

_PYPROJECT = "pyproject.toml"
_GATES = ("fail-if", "warn-if")
_COMMANDS = ("compare",)
_MOST_BYTES = 10_000_000


class _Loader(yaml.BaseLoader):  # type: ignore[misc]
    """Loads tables, lists and strings only. A YAML tag for anything else is an error, and so is a
    key that occurs twice, since the gates of one of the two would be lost."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        """The Python object for a node."""
        if node.tag.removeprefix("tag:yaml.org,2002:") not in ("str", "seq", "map"):
            raise yaml.MarkedYAMLError(f"settings cannot have the tag {node.tag}", node.start_mark)
        found: object = super().construct_object(node, deep=deep)
        return found

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        """The dictionary for a node."""
        found: dict[object, object] = super().construct_mapping(node, deep=deep)
        if len(found) < len(node.value):
            raise yaml.MarkedYAMLError("a key occurs twice in a table", node.start_mark)
        return found


@dataclass(frozen=True, slots=True)
class ConfiguredGates:
    """The gates of one command in a file, not yet parsed."""

    source: str = ""  # the name of the file; "" if there is none
    fail_if: tuple[str, ...] = ()
    warn_if: tuple[str, ...] = ()


def configured_gates(command: str, path: Path | None = None) -> ConfiguredGates:
    """Read the gates of `command`, run or compare, from the file at `path`. By default that is the
    nearest pyproject.toml, upwards from the current folder, with a table [tool.reportgen].

    Raises:
        UsageError: the file cannot be read or parsed, or has an unknown setting.
    """
    if path is None:
        return _of_project(command)
    if path.suffix.lower() == ".toml":
        return _gates(_own_table(_read_toml(path), path) or {}, command, str(path))
    return _gates(_read_yaml(path), command, str(path))


def _of_project(command: str) -> ConfiguredGates:
    here = Path.cwd()
    for folder in (here, *here.parents):
        path = folder / _PYPROJECT
        # A broken file that never mentions this tool is not our business.
        if path.is_file() and b"reportgen" in _read_bytes(path):
            table = _own_table(_read_toml(path), path)
            if table is not None:
                return _gates(table, command, _PYPROJECT if folder == here else str(path))
    return ConfiguredGates()


def _own_table(record: Mapping[str, object], path: Path) -> Mapping[str, object] | None:
    tools = record.get("tool")
    if not isinstance(tools, dict) or "reportgen" not in tools:
        return None
    table = tools["reportgen"]
    if not isinstance(table, dict):
        raise UsageError(f"{path}: tool.reportgen is not a table; write [tool.reportgen]")
    return table


def _gates(table: Mapping[str, object], command: str, source: str) -> ConfiguredGates:
    _check_keys(table, (*_GATES, *_COMMANDS), source, "")
    own = {"run": table, **{name: _part(table, name, source) for name in _COMMANDS}}
    for name in _COMMANDS:
        _check_keys(own[name], _GATES, source, f"{name}.")
    found = {
        name: tuple(
            _expressions(part, key, source, "" if name == "run" else f"{name}.") for key in _GATES
        )
        for name, part in own.items()
    }
    return ConfiguredGates(source, *found[command])


def _part(table: Mapping[str, object], name: str, source: str) -> Mapping[str, object]:
    part = table.get(name, {})
    if not isinstance(part, dict):
        raise UsageError(f"{source}: {name} is not a table of settings")
    return part


def _check_keys(
    table: Mapping[str, object], known: tuple[str, ...], source: str, prefix: str
) -> None:
    for key in table:
        if key not in known:
            raise UsageError(
                f"{source}: reportgen has no setting {prefix}{key}; use one of "
                f"{', '.join(prefix + name for name in known)}"
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


def _read_toml(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(_read(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: not TOML ({error})") from error


def _read_yaml(path: Path) -> Mapping[str, object]:
    try:
        record = yaml.load(_read(path), _Loader)
    except (yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"{path}: not YAML ({reason})") from error
    if record is None:  # an empty file, or only comments
        return {}
    if not isinstance(record, dict):
        raise UsageError(f"{path}: not a table of settings such as `fail-if: [...]`")
    return record


def _read(path: Path) -> str:
    try:
        return _read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8") from error


def _read_bytes(path: Path) -> bytes:
    try:
        return read_within(path, _MOST_BYTES)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
