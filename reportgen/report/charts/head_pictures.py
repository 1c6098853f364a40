"""All heads of a text as one small picture, for pages without scripts: scripts draw their own, in
the same places and sizes."""

import struct
import zlib
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from reportgen.report.charts.attention_map import own_content
from reportgen.report.charts.attention_scale import MAP_COLOURS, times_steps
from reportgen.report.charts.colours import RULE, STEPS
from reportgen.results import (
    Floats,
    Results,
    even_map,
    map_cells,
    map_levels,
    rows_times_average,
    weights_of,
)

Places: TypeAlias = NDArray[np.intp]
DOTS = 24  # along a side of a head, at most
GAP = 1  # dots between two heads
_BETWEEN = STEPS  # index of the colour between heads


HeadsClass = Literal["heads-27", "heads-17", "heads-12", "heads-below"]
_SIDES: dict[HeadsClass, int] = {  # pixels of a head; the style sheet says the same
    "heads-27": 27,
    "heads-17": 17,
    "heads-12": 12,
    "heads-below": 18,
}


def heads_class(n_layers: int, n_heads: int) -> HeadsClass:
    """How large the pictures of heads are, so that they have room beside the map; those of many
    layers stand below it."""
    if n_layers <= 4 and n_heads <= 12:
        return "heads-27"
    if n_layers <= 7:
        return "heads-17"
    return "heads-12" if n_layers <= 12 else "heads-below"


@dataclass(frozen=True, slots=True)
class HeadPicture:
    """Layers across, their means on top and the heads below, in the colours of attention."""

    png: bytes
    width: int  # in pixels of the page
    height: int
    tokens: int  # in a dot, at most

    @property
    def address(self) -> str:
        """The picture as a `data:` address."""
        return f"data:image/png;base64,{b64encode(self.png).decode('ascii')}"


def head_picture(results: Results, text: int) -> HeadPicture | None:
    """The heads of row `text` of `texts`; None where its maps were not kept."""
    levels = map_levels(results, text)
    if levels is None:
        return None
    content = ~results.token_table(text)["is_special"].to_numpy().astype(np.bool_)
    starts, sizes = map_cells(results.text_row(text)), np.ones(len(content), np.intp)
    if starts is not None:  # a special token is a cell of its own
        sizes = np.diff([*starts, len(content)])
        content = content[starts]
    tokens = _tokens_of_dots(sizes)
    even = even_map(tokens, is_causal=results.info.model.is_causal)
    own = own_content(content, _cells_a_dot(len(sizes)))
    layers = [
        [head_steps(dots_of(head, sizes), even, own) for head in _mean_and_heads(weights_of(level))]
        for level in levels
    ]
    picture = _tiled(list(zip(*layers, strict=True)))
    height, width = picture.shape
    zoom = _SIDES[heads_class(len(layers), len(layers[0]) - 1)] / len(layers[0][0])
    most = int(tokens.max())
    return HeadPicture(_png(picture), round(width * zoom), round(height * zoom), most)


def _cells_a_dot(n_cells: int) -> int:
    return ceil(n_cells / DOTS)


def _tokens_of_dots(sizes: Places) -> Places:
    tokens: Places = np.add.reduceat(sizes, np.arange(0, len(sizes), _cells_a_dot(len(sizes))))
    return tokens


def dots_of(weights: NDArray[np.float32], sizes: Places) -> Floats:
    """The cells `[query, key]` of a head as its dots, as the map of a long text has them: attention
    to a dot is the sum over its tokens, attention from it the mean. `sizes` are the tokens of each
    cell."""
    starts = np.arange(0, len(sizes), _cells_a_dot(len(sizes)))
    sums = np.add.reduceat(weights.astype(np.float64) * sizes[:, None], starts, axis=0)
    dots: Floats = np.add.reduceat(sums, starts, axis=1) / _tokens_of_dots(sizes)[:, None]
    return dots


def _mean_and_heads(weights: NDArray[np.float32]) -> Iterable[NDArray[np.float32]]:
    mean = weights.mean(axis=0)
    return (mean, *weights) if len(weights) > 1 else (mean,)


def head_steps(dots: Floats, even: Floats, content: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The step of each of the `dots` `[query, key]` of a head on the scale of attention; `even` is
    the map of even attention, `content` says which keys are text tokens."""
    return times_steps(rows_times_average(dots, even, content)).astype(np.uint8)


def _tiled(steps: Sequence[Sequence[NDArray[np.uint8]]]) -> NDArray[np.uint8]:
    """The dots of all heads, with gaps between them."""
    side = len(steps[0][0]) + GAP
    shape = len(steps) * side - GAP, len(steps[0]) * side - GAP
    picture = np.full(shape, _BETWEEN, np.uint8)
    for i, row in enumerate(steps):
        for j, head in enumerate(row):
            picture[i * side : i * side + len(head), j * side : j * side + len(head)] = head
    return picture


def _png(dots: NDArray[np.uint8]) -> bytes:
    """`dots` `[row, column]` as a PNG of the colours of maps."""
    height, width = dots.shape
    palette = b"".join(bytes.fromhex(colour[1:]) for colour in (*MAP_COLOURS, RULE))
    rows = np.hstack([np.zeros((height, 1), np.uint8), dots])  # each begins with its filter: none
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", palette),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
