"""Builds a user's own module with the class named by `--factory`, and describes errors in it."""

import contextlib
import importlib.util
import inspect
import os
import re
import sys
import sysconfig
import traceback
from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path, PurePath
from types import ModuleType
from typing import Any

import torch
from torch import nn

from reportgen.errors import ModelError, first_line, some, without_surrogates
from reportgen.models.device import lacks_memory
from reportgen.models.shortened_paths import without_folders, without_passwords
from reportgen.models.spec import FactoryName, ModelSpec, factory_name, file_of

_LOOKS_LIKE_A_PATH = re.compile(r"[.~\\/]|(?!\w+://)[^\n]*[\\/]")
# Arguments of forward that the analysis provides; other required arguments get None.
_GIVEN = {"self", "input_ids", "attention_mask"}
# Folders of the standard library, of installed packages and of reportgen: no user code.
_LIBRARIES = {
    Path(sysconfig.get_paths()[key]).resolve() for key in ("stdlib", "purelib", "platlib")
} | {Path(__file__).resolve().parents[1]}
# What helps where memory is full.
_MORE_ROOM = "try --dtype bfloat16, a smaller --max-length, or a --device with more memory"


def build_module(spec: ModelSpec) -> nn.Module:
    """Import the class of `spec.factory` and call it with `spec.arguments`.

    Random numbers drawn while it is built are the same in every run.

    Raises:
        ModelError: it cannot be imported or built (with the line in the user's file), or it is not
            an `nn.Module`.
    """
    assert spec.factory is not None
    make = _attribute(factory_name(spec.factory), spec.factory)
    if not callable(make):
        raise ModelError(f"--factory {spec.factory}: not a class or function")
    signature = inspect.signature(make)
    try:
        signature.bind(**spec.arguments)
    except TypeError as error:
        raise ModelError(
            f"--factory {spec.factory} takes {signature}: {error}; "
            "give its arguments as JSON with --factory-args"
        ) from error
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        try:
            module = make(**spec.arguments)
        except (Exception, SystemExit) as error:
            message = f"--factory {spec.factory}: {describe(error, with_folders=True)}"
            lost = _lost_paths(spec.arguments)
            if lost:
                message = f"--factory-args: no file or folder {some(lost)} ({message})"
            raise ModelError(message) from error
    if not isinstance(module, nn.Module):
        raise ModelError(f"--factory {spec.factory} gives a {type(module).__name__}, no nn.Module")
    return module


@contextlib.contextmanager
def importable(spec: ModelSpec) -> Iterator[None]:
    """Let user code import modules from the folder of its file or the current folder, while the
    context is open."""
    if spec.factory is None:
        yield
        return
    folder = str(factory_name(spec.factory).folder)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # user code may have removed it
            sys.path.remove(folder)


def loaded_files(factory: str) -> tuple[tuple[str, str], ...]:
    """The files that modules were loaded from in the folder of `factory`, but for its own file: the
    path of each in the folder, and its SHA-256; by path."""
    name = factory_name(factory)
    folder, factory_file = name.folder, file_of(name)
    files = {
        str(getattr(loaded, "__dict__", {}).get("__file__"))
        for module, loaded in list(sys.modules.items())
        if module != "__main__"
    }
    # Thousands of modules are loaded: most are told apart by how their path begins.
    below = {Path(file) for file in files if file.startswith(str(folder))}
    digests = [
        (path.relative_to(folder).as_posix(), sha256(path.read_bytes()).hexdigest())
        for path in below
        if path.is_relative_to(folder)
        and path.is_file()  # else something is left of it in memory only
        and (factory_file is None or path != factory_file.resolve())
        and not any(path.is_relative_to(library) for library in _LIBRARIES)
    ]
    return tuple(sorted(digests))


def fill_required_arguments(module: nn.Module, token_type_ids: bool) -> None:
    """Make required arguments of `module.forward` that a tokenizer does not give, such as labels,
    optional.

    Args:
        token_type_ids: whether the tokenizer gives those.
    """
    given = _GIVEN | ({"token_type_ids"} if token_type_ids else set())
    required = [
        p.name
        for p in inspect.signature(module.forward).parameters.values()
        if p.default is p.empty
        and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        and p.name not in given
    ]
    if required:
        module.forward = partial(module.forward, **dict.fromkeys(required))


def _attribute(name: FactoryName, factory: str) -> Any:
    """Import the class or function called `name`."""
    try:
        attribute: Any = (
            _import_file(name.file) if name.file else importlib.import_module(name.source)
        )
    except (Exception, SystemExit) as error:
        message = describe(error, with_folders=True)
        raise ModelError(f"--factory {factory}: cannot import: {message}") from error
    for part in name.attribute.split("."):
        if not hasattr(attribute, part):
            raise ModelError(f"--factory {factory}: no {part} in {name.source}; check its spelling")
        attribute = getattr(attribute, part)
    return attribute


def _lost_paths(value: Any) -> list[str]:
    """The strings in a JSON `value` that look like paths but do not exist.

    Libraries take such strings for hub ids, with confusing error messages.
    """
    if isinstance(value, Mapping):
        return [lost for item in value.values() for lost in _lost_paths(item)]
    if isinstance(value, list):
        return [lost for item in value for lost in _lost_paths(item)]
    if not isinstance(value, str) or not _LOOKS_LIKE_A_PATH.match(value):
        return []
    return [] if os.path.exists(value) else [value]  # noqa: PTH110 (Path.exists may raise)


def _import_file(path: Path) -> ModuleType:
    # A unique name, because the file may be called like an installed package or another factory.
    name = f"_reportgen_factory_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look up their module
    # The text itself, not what Python keeps of it in __pycache__, which may be of another text.
    exec(compile(path.read_bytes(), path, "exec", dont_inherit=True), module.__dict__)
    return module


def describe(error: BaseException, *, with_folders: bool = False) -> str:
    """An error message such as `ValueError at my_model.py:12: what it says`.

    The place is the last line of user code in the traceback, if there is any. Paths are shortened
    to their last part, so that reports do not show folders of the machine; `with_folders`, which is
    only for the terminal, keeps them. Where memory was full, it says what may help.
    """
    place = _place(error)
    if place and not with_folders:
        place = PurePath(place).name
    where = f" at {place}" if place else ""
    message = without_surrogates(first_line(error))
    message = without_passwords(message) if with_folders else without_folders(message)
    if lacks_memory(error):
        sentences = ". ".join(message.split(". ")[:2]).rstrip(".") or type(error).__name__
        return f"too large even by itself: {sentences}; {_MORE_ROOM}"
    return f"{type(error).__name__}{where}" + (f": {message}" if message else "")


def _place(error: BaseException) -> str | None:
    """File and line of the last user code in the traceback; None if there is none."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_shown(error.filename)}:{error.lineno}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_file() and not any(path.resolve().is_relative_to(lib) for lib in _LIBRARIES):
            return f"{_shown(frame.filename)}:{frame.lineno}"
    return None


def _shown(filename: str) -> str:
    """The path relative to the current folder if it is in it, else only the name."""
    path = Path(filename).resolve()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else path.name
