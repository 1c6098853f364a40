"""Groups the tokens of a text into display units: what is drawn as one cell.

Attention to a unit is the sum over its tokens, attention from it the mean (Clark et al. 2019). How
strongly it is coloured, and where it ranks, is said by `unit_values`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, TypeAlias
from unicodedata import name

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from reportgen.results.info import OutputKind, View
from reportgen.results.labels import NONE
from reportgen.results.measure_register import COLOURED_ATTENTION, USER_SCORES, user_measures
from reportgen.results.store import Results
from reportgen.results.tables.schema import COMPLETION, CROSS, CROSS_NORM
from reportgen.results.unit_values import (
    Floats,
    equal_shares,
    measured_values,
    unit_starts,
    values_of_units,
)

Places: TypeAlias = NDArray[np.intp]
# Scripts that do not put spaces between words.
_UNSPACED = ("HIRAGANA", "KATAKANA", "CJK", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")


@dataclass(frozen=True, slots=True)
class Unit:
    """One cell: its label and its place in the text."""

    label: str  # the original characters; a special token as the tokenizer writes it
    is_special: bool
    segment: int | None  # 0 text, 1 pair, 2 completion; None for special tokens
    start: int | None  # code points of the segment's text; None if the tokenizer gives no offsets
    end: int | None
    begins_word: bool  # only if there are no offsets: a space precedes it


def word_of(units: Sequence[Unit], texts: Sequence[str]) -> list[int]:
    """The number of the word that each unit belongs to, `[unit]`; words are separated by spaces.

    Each special token is a word of its own. Without offsets, the tokenizer's own marks say where a
    word begins.
    """
    words: list[int] = []
    before: Unit | None = None
    for unit in units:
        goes_on = before is not None and _goes_on(before, unit, texts)
        words.append((words[-1] if words else -1) + (not goes_on))
        before = unit
    return words


def _goes_on(before: Unit, unit: Unit, texts: Sequence[str]) -> bool:
    if before.is_special or unit.is_special or unit.segment != before.segment:
        return False
    if unit.start is None or before.end is None or unit.segment is None:
        return not unit.begins_word
    around = texts[unit.segment][max(0, before.end - 1) : unit.start + 1]
    return not any(character.isspace() for character in around)


def specials_before(units: Sequence[Unit], index: int) -> int:
    """How many special tokens before the unit `index`, the first of the second text, belong to that
    text. If the same ones begin the first text, they all do (a sentence encoder reads each text by
    itself); otherwise none."""
    opening = [unit.label for unit in takewhile(lambda unit: unit.is_special, units)]
    before = [unit.label for unit in units[max(0, index - len(opening)) : index]]
    return len(opening) if before == opening and index > len(opening) else 0


def is_unspaced(text: str) -> bool:
    """Whether a text has characters of a script that does not put spaces between words."""
    return any(name(character, "").startswith(_UNSPACED) for character in set(text))


# How tokenizers mark a token that begins a word, or one that continues it.
_BEGINS = "▁Ġ"
_CONTINUES = "##"
_BYTES = str.maketrans({"Ċ": "\n", "ĉ": "\t"})  # as byte-level tokenizers write them
_BYTES_NAMED = {"Ċ", "ĉ"}
_SPACES = " \u3000"
_SPACE = "␣"  # the label of a unit that holds only spaces


@dataclass(frozen=True, slots=True, eq=False)
class TextUnits:
    """The units of one text with the figures that charts draw; means over heads.

    `received` and `expected` are `[layer, unit]`, and so is `cls_row`, which is None if there is no
    such row; those ending in `_all` are `[unit]`, means over layers. `unit_of` is `[token]`. Of
    redacted results `received` has no layer, and `cls_row` at most the last one.
    `norm_all` is norm-weighted attention received, None if that was not measured.
    """

    units: tuple[Unit, ...]
    unit_of: tuple[int, ...]
    received: Floats
    expected: Floats
    cls_row: Floats | None
    received_all: Floats
    expected_all: Floats
    cls_row_all: Floats | None
    cls_token: int | None  # position of the token whose row `cls_row` is
    norm_all: Floats | None = None
    kind: OutputKind | None = None  # the output that names its segments; None: they are a pair
    # Attention received from what a decoder of its own writes; None without one.
    cross_all: Floats | None = None
    cross_norm_all: Floats | None = None  # the same weighted by norms; None if not measured
    # `[unit]` by measure of attention with colours: multiples of the unit's equal share.
    multiples: Mapping[View, Floats] = field(default_factory=dict)
    # `[unit]`, NaN where one has none: scores that came with the text.
    user_scores: Mapping[View, Floats] = field(default_factory=dict)

    @property
    def has_layers(self) -> bool:
        """Whether the figures of single layers are known."""
        return len(self.received) > 0

    @property
    def n_tokens(self) -> NDArray[np.intp]:
        """How many tokens each unit has, `[unit]`."""
        return np.bincount(self.unit_of)

    @property
    def content(self) -> NDArray[np.bool_]:
        """Which units are not special tokens, `[unit]`."""
        return np.array([not unit.is_special for unit in self.units], dtype=np.bool_)


def text_units(results: Results, text: int) -> TextUnits:
    """The units of row `text` of `texts`, which has at least one token."""
    return results.recent(_make_units, text)


def _make_units(results: Results, text: int) -> TextUnits:
    row = results.text_row(text)
    segments = segments_of(row)
    tokens = results.token_table(text)
    unit_of = tuple(tokens["unit"].to_pylist())
    places = (tokens[name].to_pylist() for name in ("token", "segment", "start", "end"))
    rows = list(zip(*places, strict=True))
    units = tuple(make_unit([rows[i] for i in group], segments) for group in groups_of(unit_of))
    has_layers = tokens["received_layers"].null_count == 0
    has_row, has_row_all = (
        tokens[name].null_count == 0 for name in ("cls_row_last", "cls_row_all")
    )

    def layers(name: str) -> Floats:
        return _sums(results.by_layer(tokens[name]).T.astype(np.float64), unit_of)

    def means(name: str) -> Floats:
        sums: Floats = _sums(tokens[name].to_numpy().astype(np.float64)[None], unit_of)[0]
        return sums

    def means_if_known(name: str) -> Floats | None:
        return means(name) if tokens[name].null_count == 0 else None

    starts, expected = unit_starts(unit_of), tokens["expected"].to_numpy()
    return TextUnits(
        units=units,
        unit_of=unit_of,
        received=layers("received_layers")[: None if has_layers else 0],
        expected=layers("expected_layers"),
        cls_row=(layers("cls_row_layers") if has_layers else means("cls_row_last")[None])
        if has_row
        else None,
        received_all=means("received_all"),
        expected_all=means("expected"),
        cls_row_all=means("cls_row_all") if has_row_all else None,
        cls_token=_cls_token(tokens["role"].to_pylist()) if has_row else None,
        norm_all=means_if_known("received_norm_all"),
        kind=results.info.output.kind,
        cross_all=means_if_known(CROSS),
        cross_norm_all=means_if_known(CROSS_NORM),
        multiples={
            measure.id: values_of_units(
                measure,
                tokens[measure.id].to_numpy(),
                starts,
                equal_shares(measure, expected, len(tokens)),
            )
            for measure in COLOURED_ATTENTION
            if tokens[measure.id].null_count == 0
        },
        user_scores=_user_scores(results, tokens, starts),
    )


def _user_scores(results: Results, tokens: pa.Table, starts: Places) -> Mapping[View, Floats]:
    """The scores that came with a text, `[unit]`, of which it has any."""
    lists = {USER_SCORES: tokens[USER_SCORES].to_pylist()} if results.info.scores else {}
    values = {
        measure.id: values_of_units(measure, measured_values(measure, lists), starts)
        for measure in user_measures(results.info.scores)
    }
    return {id: by_unit for id, by_unit in values.items() if not np.isnan(by_unit).all()}


def segments_of(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """The text, pair and completion of a row of `texts`, by segment number; "" for each that it
    does not have."""
    text, pair, completion = (
        "" if pd.isna(row.get(name)) else str(row[name]) for name in ("text", "pair", COMPLETION)
    )
    return text, pair, completion


def unit_label(names: Sequence[str], span: tuple[int, int] | None, segment: str) -> str:
    """The label of a unit of text tokens: the characters of its `span` in the `segment`, or what
    its tokens (`names`) spell if the tokenizer gives no offsets."""
    label = "" if span is None else segment[span[0] : span[1]]
    if label:
        return label if label.strip(_SPACES) else _SPACE * len(label)
    return "".join(map(spelled, names)) or _SPACE


def spelled(name: str) -> str:
    """The characters that a token stands for, by its name in the vocabulary, without the mark of
    a space before a word."""
    bare = name.removeprefix(_CONTINUES).lstrip(_BEGINS)
    return bare.translate(_BYTES) if set(bare) <= _BYTES_NAMED else bare


def _sums(values: Floats, unit_of: Sequence[int]) -> Floats:
    """Sum `[row, token]` over the tokens of each unit, `[row, unit]`."""
    sums = np.zeros((max(unit_of) + 1, values.shape[0]))
    np.add.at(sums, list(unit_of), values.T)
    return np.ascontiguousarray(sums.T)


def _cls_token(roles: Sequence[str | None]) -> int:
    """The position of the first [CLS]; without one, for a causal model, that of the last token."""
    return roles.index("cls") if "cls" in roles else len(roles) - 1


def groups_of(unit_of: Sequence[int]) -> list[list[int]]:
    """The positions of the tokens of each unit."""
    groups: list[list[int]] = [[] for _ in range(max(unit_of) + 1)]
    for token, unit in enumerate(unit_of):
        groups[unit].append(token)
    return groups


def make_unit(tokens: Sequence[Sequence[Any]], segments: Sequence[str]) -> Unit:
    """The unit made of `tokens`, each with its name, segment, start and end."""
    names = [name for name, *_ in tokens]
    segment = tokens[0][1]
    if segment is None:
        return Unit("".join(names), True, None, None, None, False)
    if any(start is None or end is None for *_, start, end in tokens):
        label = unit_label(names, None, "")
        return Unit(label, False, segment, None, None, not names[0].startswith(_CONTINUES))
    start, end = min(start for *_, start, _ in tokens), max(end for *_, end in tokens)
    label = unit_label(names, (start, end), segments[segment])
    return Unit(label, False, segment, start, end, False)


def word_ends(results: Results, rows: Places, n_words: Places, first: Places) -> Places:
    """`[word]`: the last token of each word: the last in the segment of the first before the next
    word of its text, or its end. `n_words` is `[row]`, `first` the first token of each word."""
    sizes = results.texts["n_tokens"].to_numpy(np.int64)[rows]
    starts = np.cumsum(sizes) - sizes
    begin = int(results.texts["first_token"].iloc[rows[0]])
    stored = results.token_part(begin, int(sizes.sum()), "segment")["segment"]
    segment = pc.fill_null(stored, NONE).to_numpy().astype(np.int64)
    text = np.repeat(np.arange(len(rows)), n_words)
    begins = starts[text] + first
    stops = np.append(begins[1:], 0)[: len(begins)]
    is_last = np.append(text[1:] != text[:-1], True)[: len(begins)]
    stops[is_last] = (starts + sizes)[text[is_last]]
    # Where the segment changes behind each token, and for each word the first such place.
    changes = np.append(np.flatnonzero(segment[1:] != segment[:-1]) + 1, len(segment))
    same = changes[np.searchsorted(changes, begins, side="right")]
    return np.asarray(np.minimum(stops, same) - 1 - starts[text], np.intp)
