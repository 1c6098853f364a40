"""Which figure of quality decides how good a model is, and by how much it must change.

The report of one run, comparisons, the site, trends and gates all ask here; the figures themselves
are the metrics of the tasks (`reportgen/tasks/metrics.py`).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from reportgen.errors import UsageError
from reportgen.results import OutputInfo
from reportgen.tasks import METRICS, Metric

# By name, in the order in which they are listed.
QUALITY: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}


@dataclass(frozen=True, slots=True)
class SmallestChange:
    """The smallest change of a figure that is worth telling."""

    of_error: float = 0.05  # of an error or a perplexity, as a share of the old one
    of_share: float = 0.01  # of a share or a correlation, as it is: a point

    def of(self, metric: Metric, base: float) -> float:
        """It in the unit of a figure whose old value, or what that is measured against, is
        `base`."""
        return self.of_error * base if metric.is_relative else self.of_share


@dataclass(frozen=True, slots=True)
class Judging:
    """How it is decided which model is better."""

    quality: str | None = None  # the figure that decides; None: that of the kind of output
    smallest: SmallestChange = field(default_factory=SmallestChange)


_PARTS = re.compile(r"(\d{1,3}(?:\.\d{1,6})?) ?(%|points?)")


def smallest_change(text: str) -> SmallestChange:
    """What --smallest-change says; what it leaves out stays as it is by default.

    Raises:
        UsageError: `text` says nothing of the kind.
    """
    limits: dict[str, float] = {}
    for part in text.split(","):
        match = _PARTS.fullmatch(part.strip())
        key = "of_error" if match and match[2] == "%" else "of_share"
        if match is None or key in limits:
            raise UsageError(
                f"--smallest-change {text}: write a share of the old error, points of a share, or "
                "both, such as 5%,1point"
            )
        limits[key] = float(match[1]) / 100
    return SmallestChange(**limits)


def write_smallest_change(smallest: SmallestChange) -> str:
    """The smallest change as the option writes it."""
    of_error, points = (f"{100 * x:.6g}" for x in (smallest.of_error, smallest.of_share))
    return f"{of_error}%,{points}point{'' if points == '1' else 's'}"


def read_smallest_change(text: str) -> str:
    """The same as `text` with both parts, however it was written.

    Raises:
        UsageError: `text` says nothing of the kind.
    """
    return write_smallest_change(smallest_change(text))


def quality_names(output: OutputInfo) -> tuple[str, ...]:
    """The figures of quality that an output can have, the one that decides first."""
    from reportgen.tasks import task_of  # with pandas, which options and help do without

    return tuple(metric.name for metric in task_of(output).metrics)


def deciding(
    output: OutputInfo, measured: Collection[str], wanted: str | None = None
) -> Metric | None:
    """The figure that decides how good a model is, of those `measured`, by name; None without any.

    Args:
        output: of the model.
        measured: the names of the figures that have a value.
        wanted: the figure that was asked for by `--quality`; where it is not measured, the first
            that is.
    """
    available = quality_names(output)
    names = (wanted, *available) if wanted in available else available
    return next((QUALITY[name] for name in names if name in measured), None)


def misfit(output: OutputInfo, wanted: str | None) -> str:
    """A line that says that the figure that was asked for is none of an output; "" if it is."""
    names = quality_names(output)
    if wanted is None or wanted in names:
        return ""
    if not names:
        return f"--quality {wanted} has no effect: this kind of output has no right answer"
    return f"--quality {wanted} has no effect: this model has {', '.join(names)}"
