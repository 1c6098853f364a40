"""What a masked language model puts in the place of masks, over all texts."""

from collections import Counter
from dataclasses import dataclass
from math import exp

import numpy as np

from reportgen.findings.outputs.predictions import NextToken
from reportgen.results.labels import label_list
from reportgen.results.store import Results
from reportgen.results.tables.schema import STEPS


@dataclass(frozen=True, slots=True)
class Mask:
    """One mask, with the likeliest tokens in its place."""

    text: int  # row of `texts`
    position: int
    tokens: tuple[str, ...]
    log_probabilities: tuple[float, ...]
    label: str = ""  # the word that was to be there; "" where that is not given

    @property
    def rank(self) -> int | None:
        """The index of the right word among the listed tokens; None if it is not among them. Case
        is ignored, since some models know no capitals."""
        names = [token.strip().casefold() for token in self.tokens]
        wanted = self.label.strip().casefold()
        return names.index(wanted) if wanted in names else None


@dataclass(frozen=True, slots=True)
class Masks:
    """What the model puts in the place of all masks."""

    by_text: dict[int, tuple[Mask, ...]]  # by row of `texts`

    @property
    def every(self) -> list[Mask]:
        """All masks, in the order of their texts."""
        return [mask for own in self.by_text.values() for mask in own]

    @property
    def n_masks(self) -> int:
        """How many masks there are."""
        return len(self.every)

    @property
    def labelled(self) -> list[Mask]:
        """The masks with a known right word."""
        return [mask for mask in self.every if mask.label]

    @property
    def first_share(self) -> float | None:
        """The share of labelled masks whose first choice is right; None without any."""
        found = [mask.rank == 0 for mask in self.labelled]
        return sum(found) / len(found) if found else None

    @property
    def listed_share(self) -> float | None:
        """The share of labelled masks whose right word is among the five likeliest; None without
        any."""
        found = [mask.rank is not None for mask in self.labelled]
        return sum(found) / len(found) if found else None

    @property
    def first_choices(self) -> tuple[NextToken, ...]:
        """The tokens that are a first choice, the most frequent first, with their mean
        probability."""
        counts = Counter(mask.tokens[0] for mask in self.every)
        chances: dict[str, list[float]] = {}
        for mask in self.every:
            chances.setdefault(mask.tokens[0], []).append(exp(mask.log_probabilities[0]))
        return tuple(
            NextToken(name, n, float(np.mean(chances[name]))) for name, n in counts.most_common()
        )


def masks(results: Results) -> Masks | None:
    """What the model puts in the place of masks; None for other outputs and without any."""
    if results.info.output.kind != "masks":
        return None
    rows = (int(row) for row in np.flatnonzero(results.analysed))
    found = {row: own for row in rows if (own := _masks(results, row))}
    return Masks(found) if found else None


def _masks(results: Results, text: int) -> tuple[Mask, ...]:
    row = results.text_row(text)
    places, scores, names = list(row[STEPS]), list(row["scores"]), list(row["score_names"])
    labels = _labels(row["label"], len(places)) if isinstance(row["label"], str) else []
    size = len(scores) // max(1, len(places))
    return tuple(
        Mask(
            text,
            int(position),
            tuple(map(str, names[size * i : size * (i + 1)])),
            tuple(map(float, scores[size * i : size * (i + 1)])),
            labels[i] if labels else "",
        )
        for i, position in enumerate(places)
    )


def _labels(label: str, n_masks: int) -> list[str]:
    """The right word of each mask, from a JSON list or a single word; empty if there are more or
    fewer words than masks."""
    items = label_list(label) or [label]
    return items if len(items) == n_masks else []
