"""Answers to questions over all texts: how likely they are, and how often they are right."""

from dataclasses import dataclass
from functools import cached_property
from math import exp

import numpy as np

from reportgen.findings.statistics import Estimate, Floats, share_estimate
from reportgen.results.store import Results
from reportgen.tasks.answers import best_f1, is_exact
from reportgen.tasks.labels import right_answers


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question."""

    text: int  # row of `texts`
    name: str
    chance: float  # probability of its first times that of its last token
    labels: tuple[str, ...]  # the right answers, of which one is enough; none where none is given

    @property
    def is_exact(self) -> bool:
        """Whether it equals one of the right answers, apart from case, punctuation and articles."""
        return is_exact(self.name, self.labels)

    @property
    def f1(self) -> float:
        """The F1 of its words with those of the closest right answer."""
        return best_f1(self.name, self.labels)


@dataclass(frozen=True)
class Answers:
    """The answers of all texts."""

    every: tuple[Answer, ...]
    # Of those with a right answer (Rajpurkar et al. 2016); None without any.
    exact: Estimate | None
    f1: Estimate | None

    @cached_property
    def by_text(self) -> dict[int, Answer]:
        """The answer of each text, by row of `texts`."""
        return {answer.text: answer for answer in self.every}

    @property
    def chances(self) -> Floats:
        """`[text]`: the probability of each answer."""
        return np.array([answer.chance for answer in self.every])

    @property
    def labelled(self) -> list[Answer]:
        """The answers of texts that have a right one."""
        return [answer for answer in self.every if answer.labels]


def answers(results: Results) -> Answers | None:
    """The answers of all texts; None for other outputs and without any."""
    if results.info.output.kind != "answer":
        return None
    found = []
    for text in np.flatnonzero(results.analysed).tolist():
        row = results.text_row(text)
        label = row["label"]
        labels = right_answers(label)
        name, chance = str(row["prediction_label"]), exp(float(row["prediction"]))
        found.append(Answer(text, name, chance, tuple(labels)))
    if not found:
        return None
    known = [answer for answer in found if answer.labels]
    exact = np.array([answer.is_exact for answer in known], np.float64)
    f1 = np.array([answer.f1 for answer in known], np.float64)
    return Answers(tuple(found), share_estimate(exact), share_estimate(f1))
