"""How well predictions are: one entry a figure.

A figure is made of sums over the items of each text. So its value, its interval, its change between
two models and what it is in a single text all follow from one entry, and texts can be drawn again
for intervals without a look at their items.
"""

from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import pandas as pd

    from reportgen.tasks.labels import Floats
    from reportgen.tasks.sums import Sums

Unit: TypeAlias = Literal[
    "count",
    "share",  # 0..1
    "times",  # a ratio
    "number",
    "layer",  # from 1
    "tokens",
    "output",  # in the unit of the model's output
    "correlation",  # -1..1
    "R2",  # up to 1
]
Best: TypeAlias = Literal["low", "high", "zero"]  # which values are better; zero: the nearest to it
# What a change is measured against: an error or a ratio against the old one (in the unit of the
# output, or without one); a share or a correlation as it is, in points.
Scale: TypeAlias = Literal["error", "ratio", "share", "correlation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFigure:
    """One figure of the predicted items of a run."""

    name: str  # in compare.json, in `--quality`, and in the strings of the page
    of_run: str  # the flat figure of one run
    unit: Unit
    of_one: str  # the meaning of that
    # Names of functions in `sums.py`, which brings pandas, so that options and help come without:
    # the sums of items sorted by text, of the texts that have the figure; and the figure from the
    # means of their parts over texts, each `[..., column]`, as `[..., 1]`, NaN where it is not
    # defined. Of one part it is a rising function.
    sums_by: str
    combined_by: str = "mean"
    is_of_order: bool = False  # no function of means: Spearman's correlation of both parts
    is_listed: bool = True  # in lists of figures; others stand there for those that are not

    def sums(self, items: "pd.DataFrame") -> "Sums":
        """What the figure is made of, for the texts that have it."""
        sums: Sums = getattr(import_module("reportgen.tasks.sums"), self.sums_by)(items)
        return sums

    def combine(self, *means: "Floats") -> "Floats":
        """The figure from the means of the parts over texts."""
        figure: Floats = getattr(import_module("reportgen.tasks.sums"), self.combined_by)(*means)
        return figure

    def of_all(self, sums: "Sums") -> float:
        """The figure over all texts of `sums`, at least one; not where it `is_of_order`."""
        return float(self.combine(*(part.mean(axis=0) for part in sums.parts)).item())

    def of_each(self, sums: "Sums") -> "Floats":
        """`[text]`: the figure in each text alone."""
        return self.combine(*sums.parts)[:, 0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(ItemFigure):
    """A figure of how well predictions fit the right answers, or are expected, by which two models
    are compared."""

    of_two: str  # how the names of the flat figures of a comparison begin
    meaning: str  # of both figures of a comparison; "{}" is the model, old or new
    best: Best
    scale: Scale
    is_count: bool = False  # of items, or of texts, that are right
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


_Error = partial(Metric, unit="output", best="low", scale="error")
_Share = partial(Metric, unit="share", best="high", scale="share")
_Fit = partial(Metric, best="high", scale="correlation")
MAE = _Error(
    name="mae",
    of_run="label_mae",
    of_two="mae",
    meaning="mean distance from the label, {} model",
    of_one="mean distance of the prediction from the label; of several numbers, of all of them",
    sums_by="errors",
)
RMSE = _Error(
    name="rmse",
    of_run="label_rmse",
    of_two="rmse",
    meaning="root mean square distance from the label, {} model",
    of_one="root of the mean square of that distance",
    sums_by="squares",
    combined_by="root",
    is_listed=False,
)
BIAS = _Error(
    name="bias",
    of_run="label_bias",
    of_two="bias",
    meaning="mean of prediction minus label, {} model",
    of_one="mean of prediction minus label",
    best="zero",
    sums_by="differences",
    is_listed=False,
)
RANK = _Fit(
    name="rank",
    of_run="label_rank_correlation",
    of_two="rank_correlation",
    unit="correlation",
    meaning="Spearman with the labels, {} model",
    of_one="Spearman, predictions with labels",
    sums_by="pairs",
    is_of_order=True,
)
R2 = _Fit(
    name="r2",
    of_run="label_r2",
    of_two="r2",
    unit="R2",
    meaning="share of the labels' variance that the {} model explains",
    of_one="share of the labels' variance that predictions explain",
    sums_by="deviations",
    combined_by="explained",
    is_listed=False,
    says_as="rmse",
)
ACCURACY = _Share(
    name="accuracy",
    of_run="label_accuracy",
    of_two="accuracy",
    meaning="texts whose predicted class is the label, {} model",
    of_one="texts whose class or choice is the label",
    sums_by="scores",
    is_count=True,
)
MACRO_F1 = _Share(
    name="macro_f1",
    of_run="label_macro_f1",
    of_two="macro_f1",
    meaning="F1, mean over the labels' classes, {} model",
    of_one="F1, mean over the classes that are labels",
    sums_by="classes",
    combined_by="macro_f1",
    is_listed=False,
)
PERPLEXITY = Metric(
    name="perplexity",
    of_run="perplexity",
    of_two="perplexity",
    unit="number",
    meaning="perplexity of the completions, {} model",
    of_one="exp of minus the mean log-probability of these tokens",
    best="low",
    scale="ratio",
    sums_by="losses",
    combined_by="perplexity",
)


def _share(
    name: str,
    meaning: str,
    sums_by: str,
    combined_by: str,
    of_one: str = "",
    *,
    is_count: bool = True,
) -> Metric:
    return _Share(
        name=name,
        of_run=name,
        of_two=name,
        meaning=f"{meaning}, {{}} model",
        of_one=of_one or meaning,
        sums_by=sums_by,
        combined_by=combined_by,
        is_count=is_count,
    )


ENTITY_F1 = _share(
    "entity_f1",
    "F1 of whole entities",
    "entities",
    "ratio",
    "harmonic mean of both, over whole entities",
    is_count=False,
)
TAG_ACCURACY = _share("tag_accuracy", "words whose tag is the label's", "right", "ratio")
MASK_ACCURACY = _share("mask_accuracy", "masks whose first choice is the label", "right", "ratio")
ANSWER_EXACT = _share("answer_exact", "answers that are the label, normalised", "exact", "mean")
ANSWER_F1 = _share(
    "answer_f1", "F1 of the answer's words and the label's", "scores", "mean", is_count=False
)
# Figures of one run alone.
_RunShare = partial(ItemFigure, unit="share")
ENTITY_PRECISION = _RunShare(
    name="entity_precision",
    of_run="entity_precision",
    of_one="predicted entities that labels have",
    sums_by="entities_predicted",
    combined_by="share",
)
ENTITY_RECALL = _RunShare(
    name="entity_recall",
    of_run="entity_recall",
    of_one="entities of the labels that are found",
    sums_by="entities_expected",
    combined_by="share",
)
MASK_LISTED = _RunShare(
    name="mask_listed",
    of_run="mask_top5_accuracy",
    of_one="masks with the label among five choices",
    sums_by="listed",
    combined_by="ratio",
)
FIRST_CHOICE = _RunShare(
    name="first_choice",
    of_run="first_choice_share",
    of_one="those that the model holds likeliest in their place",
    sums_by="first_choices",
    combined_by="ratio",
    is_listed=False,
)
LABELS_EXACT = _share("labels_exact", "texts whose labels are all right", "all_right", "mean")
WORD_MAE = _Error(
    name="word_mae",
    of_run="word_mae",
    of_two="word_mae",
    meaning="mean distance of words' numbers from their labels, {} model",
    of_one="mean distance of the numbers of words from their labels",
    sums_by="word_errors",
    combined_by="ratio",
)
WORD_CORRELATION = _Fit(
    name="word_correlation",
    of_run="word_correlation",
    of_two="word_correlation",
    unit="correlation",
    meaning="Pearson with the labels over all words, {} model",
    of_one="Pearson, numbers of words with labels",
    sums_by="products",
    combined_by="pearson",
)
# In the order in which they are listed.
METRICS = (
    *(MAE, RMSE, BIAS, RANK, R2, ACCURACY, MACRO_F1, PERPLEXITY),
    *(ENTITY_F1, TAG_ACCURACY, MASK_ACCURACY, ANSWER_EXACT, ANSWER_F1, LABELS_EXACT),
    *(WORD_MAE, WORD_CORRELATION),
)
