"""Made-up lengths of the vectors that the heads of a decoder get from the text."""

import numpy as np

from helpers.made_up.factories import changed
from reportgen.results import CROSS_SIZES, Results


def with_cross_sizes(results: Results) -> Results:
    """The same results with such lengths, which a run without evidence does not measure."""
    decoder, tokens = results.info.model.decoder, results.stored("tokens").copy()
    assert decoder is not None
    shape = (len(tokens), decoder.n_layers * decoder.n_heads)
    sizes = np.random.default_rng(5).uniform(0.5, 4, shape).astype(np.float32)
    tokens[CROSS_SIZES] = sizes.tolist()
    return changed(results, tokens=tokens)
