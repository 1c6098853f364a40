"""Results without their texts: ids, lengths and figures are kept, all that quotes a text is not.

A redacted copy is a results folder like any other, so whatever is written from it never sees a text
or a token. Each character of a text becomes a dot: offsets and lengths stay what they were.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reportgen.errors import OutputError, ResultsError, first_line
from reportgen.files import system
from reportgen.files.temporary import scratch_folder
from reportgen.report.language.language import load_language
from reportgen.report.options import Lang
from reportgen.results.agreement import drawn_agreement
from reportgen.results.checks.limits import require_regular
from reportgen.results.info import REDACT, RunInfo, Subject
from reportgen.results.labels import NONE, ClassNames, number_list, tag_list
from reportgen.results.manifest import MAPS_FILE, CheckedFile
from reportgen.results.multiple_choice import chosen_texts
from reportgen.results.run_file import write_info
from reportgen.results.store import Results, open_results
from reportgen.results.tables.row_groups import StoredTable, may_be_missing, table_of
from reportgen.results.tables.schema import STEPS, TABLES, in_schema

DOT = "•"
_SHEET_ROW = re.compile(r"(.+)( row \d+)", re.DOTALL)
_AT_ONCE = 4096  # rows of a row group, which are read together
_EFFECTS = ("effects", "target_effects")
# Tables that hold only figures; they are copied as they are, and so are the maps.
_AS_THEY_ARE = ("heads", "roles", "layers", "decoder_heads", "shuffled", *_EFFECTS)

_TOKEN = "token:"  # how the key of a Subject begins that is a token of texts


class Numbers:
    """What names are replaced by: a dot and a number, counted from 1 in order of appearance."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}
        self._counts: Counter[str] = Counter()

    def of(self, what: str, name: str) -> str:
        """The replacement of a `name` for `what`, such as a label; the same name has the same."""
        if (what, name) not in self._known:
            self._counts[what] += 1
            self._known[what, name] = f"{DOT}{self._counts[what]}"
        return self._known[what, name]


@contextmanager
def redacted(
    results: Results, lang: Lang, *, wanted: bool, numbers: Numbers | None = None
) -> Iterator[Results]:
    """A redacted copy of `results`, for as long as the context is open; `results` itself if not
    `wanted`.

    Copies with the same `numbers` have the same replacements for the same names.

    Raises:
        ResultsError: the results folder is damaged.
        OutputError: there is no room for the copy in the system's folder for temporary files.
    """
    if not wanted or results.is_redacted:
        yield results
        return
    with scratch_folder() as folder:
        masked = _Masked(results, lang, Numbers() if numbers is None else numbers)
        yield _copy(results, folder, masked)


def redacted_info(results: Results, lang: Lang) -> RunInfo:
    """The facts about the run of `results` without what names a text or a token."""
    return results.info if results.is_redacted else _Masked(results, lang, Numbers()).info()


def _copy(results: Results, folder: Path, masked: "_Masked") -> Results:
    """A redacted copy of `results` in the empty `folder`."""
    source = results.stored_in
    taken = set[str]()
    for name in (*(f"{table}.parquet" for table in _AS_THEY_ARE), MAPS_FILE):
        if source.has(name):
            with _reading(results.folder / name):
                file = source.file(name)
                require_regular(file)
                file.open().close()  # checks it
            with _writing(folder):
                _take_over(file, folder / name)
            taken.add(name)
    for name in ("texts", "tokens", "targets", "evidence", "sinks", "sink_scores"):
        with _writing(folder), pq.ParquetWriter(folder / f"{name}.parquet", TABLES[name]) as writer:
            for rows in _masked_parts(results, masked, name):
                writer.write_table(rows, _AT_ONCE)
    with _writing(folder):  # with the baseline that takes the words of all texts to know
        agreement = table_of("agreement", drawn_agreement(results))
        pq.write_table(agreement, folder / "agreement.parquet")
        listed = source.manifest.files if source.manifest else {}
        write_info(folder, masked.info(), {name: listed[name] for name in taken & listed.keys()})
    return open_results(folder)


