"""Finds files of a model in its folder or on the hub."""

from pathlib import Path, PurePosixPath

from huggingface_hub import list_repo_files
from transformers.utils.hub import cached_file

from reportgen.models.folders import TOKENIZER_FILES, expanded


def held_file(name: str, file: str, revision: str | None) -> Path | None:
    """The path of a file of the folder or hub id `name`, fetched where it must be; None if there is
    none or it cannot be fetched."""
    folder = expanded(name)
    try:
        path = cached_file(
            folder if folder.is_dir() else name,
            file,
            revision=revision,
            _raise_exceptions_for_missing_entries=False,
        )
    except OSError:
        return None
    return Path(path) if path else None


def hub_files(name: str, revision: str | None) -> list[PurePosixPath]:
    """The files of a hub id; none where the hub cannot be asked."""
    try:
        return [PurePosixPath(file) for file in list_repo_files(name, revision=revision)]
    except Exception:  # no such id, no connection, no right: told where the model is loaded
        return []


def holds_tokenizer(name: str, revision: str | None) -> bool:
    """Whether the folder or hub id `name` has a tokenizer."""
    return any(held_file(name, file, revision) is not None for file in TOKENIZER_FILES)
