"""What the text units of all texts are called: the same characters have the same name."""

import numpy as np
import pandas as pd

from reportgen.results.store import Results
from reportgen.results.tables.schema import COMPLETION
from reportgen.results.unit_values import Places
from reportgen.results.units import unit_label


def unit_labels(
    results: Results, tokens: pd.DataFrame, starts: Places
) -> tuple[Places, tuple[str, ...]]:
    """`[unit]`: indices into the labels, and the labels. They are in lower case if the tokenizer
    knows no capitals.

    `tokens` are text tokens with the columns text, unit, segment, token, start and end; a unit
    begins at each of `starts`.
    """
    parts = tuple(results.texts[name].tolist() for name in ("text", "pair", COMPLETION))
    name, spelled = pd.factorize(tokens["token"])  # a token is written the same in many places
    names: list[str] = spelled.tolist()
    has_case = any(one != one.lower() for one in names)
    text, segment = (tokens[key].to_numpy(np.intp)[starts] for key in ("text", "segment"))
    first = tokens["start"].to_numpy(np.float64, na_value=np.nan)
    last = tokens["end"].to_numpy(np.float64, na_value=np.nan)
    # A unit of which any token has no place has none.
    begins, ends = np.minimum.reduceat(first, starts), np.maximum.reduceat(last, starts)
    placed = np.isfinite(begins) & np.isfinite(ends)
    begins, ends = (np.where(placed, at, 0).astype(np.intp) for at in (begins, ends))
    stops = np.append(starts[1:], len(name))
    places: dict[str, int] = {}
    known: dict[str, int] = {}  # the same by the label as its text writes it
    codes: list[int] = []
    # As numbers of Python, which cut strings in a third of the time.
    rows = (values.tolist() for values in (begins, ends, text, segment))
    for i, (begin, end, row, part) in enumerate(zip(*rows, strict=True)):
        whole = parts[part][row]
        written = whole[begin:end]  # "" where it has no place
        code = known.get(written)
        if code is None:
            label = written
            if is_blank := not label.strip():
                span = (begin, end) if placed[i] else None
                own_names = [names[each] for each in name[starts[i] : stops[i]]]
                label = unit_label(own_names, span, whole)
            code = places.setdefault(label if has_case else label.lower(), len(places))
            if not is_blank:
                known[written] = code
        codes.append(code)
    return np.asarray(codes, np.intp), tuple(places)
