"""What became of the classes and choices that two models predict, and how likely both hold those of
the old one."""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import numpy as np

from reportgen.comparison.outputs.fit import Fit, class_fits, right_fit
from reportgen.comparison.pairing import Pairing
from reportgen.findings.findings import Findings
from reportgen.findings.outputs.classes import class_shares, match_classes
from reportgen.findings.outputs.multiple_choice import chances_of
from reportgen.findings.statistics import Places
from reportgen.results.info import OutputKind
from reportgen.results.labels import NONE
from reportgen.tasks.choices import chosen_texts

# What became of a text's class: right in the new model alone, in the old one alone, in both, in
# neither; "unknown" where it has no label.
Outcome: TypeAlias = Literal["fixed", "broken", "right", "wrong", "unknown"]
_OUTCOMES: dict[tuple[bool, bool], Outcome] = {
    (False, True): "fixed",
    (True, False): "broken",
    (True, True): "right",
    (False, False): "wrong",
}
Judged: TypeAlias = tuple[tuple[Fit, ...], tuple[Outcome, ...]]


def _classes(base: Findings, head: Findings, pairing: Pairing, texts: Places) -> Judged:
    """The fit of both models' classes, and what became of each of `texts`."""
    own, other = (match_classes(side.results, pairing.labels) for side in (base, head))
    both = own.compared & other.compared & pairing.analysed
    if not both.any():
        return (), ()
    fits = class_fits(own.predicted[both], other.predicted[both], own.labels[both])
    was, now = (side.predicted == side.labels for side in (own, other))
    return fits, tuple(
        _OUTCOMES[bool(was[text]), bool(now[text])] if both[text] else "unknown" for text in texts
    )


def _choices(base: Findings, head: Findings, pairing: Pairing, texts: Places) -> Judged:
    """How often both models pick the right choice, and what became of each of `texts`."""
    own, other = (
        {each.text: each for each in chosen_texts(side.results, pairing.labels).every}
        for side in (base, head)
    )
    known = [text for text in texts.tolist() if own[text].label != NONE]
    if not known:
        return (), ()
    was, now = (np.array([side[text].is_right for text in known]) for side in (own, other))
    return right_fit("accuracy", was, now), tuple(
        "unknown"
        if own[text].label == NONE
        else _OUTCOMES[own[text].is_right, other[text].is_right]
        for text in texts.tolist()
    )


# By kind of output: the fit of both models with the labels, and what became of each text.
JUDGES: Mapping[OutputKind, Callable[[Findings, Findings, Pairing, Places], Judged]] = {
    "class": _classes,
    "choice": _choices,
}


def old_chances(base: Findings, head: Findings, texts: Places) -> tuple[tuple[float, float], ...]:
    """`[text]`: the probability of the old model's class or choice in both models; none for other
    outputs."""
    kind = base.info.output.kind
    if kind == "choice":
        picked, now = (side.choices.by_text if side.choices else {} for side in (base, head))
        places = [(text, picked[text].place) for text in texts.tolist()]
        return tuple(
            (float(chances_of(picked[text])[place]), float(chances_of(now[text])[place]))
            for text, place in places
        )
    if kind != "class":
        return ()
    own, other = (class_shares(side.results)[texts] for side in (base, head))
    if own.shape != other.shape or not np.isfinite(own + other).all():
        return ()
    rows, first = np.arange(len(texts)), own.argmax(axis=1)
    return tuple(zip(own[rows, first].tolist(), other[rows, first].tolist(), strict=True))
