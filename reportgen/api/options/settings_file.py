"""Finds and reads a settings file: `reportgen.toml`, `pyproject.toml`, another TOML or a YAML file.

[tool.reportgen]
label-column = "stars"
fail-if = ["special_share_max > 0.8"]

[tool.reportgen.compare]
fail-if = ["prediction_changed > 5%"]
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import yaml

from reportgen.errors import UsageError
from reportgen.files import read_within

OWN_FILE = "reportgen.toml"  # its top level is the table that pyproject.toml has by name
_PYPROJECT = "pyproject.toml"
_MOST_BYTES = 500_000  # of YAML, 2 s of processor time


class _Loader(yaml.BaseLoader):  # type: ignore[misc]
    """Loads tables, lists and strings only. Other YAML tags are an error. So is a key that occurs
    twice, since one of the two would be lost."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        """The Python object for a node."""
        if node.tag.removeprefix("tag:yaml.org,2002:") not in ("str", "seq", "map"):
            raise yaml.MarkedYAMLError(f"settings cannot have the tag {node.tag}", node.start_mark)
        content: object = super().construct_object(node, deep=deep)
        return content

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        """The dictionary for a node."""
        table: dict[object, object] = super().construct_mapping(node, deep=deep)
        if len(table) < len(node.value):
            raise yaml.MarkedYAMLError("a key occurs twice in a table", node.start_mark)
        return table


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The table of settings in a file, as it was written."""

    source: str = ""  # the file: its name, or its path where it is in another folder; "": none
    table: Mapping[str, object] = field(default_factory=dict)

    def part(self, name: str) -> Mapping[str, object]:
        """The table of one command within it; empty where there is none.

        Raises:
            UsageError: it is no table.
        """
        part = self.table.get(name, {})
        if not isinstance(part, dict):
            raise UsageError(f"{self.source}: {name} is not a table of settings")
        return part


def settings_file(path: Path | None = None) -> SettingsFile:
    """Read the settings in the file at `path`. By default that is the nearest reportgen.toml, or
    pyproject.toml with a table [tool.reportgen], in one of the `project_folders`.

    Raises:
        UsageError: the file cannot be read or parsed; or it was not named, and belongs to another
            user.
    """
    if path is None:
        return _of_project()
    if path.suffix.lower() == ".toml":
        return SettingsFile(str(path), _own_table(_read_toml(path), path) or {})
    return SettingsFile(str(path), _read_yaml(path))


def project_folders() -> Sequence[Path]:
    """The current folder and those above it, up to the top of the git repository; outside of a
    repository the current folder alone."""
    here = Path.cwd()
    above = (here, *here.parents)
    tops = (number for number, folder in enumerate(above, 1) if (folder / ".git").exists())
    return above[: next(tops, 1)]


def _of_project() -> SettingsFile:
    here, *_ = folders = project_folders()
    for folder in folders:
        file, project = folder / OWN_FILE, folder / _PYPROJECT
        if file.is_file():
            _require_trusted(file)
            return SettingsFile(file.name if folder == here else str(file), _read_toml(file))
        # A broken file that never mentions this tool is not our business.
        if project.is_file() and b"reportgen" in _read_bytes(project):
            table = _own_table(_read_toml(project), project)
            if table is not None:
                _require_trusted(project)
                return SettingsFile(_PYPROJECT if folder == here else str(project), table)
    return SettingsFile()


def _require_trusted(path: Path) -> None:
    """Check that a file that was found, and not named, belongs to the user or to root. Elsewhere
    than on POSIX nobody can tell.

    Raises:
        UsageError: it does not.
    """
    if os.name != "posix":
        return
    for status in (path.stat(), path.lstat()):  # of a link, whose the link is too
        if status.st_uid not in (0, os.geteuid()):
            raise UsageError(
                f"{path}: belongs to another user, so its settings are not used; make a copy that "
                "is yours, name the file with --config, or call reportgen in another folder"
            )


def _own_table(record: Mapping[str, object], path: Path) -> Mapping[str, object] | None:
    if path.name == OWN_FILE:
        return record
    tools = record.get("tool")
    if not isinstance(tools, dict) or "reportgen" not in tools:
        return None
    table = tools["reportgen"]
    if not isinstance(table, dict):
        raise UsageError(f"{path}: tool.reportgen is not a table; write [tool.reportgen]")
    return table


def _read_toml(path: Path) -> Mapping[str, object]:
    try:
        return _parsed_toml(_read(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: not TOML ({error})") from error


@lru_cache(maxsize=1)  # a command asks for its options, its gates and those of its outputs
def _parsed_toml(text: str) -> Mapping[str, object]:
    return MappingProxyType(tomllib.loads(text))


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
