"""Made-up results in which single heads look at one text token."""

from collections.abc import Collection

import numpy as np

from helpers.made_up.factories import changed
from reportgen.results import Results


def looked_at(
    results: Results, heads: Collection[int], share: float = 0.99, token: str = "。。"
) -> Results:
    """The same results in which `heads` of every layer, from 1, give one token `share`, and the
    other tokens what is left."""
    rows, tokens = results.heads, results.tokens
    at = tokens[tokens["token"] == token].set_index("text")["position"]
    here = rows["text"].isin(at.index) & rows["head"].isin(heads)
    n = rows["text"].map(tokens.groupby("text").size())
    planted = rows.assign(
        top_position=np.where(here, rows["text"].map(at), rows["top_position"]),
        top_share=np.where(here, share, rows["top_share"]),
        top_expected=np.where(here, 1 / n, rows["top_expected"]),
    )
    share_of = len(heads) / results.info.model.n_heads * share
    means = tokens["received_layers"].map(lambda own: own * 0 + (1 - share_of) / 12)
    full = tokens["received_layers"].map(lambda own: own * 0 + share_of + (1 - share_of) / 12)
    received = [
        a if t == token else b for t, a, b in zip(tokens["token"], full, means, strict=True)
    ]
    return changed(results, heads=planted, tokens=tokens.assign(received_layers=received))
