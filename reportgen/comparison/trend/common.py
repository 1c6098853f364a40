"""Finds the texts that count when more than two models are compared."""

from collections.abc import Sequence

import numpy as np

from reportgen.comparison.matching import match_texts
from reportgen.comparison.trend.trend import Unmatched
from reportgen.errors import ComparisonError, quoted
from reportgen.findings.findings import Findings
from reportgen.findings.statistics import Booleans
from reportgen.results.store import Results


def common_texts(
    sides: Sequence[Findings], folders: Sequence[str]
) -> tuple[list[list[int]], tuple[Unmatched, ...], tuple[str, ...]]:
    """`[model][text]`: the rows of the texts that all models have figures of. Then, by model, how
    many texts it lacks and how many it has that the first does not; and the ids of texts that all
    results have but no model has figures of.

    Raises:
        ComparisonError: a model has no text in common with the first, or no text is in all results.
    """
    first = sides[0].results
    places = [{row: row for row in np.flatnonzero(_usable(first)).tolist()}]
    unmatched = [Unmatched(0, 0)]
    without = set(range(len(first.texts))) - places[0].keys()
    for number, side in enumerate(sides[1:], 2):
        other = fresh(side.results)
        try:
            matching = match_texts(first, other)
        except ComparisonError as error:
            folder = folders[number - 1]
            named = other.info.model.name + (f", {quoted(folder)}" if folder else "")
            raise ComparisonError(
                f"model {number} ({named}) has no text in common with the first; "
                "analyse one file of texts with all models"
            ) from error
        usable = _usable(other)
        everything = range(len(usable))
        pairs = list(zip(everything, everything, strict=True))
        if matching is not None:
            pairs = list(zip(matching.base, matching.head, strict=True))
        n_other = len(usable) - (len(usable) if matching is None else len(matching.head))
        places.append({row: own for row, own in pairs if usable[own]})
        without &= {row for row, own in pairs if not usable[own]}
        unmatched.append(Unmatched(len(first.texts) - len(places[-1]), n_other))
    common = [row for row in places[0] if all(row in own for own in places)]
    if not common:
        raise ComparisonError(
            f"no text was analysed by all {len(sides)} models; analyse one file of texts with all "
            "models"
        )
    ids = tuple(str(first.texts["text_id"].iloc[row]) for row in sorted(without))
    return [[own[row] for row in common] for own in places], tuple(unmatched), ids


def _usable(results: Results) -> Booleans:
    """`[text]`: whether a text was analysed and all numbers of its output are finite."""
    found: Booleans = Findings(results).analysed.copy()
    for row, scores in enumerate(results.texts["scores"]):
        found[row] &= scores is None or bool(np.isfinite(np.asarray(scores, np.float64)).all())
    return found


def fresh(results: Results) -> Results:
    """The same results, with no table in memory yet."""
    return Results(results.info, results.source)
