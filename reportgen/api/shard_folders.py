"""Shards of an analysis on disk: what each folder says about itself, whether several make up a
whole, and which options that run code a merge must name again.

Nothing heavy is imported here.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from shlex import quote
from typing import Any

from reportgen.analysis import AnalysisOptions, Shard, is_timed
from reportgen.api.options import InputChoices, NamedCode
from reportgen.errors import ModelError, ResultsError, UsageError, some, unwritten
from reportgen.files import keep, make_temporary, replace_folder
from reportgen.models import ModelSpec, changed_file, code_sha256, factory_name, read_factory_args
from reportgen.options import options_in, options_of
from reportgen.results import ModelInfo, is_whole, listed, with_manifest

_RUN_FILE = "run.json"
_FILE = "shard.json"  # written last, so it makes a part whole
_MANIFEST = "manifest"  # in it
_SHARD = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Call:
    """The arguments of an analysis, enough to start it again."""

    texts: tuple[str, ...]
    inputs: InputChoices
    model: ModelSpec
    analysis: AnalysisOptions


@dataclass(frozen=True, slots=True)
class Parts:
    """All shards of one analysis, in order."""

    folders: tuple[Path, ...]
    call: Call
    unlisted: tuple[Path, ...] = ()  # those without a manifest, as an earlier version wrote them

    @property
    def warnings(self) -> list[str]:
        """A line about those without a manifest, if there are any."""
        if not self.unlisted:
            return []
        names = some([str(folder) for folder in self.unlisted])
        return [
            f"reportgen: {names}: no manifest in {_FILE}, as an earlier version wrote it, so "
            "damage to files may go unnoticed"
        ]


def shard_number(text: str) -> Shard:
    """Read a value of --shard.

    Raises:
        UsageError: it is not K/N with K from 1 to N.
    """
    match = _SHARD.fullmatch(text)
    if match is not None:
        number, of = map(int, match.groups())
        if 1 <= number <= of:
            return Shard(number, of)
    raise UsageError(f"--shard {text}: write K/N, such as 3/16 for the third of 16")


def check_call(call: Call) -> None:
    """Check that an analysis can be cut into shards.

    Raises:
        UsageError: its texts cannot be read again, or what one shard does depends on the others.
    """
    if "-" in call.texts:
        raise UsageError(
            "--shard: texts from standard input cannot be read again by merge; name a file"
        )
    if is_timed(call.analysis.evidence_budget):
        raise UsageError(
            "--shard: machines do different numbers of texts in one time; give --evidence-texts, "
            "or passes such as --evidence-budget 2000passes"
        )
    if call.analysis.generate is not None and call.analysis.keep_maps == "all":
        raise UsageError(
            "--shard with --generate: which maps fit is known only after the last text is "
            "written; give --keep-maps none or a number"
        )


def check_part(folder: Path, *, force: bool) -> None:
    """Check that a shard can be written at `folder`, before any work is done.

    Raises:
        UsageError: it exists and `force` is not given, or it holds something else.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder}: is a file, not a folder for a shard")
    names = [path.name for path in folder.iterdir()]
    if names and _FILE not in names:
        raise UsageError(f"{folder}: holds more than a shard ({names[0]}); name another folder")
    if names and not force:
        raise UsageError(f"{folder}: exists; give --force to overwrite it, or another --output")


def finish_part(kept: Path, folder: Path, shard: Shard, call: Call) -> None:
    """Make the results in `kept` the shard at `folder`; an earlier shard there is removed.

    Raises:
        OutputError: it cannot be written.
    """
    groups = {name: getattr(call, name) for name in ("inputs", "model", "analysis")}
    options = {
        name: {option: getattr(group, option) for option in options_in(type(group))}
        for name, group in groups.items()
    }
    values = {"texts": call.texts, **options, "shard": [shard.number, shard.of]}
    record = json.loads(json.dumps(values, default=str))
    try:
        # The results name the run that they belong to by this file.
        content = with_manifest(record, {_RUN_FILE: listed(kept / _RUN_FILE)})
        keep(kept / _FILE, content)
        _take_place(kept, Path(os.path.realpath(folder)))
    except OSError as error:
        raise unwritten(folder, error) from error


