"""How the author's own figures changed from one model to another."""

from dataclasses import dataclass, replace

import numpy as np

from reportgen.comparison.change import Change, certain_change, changes
from reportgen.comparison.quality import QualityVerdict
from reportgen.findings import AuthorEstimate, Findings, are_shares, of_values
from reportgen.results import AuthorFigure


@dataclass(frozen=True, slots=True)
class AuthorChange:
    """A figure that the author gave of both models."""

    figure: AuthorFigure  # as it is given of the new model
    change: Change  # over the texts that both have it of; without an interval where not by text
    sides: tuple[AuthorEstimate, AuthorEstimate]

    @property
    def gain(self) -> QualityVerdict | None:
        """Whether the new model is better; None where neither way is, or no interval tells."""
        sign = {"higher": 1.0, "lower": -1.0, "none": 0.0}[self.figure.better]
        if not sign or self.change.interval is None:
            return None
        if not self.change.is_certain:
            return "unclear"
        return "better" if sign * self.change.difference > 0 else "worse"


def author_changes(base: Findings, head: Findings) -> tuple[AuthorChange, ...]:
    """The figures that both models have, in the order of the new one's; of the same texts in the
    same order."""
    old = {each.figure.name: each for each in base.author_figures}
    pairs = ((old.get(new.figure.name), new) for new in head.author_figures)
    return tuple(author_change(before, new) for before, new in pairs if before is not None)


def author_change(base: AuthorEstimate, head: AuthorEstimate) -> AuthorChange:
    """How far a figure changed: the mean of the texts' differences where both models have it by
    text of the same texts."""
    figure = head.figure
    if base.values is not None and head.values is not None:
        known = np.isfinite(base.values) & np.isfinite(head.values)
        both = base.values[known], head.values[known]
        sides = of_values(base.figure, both[0]), of_values(figure, both[1])
        for change in changes(both[0][:, None], both[1][:, None]):
            if all(map(are_shares, both)):
                certain = certain_change(change.interval, change.n_texts)
                change = replace(change, interval=certain)
            if sides[0] is not None and sides[1] is not None:
                return AuthorChange(figure, change, (sides[0], sides[1]))
    old, new = base.estimate.mean, head.estimate.mean
    return AuthorChange(figure, Change(old, new, new - old, None, 0), (base, head))
