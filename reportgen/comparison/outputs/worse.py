"""The texts that a new model predicts worse than the old one, for each kind of output."""

from typing import Literal, TypeAlias

import numpy as np

from reportgen.comparison.outputs.predictions import PredictionChanges

# In which way a text got worse: its class or choice is right in the old model alone; fewer of its
# tags or masks are right, or less of its answer; its completion is less likely; its number moved
# away from the label.
Rule: TypeAlias = Literal["broken", "less_right", "less_likely", "farther"]


def rule_of(found: PredictionChanges) -> Rule | None:
    """The rule by which a text counts as worse; None if single texts cannot be judged."""
    if found.outcomes:
        return "broken"
    if np.isfinite(found.right_change).any():
        return "less_right"
    if found.quality is not None and found.quality.of_completions:
        return "less_likely"
    return "farther" if np.isfinite(found.error_growth).any() else None


def worse(found: PredictionChanges) -> list[int]:
    """Places in `texts` of those that got worse, the worst first.

    Classes and choices are sorted by how much probability the right one lost; numbers and
    completions only count where they moved.
    """
    rule = rule_of(found)
    if rule == "broken":
        lost = [own - other for own, other in found.chances] or [0.0] * len(found.texts)
        broken = np.flatnonzero(found.flips("broken")).tolist()
        return sorted(broken, key=lambda place: -lost[place])
    if rule == "farther":
        return [place for place in found.regressions if found.moved[place]]
    by_rule = {"less_right": found.right_change, "less_likely": found.change * found.moved}
    changes = np.empty(0) if rule is None else by_rule[rule]
    order = np.argsort(changes, kind="stable").tolist()
    return [place for place in order if changes[place] < 0]
