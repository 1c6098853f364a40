"""How far off each prediction is that has a right answer: one rule for each kind of output.

What is said about errors is made from this: where they lie, how well probabilities fit them, and
whether a constant answer would do as well.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from reportgen.findings.outputs.multiple_choice import chance_of
from reportgen.findings.outputs.several_numbers import mean_errors
from reportgen.findings.statistics import (
    CONFIDENCE,
    Booleans,
    Floats,
    Places,
    mean_interval,
    p_values,
)
from reportgen.results.info import OutputKind
from reportgen.results.labels import NONE

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings

# What an error is: a distance of numbers, or of their ranks; 1 where a text, one of its labels,
# words or masks is wrong; what an answer's F1 lacks of 1; minus the log-probability of a token.
Measure: TypeAlias = Literal["distance", "ranks", "texts", "labels", "words", "masks", "f1", "loss"]
# Whether a constant answer is farther off ("better"), nearer ("worse"), nearer but not surely, or
# farther but not surely; "few" where there are too few texts for a verdict.
Verdict: TypeAlias = Literal["better", "worse", "not_better", "unclear", "few"]
Answers: TypeAlias = Floats | NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """The predictions that have a right answer, item by item: a text has one item, or several, such
    as its words."""

    measure: Measure
    texts: Places  # [item], rows of `texts`, ascending
    errors: Floats  # [item]
    constant: Floats | None = None  # [item], the error of the constant answer with the least
    n_constants: int = 1  # constant answers that it is the best of
    chances: Floats | None = None  # [item], the probability of what was predicted
    right: Booleans | None = None  # [item], whether that is right
    # [item], where a text has one: the right answer, a number or a name, and the predicted name.
    labels: Answers | None = None
    predictions: Answers | None = None

    @property
    def of_text(self) -> tuple[Places, Floats]:
        """The rows of `texts` that have an item, and `[text]`, the mean error of their items."""
        rows, first = np.unique(self.texts, return_index=True)
        sums = np.add.reduceat(self.errors, first)
        return rows.astype(np.intp), sums / np.diff([*first.tolist(), len(self.texts)])

    def once(self, alike: Places) -> "Scored":
        """The same of the first of equal texts alone; `alike` is as `first_alike` gives it."""
        rows = np.unique(self.texts)
        _, first = np.unique(alike[rows], return_index=True)
        return self.among(np.isin(self.texts, rows[first]))

    def among(self, items: Booleans) -> "Scored":
        """The same of these `items` `[item]`."""
        lists = ("texts", "errors", "constant", "chances", "right", "labels", "predictions")
        own = {name: getattr(self, name) for name in lists}
        return replace(self, **{n: list_[items] for n, list_ in own.items() if list_ is not None})

    @property
    def against_constant(self) -> Verdict | None:
        """Whether the model is better than the best constant answer; None where none is defined.

        A verdict takes an interval of the difference over the texts without 0, and that the model
        is worse also a test corrected for how many constants were tried (Bonferroni), since the
        best of many is good by luck.
        """
        if self.constant is None:
            return None
        _, first = np.unique(self.texts, return_index=True)
        gains = np.add.reduceat(self.constant - self.errors, first)
        interval = mean_interval(gains)
        if interval is None:
            return "few"
        if interval.low > 0 or not self.errors.any():
            return "better"
        if not self.constant.any():  # all right answers are the same
            return "not_better"
        error = gains.std(ddof=1) / len(gains) ** 0.5
        p = p_values(np.array([gains.mean()]), np.array([error]), np.array([len(gains)]))
        if interval.high < 0 and p[0] <= (1 - CONFIDENCE) / self.n_constants:
            return "worse"
        return "unclear" if gains.mean() > 0 else "not_better"


def scored(findings: "Findings") -> Scored | None:
    """The predictions that have a right answer; None for outputs without, and where no text has
    one."""
    make = _MAKERS.get(findings.info.output.kind)
    found = make(findings) if make else None
    return found if found is not None and len(found.texts) else None


def _number(findings: "Findings") -> Scored | None:
    if (ranks := findings.rank_fit) is not None:
        return Scored("ranks", ranks.texts, abs(ranks.predictions - ranks.labels))
    if (fit := findings.label_fit) is None:
        return None
    return Scored(
        measure="distance",
        texts=fit.texts,
        errors=abs(fit.errors),
        constant=abs(fit.labels - fit.constant),
        labels=fit.labels,  # not predictions: far ones are wrong more whatever the model
    )


def _numbers(findings: "Findings") -> Scored | None:
    """Several numbers are off by the mean of their distances."""
    if (fit := findings.numbers_fit) is None:
        return None
    constants = np.broadcast_to(fit.constants, fit.labels.shape)
    return Scored("distance", fit.texts, fit.of_text, mean_errors(constants, fit.labels))


def _class(findings: "Findings") -> Scored:
    found, names = findings.classes, np.array(findings.info.output.labels, np.str_)
    rows = np.flatnonzero(found.compared)
    labels, predicted = found.labels[rows], found.predicted[rows]
    counts = np.bincount(labels, minlength=len(names))
    return Scored(
        measure="texts",
        texts=rows,
        errors=(predicted != labels) * 1.0,
        constant=(labels != counts.argmax()) * 1.0,
        n_constants=int((counts > 0).sum()),
        chances=findings.class_shares[rows, predicted],
        right=predicted == labels,
        labels=names[labels],
        predictions=names[predicted],
    )


def _labels(findings: "Findings") -> Scored:
    """Each label of a text is an item: given, or not."""
    sets, n_labels = findings.label_sets, len(findings.info.output.labels)
    rows = np.flatnonzero(findings.analysed & sets.known)
    scores = findings.texts["scores"].iloc[rows]
    logits = np.array([list(own)[:n_labels] for own in scores], np.float64).reshape(-1, n_labels)
    given = sets.given[rows]
    right = (logits > 0) == given
    often = given.mean(axis=0) > 0.5 if len(rows) else np.zeros(n_labels, np.bool_)
    return Scored(
        measure="labels",
        texts=np.repeat(rows, n_labels),
        errors=1.0 - right.ravel(),
        constant=(given != often).ravel() * 1.0,
        n_constants=2 * n_labels,
        chances=expit(abs(logits)).ravel(),
        right=right.ravel(),
    )


def _tags(findings: "Findings") -> Scored | None:
    found = findings.tags
    if found is None or (fit := found.fit) is None:
        return None
    words = [word for own in found.words.values() for word in own if word.label != NONE]
    right = np.array([word.tag == word.label for word in words], np.bool_)
    return Scored(
        measure="words",
        texts=np.array([word.text for word in words], np.intp),
        errors=(~right).astype(np.float64),
        constant=np.array([word.label != fit.base_label for word in words], np.float64),
        n_constants=int((fit.counts.sum(axis=1) > 0).sum()),
        chances=np.exp([word.log_probability for word in words]),
        right=right,
    )


def _masks(findings: "Findings") -> Scored | None:
    if findings.masks is None:
        return None
    known = findings.masks.labelled
    right = np.array([mask.rank == 0 for mask in known], np.bool_)
    return Scored(
        measure="masks",
        texts=np.array([mask.text for mask in known], np.intp),
        errors=(~right).astype(np.float64),
        chances=np.exp(np.array([mask.log_probabilities[0] for mask in known], np.float64)),
        right=right,
    )


def _answers(findings: "Findings") -> Scored | None:
    if findings.answers is None:
        return None
    known = findings.answers.labelled
    return Scored(
        measure="f1",
        texts=np.array([answer.text for answer in known], np.intp),
        errors=1.0 - np.array([answer.f1 for answer in known], np.float64),
        chances=np.array([answer.chance for answer in known], np.float64),
        right=np.array([answer.is_exact for answer in known], np.bool_),
    )


def _choices(findings: "Findings") -> Scored | None:
    """The constant answer is a choice picked at random: it is right for one in all choices."""
    if findings.choices is None:
        return None
    known = findings.choices.labelled
    right = np.array([own.is_right for own in known], np.bool_)
    return Scored(
        measure="texts",
        texts=np.array([own.text for own in known], np.intp),
        errors=(~right).astype(np.float64),
        constant=1.0 - 1.0 / np.array([len(own.names) for own in known], np.float64),
        chances=np.array([chance_of(own) for own in known], np.float64),
        right=right,
        labels=_places([own.label for own in known], findings),
        predictions=_places([own.place for own in known], findings),
    )


def _places(places: Sequence[int], findings: "Findings") -> NDArray[np.str_]:
    """The names of the columns of choices, else their numbers from 1."""
    names = dict(enumerate(findings.info.output.labels))
    return np.array([names.get(place, str(place + 1)) for place in places], np.str_)


def _completions(findings: "Findings") -> Scored | None:
    """None where the model wrote completions itself: there is no error in these."""
    found = findings.completions
    if found is None or "generate" in findings.info.settings.options:
        return None
    return Scored("loss", np.array(found.texts, np.intp), np.log(found.perplexities))


_MAKERS: Mapping[OutputKind, Callable[["Findings"], Scored | None]] = {
    "number": _number,
    "numbers": _numbers,
    "class": _class,
    "labels": _labels,
    "tags": _tags,
    "masks": _masks,
    "answer": _answers,
    "choice": _choices,
    "completion": _completions,
}
