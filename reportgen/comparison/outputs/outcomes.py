"""What became of the classes and choices that two models predict, and how likely both hold those of
the old one."""

from typing import Literal, TypeAlias

import numpy as np

from reportgen.comparison.outputs.share_right import Items
from reportgen.findings.findings import Findings
from reportgen.findings.outputs.classes import class_shares
from reportgen.findings.outputs.multiple_choice import chances_of
from reportgen.findings.statistics import Places

# What became of a text's class: right in the new model alone, in the old one alone, in both, in
# neither; "unknown" where it has no label.
Outcome: TypeAlias = Literal["fixed", "broken", "right", "wrong", "unknown"]
_OUTCOMES: dict[tuple[bool, bool], Outcome] = {
    (False, True): "fixed",
    (True, False): "broken",
    (True, True): "right",
    (False, False): "wrong",
}


def outcomes(items: Items, texts: Places) -> tuple[Outcome, ...]:
    """What became of the one item of each of `texts`; empty where none has a right answer."""
    scores = [side.set_index("text")["score"].reindex(texts) for side in items]
    if not scores[0].notna().any():
        return ()
    return tuple(
        "unknown" if was != was or now != now else _OUTCOMES[was == 1, now == 1]
        for was, now in zip(*scores, strict=True)
    )


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
