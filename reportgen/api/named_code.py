"""The options that run code: what shards say of them is used only where the command names it again.

Nothing heavy is imported here.
"""

from dataclasses import fields, replace
from pathlib import Path
from shlex import quote
from typing import Any

from reportgen.api.options import NamedCode, read_factory_args
from reportgen.api.shard_folders import Parts
from reportgen.errors import ModelError, UsageError
from reportgen.models import ModelSpec, changed_file, code_sha256, factory_name
from reportgen.results import ModelInfo


def with_code(parts: Parts, named: NamedCode) -> Parts:
    """`parts` with the options that run code as `named`, and not as the shards say.

    Raises:
        UsageError: the shards were made with another value, or with one that is not named again.
    """
    stored, folder = parts.call.model, parts.folders[0]
    for field in fields(named):
        _require_same(field.name, getattr(stored, field.name), getattr(named, field.name), folder)
    again = {field.name: getattr(named, field.name) for field in fields(named)}
    return replace(parts, call=replace(parts.call, model=replace(stored, **again)))


def _require_same(name: str, stored: Any, given: Any, folder: Path) -> None:
    """Check that an option has the value that the shard in `folder` was made with. Of a factory the
    file may lie elsewhere; `require_code` checks what it holds."""
    option = f"--{name.replace('_', '-')}"
    if stored and not given:
        value = "" if stored is True else f" {quote(stored)}"
        raise UsageError(
            f"{folder}: made with {option}{value}, which runs code or is read by it; if you trust "
            "it, give merge the same"
        )
    if given and not stored:
        raise UsageError(f"{option}: {folder} was made without; leave it out")
    read: Any = {"factory": lambda text: factory_name(text).attribute}.get(name, _same)
    read = read_factory_args if name == "factory_args" else read
    if stored and read(stored) != read(given):
        raise UsageError(f"{option} {given}: {folder} was made with {stored}; give merge the same")


def _same(value: Any) -> Any:
    return value


def require_code(spec: ModelSpec, made_with: ModelInfo) -> None:
    """Check that the Python file of the factory of `spec`, if it has one, and the files that it
    imported from its folder, are still those that results were `made_with`. None of them is run.

    Raises:
        UsageError: one has changed.
        ModelError: one cannot be read.
    """
    if spec.factory is None:
        return
    try:
        is_same = code_sha256(spec.factory) == made_with.code_sha256
        changed = changed_file(spec.factory, made_with.code_files) if is_same else "the file"
    except OSError as error:
        raise ModelError(f"--factory {spec.factory}: cannot be read ({error.strerror})") from error
    if changed is not None:
        raise UsageError(
            f"--factory {spec.factory}: {changed} has changed since the shards were made; merge "
            "with the file as it was, or run the shards again"
        )
