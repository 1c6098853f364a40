"""Results that were also measured with the model's weights shuffled."""

import numpy as np
import pandas as pd

from helpers.made_up.factories import HEADLINES, changed
from reportgen.results import Results

TEXTS = tuple(f"{i:02}{text}" for i, text in enumerate(HEADLINES * 4))


def with_shuffled(
    results: Results,
    whole: float,
    own: float,
    spread: float = 0.05,
    n_shuffled: int | None = None,
    rest: float = 0.0,
) -> Results:
    """The gradient agrees at `whole`, with weights shuffled at `own`. That was measured on the
    first `n_shuffled` texts, or on all; the others agree at `rest`."""
    random = np.random.default_rng(0)
    texts = sorted(set(results.agreement["text"]))
    shuffled = texts[:n_shuffled]
    agreement = results.agreement
    is_shown = (agreement["view"] == "gradient") & (agreement["statistic"] == "spearman")
    noise = random.normal(0, spread, len(texts))
    mean = np.where(np.isin(texts, shuffled), whole, rest)
    by_text = dict(zip(texts, mean + noise, strict=True))
    values = np.where(is_shown, agreement["text"].map(by_text), agreement["value"])
    rows = pd.DataFrame({"text": shuffled, "view": "gradient"})
    rows["value"] = own + random.normal(0, spread, len(shuffled))
    return changed(results, agreement=agreement.assign(value=values), shuffled=rows)
