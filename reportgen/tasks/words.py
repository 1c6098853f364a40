"""The words that items are of, in their own characters."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from reportgen.results.store import Results
from reportgen.results.units import segments_of, unit_label


def words_of(results: Results, items: pd.DataFrame) -> list[str]:
    """`[item]`: the characters of the tokens of each item, from its first to its last."""
    ends = items[["position", "end"]].to_numpy(np.intp)
    texts, starts = np.unique(items["text"].to_numpy(np.intp), return_index=True)
    parts = np.split(ends, starts[1:])
    pairs = zip(texts.tolist(), parts, strict=True) if len(ends) else ()
    return [word for text, part in pairs for word in _words(results, text, part.tolist())]


def _words(results: Results, text: int, ends: list[list[int]]) -> Iterator[str]:
    tokens = results.tokens_of(text, "token", "segment", "start", "end")
    names = tokens["token"].tolist()
    # -1 for special tokens, and for places that the tokenizer does not tell.
    segments, begins, stops = (
        tokens[name].fillna(-1).astype(int).tolist() for name in ("segment", "start", "end")
    )
    sources = segments_of(results.text_row(text))
    for first, last in ends:
        own, is_placed = slice(first, last + 1), min(begins[first : last + 1]) >= 0
        span = (min(begins[own]), max(stops[own])) if is_placed else None
        yield unit_label(names[own], span, sources[segments[first]] if is_placed else "")
