"""What a masked language model puts in the place of masks, over all texts."""

from dataclasses import dataclass

import pandas as pd

from reportgen.tasks.sums import rated


@dataclass(frozen=True, slots=True)
class Masks:
    """How many masks there are, and how often their right word is known and found."""

    n_masks: int
    n_labelled: int
    n_right: int  # whose first choice is the right word
    n_listed: int  # whose right word is among the five likeliest

    @property
    def listed_share(self) -> float | None:
        """The share of labelled masks whose right word is listed; None without any."""
        return self.n_listed / self.n_labelled if self.n_labelled else None


def masks(items: pd.DataFrame) -> Masks | None:
    """The masks that are `items`; None without any."""
    known = rated(items)
    if not len(items):
        return None
    n_right, n_listed = int(known["score"].sum()), int(known["label_probability"].count())
    return Masks(len(items), len(known), n_right, n_listed)
