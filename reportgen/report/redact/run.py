"""Results without their texts: ids and coarse figures are kept, all that tells a text is not.

A redacted copy is a results folder like any other, so whatever is written from it never sees a
text, a token, or a figure that the register (`rules`) leaves out. In place of a text stands a mark
for each of its units.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from reportgen.errors import OutputError, ResultsError, first_line
from reportgen.files import scratch_folder
from reportgen.findings import READ, draw_agreement, n_different
from reportgen.report.options import Lang
from reportgen.report.redact.even_tokens import divide
from reportgen.report.redact.masked_tables import AT_ONCE, Masked, NumberedNames
from reportgen.report.redact.rules import LEAST_UNITS
from reportgen.results import (
    MIN_TEXTS,
    TABLES,
    Results,
    RunInfo,
    StoredTable,
    may_be_missing,
    open_own,
    require_columns,
    table_of,
    write_info,
)
from reportgen.tasks import items_from_texts


@contextmanager
def redacted(
    results: Results,
    lang: Lang,
    *,
    wanted: bool,
    numbers: NumberedNames | None = None,
    with_short: bool = False,
) -> Iterator[Results]:
    """A redacted copy of `results`, for as long as the context is open; `results` itself if not
    `wanted`.

    Copies with the same `numbers` have the same replacements for the same names. Texts of fewer
    than LEAST_UNITS units are left out unless the copy is made `with_short` ones.

    Raises:
        ResultsError: the results folder is damaged, or too few texts are left.
        OutputError: there is no room for the copy in the system's folder for temporary files.
    """
    if not wanted or results.is_redacted:
        yield results
        return
    rows = np.arange(len(results.texts)) if with_short else long_texts(results)
    if not with_short:
        require_enough(results, rows)
    with scratch_folder() as folder:
        names = NumberedNames() if numbers is None else numbers
        yield _copy(results, folder, Masked(results, lang, names, rows))


def redacted_info(results: Results, lang: Lang) -> RunInfo:
    """The facts about the run of `results` without what names a text or a token."""
    if results.is_redacted:
        return results.info
    return Masked(results, lang, NumberedNames(), np.arange(len(results.texts))).info()


def long_texts(results: Results) -> NDArray[np.intp]:
    """The rows of `texts` with at least LEAST_UNITS units, and those without any, such as empty
    ones: they have no figures. No variant of a shorter text, which would count as another text."""
    n_units = divide(results).n_units()
    has_tokens = results.texts["n_tokens"].to_numpy(np.int64) > 0
    is_long = (n_units >= LEAST_UNITS) | ~has_tokens
    return np.flatnonzero(is_long & is_long[results.original_of])


def require_enough(results: Results, rows: NDArray[np.intp]) -> None:
    """Check that `rows` of `texts` have enough different texts with figures, variants apart: a copy
    does not show which are equal, and the mean over equal ones is the figure of one.

    Raises:
        ResultsError: figures over all of them would be figures of a few texts.
    """
    texts = results.texts.iloc[rows[results.independent[rows]]]
    n_texts = n_different(texts.loc[texts["n_tokens"] > 0, list(READ)])
    if n_texts < MIN_TEXTS:
        raise ResultsError(
            f"--redact: takes {MIN_TEXTS} different texts of {LEAST_UNITS} words or more, there "
            f"are {n_texts}; figures over fewer would tell their words"
        )


def _copy(results: Results, folder: Path, masked: Masked) -> Results:
    """A redacted copy of `results` in the empty `folder`."""
    for name in TABLES:
        if name != "predictions":
            _write(folder, name, _masked_parts(results, masked, name))
    copy = open_own(folder, masked.info())
    _write(folder, "predictions", items_from_texts(copy))  # of what is left in the texts
    with _writing(folder):
        write_info(folder, copy.info)
    return copy


def _write(folder: Path, name: str, parts: Iterable[pa.Table]) -> None:
    """Write the `parts` of a table."""
    path = folder / f"{name}.parquet"
    with _writing(folder), pq.ParquetWriter(path, TABLES[name]) as writer:
        for rows in parts:
            writer.write_table(rows, AT_ONCE)


def _masked_parts(results: Results, masked: Masked, name: str) -> Iterator[pa.Table]:
    """The parts of a table as they are redacted."""
    first = 0
    for rows in _parts(results, name):
        yield masked.rows(name, rows, first)
        first += len(rows)


def _parts(results: Results, name: str) -> Iterator[pa.Table]:
    """The parts of a table as it is stored, with the columns of its schema."""
    if name == "agreement":  # with the baseline that takes the words of all texts to know
        yield table_of(name, draw_agreement(results))
        return
    source, file = results.stored_in, f"{name}.parquet"
    if may_be_missing(name, results.info) and not source.has(file):
        yield TABLES[name].empty_table()
        return
    path = results.folder / file
    if name != "texts":  # which are read already
        source.table(name)  # checks it: what is copied is not checked again
    try:
        for part in StoredTable(source.file(file), TABLES[name]).parts():
            yield require_columns(part, name)
    except (OSError, ValueError, pa.ArrowException, KeyError) as error:
        raise ResultsError(f"{path}: cannot be read; run `reportgen analyze` again") from error


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say of an error of the system that the copy in `folder` could not be written."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or first_line(error)
        raise OutputError(
            f"{folder.parent}: the copy without texts cannot be written there ({reason}); make "
            "room, or set TMPDIR to another folder"
        ) from error
