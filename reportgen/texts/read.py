"""Reads texts from files (txt, csv, tsv, json, jsonl, parquet) or standard input."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from functools import partial

from reportgen.errors import InputError, UsageError, quoted, without_surrogates
from reportgen.results.info import InputInfo
from reportgen.texts.encoding import check_encoding
from reportgen.texts.file_formats import read_table
from reportgen.texts.given_units import Places, given_units
from reportgen.texts.labels import renamed
from reportgen.texts.rows import Misfit, Row
from reportgen.texts.source_files import STDIN, InputFormat, Source, format_of, shown, source_of


@dataclass(frozen=True, slots=True)
class TextInput:
    """One text to analyse."""

    id: str
    text: str
    pair: str | None = None  # second segment
    label: str | None = None  # as the file gives it; a list as JSON
    group: str | None = None
    source: str = ""  # file:line, the file without its folder
    # Units that the file gives, of `text` and of `pair`, [start, end) in code points; None without.
    units: tuple[Places, Places] | None = None

    @property
    def is_blank(self) -> bool:
        """Whether it holds nothing but spaces."""
        return not (self.text.strip() or (self.pair or "").strip())


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what.

    `text`: None means the column `text`, or the only column if there is just one. The others: None
    means the column of that name if there is one, an empty string means none in any case.
    """

    text: str | None = None
    pair: str | None = None
    label: str | None = None
    id: str | None = None
    group: str | None = None
    units: str | None = None


BY_NAME = Columns()


@dataclass(frozen=True)
class TextSet:
    """The texts of a run and the files that they came from."""

    texts: tuple[TextInput, ...]
    files: tuple[InputInfo, ...]  # whole files, even if a limit kept only some of their texts


