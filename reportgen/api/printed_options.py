"""The options that a report names in the command that repeats it."""

import json
import os
from dataclasses import fields
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any

from reportgen.api.options import AnalysisChoices, InputChoices, ModelChoices
from reportgen.errors import without_surrogates


def shown_options(
    *groups: InputChoices | ModelChoices | AnalysisChoices,
) -> dict[str, str | int | bool]:
    """The options that differ from their defaults, by name, for the command that a report prints.

    Only the last part of a path is kept, so that no output names a folder of the machine.
    """
    shown: dict[str, str | int | bool] = {}
    for choices in groups:
        for field in fields(choices):
            value = getattr(choices, field.name)
            if value == field.default:
                continue
            value = _without_folders(field.name, value)
            if isinstance(value, str):
                value = without_surrogates(value)
            shown[field.name.replace("_", "-")] = value
    return shown


def _without_folders(name: str, value: Any) -> str | int | bool:
    if name == "factory_args":
        return json.dumps(_last_parts(json.loads(value)), ensure_ascii=False)
    if name == "factory":
        source, _, attribute = value.rpartition(":")
        return f"{_last_part(source)}:{attribute}"
    if name in ("model", "tokenizer", "checkpoint"):
        return _last_part(str(value))
    plain: str | int | bool = value
    return plain


def _last_parts(value: Any) -> Any:
    """A JSON value with every path in it shortened to its last part."""
    if isinstance(value, dict):
        return {key: _last_parts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_last_parts(item) for item in value]
    return _last_part(value) if isinstance(value, str) else value


def _last_part(text: str) -> str:
    """The last part of a path; a Hugging Face id, or any other text, is returned unchanged."""
    looks_like_one = text.startswith((".", "~")) or any(
        kind(text).is_absolute() for kind in (PurePosixPath, PureWindowsPath)
    )
    if not (looks_like_one or os.path.exists(text)):  # noqa: PTH110 (Path.exists may raise)
        return text
    return PurePath(text).name or Path(os.path.realpath(text)).name
