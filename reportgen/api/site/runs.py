"""Reads which runs a site is made of from their folders, before any page is made."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reportgen.errors import ComparisonError, ResultsError
from reportgen.report import (
    COLUMNS,
    Entry,
    Site,
    SiteOptions,
    content_of,
    redacted_info,
    run_id,
    series_of,
    to_digits,
)
from reportgen.results import Results, open_results, require_regular


@dataclass(frozen=True, slots=True)
class SiteRun:
    """A run whose results are available."""

    folder: Path
    name: str  # of the folder, whatever link leads to it
    id: str
    created: str
    series: str
    commit: str


class RunReader:
    """Reads the runs in folders; a run that cannot be read, or is there twice, is reported and left
    out."""

    def __init__(self, options: SiteOptions, say: Callable[[str], None], *, redact: bool) -> None:
        self.n_left_out = 0  # folders that could not be read
        self._options = options
        self._say = say
        self._redact = redact

    def read(self, folders: Sequence[Path], old: Site) -> dict[str, SiteRun]:
        """The runs by their ids. A run that is already on the site keeps its id, even if its folder
        was renamed."""
        known = {entry.content: entry for entry in old.entries}
        by_content: dict[str, SiteRun] = {}  # by what no other run has
        for folder in folders:
            try:
                results = open_results(folder)
                run = self._run(folder, results, known)
            except ResultsError as error:
                self.n_left_out += 1
                self._say(f"left out: {message(error, redact=self._redact)}")
                continue
            if (same := by_content.get(content_of(run.id))) is not None:
                self._say(f"{folder}: the same run as {same.folder}, so it is there once")
                continue
            by_content[content_of(run.id)] = run
        return {run.id: run for run in by_content.values()}

    def _run(self, folder: Path, results: Results, known: Mapping[str, Entry]) -> SiteRun:
        info = redacted_info(results, self._options.lang) if self._redact else results.info
        name = Path(os.path.realpath(folder)).name
        figures = _shown_figures(results) if self._redact else _heads(results)
        content = json.dumps(_stated(info), sort_keys=True).encode() + figures
        id = run_id(info.created, name, content)
        entry = known.get(content_of(id))
        return SiteRun(
            folder=folder,
            name=name if entry is None else entry.name,
            id=id if entry is None else entry.id,
            created=info.created,
            series=series_of(results, info) if entry is None else entry.series,
            commit=info.commit or (self._options.commit or "" if entry is None else entry.commit),
        )


def _shown_figures(results: Results) -> bytes:
    """Bytes that tell runs of the same facts apart, from what a redacted report says of each text
    anyway: a hash of more could be held against a guess of all texts."""
    texts = results.texts
    shown = [
        to_digits(texts[name].to_numpy(np.float64, na_value=np.nan), int(COLUMNS["texts"][name].by))
        for name in ("prediction", "effective_tokens")
    ]
    return repr([texts["n_tokens"].tolist(), *(column.tolist() for column in shown)]).encode()


def _heads(results: Results) -> bytes:
    """Bytes that tell runs of the same facts apart: the figures of their heads. They contain no
    text."""
    name = "heads.parquet"
    try:
        file = results.stored_in.file(name)
        require_regular(file)
        with file.open() as stream:
            return stream.read()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ResultsError(f"{results.folder / name}: cannot be read ({reason})") from error


def _stated(value: Any) -> Any:
    """`value` without fields that have their default, so that a later version with more fields
    finds the same run equal."""
    if isinstance(value, Mapping):
        return {key: _stated(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_stated(item) for item in value]
    if not is_dataclass(value):
        return value
    stated = {}
    for known in fields(value):
        item = getattr(value, known.name)
        default = known.default
        if default is MISSING and known.default_factory is not MISSING:
            default = known.default_factory()
        if item != default:
            stated[known.name] = _stated(item)
    return stated


def message(error: ComparisonError | ResultsError, *, redact: bool) -> str:
    """What went wrong, where `redact` without any text."""
    return error.unquoted if redact else str(error)