def _take_place(kept: Path, folder: Path) -> None:
    """Give the folder `kept` the name of `folder`, and remove an earlier shard there.

    Others may look into what is called `folder`, and at no time into what is called `kept`.
    """
    beside = make_temporary(folder.parent)
    try:
        replace_folder(kept, folder, beside)
    finally:
        beside.remove()
    mask = os.umask(0)
    os.umask(mask)
    with suppress(OSError):  # a file system without permissions
        folder.chmod(0o777 & ~mask)


def read_parts(folders: Sequence[Path]) -> Parts:
    """The shards in `folders`, in any order.

    Raises:
        ResultsError: one is none, or they do not make up one whole: some are missing, doubled, or
            of another number of shards.
    """
    by_number: dict[int, Path] = {}
    unlisted: set[Path] = set()
    first: Mapping[str, Any] | None = None
    for folder in folders:
        stored = _read(folder)
        if _MANIFEST not in stored:
            unlisted.add(folder)
        number, of = stored["shard"]
        if first is None:
            first = stored
        elif of != first["shard"][1]:
            raise ResultsError(
                f"{folder}: shard {number}/{of}, but {folders[0]} is one of {first['shard'][1]}; "
                "merge the shards of one analysis"
            )
        if number in by_number:
            raise ResultsError(
                f"{folder}: shard {number}/{of} is also {by_number[number]}; name one"
            )
        by_number[number] = folder
    if first is None:
        raise ResultsError("no shards; name the folders that `reportgen analyze --shard` wrote")
    of = first["shard"][1]
    missing = [f"{number}/{of}" for number in range(1, of + 1) if number not in by_number]
    if missing:
        raise ResultsError(
            f"{len(missing)} of {of} shards are missing: {some(missing)}; name all of them"
        )
    parts = tuple(by_number[number] for number in sorted(by_number))
    return Parts(parts, _call(first, folders[0]), tuple(path for path in parts if path in unlisted))


def _read(folder: Path) -> Mapping[str, Any]:
    path = folder / _FILE
    if not path.is_file():  # a pipe would be waited for
        raise ResultsError(
            f"{folder}: not a complete shard (no {_FILE}); make it with `reportgen analyze --shard`"
        )
    try:
        content = path.read_bytes()
        stored = json.loads(content)
        is_listed = _MANIFEST in stored
        run = stored[_MANIFEST]["files"][_RUN_FILE]["sha256"] if is_listed else None
        if not is_whole(content):
            raise ValueError("not what was written")
        number, of = stored["shard"]
        shard_number(f"{number}/{of}")
        if type(number) is not int or type(of) is not int:
            raise ValueError(stored["shard"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError, UsageError) as error:
        raise ResultsError(f"{folder}/{_FILE}: damaged; run this shard again") from error
    run_file = folder / _RUN_FILE
    if not run_file.is_file() or (is_listed and listed(run_file).sha256 != run):
        raise ResultsError(f"{run_file}: damaged, or of another run; run this shard again")
    facts: Mapping[str, Any] = stored
    return facts


def _call(stored: Mapping[str, Any], folder: Path) -> Call:
    try:
        return Call(
            tuple(stored["texts"]),
            options_of(InputChoices, _known(stored["inputs"])),
            options_of(ModelSpec, _known(stored["model"])),
            options_of(AnalysisOptions, _known(stored["analysis"])),
        )
    except (KeyError, TypeError, AttributeError, UsageError) as error:
        raise ResultsError(f"{folder}/{_FILE}: damaged; run this shard again") from error


def _known(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


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
