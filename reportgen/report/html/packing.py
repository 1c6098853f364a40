"""Encodes bytes as letters that a page can carry: plotly.js, and attention maps, which are made
smaller where texts are long."""

import gzip
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from plotly.offline import get_plotlyjs

from reportgen.report.options import read_plotlyjs
from reportgen.results import (
    Packer,
    Pooling,
    Results,
    pool,
    pooling,
    quantise,
    read_units,
    row_units,
    written_units,
)

_LETTERS = np.frombuffer(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%:()*+-;,=.?@^_`{|}~",
    np.uint8,
)

_WHOLE_PLOTLY = '} (typeof self !== "undefined" ? self : this, () => {'


def plotly_source(path: Path | None) -> str:
    """The text of plotly.js: the file at `path`, else the one plotly brings.

    Raises:
        UsageError: the file cannot be read or is not plotly.js.
    """
    if path is None:
        return _own_plotly()
    return read_once(read_plotlyjs(path).replace("\r\n", "\n"))


@cache  # reading it, and each hash of another copy of it, takes as long as a panel
def _own_plotly() -> str:
    source: str = get_plotlyjs()
    return read_once(source.replace("\r\n", "\n"))


def read_once(source: str) -> str:
    """plotly.js with brackets around the function that holds it all.

    A browser skims a function without them first and reads it again when it is called: of five
    megabytes that is a tenth of the time until a map can be drawn. Another source stays as it is.
    """
    head, whole, body = source.partition(_WHOLE_PLOTLY)
    if not whole or not body.rstrip().endswith("}));"):
        return source
    inner = body.rstrip().removesuffix("}));")
    return "".join((head, _WHOLE_PLOTLY.replace("() =>", "(() =>"), inner, "})));\n"))


@lru_cache(maxsize=1)  # plotly.js is the same in every page
def compressed(source: str) -> str:
    """`source` as gzip in base85, a sixteenth shorter than base64; the same bytes every time."""
    return in_letters(gzip.compress(source.encode(), 6, mtime=0))


def in_letters(data: bytes) -> str:
    """`data` as letters, five for four bytes, of which HTML reads none as its own; the page's
    script knows them.

    They are those of `base64.b85encode`, which takes ten times as long, with ",.:" for "<>&".
    """
    padding = -len(data) % 4
    rest = np.frombuffer(data + bytes(padding), ">u4").astype(np.uint32)
    digits = np.empty((len(rest), 5), np.uint8)
    for place in range(4, -1, -1):
        rest, digits[:, place] = rest // 85, rest % 85
    letters = _LETTERS[digits].tobytes()
    return letters[: len(letters) - padding].decode("ascii")


def packed_lengths(sizes: NDArray[np.float32]) -> tuple[str, list[float]]:
    """`sizes` `[layer, head, token]` as a byte each, in base64: 255 is the longest of its layer and
    head; and these, to four digits."""
    longest = sizes.max(axis=2, keepdims=True)
    levels = np.rint(255 * sizes / np.where(longest > 0, longest, 1)).astype(np.uint8)
    return b64encode(levels.tobytes()).decode("ascii"), [
        float(f"{length:.4g}") for length in longest.ravel()
    ]


def pool_maps(
    layers: Iterable[NDArray[np.float32]],
    rows: Pooling | None,
    columns: Pooling | None,
    *,
    mean_over_heads: bool,
) -> bytes:
    """Maps as `pool` makes them, packed; with the mean over heads in place of every head where
    `mean_over_heads` says so."""
    packer = Packer()
    for layer in layers:
        shown = layer.mean(axis=0, keepdims=True) if mean_over_heads else layer
        packer.add(quantise(pool(shown, rows, columns)))
    return packer.finish()


@dataclass(frozen=True, slots=True)
class TargetPooling:
    """How what a decoder of its own writes, and what it reads, is pooled; None: it is not."""

    written: Pooling | None = None
    read: Pooling | None = None


def target_pooling(results: Results, text: int, above: int | None) -> TargetPooling:
    """The cells of the target of row `text` of `texts`, if it has more than `above` tokens."""
    target = results.target_of(text)
    if target is None or above is None or len(target) <= above:
        return TargetPooling()
    read, written = read_units(results, text), row_units(results, text)
    unit_of = written_units(results, text)
    return TargetPooling(
        pooling(written, unit_of) if written else None, pooling(read, range(len(read)))
    )
