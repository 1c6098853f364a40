"""Checks the cells of pooled attention maps."""

import numpy as np
import pyarrow as pa

from reportgen.results.checks.conditions import require
from reportgen.results.tables.schema import MAP_CELLS


def require_cells(texts: pa.Table) -> None:
    """Check that cells belong to texts that kept their maps, and hold all tokens of each, in order.

    Raises:
        ValueError: they do not.
    """
    own = texts.filter(texts[MAP_CELLS].is_valid())
    cells = zip(own[MAP_CELLS].to_pylist(), own["n_tokens"].to_pylist(), strict=True)
    fit = (
        len(starts) > 0 and starts[0] == 0 and (np.diff([*starts, n_tokens]) > 0).all()
        for starts, n_tokens in cells
    )
    require(not own["map_offset"].null_count and all(fit), MAP_CELLS)
