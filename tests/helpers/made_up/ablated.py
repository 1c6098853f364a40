"""Results in which the effects of heads were measured."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from helpers.made_up.factories import changed
from reportgen.results import Floats, Results


def with_heads(results: Results, draw: Callable[[tuple[int, int, int]], Floats]) -> Results:
    """The first 24 texts have the effects that `draw` makes, `[text, layer, head]`."""
    model = results.info.model
    texts = np.flatnonzero(results.analysed)[:24]
    effects = draw((len(texts), model.n_layers, model.n_heads))
    text, layer, head = (axis.ravel() for axis in np.indices(effects.shape))
    rows = {"text": texts[text], "layer": layer + 1, "head": head + 1, "effect": effects.ravel()}
    return changed(results, head_effects=pd.DataFrame(rows))
