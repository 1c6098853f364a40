"""Reads texts from files, folders or standard input."""

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, fields, replace
from functools import partial
from hashlib import blake2b
from operator import attrgetter
from pathlib import Path

from reportgen.errors import InputError, UsageError, some, without_surrogates
from reportgen.files import scratch_folder
from reportgen.results import InputInfo, ScoreSource, UnitKind
from reportgen.texts import limits
from reportgen.texts.columns import BY_NAME, Columns, chosen, quoted_name, wanted
from reportgen.texts.formats.encoding import check_encoding
from reportgen.texts.formats.file_formats import read_table
from reportgen.texts.given_units import Places, given_units
from reportgen.texts.labels import renamed
from reportgen.texts.multiple_choice import choices_of
from reportgen.texts.rows import Cell, FileRow, OddCell
from reportgen.texts.scores import UserScores, scores_in, with_signs
from reportgen.texts.source_files import (
    STDIN,
    TextSource,
    format_of,
    require_bounded,
    shown,
    source_of,
)
from reportgen.texts.sources.remote import fetching, is_remote
from reportgen.texts.sources.standard_input import format_found
from reportgen.texts.stored import kept
from reportgen.texts.variants import check_originals

_REMEMBERED = 50_000  # ids that are kept as they are, so that the first double is told at once


class Ids:
    """The ids of texts, in their order."""

    def __init__(self) -> None:
        self._places: dict[str, str] = {}
        self._hashes = array("Q")

    def add(self, text_id: str, where: str) -> None:
        """Add the id of the text at the place `where`, which is for messages.

        Raises:
            InputError: it is one of the first ids.
        """
        if text_id in self._places:
            raise doubled(text_id, self._places[text_id], where)
        if len(self._places) < _REMEMBERED:
            self._places[text_id] = where
        self._hashes.append(_hash(text_id))

    def require_single(self, texts: Iterable[tuple[str, str]]) -> None:
        """Check that no id occurs twice; `texts` are all ids once more, each with its place.

        Raises:
            InputError: one does.
        """
        if len(self._hashes) <= _REMEMBERED:
            return
        import numpy as np  # takes a moment

        hashes = np.sort(np.frombuffer(self._hashes, np.uint64))
        doubles = set(hashes[1:][hashes[1:] == hashes[:-1]].tolist())
        places: dict[str, str] = {}
        for text_id, where in texts if doubles else ():
            if _hash(text_id) not in doubles:
                continue
            if text_id in places:
                raise doubled(text_id, places[text_id], where)
            places[text_id] = where


def doubled(text_id: str, first: str, where: str) -> InputError:
    """The error for an id that occurs at two places."""
    return InputError(
        f"{where}: the id {quoted_name(text_id)} already stands at {first}; make ids unique, or "
        "number the texts with --id-column ''"
    )


