"""The author's own figures with their intervals, over the texts that they are given of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.findings.statistics import Estimate, Floats, estimate, share_estimate
from reportgen.results import AuthorFigure, Results, text_ids


@dataclass(frozen=True, slots=True, eq=False)
class AuthorEstimate:
    """A figure of the author's, as it is or over the texts."""

    figure: AuthorFigure
    estimate: Estimate  # without an interval, of no texts, where it is not given by text
    values: Floats | None = None  # [text], NaN where it is not given; None: not given by text

    @property
    def is_share(self) -> bool:
        """Whether it is a share of the texts: each has 0 or 1."""
        return self.values is not None and are_shares(self.values)


def are_shares(values: Floats) -> bool:
    """Whether each text has 0 or 1, as far as it has a value."""
    known = values[np.isfinite(values)]
    return bool(np.isin(known, (0.0, 1.0)).all())


def author_estimates(results: Results) -> tuple[AuthorEstimate, ...]:
    """The author's figures of `results`, variants of texts apart; one that is given by text is left
    out where none of its texts is there."""
    if not results.author_figures:
        return ()
    every = text_ids(results)
    ids = [every[row] for row in np.flatnonzero(results.independent)]
    made = (_estimated(figure, ids) for figure in results.author_figures)
    return tuple(each for each in made if each is not None)


def _estimated(figure: AuthorFigure, ids: Sequence[str]) -> AuthorEstimate | None:
    by_text = figure.by_text
    if not isinstance(by_text, Mapping):
        assert figure.value is not None
        return AuthorEstimate(figure, Estimate(figure.value, None, 0))
    return of_values(figure, np.array([by_text.get(id, np.nan) for id in ids], np.float64))


def of_values(figure: AuthorFigure, values: Floats) -> AuthorEstimate | None:
    """A figure over the finite ones of `values` `[text]`; None if there are none."""
    mean = share_estimate(values) if are_shares(values) else estimate(values)
    return None if mean is None else AuthorEstimate(figure, mean, values)