def _masked_parts(results: Results, masked: "_Masked", name: str) -> Iterator[pa.Table]:
    """The parts of a table with what is redacted replaced."""
    schema = TABLES[name]
    source, file = results.stored_in, f"{name}.parquet"
    if may_be_missing(name, results.info) and not source.has(file):
        yield schema.empty_table()
        return
    with _reading(results.folder / file):
        for part in StoredTable(source.file(file), schema).parts():
            rows = in_schema(part, schema)
            yield _with(rows, masked.columns(name, rows))


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say of what is wrong with a file of results that it could not be read."""
    try:
        yield
    except (OSError, ValueError, pa.ArrowException, KeyError) as error:
        raise ResultsError(f"{path}: cannot be read; run `reportgen analyze` again") from error


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say of an error of the system that the copy in `folder` could not be written."""
    try:
        yield
    except system.UnreadError as error:
        raise ResultsError(f"{error.filename}: cannot be read ({error.strerror})") from error
    except (OSError, pa.ArrowException) as error:
        said = (error.strerror if isinstance(error, OSError) else None) or first_line(error)
        raise OutputError(
            f"{folder.parent}: the copy without texts cannot be written there ({said}); make room, "
            "or set TMPDIR to another folder"
        ) from error


def _take_over(source: CheckedFile, target: Path) -> None:
    """Link `target` to the file `source`; copy it where links are not possible, or where its name
    stands for another file by now."""
    with suppress(OSError):
        target.hardlink_to(source.path)
        if os.path.samestat(target.stat(), source.stat()):
            return
        target.unlink()
    system.copy(source.file, target)


