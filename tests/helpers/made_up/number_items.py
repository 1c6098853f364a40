"""Items of predicted numbers, made of arrays."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.comparison.quality import FitFigure, metric_fits
from reportgen.results import OutputInfo
from reportgen.tasks import task_of


def number_items(values: NDArray[np.float64], labels: NDArray[np.float64]) -> pd.DataFrame:
    """One number for each text; its label is NaN where it has none."""
    columns = {"text": range(len(values)), "value": values, "label_value": labels}
    return pd.DataFrame(columns)


def number_fits(
    base: NDArray[np.float64],
    head: NDArray[np.float64],
    labels: NDArray[np.float64],
    similarity: str | None = None,
) -> tuple[FitFigure, ...]:
    """How well the numbers of two models fit the labels."""
    task = task_of(OutputInfo("number", "score", similarity=similarity))
    return metric_fits(task.metrics, number_items(base, labels), number_items(head, labels))