def _hash(text_id: str) -> int:
    return int.from_bytes(blake2b(text_id.encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True)
class TextInput:
    """One text to analyse."""

    id: str
    text: str
    pair: str | None = None  # second segment
    label: str | None = None  # as the file gives it; a list as JSON
    group: str | None = None
    source: str = ""  # file:line, the file without its folder; may quote, see `quoted`
    # Units that the file gives, of `text` and of `pair`, [start, end) in code points; None without.
    units: tuple[Places, Places] | None = None
    completion: str | None = None  # what a causal model was to write after it, or wrote
    # The tokens that a model wrote the completion with; None: those of the tokenizer.
    completion_ids: tuple[int, ...] | None = None
    incomplete: str | None = None  # why the model wrote no completion, where it was to
    choices: tuple[str, ...] = ()  # that a model picks one of
    lead: str = ""  # what each choice stands behind in the second segment
    chosen: int | None = None  # which of them the model picked; None where that is not known
    # `text` or `pair` is the beginning of what the file holds. Not in `repr`, by which kept
    # results know their texts.
    is_cut: bool = field(default=False, repr=False)
    # The id of the text that it is a variant of, and the name of the edit. Not in `repr` either.
    variant_of: str | None = field(default=None, repr=False)
    variant: str | None = field(default=None, repr=False)
    # That came with it, by name; not in `repr` for the same reason.
    scores: tuple[UserScores, ...] = field(default=(), repr=False)

    @property
    def is_blank(self) -> bool:
        """Whether the text and everything given with it consist of spaces only."""
        beside = (self.pair or "", self.completion or "", *self.choices)
        return not "".join((self.text, *beside)).strip()


@dataclass(frozen=True)
class TextSet:
    """The texts of a run and the files that they came from."""

    texts: Sequence[TextInput]
    files: tuple[InputInfo, ...]  # whole files, even if a limit kept only some of their texts
    notes: tuple[str, ...] = ()  # for the user: what was found or left unread; see `with_quotes`
    choice_names: tuple[str, ...] = ()  # the columns of the choices; () where they are lists
    scores: tuple[ScoreSource, ...] = ()  # that the texts have

    @property
    def read_alike(self) -> Iterator[tuple[str | None, ...]]:
        """What is read of each text: equal of texts that are."""
        return ((text.text, text.pair, text.completion) for text in self.texts)


def read_texts(
    paths: Sequence[str],
    columns: Columns = BY_NAME,
    *,
    encoding: str | None = None,
    input_format: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    limit: int | None = None,
) -> TextSet:
    r"""Read the texts of all `paths` in order; `-` is standard input.

    A path is a file, which may be compressed by gzip or Zstandard, a folder of .txt files, each one
    text, or a folder that `save_to_disk` of the library `datasets` wrote. It may also be the
    address of a file that fsspec can read, such as s3://bucket/texts.parquet.

    Cells and numbers stay the strings that they are in the file (`007`, `NA`): nothing is replaced
    or stripped. Blank lines are skipped and counted. A text cell that is empty or null is an empty
    text; any other empty cell counts as missing. A lone surrogate, which only JSON can hold, is
    written as `\ud83d`. Texts without an id are numbered from 1 over all files.

    Args:
        paths: the files.
        columns: which column holds what.
        encoding: the encoding of text files; None finds it (see `decode`).
        input_format: the format of all files; None goes by the suffix, and of standard input by
            its content. Names without a suffix are plain text, one text per line.
        delimiter: what stands between the cells of a csv, one character or "tab"; None finds it.
        sheet: which sheet of a workbook; None takes the first that is not hidden.
        limit: how many texts to keep, from the first on; None keeps all. Of a parquet file no
            more rows are read.

    Raises:
        UsageError: a format, an encoding, a delimiter, a sheet, a column or the limit cannot be
            used.
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
    if delimiter is not None:
        delimiter = _delimiter(delimiter, formats)
    if sheet is not None and not {"xlsx", None} & set(formats):
        raise UsageError("--sheet: no input is a workbook; leave it out")
    with ExitStack() as places:
        fetch = places.enter_context(fetching()) if any(map(is_remote, paths)) else None
        sources = (
            source_of(path, its_format, encoding, fetch, partial(_scratch, places))
            for path, its_format in zip(paths, formats, strict=True)
        )
        texts = _collect(sources, columns, encoding, delimiter, limit, sheet)
    if not texts.texts:
        raise InputError(f"no texts in {', '.join(map(shown, paths))}; give at least one")
    return texts


def _scratch(places: ExitStack) -> Path:
    """A folder that is there as long as `places`.

    Raises:
        InputError: it cannot be made.
    """
    try:
        return places.enter_context(scratch_folder())
    except OSError as error:
        raise InputError(
            f"stdin: no folder to keep it in ({error.strerror}); set TMPDIR to one, or give a file"
        ) from error


def with_labels_renamed(texts: TextSet, names: Mapping[str, str]) -> TextSet:
    """`texts` with new names for their labels.

    Raises:
        UsageError: no text has one of these labels.
    """
    labels = renamed([text.label for text in texts.texts], names)
    pairs = zip(texts.texts, labels, strict=True)
    return replace(texts, texts=kept_texts(replace(text, label=label) for text, label in pairs))


def texts_of(data: bytes, name: str, columns: Columns = BY_NAME) -> TextSet:
    """Read the texts of a file called `name` that holds `data`, as `read_texts` does from disk.

    Raises:
        UsageError, InputError: as `read_texts`.
    """
    texts = _collect([TextSource(name, name, data, format_of(name, None))], columns)
    if not texts.texts:
        raise InputError("no texts; give at least one")
    return texts


def _delimiter(given: str, formats: Iterable[str | None]) -> str:
    """The character that `--delimiter` names."""
    if not {"csv", None} & set(formats):
        raise UsageError("--delimiter: no input is a csv file; leave it out")
    character = {"tab": "\t", "\\t": "\t"}.get(given, given)
    if len(character) != 1 or character in '"\r\n\0 ' or not character.isascii():
        raise UsageError(
            f"--delimiter {given!r}: takes one ASCII character such as ; or the word tab"
        )
    return character


def _collect(
    sources: Iterable[TextSource],
    columns: Columns,
    encoding: str | None = None,
    delimiter: str | None = None,
    limit: int | None = None,
    sheet: str | None = None,
) -> TextSet:
    files: list[InputInfo] = []
    notes: list[str] = []
    choice_names: tuple[str, ...] = ()
    cut: list[str] = []  # where each text is that was cut
    ids = Ids()

    def read_rows() -> Iterator[TextInput]:
        nonlocal choice_names
        n = 0
        for source in sources:
            input_format = source.format
            if input_format is None:
                input_format, remarks = format_found(source.content, columns, encoding, delimiter)
                notes.extend(remarks)
                if isinstance(source.content, bytes):
                    require_bounded(source.content, input_format, source.shown)
            table = read_table(
                source.content,
                input_format,
                source.shown,
                encoding,
                delimiter,
                wanted=partial(wanted, columns, source.shown),
                limit=None if limit is None else max(0, limit - n),
                sheet=sheet,
            )
            chosen_columns, remarks = (
                chosen(columns, table, source.shown) if table.columns else (columns, ())
            )
            notes.extend((*table.notes, *remarks))
            if not choice_names and len(chosen_columns.choices or ()) > 1:
                choice_names = chosen_columns.choices or ()
            for row in table.rows:
                n += 1
                where = f"{source.shown}{table.joint}{row.place}"
                place = f"{source.name}{table.joint}{row.place}"
                text = _beginning(_text(row, chosen_columns, where, str(n), place))
                ids.add(text.id, where)
                if text.is_cut and (limit is None or n <= limit):
                    cut.append(where)
                if limit is None or n <= limit:
                    yield text
            n_texts = len(table.rows) + table.n_more
            digest = table.sha256 or source.sha256
            called = chosen_columns.called_otherwise if table.columns else {}
            files.append(InputInfo(source.name, digest, n_texts, table.n_blank_lines, called))

    texts = kept_texts(read_rows())
    if cut:
        notes.append(
            f"{some(cut)}: of a text of more than {limits.MAX_TEXT:,} characters the first "
            f"{limits.MAX_TEXT:,} are read"
        )
    ids.require_single((text.id, text.source) for text in texts)
    notes.extend(check_originals(texts, is_whole=limit is None))
    scores = [ScoreSource(name.strip(), name.strip()) for name in columns.scores]
    if scores:
        scores = [*with_signs(scores, (given for text in texts for given in text.scores))]
    return TextSet(texts, tuple(files), tuple(notes), choice_names, tuple(scores))


def kept_texts(texts: Iterable[TextInput]) -> Sequence[TextInput]:
    """The `texts` as a sequence, in memory if they are few."""
    return kept(texts, attrgetter(*(field.name for field in fields(TextInput))), TextInput)


def first_texts(texts: TextSet, n: int) -> TextSet:
    """The first `n` of `texts`."""
    first = texts.texts[:n]
    notes = (*texts.notes, *check_originals(first, is_whole=False))
    return replace(texts, texts=first, notes=notes)


def with_units(texts: TextSet, kind: UnitKind) -> TextSet:
    """`texts`, without the units that they give where something else is measured as one."""
    if kind == "given" or all(text.units is None for text in texts.texts):
        return texts
    return replace(texts, texts=kept_texts(replace(text, units=None) for text in texts.texts))


def _text(row: FileRow, columns: Columns, where: str, number: str, source: str) -> TextInput:
    def cell(name: str | None) -> str | None:
        value = row.cells.get(name) if name is not None else None
        if isinstance(value, OddCell) and name == columns.label and value.labels is not None:
            value = value.labels
        if name == columns.text:
            joined = _joined(value)
            value = value if joined is None else joined
        if isinstance(value, OddCell):
            raise InputError(
                f"{where}: column {quoted_name(name or '')} holds {value.what}, not a text; name "
                "another, or none with an empty name such as --label-column ''"
            )
        return without_surrogates(value) if value else None

    if columns.text not in row.cells:
        raise InputError(f"{where}: no {quoted_name(columns.text or 'text')} in this object")
    text_id = cell(columns.id) or number
    text = cell(columns.text) or ""
    place = f"{where}: text {quoted_name(text_id)}"
    return TextInput(
        id=text_id,
        text=text,
        pair=cell(columns.pair),
        completion=cell(columns.completion),
        label=cell(columns.label),
        group=cell(columns.group),
        source=source,
        units=_units(row, columns, place),
        choices=_choices(row, columns, where),
        variant_of=_as_id(cell(columns.variant_of), text_id),
        variant=cell(columns.variant),
        scores=_scores(row, columns, where, text_id),
    )


def _as_id(original: str | None, text_id: str) -> str | None:
    """The id of an original, as ids are written: whole numbers with gaps between them often stand
    as 1.0 where ids are 1."""
    is_whole = original is not None and re.fullmatch(r"[0-9]+\.0", original) is not None
    return original[:-2] if original and is_whole and not text_id.endswith(".0") else original


def _beginning(text: TextInput) -> TextInput:
    """`text`, without the end of a text or a pair that no model could take."""
    most, pair = limits.MAX_TEXT, text.pair
    if len(text.text) <= most and len(pair or "") <= most:
        return text
    return replace(
        text,
        text=text.text[:most],
        pair=pair if pair is None else pair[:most],
        units=text.units and _within(text.units, most),
        is_cut=True,
    )


def _within(places: tuple[Places, Places], most: int) -> tuple[Places, Places]:
    of_text, of_pair = (
        tuple((start, min(end, most)) for start, end in of_segment if start < most)
        for of_segment in places
    )
    return of_text, of_pair


def _joined(cell: Cell) -> str | None:
    """A text; of a list of its words, these with spaces between; None for what is no text."""
    if isinstance(cell, OddCell):
        return None if cell.words is None else " ".join(cell.words)
    return cell


def _choices(row: FileRow, columns: Columns, where: str) -> tuple[str, ...]:
    names = columns.choices or ()
    if not names:
        return ()
    try:
        choices = choices_of([row.cells.get(name) for name in names])
    except ValueError as error:
        listed = " or ".join(map(quoted_name, names[:5]))
        raise InputError(
            f"{where}: column {listed} {error}; or leave choices unused with --choice-columns ''"
        ) from error
    return tuple(map(without_surrogates, choices))


def _scores(row: FileRow, columns: Columns, where: str, text_id: str) -> tuple[UserScores, ...]:
    scores = []
    for name in columns.scores:
        cell = row.cells.get(name)
        if not cell:
            continue
        try:
            scores.append(scores_in(name.strip(), cell, where))
        except ValueError as error:
            place = f"{where}: text {quoted_name(text_id)}: column {quoted_name(name)}"
            raise InputError(f"{place}: {error}") from error
    return tuple(scores)


def _units(row: FileRow, columns: Columns, where: str) -> tuple[Places, Places] | None:
    value = row.cells.get(columns.units or columns.text or "")
    if columns.units is None:  # a text that is a list brings its words
        words = value.words if isinstance(value, OddCell) else None
        value = OddCell("a list", list(filter(None, words))) if words else None
    if not value:
        return None
    text, pair = (_joined(row.cells.get(name or "")) or "" for name in (columns.text, columns.pair))
    as_string = value.as_json if isinstance(value, OddCell) else value
    try:
        if as_string is None:
            what = value.what if isinstance(value, OddCell) else ""
            raise ValueError(f"{what}; write it as JSON, such as [[0, 8], [9, 15]]")
        return given_units(as_string, text, pair)
    except ValueError as error:
        raise InputError(
            f"{where}: column {quoted_name(columns.units or '')}: {error}; or leave the column "
            "unused with --units-column ''"
        ) from error
