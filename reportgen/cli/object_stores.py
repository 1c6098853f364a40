"""Reads results from object stores, and copies outputs to them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from reportgen.api.options import Verbosity
from reportgen.cli.outcome import print_lines
from reportgen.errors import UsageError
from reportgen.files import (
    RESULTS_FILES,
    Address,
    Uploads,
    fetch_folder,
    is_results,
    scratch_folder,
)

_WRITING = ("run", "analyze", "merge", "render", "compare")  # commands
_OUTPUTS = ("output", "report")  # options
# Arguments that name folders to read, and the files that are read of each; None: all.
_READ: Mapping[str, frozenset[str] | None] = {
    "results": RESULTS_FILES,
    "parts": None,
    "paths": RESULTS_FILES,
}


@contextmanager
def at_addresses(command: str, chosen: dict[str, Any], values: dict[str, Any]) -> Iterator[None]:
    """Replace addresses of object stores by paths of this machine, in the option groups `chosen`
    and the arguments `values` of a `command`. Folders to read are copied here first; the copies
    last as long as the context is open. At its end the outputs are copied to their addresses, with
    a line for each.

    Raises:
        OutputError: one cannot be copied.
    """
    verbosity = chosen.get("verbosity", Verbosity())
    groups = chosen if command in _WRITING else {}
    given = {key: _given(group) for key, group in groups.items()}
    written = [address for outputs in given.values() for address in _addresses(outputs)]
    if command in ("analyze", "merge"):
        written = [replace(address, is_folder=True) for address in written]
    uploads = None
    if written:
        force = any(getattr(group, "force", False) for group in chosen.values())
        uploads = Uploads(written, force=force)
        for key, outputs in given.items():
            here = _moved(outputs, lambda _, address: uploads.place(address))
            chosen[key] = replace(chosen[key], **here)
    with _fetched(chosen, values):
        yield
        if uploads is not None:
            uploads.send()
            print_lines([f"{address}: written" for address in written], verbosity)


@contextmanager
def _fetched(chosen: Mapping[str, Any], values: dict[str, Any]) -> Iterator[None]:
    """Copy the folders at addresses that `values` name here, for as long as the context is open."""
    read = {name: value for name in _READ if (value := values.get(name))}
    if not _addresses(read):
        yield
        return
    if any(getattr(group, "accept", False) for group in chosen.values()):
        raise UsageError("--accept: writes into a folder of this machine; copy the baseline here")
    with scratch_folder() as scratch:
        numbers = count()

        def here(name: str, address: Address) -> Path | None:
            if name == "paths" and not is_results(address):
                return None  # texts, which are read where they are
            return fetch_folder(address, scratch / str(next(numbers)), _READ[name])

        values |= _moved(read, here)
        yield


def _given(group: Any) -> dict[str, Any]:
    """The outputs that a group of options names, by option."""
    return {name: value for name in _OUTPUTS if (value := getattr(group, name, None))}


def _addresses(values: Mapping[str, Any]) -> list[Address]:
    """The addresses among `values`, each of which is a path or a list of paths."""
    lists = (value if isinstance(value, list) else [value] for value in values.values())
    return [address for paths in lists for path in paths if (address := Address.of(path))]


def _moved(
    values: Mapping[str, Any], here: Callable[[str, Address], Path | str | None]
) -> dict[str, Any]:
    """`values`, with what `here` gives for the name of a value and an address in place of the
    address; None: the address itself."""

    def moved(name: str, path: Any) -> Any:
        address = Address.of(path)
        return path if address is None else type(path)(here(name, address) or path)

    return {
        name: [moved(name, path) for path in value]
        if isinstance(value, list)
        else moved(name, value)
        for name, value in values.items()
    }
