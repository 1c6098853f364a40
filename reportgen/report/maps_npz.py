"""The attention maps of all texts as arrays of numpy, in one file."""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np

from reportgen.comparison import Runs
from reportgen.errors import UsageError
from reportgen.report.format_register import Document, Output
from reportgen.report.options import RenderOptions
from reportgen.results import Part, cross_sizes, map_cells, map_tokens, unpacked_maps

# By part, what its maps and their rows are called.
_NAMES: Mapping[Part, tuple[str, str]] = {
    "encoder": ("maps", "tokens"),
    "decoder": ("decoder", "read"),
    "cross": ("cross", "written"),
}
_THEN = (1980, 1, 1, 0, 0, 0)  # the same bytes whenever it is written


def write(runs: Runs, options: RenderOptions, output: Output) -> Document:
    """The maps of every text that kept them, which `numpy.load` reads without pickle.

    `ids` are the ids of these texts; for the first of them, `maps_1` is `[layer, head, query, key]`
    and `tokens_1` names its rows and columns. Of an encoder-decoder these are those of the encoder;
    `cross_1` is where the decoder looks in the text while it writes each of `written_1`, and
    `decoder_1` where it looks in what it has read, `read_1`. `cross_values_1` is
    `[layer, head, token]`: the length of the vector that a head gets from a token per attention.
    Where maps of a long text are pooled, `cells_1` has the position of the first token of each cell
    and `tokens_1` that token.

    Raises:
        UsageError: no text kept its maps.
    """
    results = runs.findings.results
    stream, ids = BytesIO(), []
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as file:
        for text, text_id in enumerate(results.texts["text_id"].astype(str)):
            if results.packed_maps(text) is None:
                continue
            ids.append(text_id)
            for part, (maps, rows) in _NAMES.items():
                layers = unpacked_maps(results, text, part)
                if layers is None:
                    continue
                queries, _ = map_tokens(results, text, part)
                _add(file, f"{maps}_{len(ids)}", np.stack(list(layers)))
                _add(file, f"{rows}_{len(ids)}", np.array(queries, dtype=np.str_))
            cells = map_cells(results.text_row(text))
            if cells is not None:
                _add(file, f"cells_{len(ids)}", np.array(cells, dtype=np.int32))
            sizes = cross_sizes(results, text)
            if sizes is not None:
                _add(file, f"cross_values_{len(ids)}", sizes)
        _add(file, "ids", np.array(ids, dtype=np.str_))
    if not ids and results.is_redacted:
        raise UsageError(
            f"{output.path}: --redact leaves out attention maps, as words can be found from them; "
            "leave out this output"
        )
    if not ids:
        raise UsageError(f"{output.path}: no text kept its maps; analyse with --keep-maps all")
    return Document(stream.getvalue())


def _add(file: zipfile.ZipFile, name: str, array: np.ndarray[Any, Any]) -> None:
    entry = zipfile.ZipInfo(f"{name}.npy", _THEN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with file.open(entry, "w", force_zip64=True) as stream:
        np.lib.format.write_array(stream, array, version=(1, 0), allow_pickle=False)
