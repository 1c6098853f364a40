"""Choices over all texts: how sure the model is of what it picks, and how often it is right."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import softmax

from reportgen.findings.statistics import Floats
from reportgen.results import NONE, Results
from reportgen.tasks import ChoiceReading, Chosen, chosen_texts, task_of


@dataclass(frozen=True)
class Choices:
    """What the model picked of the choices of all texts."""

    every: tuple[Chosen, ...]
    read_as: ChoiceReading  # what labels are

    @cached_property
    def by_text(self) -> dict[int, Chosen]:
        """What was picked, by row of `texts`."""
        return {chosen.text: chosen for chosen in self.every}

    @property
    def labelled(self) -> list[Chosen]:
        """The texts whose right choice is known."""
        return [chosen for chosen in self.every if chosen.label != NONE]

    @property
    def unmatched(self) -> list[Chosen]:
        """The texts that have a label which names none of their choices."""
        return [chosen for chosen in self.every if chosen.has_label and chosen.label == NONE]

    @property
    def n_right(self) -> int:
        """How many texts had their right choice picked."""
        return sum(chosen.is_right for chosen in self.every)

    @property
    def by_chance(self) -> float:
        """The expected share of right answers if choices were picked at random, over the texts
        whose right choice is known."""
        return float(np.mean([1 / len(chosen.names) for chosen in self.labelled]))

    @property
    def chances(self) -> Floats:
        """`[text]`: the probability of the choice that was picked."""
        return np.array([chance_of(chosen) for chosen in self.every])

    @property
    def mean_chance(self) -> float:
        """The mean probability of the choices that were picked."""
        return float(self.chances.mean())

    @property
    def n_places(self) -> int:
        """The largest number of choices of any text."""
        return max(len(chosen.names) for chosen in self.every)

    def picked_at(self) -> Counter[int]:
        """How often the choice at each place, from 0, was picked."""
        return Counter(chosen.place for chosen in self.every)

    def right_at(self) -> Counter[int]:
        """How often the choice at each place, from 0, is the right one."""
        return Counter(chosen.label for chosen in self.labelled)


def chances_of(chosen: Chosen) -> Floats:
    """`[choice]`: the probability of each choice of a text, the softmax of their logits."""
    shares: Floats = softmax(np.array(chosen.logits))
    return shares


def chance_of(chosen: Chosen) -> float:
    """The probability of the choice that was picked."""
    return float(chances_of(chosen)[chosen.place])


def choices(results: Results) -> Choices | None:
    """What the model picked for all texts but variants; None where texts bring no choices."""
    if not task_of(results.info.output).has_choices:
        return None
    chosen = chosen_texts(results)
    every = tuple(one for one in chosen.every if results.independent[one.text])
    return Choices(every, chosen.read_as) if every else None
