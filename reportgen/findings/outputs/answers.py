"""Answers to questions over all texts: how likely they are, and how often they are right."""

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp

import numpy as np

from reportgen.findings.attention import analysed
from reportgen.findings.statistics import Estimate, Floats, share_estimate
from reportgen.results.labels import label_list
from reportgen.results.store import Results
from reportgen.results.units import is_unspaced

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_MARKS = frozenset(string.punctuation)


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
        return normalised(self.name) in map(normalised, self.labels)

    @property
    def f1(self) -> float:
        """The F1 of its words with those of the closest right answer."""
        return max(word_f1(self.name, label) for label in self.labels)


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


def normalised(answer: str) -> str:
    """An answer in the form that SQuAD compares (Rajpurkar et al. 2016): lower case, no
    punctuation, no articles, single spaces."""
    bare = "".join(mark for mark in answer.lower() if mark not in _MARKS)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def word_f1(answer: str, right: str) -> float:
    """The F1 of the words of two answers, each normalised; of their characters where one has
    letters of a script without spaces. 1 if both have none, else 0 if one has none."""
    given, wanted = (_parts(own, is_unspaced(answer + right)) for own in (answer, right))
    if not given or not wanted:
        return float(given == wanted)
    both = sum((Counter(given) & Counter(wanted)).values())
    return 2 * both / (len(given) + len(wanted))


def _parts(answer: str, by_character: bool) -> Sequence[str]:
    bare = normalised(answer)
    return list(bare.replace(" ", "")) if by_character else bare.split()


def answers(results: Results) -> Answers | None:
    """The answers of all texts; None for other outputs and without any."""
    if results.info.output.kind != "answer":
        return None
    found = []
    for text in np.flatnonzero(analysed(results)).tolist():
        row = results.text_row(text)
        label = row["label"]
        labels = (label_list(label) or [label]) if isinstance(label, str) else []
        name, chance = str(row["prediction_label"]), exp(float(row["prediction"]))
        found.append(Answer(text, name, chance, tuple(labels)))
    if not found:
        return None
    known = [answer for answer in found if answer.labels]
    exact = np.array([answer.is_exact for answer in known], np.float64)
    f1 = np.array([answer.f1 for answer in known], np.float64)
    return Answers(tuple(found), share_estimate(exact), share_estimate(f1))
