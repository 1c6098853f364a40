"""How well predictions fit the right answers: every metric of the task, with its interval."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from reportgen.findings.outputs.ranks import rank_correlation
from reportgen.findings.statistics import (
    Estimate,
    Interval,
    certain_share,
    intervals_of,
    mean_intervals,
)
from reportgen.tasks.metrics import Metric
from reportgen.tasks.sums import Sums
from reportgen.tasks.task import Task


class Fits(Mapping[str, Estimate | None]):
    """The metrics of a task over the items of one run, by name; each is computed when it is first
    asked for. None for what is not defined, and for metrics of other tasks."""

    def __init__(self, task: Task, items: pd.DataFrame) -> None:
        self._metrics = {metric.name: metric for metric in task.metrics}
        self._items = items
        self._known: dict[str, Estimate | None] = {}

    def __getitem__(self, name: str) -> Estimate | None:
        if name not in self._known:
            metric = self._metrics.get(name)
            self._known[name] = None if metric is None else estimated(metric, self._items)
        return self._known[name]

    def known(self, name: str) -> Estimate:
        """A metric that is defined, as some text has a right answer."""
        found = self[name]
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._metrics)

    def __len__(self) -> int:
        return len(self._metrics)


def estimated(metric: Metric, items: pd.DataFrame) -> Estimate | None:
    """A metric over all texts with its interval; None where no text has it."""
    sums = metric.sums(items)
    if not len(sums.texts):
        return None
    if metric.is_of_order:
        values, labels = (part[:, 0] for part in sums.parts)
        return rank_correlation(values, labels)
    interval = _interval(metric, sums)
    if metric.scale == "share":
        interval = certain_share(interval, len(sums.texts))
    return Estimate(metric.of_all(sums), interval, len(sums.texts))


def _interval(metric: Metric, sums: Sums) -> Interval | None:
    """The bootstrap interval; of one part, of which the metric is a rising function, that of its
    mean."""
    if len(sums.parts) > 1:
        return intervals_of(metric.combine, *sums.parts)[0]
    (of_mean,) = mean_intervals(sums.parts[0])
    if of_mean is None:
        return None
    low, high = metric.combine(np.array(of_mean)).tolist()
    return Interval(low, high)
