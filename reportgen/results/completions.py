"""The completion of a text, and the maps of a separate decoder.

A completion is part of the sequence of a causal model, or is written by a separate decoder. Such a
decoder may also just read the text for a head.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from reportgen.results.info import DecoderPart
from reportgen.results.maps.packed import unpack_levels
from reportgen.results.store import Results
from reportgen.results.tables.row_groups import MapShape
from reportgen.results.tables.schema import COMPLETION_SEGMENT, CROSS_SIZES
from reportgen.results.units import Places, Unit, groups_of, make_unit, segments_of, text_units


def completion_of(results: Results, text: int) -> pd.DataFrame:
    """The tokens of the completion of row `text` of `texts`, in order: `token`, and its `unit` in
    the text, or in the target if a separate decoder wrote it. Empty without a completion."""
    target = results.target_of(text)
    if target is not None:
        return target.loc[~target["is_given"].astype(bool), ["unit", "token"]]
    tokens = results.tokens_of(text, "unit", "token", "segment")
    is_own = tokens["segment"].eq(COMPLETION_SEGMENT).fillna(False).astype(bool)
    return tokens.loc[is_own, ["unit", "token"]]


def written_tokens(results: Results) -> Callable[[Places], tuple[Places, pa.Array]]:
    """What gives the positions and the names of the tokens of the completions of some rows: in the
    text, or in the target that a separate decoder wrote."""
    if len(results.targets):
        targets = results.targets[~results.targets["is_given"].astype(bool)]
        text = targets["text"].to_numpy(np.intp)

        def of_targets(rows: Places) -> tuple[Places, pa.Array]:
            begin, stop = np.searchsorted(text, [rows[0], rows[-1] + 1])
            part = targets.iloc[begin:stop]
            return part["position"].to_numpy(np.intp), pa.array(part["token"], pa.string())

        return of_targets
    places = results.texts[["first_token", "n_tokens"]].to_numpy(np.int64)

    def of_texts(rows: Places) -> tuple[Places, pa.Array]:
        begin, n = int(places[rows[0], 0]), int(places[rows, 1].sum())
        read = results.token_part(begin, n, "position", "segment", "token")
        part = read.filter(pc.equal(read["segment"], COMPLETION_SEGMENT))
        tokens = part["token"].combine_chunks().cast(pa.string())
        return part["position"].to_numpy().astype(np.intp), tokens

    return of_texts


def part_maps(results: Results, text: int, part: DecoderPart) -> NDArray[np.uint8] | None:
    """The levels `[layer, head, query, key]` of the maps of a separate decoder for row `text` of
    `texts`; None if the model has none or the maps were not kept.

    In "decoder" rows and columns are the tokens that it reads, all of the target but the last; in
    "cross" rows are the tokens that it writes, or the one row that a head reads, and columns those
    of the text.
    """
    packed = packed_part(results, text, part)
    if packed is None:
        return None
    n_layers, n_heads, n_queries, _ = part_shape(results, text, part)
    return unpack_levels(packed, n_layers, n_heads, n_queries)


def packed_part(results: Results, text: int, part: DecoderPart) -> bytes | None:
    """The maps of `part_maps` as the bytes that are stored."""
    row = results.text_row(text)
    if pd.isna(row[f"{part}_offset"]):
        return None
    place = int(row[f"{part}_offset"]), int(row[f"{part}_bytes"])
    return results.source.maps(*place, part_shape(results, text, part))


def cross_sizes(results: Results, text: int) -> NDArray[np.float32] | None:
    """`[layer, head, token]`: the length of the vector that each head of a decoder would get from
    each token of row `text` of `texts` if its attention were 1; None if it was not kept."""
    decoder = results.info.model.decoder
    column = results.token_table(text)[CROSS_SIZES]
    if decoder is None or column.null_count:
        return None
    sizes = np.array(column.to_pylist(), dtype=np.float32).T
    return sizes.reshape(decoder.n_layers, decoder.n_heads, -1)


def part_shape(results: Results, text: int, part: DecoderPart) -> MapShape:
    """The numbers of layers, heads, rows and columns of the maps of a part; `text` has a target."""
    decoder, target = results.info.model.decoder, results.target_of(text)
    assert decoder is not None
    assert target is not None
    n_read, n_given = len(target) - 1, int(target["is_given"].sum())
    if part == "decoder":
        return decoder.n_layers, decoder.n_heads, n_read, n_read
    n_tokens = int(results.text_row(text)["n_tokens"])
    return decoder.n_layers, decoder.n_heads, n_read + 1 - n_given, n_tokens


def written_units(results: Results, text: int) -> list[int]:
    """The unit of each row of cross maps for row `text` of `texts`, counted from 0: of each token
    that a decoder of its own wrote behind what it was given, or the one that a head reads; of each
    token in whose place an answer is read."""
    units = completion_of(results, text)["unit"].to_numpy(np.int64)
    if _reads_places(results, len(units)):  # as many at the end of the text
        units = results.tokens_of(text, "unit")["unit"].to_numpy(np.int64)[-len(units) :]
    return [int(unit - units[0]) for unit in units]


def row_units(results: Results, text: int) -> tuple[Unit, ...]:
    """The units of the rows of cross maps for row `text` of `texts`: of what a decoder of its own
    wrote, or of the context that an answer is read from; empty for the one row that a head reads.
    """
    if results.target_of(text) is None or not _reads_places(
        results, len(units := written_units(results, text))
    ):
        return target_units(results, text)
    return text_units(results, text).units[-1 - units[-1] :]


def _reads_places(results: Results, n_rows: int) -> bool:
    """Whether a head reads several rows of a decoder, of which those of an answer stand in the
    places of the tokens of the text."""
    return results.info.head_reads_decoder and n_rows > 1


def read_units(results: Results, text: int) -> list[Unit]:
    """The tokens of row `text` of `texts` that a separate decoder reads, each as a unit; empty
    without such a decoder."""
    target = results.target_of(text)
    if target is None:
        return []
    segments = segments_of(results.text_row(text))
    if results.info.head_reads_decoder:  # behind what starts a target, the text once more
        tokens = results.token_table(text).slice(0, len(target) - 2)
        columns = (tokens[name].to_pylist() for name in ("token", "segment", "start", "end"))
        again = [make_unit([row], segments) for row in zip(*columns, strict=True)]
        start = _target_unit([(str(target["token"].iloc[0]), True, None, None)], "")
        return [start, *again]
    completion = segments[COMPLETION_SEGMENT]
    return [_target_unit([row], completion) for row in _places(target)[:-1]]


def read_labels(results: Results, text: int) -> list[str]:
    """The names of `read_units`, for charts."""
    return [unit.label for unit in read_units(results, text)]


def target_units(results: Results, text: int) -> tuple[Unit, ...]:
    """The units that a separate decoder wrote for row `text` of `texts`; empty if it wrote
    nothing."""
    target = results.target_of(text)
    if target is None or results.info.head_reads_decoder:
        return ()
    written = target[~target["is_given"].astype(bool)]
    unit_of = [int(unit) - int(written["unit"].iloc[0]) for unit in written["unit"]]
    completion = segments_of(results.text_row(text))[COMPLETION_SEGMENT]
    rows = _places(written)
    return tuple(_target_unit([rows[i] for i in group], completion) for group in groups_of(unit_of))


def _places(target: pd.DataFrame) -> list[tuple[str, bool, int | None, int | None]]:
    """The name of each token, whether it is special, its start and end; None where the tokenizer
    gives no offsets, and in redacted results."""
    starts, ends = (
        [None if pd.isna(place) else int(place) for place in target[name]]
        for name in ("start", "end")
    )
    return list(zip(target["token"], target["is_special"].astype(bool), starts, ends, strict=True))


def _target_unit(tokens: Sequence[Sequence[Any]], completion: str) -> Unit:
    """The unit of `tokens`: the name, whether it is special, start and end of each."""
    names, segments = [name for name, *_ in tokens], ("", "", completion)
    if tokens[0][1]:
        return Unit("".join(names), True, COMPLETION_SEGMENT, None, None, False)
    return make_unit(
        [(name, COMPLETION_SEGMENT, start, end) for name, _, start, end in tokens], segments
    )
