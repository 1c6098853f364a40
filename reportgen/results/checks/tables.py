"""Checks that the tables of a results folder are complete and consistent."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reportgen.results.checks.columns import flat, require_columns
from reportgen.results.checks.conditions import (
    Ints,
    analysed_rows,
    counted_up,
    has_value,
    ints,
    list_lengths,
    require,
    require_analysed,
    require_equal,
    require_known,
    require_unique,
    require_units,
)
from reportgen.results.info import (
    ANALYSED,
    DECODER_PARTS,
    EDIT_STATUSES,
    HEAD_CLASSES,
    SINK_TESTS,
    STATISTICS,
    STATUSES,
    RunInfo,
)
from reportgen.results.measure_register import (
    CHANGES,
    MOST_OF_TEXT,
    USER_SCORES,
    VIEWS,
    views_of,
)
from reportgen.results.tables.schema import (
    COMPLETION_SEGMENT,
    CROSS,
    CROSS_SIZES,
    EXTRA,
    LEARNED_SHARE,
    MAP_CELLS,
    STEPS,
    TOP,
)

_ROUNDING = 1e-6  # how far a correlation may lie beyond 1
_CLS_ROW = ("cls_row_last", "cls_row_all", "cls_row_layers")
_NORMS = ("received_norm_last", "received_norm_all", "received_norm_layers", "value_size_layers")
# The columns that say where a row belongs.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "tokens": ("text", "position", "unit", "segment", "is_special"),
    "roles": ("text", "layer", "role"),
    "targets": ("text", "position", "unit", "is_given"),
    "decoder_heads": ("text", "part", "layer", "head"),
    "predictions": ("text", "item", "position", "end"),
    "evidence": ("text", "live_rows", "n_rows", "reads_cls_only", EXTRA),
    "effects": ("text", "position"),
    "target_effects": ("text", "position"),
    "sinks": ("text", "subject", "test"),
    "sink_scores": ("text", "subject", "layer", "head", "n_pairs"),
    "agreement": ("text", "view", "statistic"),
    "shuffled": ("text", "view"),
    "edits": ("text", "edit", "status", "changed", "before", "after"),
    "head_effects": ("text", "layer", "head"),
}
# The columns of the table of texts that the rows of other tables are checked against.
COUNTS = ("n_tokens", "n_content", "scores")
_GRIDS = ("heads", "layers")  # tables with the same rows for every text that was analysed


def require_texts(texts: pa.Table, info: RunInfo) -> None:
    """Check that the rows of `texts` are consistent with each other and with the model's output.

    Raises:
        ValueError: they do not.
    """
    n_tokens = ints(texts, "n_tokens")
    require((n_tokens >= 0).all(), "n_tokens")
    require_equal(texts, "first_token", np.cumsum(n_tokens) - n_tokens)
    require_known(texts, "status", STATUSES)
    is_analysed = np.isin(texts["status"].to_numpy(), ANALYSED)
    require((is_analysed == (n_tokens > 0)).all(), "status")
    n_scores, n_names = list_lengths(texts["scores"]), list_lengths(texts["score_names"])
    require(((n_names == 0) | (n_names == n_scores)).all(), "score_names")
    for part in ("map", *DECODER_PARTS):
        offset, size = f"{part}_offset", f"{part}_bytes"
        has_maps = has_value(texts, offset)
        require((has_maps <= is_analysed).all(), offset)
        require((has_maps == has_value(texts, size)).all(), size)
        for column, least in ((offset, 0), (size, 1)):
            require((texts[column].drop_null().to_numpy() >= least).all(), column)
        require(part == "map" or info.model.decoder is not None or not has_maps.any(), offset)
    _require_cells(texts)
    if info.output.labels:  # whose scores they are, where these have no names of their own
        is_known = (n_names > 0) | (n_scores == 0) | (n_scores == len(info.output.labels))
        require(is_known.all(), "scores")
    # Of each score, of one that was picked, or of what several scores are of.
    require(not (list_lengths(texts[STEPS]) > n_scores).any(), STEPS)


def _require_cells(texts: pa.Table) -> None:
    """Check that the cells of pooled maps belong to texts that kept their maps, and hold all tokens
    of each, in order."""
    pooled = texts.filter(texts[MAP_CELLS].is_valid())
    cells = zip(pooled[MAP_CELLS].to_pylist(), pooled["n_tokens"].to_pylist(), strict=True)
    fit = (
        len(starts) > 0 and starts[0] == 0 and (np.diff([*starts, n_tokens]) > 0).all()
        for starts, n_tokens in cells
    )
    require(not pooled["map_offset"].null_count and all(fit), MAP_CELLS)


def require_rows(parts: Iterable[pa.Table], name: str, info: RunInfo, texts: pa.Table) -> None:
    """Check that table `name`, given in `parts`, has its columns and the rows that the model calls
    for, and `texts`, of which the columns COUNTS are enough.

    Raises:
        ValueError: rows or columns are missing, too many, or out of place.
    """
    keys, n_rows, has_learned = [], 0, set[bool]()
    for part in parts:
        rows = require_columns(part, name)
        _require_figures(rows, name, info)
        if name in _GRIDS:
            _require_grid(rows, n_rows, name, info, texts)
            has_learned |= set(rows[LEARNED_SHARE].is_valid().to_pylist())
        else:
            keys.append(_keys(rows, name))
        n_rows += len(rows)
    if name in _GRIDS:
        require(n_rows == len(analysed_rows(texts)) * _size(name, info), "text")
        require(len(has_learned) <= 1, LEARNED_SHARE)  # all heads have a learned sink, or none
        return
    checks: Mapping[str, Callable[[pa.Table, RunInfo, pa.Table], None]] = {
        "tokens": _tokens,
        "roles": _roles,
        "targets": _targets,
        "decoder_heads": _decoder_heads,
        "predictions": _predictions,
        "evidence": _evidence,
        "effects": _effects,
        "target_effects": _target_effects,
        "sinks": _sinks,
        "sink_scores": _sink_scores,
        "agreement": _agreement,
        "shuffled": _shuffled,
        "edits": _edits,
        "head_effects": _head_effects,
    }
    checks[name](pa.concat_tables(keys), info, texts)


def _require_figures(rows: pa.Table, name: str, info: RunInfo) -> None:
    """Check that lists have one value per layer and that figures lie in their range."""
    for column in rows.column_names:
        if column.endswith("_layers"):
            lengths = list_lengths(rows[column].drop_null())
            is_decoder = name == "targets" or column.startswith(CROSS)
            size = info.model if not is_decoder else info.model.decoder
            require((lengths == (0 if size is None else size.n_layers)).all(), column)
        if column == CROSS_SIZES:
            lengths, decoder = list_lengths(rows[column].drop_null()), info.model.decoder
            n_heads = 0 if decoder is None else decoder.n_layers * decoder.n_heads
            require((lengths == n_heads).all(), column)
        if column == USER_SCORES:
            lengths = list_lengths(rows[column].drop_null())
            require((lengths == len(info.scores)).all(), column)
        if column.startswith("expected"):  # an equal share is never 0
            require((flat(rows[column]).drop_null().to_numpy() > 0).all(), column)
    if name == "agreement":
        values = rows["value"].drop_null().to_numpy()
        require((abs(values) <= 1 + _ROUNDING).all(), "value")
    if name == "shuffled":
        require((abs(rows["value"].to_numpy()) <= 1 + _ROUNDING).all(), "value")
    if name == "predictions":
        _require_items(rows)


def _keys(rows: pa.Table, name: str) -> pa.Table:
    """The columns that say where rows belong. For figures that a text has for all of its tokens or
    none, only whether they are known. This is a small part of a table, so little memory is
    needed."""
    kept = rows.select(_KEYS[name])
    if name == "tokens":
        for column in (*_CLS_ROW, *_NORMS):
            kept = kept.append_column(column, rows[column].is_valid())
    return kept


def _size(name: str, info: RunInfo) -> int:
    """How many rows each text has in a table of `_GRIDS`."""
    return info.model.n_layers * (info.model.n_heads if name == "heads" else 1)


def _require_grid(rows: pa.Table, first: int, name: str, info: RunInfo, texts: pa.Table) -> None:
    """Check that `rows`, which start at row `first`, are in order: text by text, one row per layer
    and head."""
    analysed, size = analysed_rows(texts), _size(name, info)
    place = np.arange(first, first + len(rows))
    require(first + len(rows) <= len(analysed) * size, "text")
    require_equal(rows, "text", analysed[place // size])
    n_heads = size // info.model.n_layers
    require_equal(rows, "layer", place // n_heads % info.model.n_layers + 1)
    if name == "heads":
        require_equal(rows, "head", place % n_heads + 1)
        require_known(rows, "head_class", HEAD_CLASSES)
        n_tokens = ints(texts, "n_tokens")[analysed[place // size]]
        _require_top(rows, n_tokens)


def _require_top(rows: pa.Table, n_tokens: Ints) -> None:
    """Check that the token that a head looks at most is one of its text, of `n_tokens` tokens, with
    an equal share that is not all of it."""
    position, share, expected = (rows[name] for name in TOP)
    known = has_value(rows, TOP[0])
    for name in TOP[1:]:
        require((has_value(rows, name) == known).all(), name)
    at = position.drop_null().to_numpy()
    require(((at >= 0) & (at < n_tokens[known]) & (at == np.floor(at))).all(), TOP[0])
    require((share.drop_null().to_numpy() >= 0).all(), TOP[1])
    even = expected.drop_null().to_numpy()
    require(((even > 0) & (even <= MOST_OF_TEXT + _ROUNDING)).all(), TOP[2])


def _tokens(table: pa.Table, info: RunInfo, texts: pa.Table) -> None:
    n_tokens = ints(texts, "n_tokens")
    require(len(table) == n_tokens.sum(), "text")  # first: what is made below is as long
    text = require_equal(table, "text", np.repeat(np.arange(len(texts)), n_tokens))
    position = require_equal(table, "position", counted_up(n_tokens))
    require_units(table, position)
    known = {column: table[column].to_numpy() for column in (*_CLS_ROW, *_NORMS)}
    for column, values in known.items():  # a text has all of these values or none
        n_known = np.bincount(text[values], minlength=len(texts))
        require(((n_known == 0) | (n_known == n_tokens)).all(), column)
    first, *others = _CLS_ROW
    for column in others:
        require((known[column] == known[first]).all(), column)
    is_special = table["is_special"].to_numpy()
    segment = table["segment"].fill_null(-1).to_numpy()
    require(
        (is_special == (segment == -1)).all()
        and np.isin(segment, (-1, 0, 1, COMPLETION_SEGMENT)).all(),
        "segment",
    )
    n_content = np.bincount(text[~is_special], minlength=len(texts))
    require((n_content == ints(texts, "n_content")).all(), "is_special")


def _roles(table: pa.Table, info: RunInfo, texts: pa.Table) -> None:
    # In any order, one row per layer for every role that a text has.
    require_analysed(table, texts)
    keys, n_layers = [role.key for role in info.roles], info.model.n_layers
    require_known(table, "role", keys)
    require_known(table, "layer", range(1, n_layers + 1))
    role = pc.index_in(table["role"], pa.array(keys, pa.string())).to_numpy()
    place = (ints(table, "text") * len(keys) + role) * n_layers + ints(table, "layer") - 1
    place = np.sort(place)  # a tenth of the time of `np.unique`
    first, last = place[::n_layers], place[n_layers - 1 :: n_layers]
    require((np.diff(place) > 0).all() and len(place) % n_layers == 0, "layer")
    require((first % n_layers == 0).all() and (last - first == n_layers - 1).all(), "layer")


def _targets(table: pa.Table, info: RunInfo, texts: pa.Table) -> None:
    """Check for one row per token of every text that was analysed, or no row at all."""
    if not len(table):
        return
    text = ints(table, "text")
    analysed = analysed_rows(texts)
    rows, sizes = np.unique(text, return_counts=True)
    require(np.array_equal(rows, analysed) and np.array_equal(text, np.sort(text)), "text")
    position = require_equal(table, "position", counted_up(sizes))
    require_units(table, position)
    # What is given stands in front; what is written has a score each. A head that reads the decoder
    # does so in the place of one token.
    is_given = table["is_given"].to_numpy()
    n_given = np.bincount(text[is_given], minlength=len(texts))[analysed]
    require((is_given == (position < np.repeat(n_given, sizes))).all(), "is_given")
    require((n_given > 0).all() and (n_given < sizes).all(), "is_given")
    n_written = sizes - n_given
    if not info.head_reads_decoder:
        require(np.array_equal(n_written, list_lengths(texts["scores"])[analysed]), "is_given")
    elif not (n_written == 1).all():  # of an answer, in the place of each token from the context on
        require(np.array_equal(sizes, texts["n_tokens"].to_numpy()[analysed] + 1), "text")


def _decoder_heads(table: pa.Table, info: RunInfo, texts: pa.Table) -> None:
    """Check for one row per part, layer and head of every text that has any, in any order."""
    decoder = info.model.decoder
    require(decoder is not None or not len(table), "text")
    if decoder is None:
        return
    require_analysed(table, texts)
    require_known(table, "part", DECODER_PARTS)
    require_known(table, "layer", range(1, decoder.n_layers + 1))
    require_known(table, "head", range(1, decoder.n_heads + 1))
    require_unique(table, "text", "part", "layer", "head")
    n_texts = len(table["text"].unique())
    size = len(DECODER_PARTS) * decoder.n_layers * decoder.n_heads
    require(len(table) == n_texts * size, "text")


def _require_items(rows: pa.Table) -> None:
    """Check that each item is a number or is named, and that probabilities and scores are some."""
    is_named, is_number = has_value(rows, "predicted"), has_value(rows, "value")
    require(not (is_named & is_number).any(), "value")
    alternatives = pc.list_flatten(rows["alternatives"])
    names, probabilities = (pc.struct_field(alternatives, i) for i in (0, 1))
    require(not names.null_count, "alternatives")
    _require_between(probabilities, 1.0, "alternatives")
    for column in ("probability", "label_probability"):
        _require_between(rows[column], 1.0, column)
    _require_between(rows["score"].filter(pa.array(is_named)), 1.0, "score")
    _require_between(rows["score"], np.inf, "score")


def _require_between(values: pa.ChunkedArray, most: float, column: str) -> None:
    """Check that numbers are from 0 to `most`."""
    known = values.drop_null().to_numpy()
    require(((known >= 0) & (known <= most + _ROUNDING)).all(), column)


def _predictions(table: pa.Table, info: RunInfo, texts: pa.Table) -> None:
    """Check for items of texts that were analysed, text by text and counted from 0, and that the
    tokens they belong to are there. What they say is held against the table of texts where they
    are read (`tasks/predictions.py`)."""
    require_analysed(table, texts)
    text = ints(table, "text")
    require((np.diff(text) >= 0).all(), "text")
    require_equal(table, "item", counted_up(np.bincount(text)))
    is_placed = has_value(table, "position")
    require((is_placed == has_value(table, "end")).all(), "end")
    placed = table.filter(pa.array(is_placed))
    first, last = (placed[name].to_numpy() for name in ("position", "end"))
    require((first >= 0).all(), "position")
    require((first <= last).all(), "end")
    if info.model.decoder is None or info.head_reads_decoder:  # else they are places in the target
        require((last < ints(texts, "n_tokens")[text[is_placed]]).all(), "end")


def _evidence(table: pa.Table, info: RunInfo, texts: pa.Table) -> None:
    require_analysed(table, texts)
    require_unique(table, "text")
    n_extra = pc.sum(table[EXTRA], min_count=0).as_py()
    require(n_extra == info.evidence.n_extra, EXTRA)
    require(len(table) == info.evidence.n_texts + n_extra, "text")
    has_live = has_value(table, "live_rows")
    require((has_live <= has_value(table, "n_rows")).all(), "n_rows")
    n_live, n_rows = (table[name].filter(has_live).to_numpy() for name in ("live_rows", "n_rows"))
    require(((n_live > 0) & (n_live <= n_rows)).all(), "live_rows")
    require((has_live == has_value(table, "reads_cls_only")).all(), "reads_cls_only")


def _effects(table: pa.Table, info: RunInfo, texts: pa.Table) -> None:
    require_analysed(table, texts)
    chosen = table["text"].unique().to_numpy()
    n_tokens = ints(texts, "n_tokens")[chosen]
    require(len(table) == n_tokens.sum(), "text")
    require_equal(table, "text", np.repeat(chosen, n_tokens))
    require_equal(table, "position", counted_up(n_tokens))


def _target_effects(table: pa.Table, info: RunInfo, texts: pa.Table) -> None:
    """Check for one row per token that a decoder has read of a text, or no row; texts stand in the
    order in which evidence was gathered."""
    require_analysed(table, texts)
    require(info.model.decoder is not None or not len(table), "text")
    chosen, sizes = (column.to_numpy() for column in table["text"].value_counts().flatten())
    require_equal(table, "text", np.repeat(chosen, sizes))
    require_equal(table, "position", counted_up(sizes))


def _sinks(table: pa.Table, info: RunInfo, texts: pa.Table) -> None:
    require_analysed(table, texts)
    require_known(table, "subject", [subject.key for subject in info.evidence.subjects])
    require_known(table, "test", SINK_TESTS)
    require_unique(table, "text", "subject", "test")


def _sink_scores(table: pa.Table, info: RunInfo, texts: pa.Table) -> None:
    require_analysed(table, texts)
    require_known(table, "layer", range(1, info.model.n_layers + 1))
    n_heads = info.model.n_heads  # each has a row, one after another
    require_equal(table, "head", np.arange(len(table)) % n_heads + 1)
    require(len(table) % n_heads == 0, "head")
    require_unique(table, "text", "subject", "layer", "head")
    require((table["n_pairs"].to_numpy() > 0).all(), "n_pairs")


def _agreement(table: pa.Table, info: RunInfo, texts: pa.Table) -> None:
    require_analysed(table, texts)
    require_known(table, "view", (*views_of(info), *CHANGES))
    require_known(table, "statistic", STATISTICS)
    require_unique(table, "text", "view", "statistic")


def _shuffled(table: pa.Table, info: RunInfo, texts: pa.Table) -> None:
    require_analysed(table, texts)
    require_known(table, "view", VIEWS)
    require_unique(table, "text", "view")


def _edits(table: pa.Table, info: RunInfo, texts: pa.Table) -> None:
    require_analysed(table, texts)
    require_known(table, "edit", info.settings.edits)
    require_known(table, "status", EDIT_STATUSES)
    require_unique(table, "text", "edit")
    is_known = np.isin(table["status"].to_numpy(), ("run", "same_tokens"))
    for column in ("changed", "before", "after"):
        require((is_known <= has_value(table, column)).all(), column)


def _head_effects(table: pa.Table, info: RunInfo, texts: pa.Table) -> None:
    require_analysed(table, texts)
    size = info.model.n_layers * info.model.n_heads  # each text has all of them, in order
    place = np.arange(len(table)) % size
    require(len(table) % size == 0, "head")
    require_equal(table, "layer", place // info.model.n_heads + 1)
    require_equal(table, "head", place % info.model.n_heads + 1)
    require_unique(table, "text", "layer", "head")
