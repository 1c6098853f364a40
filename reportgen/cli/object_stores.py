"""Reads results from object stores, and copies outputs to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
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


@dataclass
class Sent:
    """The outputs of a command that go to object stores; empty if none does."""

    uploads: Uploads | None
    addresses: tuple[Address, ...]
    verbosity: Verbosity

    def send(self) -> None:
        """Copy the outputs to their addresses, and print a line for each.

        Raises:
            OutputError: it cannot be copied.
        """
        if self.uploads is not None:
            self.uploads.send()
            print_lines([f"{address}: written" for address in self.addresses], self.verbosity)


@contextmanager
def at_addresses(command: str, chosen: dict[str, Any], values: dict[str, Any]) -> Iterator[Sent]:
    """Replace addresses of object stores by paths of this machine, in the option groups `chosen`
    and the arguments `values` of a `command`. Folders to read are copied here first; the copies
    last as long as the context is open."""
    outputs = _outputs(chosen) if command in _WRITING else []
    written = [address for output in outputs if (address := Address.of(output))]
    if command in ("analyze", "merge"):
        written = [replace(address, is_folder=True) for address in written]
    uploads = None
    if written:
        force = any(getattr(group, "force", False) for group in chosen.values())
        uploads = Uploads(written, force=force)
        _replace_outputs(chosen, uploads)
    verbosity = chosen.get("verbosity", Verbosity())
    if not any(map(Address.of, _read(values))):
        yield Sent(uploads, tuple(written), verbosity)
        return
    if any(getattr(group, "accept", False) for group in chosen.values()):
        raise UsageError("--accept: writes into a folder of this machine; copy the baseline here")
    with scratch_folder() as scratch:
        _fetch(values, scratch)
        yield Sent(uploads, tuple(written), verbosity)


def _outputs(chosen: dict[str, Any]) -> list[str]:
    given = [getattr(group, name, None) for group in chosen.values() for name in _OUTPUTS]
    return [str(path) for own in given if own for path in (own if isinstance(own, list) else [own])]


def _replace_outputs(chosen: dict[str, Any], uploads: Uploads) -> None:
    def here(path: str) -> str:
        address = Address.of(path)
        return uploads.place(address) if address else path

    for key, group in chosen.items():
        own = {name: value for name in _OUTPUTS if (value := getattr(group, name, None))}
        new = {
            name: [here(path) for path in value]
            if isinstance(value, list)
            else Path(here(str(value)))
            for name, value in own.items()
        }
        chosen[key] = replace(group, **new) if new else group


def _read(values: dict[str, Any]) -> list[str]:
    """The paths that a command reads, of folders or of other files."""
    found = values.get("results", [])
    lists = [found if isinstance(found, list) else [found]]
    lists += [values.get("parts", []), values.get("paths", [])]
    return [str(path) for own in lists for path in own]


def _fetch(values: dict[str, Any], scratch: Path) -> None:
    """Copy folders at addresses into `scratch`."""
    numbers = count()

    def here(path: str, names: frozenset[str] | None) -> Path:
        address = Address.of(path)
        if address is None:
            return Path(path)
        return fetch_folder(address, scratch / str(next(numbers)), names)

    found = values.get("results")
    if isinstance(found, list):
        values["results"] = [here(str(path), RESULTS_FILES) for path in found]
    elif found is not None:
        values["results"] = here(str(found), RESULTS_FILES)
    if "parts" in values:
        values["parts"] = [here(str(path), None) for path in values["parts"]]
    if "paths" in values:  # of texts too, which are read where they are
        values["paths"] = [
            str(here(path, RESULTS_FILES)) if is_results(path) else path for path in values["paths"]
        ]
