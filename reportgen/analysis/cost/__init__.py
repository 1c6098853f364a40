"""How much of the evidence fits a budget."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.analysis.cost.budget import Budget
    from reportgen.analysis.cost.estimate import (
        Yardstick,
        expected_cost,
        extra_cost,
        sample_size,
        shapley_texts,
        shapley_yardstick,
        work_of,
    )
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
