"""The register of figures of quality: how well predictions fit their labels, or how well
completions are expected.

One entry per figure, and for each kind of output the figures it has, the one that decides first.
The report of one run, comparisons, the site, trends and gates all ask it which figure decides and
which way is better.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypeAlias

from reportgen.errors import UsageError
from reportgen.findings.figures.flat import Unit
from reportgen.results.info import OutputInfo, OutputKind

Best: TypeAlias = Literal["low", "high", "zero"]  # which values are better; zero: the nearest to it
# What a change is measured against: an error or a ratio against the old one (in the unit of the
# output, or without one); a share or a correlation as it is, in points.
Scale: TypeAlias = Literal["error", "ratio", "share", "correlation"]


@dataclass(frozen=True, slots=True)
class QualityKind:
    """One figure of quality."""

    name: str  # in compare.json, in `--quality`, and in the strings of the page
    of_run: str  # the flat figure of one run
    of_two: str  # how the names of the flat figures of a comparison begin
    unit: Unit
    meaning: str  # "{}" is the model, old or new
    best: Best
    scale: Scale
    is_listed: bool = True  # in lists of runs; other figures stand there for those that are not
    says_as: str = ""  # the figure that says the same; their verdict is one

    @property
    def is_relative(self) -> bool:
        """Whether changes are measured against the old value."""
        return self.scale in ("error", "ratio")

    @property
    def worse(self) -> Literal["drop", "rise"]:
        """The change that makes it worse, as flat figures are called; of a bias, which has no such
        direction, the one above 0."""
        return "drop" if self.best == "high" else "rise"

    @property
    def change(self) -> str:
        """The flat figure of a comparison that is above 0 where it got worse."""
        return f"{self.of_two}_{self.worse}"


_Error = partial(QualityKind, unit="output", best="low", scale="error")
_Share = partial(QualityKind, unit="share", best="high", scale="share")
_Fit = partial(QualityKind, best="high", scale="correlation")
_FIGURES = (
    _Error("mae", "label_mae", "mae", meaning="mean distance from the label, {} model"),
    _Error(
        "rmse",
        "label_rmse",
        "rmse",
        meaning="root mean square distance from the label, {} model",
        is_listed=False,
    ),
    _Error(
        "bias",
        "label_bias",
        "bias",
        meaning="mean of prediction minus label, {} model",
        best="zero",
        is_listed=False,
    ),
    _Fit(
        "rank",
        "label_rank_correlation",
        "rank_correlation",
        unit="correlation",
        meaning="Spearman with the labels, {} model",
    ),
    _Fit(
        "r2",
        "label_r2",
        "r2",
        unit="R2",
        meaning="share of the labels' variance that the {} model explains",
        is_listed=False,
        says_as="rmse",
    ),
    _Share(
        "accuracy",
        "label_accuracy",
        "accuracy",
        meaning="texts whose predicted class is the label, {} model",
    ),
    _Share(
        "macro_f1",
        "label_macro_f1",
        "macro_f1",
        meaning="F1, mean over the labels' classes, {} model",
        is_listed=False,
    ),
    QualityKind(
        "perplexity",
        "perplexity",
        "perplexity",
        unit="number",
        meaning="perplexity of the completions, {} model",
        best="low",
        scale="ratio",
    ),
    *(
        _Share(name, name, name, meaning=f"{meaning}, {{}} model")
        for name, meaning in (
            ("entity_f1", "F1 of whole entities"),
            ("tag_accuracy", "words whose tag is the label's"),
            ("mask_accuracy", "masks whose first choice is the label"),
            ("answer_exact", "answers that are the label, normalised"),
            ("answer_f1", "F1 of the answer's words and the label's"),
            ("labels_exact", "texts whose labels are all right"),
        )
    ),
)
# By name, in the order in which they are listed.
QUALITY: Mapping[str, QualityKind] = {kind.name: kind for kind in _FIGURES}
# The figures of each kind of output; the first that is defined decides. An output without an entry
# is not compared with labels.
_OF_KIND: Mapping[OutputKind, tuple[str, ...]] = {
    "number": ("mae", "rmse", "bias", "rank", "r2"),
    "numbers": ("mae",),
    "class": ("accuracy", "macro_f1"),
    "choice": ("accuracy",),
    "labels": ("labels_exact",),
    "completion": ("perplexity",),
    "tags": ("entity_f1", "tag_accuracy"),
    "masks": ("mask_accuracy",),
    "answer": ("answer_exact", "answer_f1"),
}
_OF_SIMILARITY = ("rank",)  # whose labels are on another scale


@dataclass(frozen=True, slots=True)
class SmallestChange:
    """The smallest change of a figure that is worth telling."""

    of_error: float = 0.05  # of an error or a perplexity, as a share of the old one
    of_share: float = 0.01  # of a share or a correlation, as it is: a point

    def of(self, kind: QualityKind, base: float) -> float:
        """It in the unit of a figure whose old value, or what that is measured against, is
        `base`."""
        return self.of_error * base if kind.is_relative else self.of_share


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
    found: dict[str, float] = {}
    for part in text.split(","):
        match = _PARTS.fullmatch(part.strip())
        key = "of_error" if match and match[2] == "%" else "of_share"
        if match is None or key in found:
            raise UsageError(
                f"--smallest-change {text}: write a share of the old error, points of a share, or "
                "both, such as 5%,1point"
            )
        found[key] = float(match[1]) / 100
    return SmallestChange(**found)


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
    if output.kind == "number" and not output.has_errors:
        return _OF_SIMILARITY
    return _OF_KIND.get(output.kind, ())


def deciding(
    output: OutputInfo, measured: Collection[str], wanted: str | None = None
) -> QualityKind | None:
    """The figure that decides how good a model is, of those `measured`, by name; None without any.

    Args:
        output: of the model.
        measured: the names of the figures that have a value.
        wanted: the figure that was asked for by `--quality`; where it is not measured, the first
            that is.
    """
    own = quality_names(output)
    names = (wanted, *own) if wanted in own else own
    return next((QUALITY[name] for name in names if name in measured), None)


def misfit(output: OutputInfo, wanted: str | None) -> str:
    """A line that says that the figure that was asked for is none of an output; "" if it is."""
    names = quality_names(output)
    if wanted is None or wanted in names:
        return ""
    if not names:
        return f"--quality {wanted} has no effect: this kind of output has no right answer"
    return f"--quality {wanted} has no effect: this model has {', '.join(names)}"
