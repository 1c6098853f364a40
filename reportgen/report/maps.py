"""The attention maps of all texts as arrays of numpy, in one file."""

import zipfile
from io import BytesIO
from typing import Any

import numpy as np

from reportgen.errors import UsageError
from reportgen.findings.findings import Findings
from reportgen.report.format_register import Document, Output
from reportgen.report.options import RenderOptions
from reportgen.results.maps import unpack_layers

_THEN = (1980, 1, 1, 0, 0, 0)  # the same bytes whenever it is written


def write_report(findings: Findings, options: RenderOptions, output: Output) -> Document:
    """The maps of every text that kept them, which `numpy.load` reads without pickle.

    `ids` are the ids of these texts; for the first of them, `maps_1` is `[layer, head, query, key]`
    and `tokens_1` names its rows and columns.

    Raises:
        UsageError: no text kept its maps.
    """
    results, model = findings.results, findings.info.model
    stream, ids = BytesIO(), []
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as file:
        for text, text_id in enumerate(findings.texts["text_id"].astype(str)):
            packed = results.packed_maps(text)
            if packed is None:
                continue
            ids.append(text_id)
            maps = np.stack(list(unpack_layers(packed, model.n_layers, model.n_heads)))
            _add(file, f"maps_{len(ids)}", maps)
            tokens = results.tokens_of(text, "token")["token"].astype(str)
            _add(file, f"tokens_{len(ids)}", np.array(tokens.tolist(), dtype=np.str_))
        _add(file, "ids", np.array(ids, dtype=np.str_))
    if not ids:
        raise UsageError(f"{output.path}: no text kept its maps; analyse with --keep-maps all")
    return Document(stream.getvalue())


def _add(file: zipfile.ZipFile, name: str, array: np.ndarray[Any, Any]) -> None:
    entry = zipfile.ZipInfo(f"{name}.npy", _THEN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with file.open(entry, "w", force_zip64=True) as stream:
        np.lib.format.write_array(stream, array, version=(1, 0), allow_pickle=False)