def read_texts(
    paths: Sequence[str],
    columns: Columns = BY_NAME,
    *,
    encoding: str | None = None,
    input_format: str | None = None,
    delimiter: str | None = None,
    limit: int | None = None,
) -> TextSet:
    r"""Read the texts of all `paths` in order; `-` is standard input.

    Cells and numbers stay the strings that they are in the file (`007`, `NA`): nothing is replaced
    or stripped. Blank lines are skipped and counted. A text cell that is empty or null is an empty
    text; any other empty cell counts as missing. A lone surrogate, which only JSON can hold, is
    written as `\ud83d`. Texts without an id are numbered from 1 over all files.

    Args:
        paths: the files.
        columns: which column holds what.
        encoding: the encoding of text files; None finds it (see `decode`).
        input_format: the format of all files; None goes by the suffix. Standard input and names
            without a suffix are plain text, one text per line.
        delimiter: what stands between the cells of a csv, one character or "tab"; None finds it.
        limit: how many texts to keep, from the first on; None keeps all. Of a parquet file no
            more rows are read.

    Raises:
        UsageError: a format, an encoding, a delimiter, a column or the limit cannot be used.
        InputError: a file or one of its lines cannot be read, two texts have the same id, or
            there are no texts.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"--limit {limit}: keep at least 1 text")
    if list(paths).count(STDIN) > 1:
        raise UsageError("standard input (-) can be read only once")
    if encoding is not None:
        check_encoding(encoding)
    formats = [format_of(path, input_format) for path in paths]
    sources = (source_of(path, its_format) for path, its_format in zip(paths, formats, strict=True))
    if delimiter is not None:
        delimiter = _delimiter(delimiter, formats)
    texts = _collect(sources, columns, encoding, delimiter, limit)
    if not texts.texts:
        raise InputError(f"no texts in {', '.join(map(shown, paths))}; give at least one")
    return replace(texts, texts=texts.texts[:limit])


def with_labels_renamed(texts: TextSet, names: Mapping[str, str]) -> TextSet:
    """`texts` with other names for their labels, by the label that the file gives.

    Raises:
        UsageError: no text has one of these labels.
    """
    labels = renamed([text.label for text in texts.texts], names)
    pairs = zip(texts.texts, labels, strict=True)
    return replace(texts, texts=tuple(replace(text, label=label) for text, label in pairs))


def texts_of(data: bytes, name: str, columns: Columns = BY_NAME) -> TextSet:
    """Read the texts of a file called `name` that holds `data`, as `read_texts` does from disk.

    Raises:
        UsageError, InputError: as `read_texts`.
    """
    texts = _collect([Source(name, name, data, format_of(name, None))], columns)
    if not texts.texts:
        raise InputError("no texts; give at least one")
    return texts


def _delimiter(given: str, formats: Iterable[InputFormat]) -> str:
    """The character that `--delimiter` names."""
    if "csv" not in formats:
        raise UsageError("--delimiter: no input is a csv file; leave it out")
    character = {"tab": "\t", "\\t": "\t"}.get(given, given)
    if len(character) != 1 or character in '"\r\n\0 ' or not character.isascii():
        raise UsageError(
            f"--delimiter {given!r}: takes one ASCII character such as ; or the word tab"
        )
    return character


def _collect(
    sources: Iterable[Source],
    columns: Columns,
    encoding: str | None = None,
    delimiter: str | None = None,
    limit: int | None = None,
) -> TextSet:
    texts: list[TextInput] = []
    files: list[InputInfo] = []
    places: dict[str, str] = {}  # id -> file:line
    for source in sources:
        table = read_table(
            source.content,
            source.format,
            source.shown,
            encoding,
            delimiter,
            wanted=partial(_wanted, columns, source.shown),
            limit=None if limit is None else max(0, limit - len(texts)),
        )
        chosen = _choose(columns, table.columns, source.shown) if table.columns else columns
        for row in table.rows:
            where = f"{source.shown}:{row.place}"
            text = _text(row, chosen, where, str(len(texts) + 1), f"{source.name}:{row.place}")
            if text.id in places:
                raise InputError(
                    f"{where}: the id {_quoted(text.id)} already stands at {places[text.id]}; "
                    "make ids unique, or number the texts with --id-column ''"
                )
            places[text.id] = where
            texts.append(text)
        n_texts = len(table.rows) + table.n_more
        files.append(InputInfo(source.name, source.sha256, n_texts, table.n_blank_lines))
    return TextSet(tuple(texts), tuple(files))


def _wanted(columns: Columns, path: str, names: Sequence[str]) -> set[str]:
    """Those of the columns of a file whose cells are needed."""
    if not names:
        return set()
    return {name for name in astuple(_choose(columns, names, path)) if name is not None}


def _choose(columns: Columns, names: Sequence[str], path: str) -> Columns:
    """The columns of this file by name; None for what it does not have."""
    text = columns.text or ("text" if "text" in names else None)
    if text is None and len(names) == 1:
        text = names[0]
    if text is None:
        raise UsageError(f"{path}: no column 'text'; name one with --text-column; {_listed(names)}")

    def part(name: str, given: str | None) -> str | None:
        if given is None:
            return name if name in names and name != text else None
        return given or None

    chosen = Columns(
        text=text,
        pair=part("pair", columns.pair),
        label=part("label", columns.label),
        id=part("id", columns.id),
        group=part("group", columns.group),
        units=part("units", columns.units),
    )
    for name in astuple(chosen):
        if name is not None and name not in names:
            raise UsageError(f"{path}: no column {_quoted(name)}; {_listed(names)}")
        if name is not None and names.count(name) > 1:
            raise UsageError(f"{path}: more than one column is named {_quoted(name)}; rename one")
    return chosen


def _text(row: Row, columns: Columns, where: str, number: str, source: str) -> TextInput:
    def cell(name: str | None) -> str | None:
        value = row.cells.get(name) if name is not None else None
        if isinstance(value, Misfit) and name == columns.label and value.labels is not None:
            value = value.labels
        if isinstance(value, Misfit):
            raise InputError(
                f"{where}: column {_quoted(name or '')} holds {value.what}, not a text; name "
                "another, or none with an empty name such as --label-column ''"
            )
        return without_surrogates(value) if value else None

    if columns.text not in row.cells:
        raise InputError(f"{where}: no {_quoted(columns.text or 'text')} in this object")
    text_id = cell(columns.id) or number
    text = cell(columns.text) or ""
    return TextInput(
        id=text_id,
        text=text,
        pair=cell(columns.pair),
        label=cell(columns.label),
        group=cell(columns.group),
        source=source,
        units=_units(row, columns, f"{where}: text {_quoted(text_id)}"),
    )


def _units(row: Row, columns: Columns, where: str) -> tuple[Places, Places] | None:
    value = row.cells.get(columns.units) if columns.units is not None else None
    if not value:
        return None
    cells = (row.cells.get(name or "") for name in (columns.text, columns.pair))
    sources = (cell if isinstance(cell, str) else "" for cell in cells)
    given = value.as_json if isinstance(value, Misfit) else value
    try:
        if given is None:
            what = value.what if isinstance(value, Misfit) else ""
            raise ValueError(f"{what}; write it as JSON, such as [[0, 8], [9, 15]]")
        return given_units(given, *sources)
    except ValueError as error:
        raise InputError(
            f"{where}: column {_quoted(columns.units or '')}: {error}; or leave the column unused "
            "with --units-column ''"
        ) from error


def _quoted(text: str) -> str:
    """Quote `text`, which a file holds, for a message: on one line and shortened if it is long."""
    shown = repr(text)
    return quoted(shown if len(shown) <= 80 else f"{shown[:76]}...'")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 30} more" if len(names) > 30 else ""
    return f"columns: {quoted(', '.join(map(_quoted, names[:30])) + more)}"
