"""Paths as outputs print them: only the last part, so that none names a folder of the machine."""

import json
import os
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any

from reportgen.models.folders import without_folders


def last_part(path: str | Path) -> str:
    """The last part of a path; a Hugging Face id, or any other text, is returned unchanged."""
    text = str(path)
    looks_like_one = text.startswith((".", "~")) or any(
        kind(text).is_absolute() for kind in (PurePosixPath, PureWindowsPath)
    )
    if not (looks_like_one or os.path.exists(text)):  # noqa: PTH110 (Path.exists may raise)
        return text
    return PurePath(text).name or Path(os.path.realpath(text)).name


def factory_without_folder(factory: str) -> str:
    """A factory such as `path/file.py:Class` without its folder."""
    source, _, attribute = factory.rpartition(":")
    return f"{last_part(source)}:{attribute}"


def json_without_folders(text: str) -> str:
    """A JSON text in which every path is shortened to its last part, and no URL has a password."""
    return json.dumps(_last_parts(json.loads(text)), ensure_ascii=False)


def _last_parts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _last_parts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_last_parts(item) for item in value]
    return without_folders(last_part(value)) if isinstance(value, str) else value
