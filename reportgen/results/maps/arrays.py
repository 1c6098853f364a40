"""The attention maps of one text as an array."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from reportgen.errors import UsageError, quoted
from reportgen.results.completions import cross_sizes, packed_part, part_shape
from reportgen.results.info import ANALYSED, DecoderInfo, ModelInfo, Part
from reportgen.results.maps.packed import unpack_layers, unpack_levels
from reportgen.results.store import Results
from reportgen.results.tables.frames import map_cells

_KEPT = 100_000  # weights of a text, up to which it is unpacked once
Head: TypeAlias = int | Literal["mean"] | None


@dataclass(frozen=True, slots=True, eq=False)
class AttentionMaps:
    """The attention maps of one text. The token of a row (query) looks at the tokens of the columns
    (keys). A row sums to 1, less what a learned sink takes."""

    values: NDArray[np.float32]  # [query, key]; of all layers or heads [layer, head, query, key]
    tokens: tuple[str, ...]  # of the columns, as the tokenizer writes them
    text_id: str
    queries: tuple[str, ...]  # of the rows: the same, but for attention across to the text
    # Of the pooled maps of a long text, the position of the first token of each row and column,
    # which stands for the tokens up to the next (`tokens` has the first); else None.
    cells: tuple[int, ...] | None = None


def attention_maps(
    results: Results,
    text_id: object,
    layer: int | None = -1,
    head: Head = "mean",
    part: Part = "encoder",
    *,
    values: bool = False,
) -> AttentionMaps:
    """The maps of the text with this id, of one layer or all, and of one head, their mean or all.

    Layers and heads count from 1, or from the last one backwards: -1, -2. None stands for all of
    them: `values` is then `[layer, head, query, key]`, without the one that was chosen. A value is
    within .004 of what was measured, as results store one byte for it. With `values`, those of
    cross-attention are multiplied by the length of the vector that the head gets from the token.

    Raises:
        UsageError: there is no such text, layer, head or part, or the maps of the text, or the
            lengths of its vectors, were not kept.
        ResultsError: the results are damaged.
    """
    text = _row_of(results, str(text_id))
    size = _size(results, part)
    chosen = None if layer is None else _place("layer", layer, size.n_layers)
    chosen_head = head if head is None or head == "mean" else _place("head", head, size.n_heads)
    every = unpacked_maps(results, text, part)
    if every is None:
        raise UsageError(_why_without_maps(results, text, str(text_id)))
    if values:
        every = _weighted(every, results, text, part)
    layers = (
        maps
        if chosen_head is None
        else maps.mean(axis=0)
        if isinstance(chosen_head, str)
        else maps[chosen_head]
        for place, maps in enumerate(every)
        if chosen is None or place == chosen
    )
    stacked = np.stack(list(layers))
    queries, keys = map_tokens(results, text, part)
    maps, cells = stacked if chosen is None else stacked[0], map_cells(results.text_row(text))
    own_cells = None if cells is None else tuple(cells)
    return AttentionMaps(maps, keys, str(text_id), queries, own_cells)


def map_levels(results: Results, text: int) -> NDArray[np.uint8] | None:
    """The packed weights `[layer, head, query, key]` of row `text` of `texts`; None where they were
    not kept. Those of a short text stay in memory, as pages and comparisons ask for them again."""
    model, side = results.info.model, int(results.text_row(text)["n_tokens"])
    is_short = model.n_layers * model.n_heads * side**2 <= _KEPT
    return results.recent(_levels, text) if is_short else _levels(results, text)


def _levels(results: Results, text: int) -> NDArray[np.uint8] | None:
    packed, model = results.packed_maps(text), results.info.model
    if packed is None:
        return None
    levels = unpack_levels(packed, model.n_layers, model.n_heads)
    levels.setflags(write=False)
    return levels


def unpacked_maps(results: Results, text: int, part: Part) -> Iterator[NDArray[np.float32]] | None:
    """The maps of row `text` of `texts` in a part, layer by layer, each `[head, query, key]`; None
    where they were not kept."""
    model = results.info.model
    if part == "encoder":
        packed = results.packed_maps(text)
        return None if packed is None else unpack_layers(packed, model.n_layers, model.n_heads)
    packed = packed_part(results, text, part)
    return None if packed is None else unpack_layers(packed, *part_shape(results, text, part)[:3])


def _weighted(
    every: Iterator[NDArray[np.float32]], results: Results, text: int, part: Part
) -> Iterator[NDArray[np.float32]]:
    """The cross-attention maps `every`, weighted by the lengths of vectors."""
    if part != "cross":
        raise UsageError(f'values=True: only maps of part="cross" have values, not {part!r}')
    sizes = cross_sizes(results, text)
    if sizes is None:
        raise UsageError(
            "values=True: the lengths of value vectors were not measured; analyse with --evidence "
            "basic, with a model whose values can be read"
        )
    return (maps * size[:, None] for maps, size in zip(every, sizes, strict=True))


def map_tokens(results: Results, text: int, part: Part) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tokens of the rows and of the columns of these maps, as the tokenizer writes them; of
    pooled ones the first of each cell."""
    tokens = tuple(results.tokens_of(text, "token")["token"].astype(str))
    cells = map_cells(results.text_row(text))
    if cells is not None:
        tokens = tuple(tokens[start] for start in cells)
    target = results.target_of(text)
    if part == "encoder" or target is None:
        return tokens, tokens
    if part == "cross":
        return tuple(target["token"][~target["is_given"].astype(bool)]), tokens
    read = tuple(target["token"].iloc[:-1])
    return read, read


def _size(results: Results, part: Part) -> ModelInfo | DecoderInfo:
    """The facts that hold the numbers of layers and heads of the maps of a part."""
    if part not in get_args(Part):
        raise UsageError(f'part={part!r}: give "encoder", "decoder" or "cross"')
    model = results.info.model
    facts = model if part == "encoder" else model.decoder
    if facts is None:
        raise UsageError(f'part={part!r}: this model has no decoder of its own, only "encoder"')
    return facts


def _row_of(results: Results, text_id: str) -> int:
    ids = results.texts["text_id"].astype(str).tolist()
    if text_id not in ids:
        known = ", ".join(map(repr, ids[:3])) + (", ..." if len(ids) > 3 else "")
        raise UsageError(f"no text has the id {text_id!r}; ids are {quoted(known)}")
    return ids.index(text_id)


def _place(what: str, number: int, n: int) -> int:
    """The index of a layer or a head, from 0."""
    if not isinstance(number, int | np.integer) or isinstance(number, bool):
        others = ', "mean"' if what == "head" else ""
        raise UsageError(f"{what}={number!r}: give a number from 1 to {n}{others}, or None for all")
    if not 1 <= abs(number) <= n:
        raise UsageError(f"{what}={number}: {what}s are 1 to {n}, or -1 to -{n} from the last")
    return int(number) - 1 if number > 0 else n + int(number)


def _why_without_maps(results: Results, text: int, text_id: str) -> str:
    status = results.texts["status"].iloc[text]
    if status not in ANALYSED:
        return f"text {quoted(repr(text_id))}: has no maps, as it was not analysed ({status})"
    return f"text {quoted(repr(text_id))}: its maps were not kept; analyse with --keep-maps all"
