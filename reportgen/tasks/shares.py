"""How likely each class or choice of a text is."""

from collections.abc import Sequence

import numpy as np
from scipy.special import softmax

from reportgen.results import Results
from reportgen.tasks.labels import Floats, Places


def class_shares(results: Results) -> Floats:
    """`[text, class]`: softmax of the logits; NaN where a text was not analysed."""
    texts, n_classes = results.texts, len(results.info.output.labels)
    logits = np.full((len(texts), n_classes), np.nan)
    rows = np.flatnonzero((texts["scores"].map(len) == n_classes).to_numpy())
    if len(rows):
        logits[rows] = np.stack(list(texts["scores"].iloc[rows]))
    shares: Floats = softmax(logits, axis=1)
    return shares


def of_classes(results: Results, texts: Places) -> Sequence[Floats]:
    """`[class]` of each of `texts`."""
    return list(class_shares(results)[texts])


def of_choices(results: Results, texts: Places) -> Sequence[Floats]:
    """`[choice]` of each of `texts`, the softmax of their logits."""
    return [softmax(np.array(logits, np.float64)) for logits in results.texts["scores"].iloc[texts]]
