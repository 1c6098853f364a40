"""Full evidence in few steps, for tests of anything else."""

import pytest

from reportgen.analysis.evidence.measures import integrated_gradients, shapley


def take_few_steps(patch: pytest.MonkeyPatch) -> None:
    """Few steps of integrated gradients and few permutations; all are tested on their own."""
    for bound in ("FIRST_STEPS", "MOST_STEPS"):
        patch.setattr(integrated_gradients, bound, 9)
    patch.setattr(shapley, "MOST_PAIRS", 2)
