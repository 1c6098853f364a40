"""How far each token of a completion falls without tokens of the completion before it."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

from reportgen.analysis.device.in_batches import Runs
from reportgen.analysis.evidence.explainer import Explained, Explainer, Scores
from reportgen.models.device.devices import precise
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.tokens.perturbed_texts import without
from reportgen.models.tokens.target_tokens import TargetTokens

# [step], how far the log-probability of each token of the completion falls; None where it cannot.
Falls = tuple[float | None, ...]


def earlier_effects(
    explainer: Explainer, explained: Sequence[Explained]
) -> list[dict[int, Falls] | str]:
    """How far the log-probability of each later token of the completion falls without each of its
    units, f(whole) - f(without), by position of the unit's tokens; an error message for a text of
    which no unit could be left out.

    Positions are those in the text, or in the target of a decoder of its own. The unit's token ids
    are removed, the remaining ones move together, nothing is tokenised again. The unit itself and
    what stands before it have none.
    """
    return [_of_text(explainer, item) for item in explained]


def earlier_units(text: EncodedText) -> tuple[tuple[int, ...], ...]:
    """The positions of the units of the completion of `text` that another token follows."""
    target = text.target
    positions = text.completion if target is None else range(target.n_given, len(target.ids))
    units: dict[int, list[int]] = {}
    for position in positions:
        units.setdefault((text if target is None else target).units[position], []).append(position)
    return tuple(tuple(own) for own in units.values() if own[-1] < positions[-1])


def _of_text(explainer: Explainer, item: Explained) -> dict[int, Falls] | str:
    units = earlier_units(item.text)
    changed = [_without(item.text, unit) for unit in units]

    runs: Runs[Scores] = explainer.runs(changed)
    for run in runs:
        with run:
            run.results = _scores(explainer, [changed[i] for i in run.rows])
    found: dict[int, Falls] = {}
    faults = []
    for unit, left in zip(units, runs.results, strict=True):
        if isinstance(left, str) or not all(map(isfinite, left)):
            faults.append(left if isinstance(left, str) else explainer.undefined)
            continue
        falls = _falls(item, unit, left)
        found.update(dict.fromkeys(unit, falls))
    return faults[0] if faults and not found else found


def _scores(explainer: Explainer, texts: Sequence[EncodedText]) -> list[Scores]:
    """Run one batch: what each step has."""
    rows = precise(explainer.outputs(texts)).tolist()
    return [tuple(row[: text.n_steps]) for row, text in zip(rows, texts, strict=True)]


def _falls(item: Explained, unit: Sequence[int], left: Scores) -> Falls:
    first = item.text.completion[0] if item.text.target is None else item.text.target.n_given
    n_gone, after = len(unit), unit[-1] + 1 - first  # the first step that stands after it
    later = zip(item.scores[after:], left[after - n_gone :], strict=True)
    return (*[None] * after, *(whole - own for whole, own in later))


def _without(text: EncodedText, unit: Sequence[int]) -> EncodedText:
    """`text` without the tokens of its completion at the positions `unit`."""
    if text.target is None:
        return without(text, unit)
    own = text.target
    kept = [i for i in range(len(own.ids)) if i not in unit]
    target = TargetTokens(
        ids=tuple(own.ids[i] for i in kept),
        tokens=tuple(own.tokens[i] for i in kept),
        spans=tuple(own.spans[i] for i in kept),
        specials=tuple(own.specials[i] for i in kept),
        units=tuple(own.units[i] for i in kept),
        n_given=own.n_given,
    )
    return replace(text, target=target)