class _Masked:
    """Replacements for what is redacted; the same value always gets the same one."""

    def __init__(self, results: Results, lang: Lang, numbers: Numbers) -> None:
        self._info = results.info
        self._words = load_language(lang)
        self._number = numbers.of
        self._classes = ClassNames(results.info.output.labels)
        self._right = _right_choices(results)
        self._subjects = {
            subject.key: self._subject(subject) for subject in self._info.evidence.subjects
        }

    def info(self) -> RunInfo:
        """The facts about the run, with a remark that texts and tokens were removed."""
        info = self._info
        settings = replace(info.settings, options={**info.settings.options, REDACT: True})
        subjects = tuple(self._subjects[subject.key] for subject in self._info.evidence.subjects)
        return replace(
            info,
            settings=settings,
            inputs=tuple(replace(item, sha256="") for item in info.inputs),
            remarks=(self._words.say("redacted", "page"), *info.remarks),
            evidence=replace(info.evidence, subjects=subjects),
        )

    def columns(self, table: str, rows: pa.Table) -> Mapping[str, Sequence[Any]]:
        """The columns of `rows` that are replaced."""
        if table == "texts":
            return self._texts(rows)
        if table in ("tokens", "targets"):
            return self._tokens(rows)
        if table == "evidence":
            return {"explained_label": self._predicted(rows["explained_label"])} | self._message(
                rows
            )
        return {"subject": list(map(self._subject_key, _list(rows, "subject")))}

    def _texts(self, rows: pa.Table) -> dict[str, Sequence[Any]]:
        labels, values = _list(rows, "label"), _list(rows, "label_value")
        return {
            "text_id": self._ids(rows),
            "source": [self._source(source) for source in _list(rows, "source")],
            "text": _dots(rows["text"]),
            "pair": _dots(rows["pair"]),
            "completion": _dots(rows["completion"]),
            "label": self._chosen_labels(rows)
            if self._info.output.kind == "choice"
            else [
                None  # it could not be held against what is hidden
                if self._info.output.kind in ("masks", "answer")
                else label
                if label is None or value is not None or self._is_known(label)
                else self._number("label", label)
                for label, value in zip(labels, values, strict=True)
            ],
            "group": [
                None if group is None else self._number("group", group)
                for group in _list(rows, "group")
            ],
            "prediction_label": self._chosen(rows)
            if self._info.output.kind == "choice"
            else self._predicted(rows["prediction_label"]),
            "score_names": [self._names(names) for names in _list(rows, "score_names")],
        } | self._message(rows)

    def _chosen(self, rows: pa.Table) -> Sequence[str | None]:
        """The choices that were picked, as the redacted choices are written."""
        return [DOT * (steps[0] + 1) if steps else None for steps in _list(rows, STEPS)]

    def _chosen_labels(self, rows: pa.Table) -> Sequence[str | None]:
        """The labels of texts with choices, as the redacted choices are written; None for one that
        names none of them."""
        return [
            None if (own := self._right.get(text_id)) is None else DOT * (own + 1)
            for text_id in _list(rows, "text_id")
        ]

    def _names(self, names: Sequence[str]) -> Sequence[str]:
        """The names of scores: tags stay; tokens are as many dots as their rank says."""
        if self._info.output.kind == "tags":
            return names
        return [DOT * rank for rank in range(1, len(names) + 1)]

    def _is_known(self, label: str) -> bool:
        """Whether a label is made of names of classes, or of whole numbers, alone; of several
        numbers, of numbers."""
        if self._info.output.kind == "numbers":
            return number_list(label) is not None
        is_tags = self._info.output.kind == "tags"
        parts = tag_list(label) if is_tags else self._classes.split(label)
        return all(part.strip().isdecimal() or self._classes.find(part) != NONE for part in parts)

    def _ids(self, rows: pa.Table) -> Sequence[Any]:
        """The ids; one that is its own text, second segment or completion is numbered."""
        names = ("text_id", "text", "pair", "completion")
        cells = zip(*(_list(rows, name) for name in names), strict=True)
        return [
            self._number("id", id) if id.strip() in {(text or "").strip() for text in texts} else id
            for id, *texts in cells
        ]

    def _source(self, source: str) -> str:
        """Where a text stands in its file, without the name of a sheet."""
        for item in self._info.inputs:
            place = source.removeprefix(f"{item.name}:")
            if place != source and (found := _SHEET_ROW.fullmatch(place)):
                return f"{item.name}:{self._number('sheet', found[1])}{found[2]}"
        return source

    def _tokens(self, rows: pa.Table) -> dict[str, Sequence[Any]]:
        spans = pc.subtract(rows["end"], rows["start"]).to_pylist()
        specials = _list(rows, "is_special")
        tokens = zip(_list(rows, "token"), specials, spans, strict=True)
        ids = zip(_list(rows, "token_id"), specials, strict=True)
        return {
            "token": [
                token if is_special else DOT * max(1, len(token) if span is None else span)
                for token, is_special, span in tokens
            ],
            "token_id": [id if is_special else None for id, is_special in ids],
        }

    def _predicted(self, column: pa.ChunkedArray) -> Sequence[Any]:
        """Classes, labels and tags stay; a next token is dots."""
        if self._info.output.kind in ("class", "labels", "tags"):
            kept: Sequence[Any] = column.to_pylist()
            return kept
        return _dots(column)

    def _message(self, rows: pa.Table) -> dict[str, Sequence[Any]]:
        """The messages, which may quote their text, replaced by one sentence."""
        sentence = self._words.say("redacted", "message")
        return {"message": [message and sentence for message in _list(rows, "message")]}

    def _subject(self, subject: Subject) -> Subject:
        if subject.kind != "token":
            return subject
        key = self._subject_key(subject.key)
        return replace(subject, key=key, token=key.removeprefix(_TOKEN))

    def _subject_key(self, key: str) -> str:
        """The key of a token of texts with a number for the token; any other key as it is."""
        return _TOKEN + self._number("subject", key) if key.startswith(_TOKEN) else key


def _right_choices(results: Results) -> dict[str, int]:
    """The place of the right choice of each text that has one, by its id."""
    if results.info.output.kind != "choice":
        return {}
    ids = results.texts["text_id"]
    found = chosen_texts(results).every
    return {str(ids.iloc[own.text]): own.label for own in found if own.label != NONE}


def _dots(column: pa.ChunkedArray) -> Sequence[Any]:
    """A dot for every code point."""
    return [text if text is None else DOT * len(text) for text in column.to_pylist()]


def _list(rows: pa.Table, name: str) -> list[Any]:
    cells: list[Any] = rows[name].to_pylist()
    return cells


def _with(rows: pa.Table, columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    for name, values in columns.items():
        place = rows.schema.get_field_index(name)
        field = rows.schema.field(place)
        rows = rows.set_column(place, field, pa.array(values, field.type))
    return rows
