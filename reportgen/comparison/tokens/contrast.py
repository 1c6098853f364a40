"""Effects of both models on one contrast of classes.

The margin of a class is its lead over the strongest other class, which can be another one in the
other model, or without a token. Both models are therefore compared on the same two classes in each
text: the class that both explain against the strongest other of the base, and where they explain
different classes, that of the head against that of the base. This takes the change of every class's
score, which is stored for three to twenty classes; of two classes it follows from the margin.
"""

from dataclasses import dataclass

import numpy as np

from reportgen.comparison.pairing import Pairing
from reportgen.findings.statistics import Booleans, Floats
from reportgen.findings.tokens.figures import token_effects
from reportgen.results.measure_register import BY_ID, EFFECT
from reportgen.results.store import Results
from reportgen.results.tables.schema import DELETION_SCORES
from reportgen.tasks.targets import target_of


@dataclass(frozen=True, slots=True, eq=False)
class Contrasts:
    """Effects that can be compared, and what they are effects on."""

    effects: tuple[Floats, Floats]  # [token of that model], NaN where none was measured
    comparable: Booleans  # [text]
    # [text], both models' classes differ: effects are on the lead of the head's over the base's
    flipped: Booleans
    n_other_target: int  # aligned texts whose effects are of different classes or tokens
    # Aligned texts whose effects are on the lead over different classes, since the scores of the
    # classes were not stored.
    n_other_rival: int


def contrasts(base: Results, head: Results, pairing: Pairing) -> Contrasts:
    """The effects of both models, in every text on the same two classes where that is known."""
    sides = base, head
    # Earlier results know no units that say the same, so that only changes without one compare.
    is_new = all(side.info.schema_version >= BY_ID[EFFECT].since for side in sides)
    column = EFFECT if is_new else "deletion"
    effects = [token_effects(side, int(side.texts["n_tokens"].sum()), column) for side in sides]
    n_texts = pairing.n_texts
    comparable, flipped = np.zeros(n_texts, np.bool_), np.zeros(n_texts, np.bool_)
    if not pairing.same_scalar:
        return Contrasts((effects[0], effects[1]), comparable, flipped, 0, 0)
    names = base.info.output.labels
    is_margin = target_of(base.info.evidence).is_lead
    own, other = (
        side.evidence.set_index("text")["explained_label"].astype(object) for side in sides
    )
    # Of other outputs they are no scores of classes.
    scores = [
        _scores(side, int(side.texts["n_tokens"].sum())) if is_margin else None for side in sides
    ]
    places = [_places(side) for side in sides]
    n_other_target = n_other_rival = 0
    for text in own.index.intersection(other.index).tolist():
        labels = ["" if not isinstance(label, str) else label for label in (own[text], other[text])]
        tokens = [side[text] for side in places]
        stored = [
            side is not None and bool(np.isfinite(side[at]).any())
            for side, at in zip(scores, tokens, strict=True)
        ]
        is_same = labels[0] == labels[1]
        is_known = is_margin and all(label in names for label in labels)
        comparable[text] = is_same or (is_known and (len(names) == 2 or all(stored)))
        flipped[text] = comparable[text] and not is_same
        if not comparable[text]:
            n_other_target += int(pairing.aligned[text])
        elif is_known and len(names) > 2:
            first = names.index(labels[1])
            rivals = [
                _strongest_other(side, text, names.index(label))
                for side, label in zip(sides, labels, strict=True)
            ]
            second = rivals[0] if is_same else names.index(labels[0])
            if all(stored):
                for side, at, found in zip(scores, tokens, effects, strict=True):
                    assert side is not None
                    found[at] = side[at, first] - side[at, second]
            elif rivals[0] != rivals[1]:
                n_other_rival += int(pairing.aligned[text])
        elif flipped[text]:
            effects[0][tokens[0]] *= -1
    return Contrasts((effects[0], effects[1]), comparable, flipped, n_other_target, n_other_rival)


def _places(results: Results) -> list[slice]:
    """Where the tokens of each text stand."""
    firsts, counts = (results.texts[name].tolist() for name in ("first_token", "n_tokens"))
    return [slice(first, first + count) for first, count in zip(firsts, counts, strict=True)]


def _scores(results: Results, n_tokens: int) -> Floats | None:
    """`[token, class]`, NaN where none are stored; None where the model has none at all."""
    rows = results.effects
    known = rows[DELETION_SCORES].notna().to_numpy(np.bool_)
    if not known.any():
        return None
    values = np.stack(list(rows[DELETION_SCORES][known]))
    found = np.full((n_tokens, values.shape[1]), np.nan)
    first = results.texts["first_token"].to_numpy(np.int64)
    places = first[rows["text"].to_numpy(np.intp)] + rows["position"].to_numpy(np.int64)
    found[places[known]] = values
    return found


def _strongest_other(results: Results, text: int, label: int) -> int:
    """The class with the highest logit other than `label`; `label` itself if no logits are
    stored."""
    scores = np.array(results.texts["scores"].iloc[text], np.float64)
    if len(scores) <= label:
        return label
    scores[label] = -np.inf
    return int(scores.argmax())
