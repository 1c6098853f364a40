"""The tables and the description of a run as redacted results hold them: each column as the
register (`rules`) says, a mark in place of each unit of a text."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from reportgen.report.language.language import load_language
from reportgen.report.options import Lang
from reportgen.report.redact.even_tokens import Division, divide
from reportgen.report.redact.rounding import Floats, round_column
from reportgen.report.redact.rules import (
    COLUMNS,
    HIDDEN,
    LEAST_UNITS,
    rule_of,
    shown_option,
)
from reportgen.results import (
    BY_ID,
    EDITS,
    EFFECT,
    EXTRA,
    NONE,
    REDACT,
    STEPS,
    SWAP,
    VALUE_RATIO,
    ClassNames,
    Evidence,
    Results,
    RunInfo,
    Subject,
    number_list,
    tag_list,
)
from reportgen.tasks import chosen_texts, task_of

DOT = "•"
MARK = DOT * 3  # in place of a word, however long it is
_EMPTIED = ("head_effects", EDITS)  # many figures of each text, by which words can be found
_ID_AND_TEXTS = ("text_id", "text", "pair", "completion")
_SHEET_ROW = re.compile(r"(.+)( row \d+)", re.DOTALL)
AT_ONCE = 4096  # rows of a row group, which are read together
_TOKEN = "token:"  # how the key of a Subject begins that is a token of texts
# Columns of the table of sinks about the vectors of a token.
_VECTORS = (
    *("norm_share_layers", "value_size_layers", "content_value_size_layers"),
    f"{VALUE_RATIO}_layers",
)


class NumberedNames:
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


def short_remark(n_texts: int, lang: Lang) -> str:
    """The remark that so many texts were left out because they are short."""
    return load_language(lang).count("redacted", "short", n_texts, least=LEAST_UNITS)


class Masked:
    """Replacements for what is redacted; the same value always gets the same one."""

    def __init__(
        self,
        results: Results,
        lang: Lang,
        numbers: NumberedNames,
        kept: NDArray[np.intp],
    ) -> None:
        self._results = results
        self._info = results.info
        self._task = task_of(results.info.output)
        self._lang: Lang = lang
        self._words = load_language(lang)
        self._number = numbers.of
        self._kept = kept
        self._place = np.full(len(results.texts), -1, np.int32)  # [text], its row in the copy
        self._place[kept] = np.arange(len(kept))
        self._n_before = 0  # tokens of texts that the copy has already
        self._classes = ClassNames(results.info.output.labels)
        self._right = _right_choices(results)
        self._subjects = {
            subject.key: self._subject(subject) for subject in self._info.evidence.subjects
        }

    def info(self) -> RunInfo:
        """The facts about the run, with remarks that say what was removed."""
        info = self._info
        options = {name: shown_option(name, value) for name, value in info.settings.options.items()}
        settings = replace(
            info.settings,
            options={**options, REDACT: True},
            maps_kept=0,
            edits=tuple(map(self._edit, info.settings.edits)),
        )
        subjects = tuple(self._subjects[subject.key] for subject in self._info.evidence.subjects)
        return replace(
            info,
            settings=settings,
            inputs=tuple(replace(item, sha256="", columns={}) for item in info.inputs),
            remarks=(*self._remarks(), *info.remarks),
            evidence=self._evidence(subjects),
            scores=tuple(replace(scores, source="") for scores in info.scores),
        )

    def _remarks(self) -> Iterator[str]:
        yield self._words.say("redacted", "page")
        if n_short := len(self._place) - len(self._kept):
            yield short_remark(n_short, self._lang)

    def _evidence(self, subjects: tuple[Subject, ...]) -> Evidence:
        evidence = self._info.evidence
        asked = {"explain-token": evidence.target, "against": evidence.against}
        target, against = (
            value if value is None or name not in self._info.settings.options else HIDDEN
            for name, value in asked.items()
        )
        stored = self._results.stored("evidence")
        is_kept = self._place[stored["text"].to_numpy(np.intp)] >= 0
        is_extra = stored[EXTRA].fillna(False).to_numpy(np.bool_)
        return replace(
            evidence,
            subjects=subjects,
            target=target,
            against=against,
            n_texts=int((is_kept & ~is_extra).sum()),
            n_extra=int((is_kept & is_extra).sum()),
        )

    def rows(self, table: str, rows: pa.Table, first: int) -> pa.Table:
        """The `rows` of a table, which begin at row `first`, as the copy has them."""
        replaced = self._columns(table, rows, first)
        columns = []
        for field in rows.schema:
            rule, column = rule_of(table, field.name, self._task), rows[field.name]
            if field.name in replaced:
                column = pa.chunked_array([pa.array(replaced[field.name], field.type)])
            elif rule.how in ("digits", "step"):
                column = round_column(column, rule)
            elif rule.how != "kept":
                column = pa.chunked_array([pa.nulls(len(rows), field.type)])
            columns.append(column)
        return self._numbered(table, pa.Table.from_arrays(columns, schema=rows.schema))

    def _numbered(self, table: str, rows: pa.Table) -> pa.Table:
        """The `rows` of texts that the copy has, with their rows there."""
        if table == "texts":
            kept = rows.filter(
                pa.array(self._place[self._n_texts : self._n_texts + len(rows)] >= 0)
            )
            self._n_texts += len(rows)
            sizes = kept["n_tokens"].to_numpy().astype(np.int64)
            firsts = self._n_before + np.cumsum(sizes) - sizes
            self._n_before += int(sizes.sum())
            return _with(kept, {"first_token": firsts})
        place = self._place[rows["text"].to_numpy()]
        kept = _with(rows, {"text": place}).filter(pa.array(place >= 0))
        if table == "sink_scores":  # the key of a token tells which one it is
            is_token = pc.starts_with(kept["subject"], _TOKEN)
            kept = kept.filter(pc.invert(is_token))
        return kept.slice(0, 0) if table in _EMPTIED else kept

    _n_texts = 0  # of the table of texts, how many rows were read

    def _columns(self, table: str, rows: pa.Table, first: int) -> Mapping[str, Sequence[Any]]:
        """The columns of `rows` that are replaced, or have levels."""
        if table == "texts":
            return self._texts(rows, first)
        if table in ("tokens", "targets"):
            return self._tokens(table, rows, first)
        if table == "effects":
            return self._effects(rows)
        if table == "evidence":
            return {"explained_label": self._predicted(rows["explained_label"])} | self._message(
                rows
            )
        if table in ("sinks", "sink_scores"):
            return self._sinks(table, rows)
        return {}

    def _edit(self, name: str) -> str:
        """The name of an edit; a swap is numbered, as its kind tells words."""
        return SWAP + self._number("swap", name) if name.startswith(SWAP) else name

    def _texts(self, rows: pa.Table, first: int) -> dict[str, Sequence[Any]]:
        return {
            "text_id": self._ids(rows),
            "source": [self._source(source) for source in _list(rows, "source")],
            "label": self._labels(rows),
            "group": [
                None if group is None else self._number("group", group)
                for group in _list(rows, "group")
            ],
            "variant_of": [self._original_ids.get(id, id) for id in _list(rows, "variant_of")],
            "variant": [name and self._number("edit", name) for name in _list(rows, "variant")],
            "prediction_label": self._chosen(rows)
            if self._task.has_choices
            else self._predicted(rows["prediction_label"]),
            "score_names": [self._names(names) for names in _list(rows, "score_names")],
            STEPS: self._steps(rows, first),
            **self._segments(rows, first),
        } | self._message(rows)

    def _segments(self, rows: pa.Table, first: int) -> dict[str, Sequence[Any]]:
        """The texts, a mark for each unit, and where they were cut: behind what the model saw
        stands one more mark."""
        columns: dict[str, Sequence[Any]] = {}
        for segment, name in enumerate(("text", "pair", "completion")):
            given = _list(rows, name)
            cuts = _list(rows, f"cut_{name}") if f"cut_{name}" in rows.column_names else given
            texts, places = list[str | None](), list[int | None]()
            for row, (text, cut) in enumerate(zip(given, cuts, strict=True), first):
                seen = " ".join([MARK] * self._n_units.get((row, segment), 0))
                is_cut = cut is not None and name != "completion"
                places.append(len(seen) if is_cut else None)
                texts.append(text and (f"{seen} {MARK}".strip() if is_cut or not seen else seen))
            columns[name] = texts
            if name != "completion":
                columns[f"cut_{name}"] = places
        return columns

    @cached_property
    def _n_units(self) -> Mapping[tuple[int, int], int]:
        """How many units each segment of each text has."""
        return self._division.segments(self._segment_of_token)

    @cached_property
    def _ranks(self) -> Floats:
        """`[token]` of all texts: which of the marks of its segment is that of its unit."""
        return self._division.ranks(self._segment_of_token)

    @cached_property
    def _segment_of_token(self) -> Floats:
        segment = self._results.token_columns("segment")["segment"]
        return segment.to_numpy(np.float64, na_value=np.nan)

    def _steps(self, rows: pa.Table, first: int) -> Sequence[Any]:
        """The places of words, masks and ends of answers among the tokens as they are now."""
        steps = _list(rows, STEPS)
        if not self._task.has_places:
            return steps
        place = self._division.place
        return [
            places and [place(row, int(step)) for step in places]
            for row, places in enumerate(steps, first)
        ]

    def _chosen(self, rows: pa.Table) -> Sequence[str | None]:
        """The choices that were picked, as the redacted choices are written."""
        return [DOT * (steps[0] + 1) if steps else None for steps in _list(rows, STEPS)]

    def _labels(self, rows: pa.Table) -> Sequence[str | None]:
        """The labels: names of the model and numbers stay, others are numbered. Those that could
        not be held against what is hidden are left out, but for choices, which are as the redacted
        ones are written."""
        if self._task.has_open_labels:
            rights = map(self._right.get, _list(rows, "text_id"))
            return [None if place is None else DOT * (place + 1) for place in rights]
        labels, values = _list(rows, "label"), _list(rows, "label_value")
        return [
            label
            if label is None or value is not None or self._is_known(label)
            else self._number("label", label)
            for label, value in zip(labels, values, strict=True)
        ]

    def _names(self, names: Sequence[str]) -> Sequence[str]:
        """The names of scores: tags stay; tokens are as many dots as their rank says, but for those
        of a completion that are the likeliest, which have no name."""
        if self._task.is_closed:
            return names
        return [name and DOT * rank for rank, name in enumerate(names, 1)]

    def _is_known(self, label: str) -> bool:
        """Whether a label is made of names of classes, or of whole numbers, alone; of several
        numbers, of numbers."""
        is_of_numbers = self._task.is_number and self._task.item != "text"
        if is_of_numbers and number_list(label) is not None:
            return True
        is_list = self._task.is_of_words
        parts = tag_list(label) if is_list else self._classes.split(label)
        return all(part.strip().isdecimal() or self._classes.find(part) != NONE for part in parts)

    def _ids(self, rows: pa.Table) -> Sequence[Any]:
        """The ids; one that is its own text, second segment or completion is numbered."""
        cells = zip(*(_list(rows, name) for name in _ID_AND_TEXTS), strict=True)
        return [
            self._number("id", id) if id.strip() in {(text or "").strip() for text in texts} else id
            for id, *texts in cells
        ]

    @cached_property
    def _original_ids(self) -> Mapping[str | None, Any]:
        """The ids of the texts that have variants, as `_ids` gives them."""
        texts = self._results.texts
        is_original = texts["text_id"].isin(texts["variant_of"].dropna())
        rows = pa.Table.from_pandas(texts.loc[is_original, list(_ID_AND_TEXTS)])
        return dict(zip(_list(rows, "text_id"), self._ids(rows), strict=True))

    def _source(self, source: str) -> str:
        """Where a text stands in its file, without the name of a sheet."""
        for item in self._info.inputs:
            place = source.removeprefix(f"{item.name}:")
            if place != source and (match := _SHEET_ROW.fullmatch(place)):
                return f"{item.name}:{self._number('sheet', match[1])}{match[2]}"
        return source

    def _tokens(self, table: str, rows: pa.Table, first: int) -> dict[str, Sequence[Any]]:
        specials = _list(rows, "is_special")
        tokens = zip(_list(rows, "token"), specials, strict=True)
        ids = zip(_list(rows, "token_id"), specials, strict=True)
        columns: dict[str, Sequence[Any]] = {
            "token": [token if is_special else MARK for token, is_special in tokens],
            "token_id": [id if is_special else None for id, is_special in ids],
        }
        if table == "targets":
            return columns
        part = slice(first, first + len(rows))
        levels = {name: _nullable(values[part]) for name, values in self._of_tokens.items()}
        starts = self._ranks[part] * (len(MARK) + 1)
        return {
            **columns,
            **levels,
            "unit": self._division.units[part].tolist(),
            "start": _nullable(starts),
            "end": _nullable(starts + len(MARK)),
        }

    @cached_property
    def _division(self) -> Division:
        return divide(self._results)

    @cached_property
    def _of_tokens(self) -> Mapping[str, Floats]:
        """The columns of the table of tokens that have levels."""
        shown = [name for name, rule in COLUMNS["tokens"].items() if rule.how == "levels"]
        given = self._results.token_columns(*shown)
        return {
            name: self._division.levels(given[name].to_numpy(np.float64, na_value=np.nan), "share")
            for name in shown
        }

    def _effects(self, rows: pa.Table) -> dict[str, Sequence[Any]]:
        places = self._division.firsts[rows["text"].to_numpy()] + rows["position"].to_numpy()
        return {name: _nullable(values[places]) for name, values in self._of_effects.items()}

    @cached_property
    def _of_effects(self) -> Mapping[str, Floats]:
        """`[token]` of all texts: the columns of the table of effects that have levels."""
        effects = self._results.stored("effects")
        places = self._division.firsts[effects["text"].to_numpy(np.intp)]
        places = places + effects["position"].to_numpy(np.intp)
        values = np.full(len(self._division.text), np.nan)
        values[places] = effects[EFFECT].to_numpy(np.float64, na_value=np.nan)
        values[self._division.is_special] = np.nan
        return {EFFECT: self._division.levels(values, BY_ID[EFFECT].combine)}

    def _sinks(self, table: str, rows: pa.Table) -> dict[str, Sequence[Any]]:
        """The subjects; of one that is a token nothing that its vectors say."""
        subjects = _list(rows, "subject")
        columns: dict[str, Sequence[Any]] = {"subject": list(map(self._subject_key, subjects))}
        if table == "sinks" and any(subject.startswith(_TOKEN) for subject in subjects):
            for name in _VECTORS:
                values = round_column(rows[name], COLUMNS[table][name]).to_pylist()
                columns[name] = [
                    None if subject.startswith(_TOKEN) else value
                    for subject, value in zip(subjects, values, strict=True)
                ]
        return columns

    def _predicted(self, column: pa.ChunkedArray) -> Sequence[Any]:
        """Classes, labels and tags stay; a next token, or what stands at masks, is numbered."""
        labels: list[Any] = column.to_pylist()
        if self._task.is_closed:
            return labels
        return [label and self._number("predicted", label) for label in labels]

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
    if not task_of(results.info.output).has_choices:
        return {}
    ids = results.texts["text_id"]
    texts = chosen_texts(results).every
    return {str(ids.iloc[chosen.text]): chosen.label for chosen in texts if chosen.label != NONE}


def _list(rows: pa.Table, name: str) -> list[Any]:
    cells: list[Any] = rows[name].to_pylist()
    return cells


def _nullable(values: Floats) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def _with(rows: pa.Table, columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    for name, values in columns.items():
        place = rows.schema.get_field_index(name)
        field = rows.schema.field(place)
        rows = rows.set_column(place, field, pa.array(values, field.type))
    return rows
