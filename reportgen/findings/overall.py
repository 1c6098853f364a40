"""The numbers that one results folder gives over all its texts, each computed once and kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.findings import attention, classes, evidence, predictions, ranking, tokens
from reportgen.findings.attention import HeadShares, RoleFigures
from reportgen.findings.classes import Classes, ClassFit, LabelCounts
from reportgen.findings.evidence import Estimate, LiveRows, SubjectFigures, ViewFigures
from reportgen.findings.predictions import Fit, NextToken, Spread
from reportgen.findings.ranking import Reason
from reportgen.findings.statistics import Floats, Interval, mean_interval
from reportgen.findings.tokens import CorpusTokens, ListedToken, Means, TokenEffect
from reportgen.results.info import RunInfo, View
from reportgen.results.store import Results


@dataclass(frozen=True, eq=False)
class Overall:
    """The numbers over all texts of `results`; each is computed when it is first asked for."""

    results: Results

    @property
    def info(self) -> RunInfo:
        """What was run, on what, and how."""
        return self.results.info

    @property
    def texts(self) -> pd.DataFrame:
        """One row per text, in input order."""
        return self.results.texts

    @cached_property
    def analysed(self) -> NDArray[np.bool_]:
        """`[text]`: whether a text has figures at all, so is neither empty nor failed."""
        return attention.analysed(self.results)

    @cached_property
    def takes_part(self) -> NDArray[np.bool_]:
        """`[text]`: whether a text was analysed and is long enough to count in the notes."""
        return attention.takes_part(self.results)

    @cached_property
    def roles(self) -> Mapping[str, RoleFigures]:
        """What each special-token role gets, layer by layer, by the role's key."""
        roles = self.results.info.roles
        return {role.key: attention.role_figures(self.results, role.key) for role in roles}

    @cached_property
    def special_shares(self) -> pd.Series:
        """The share of attention that special tokens get in each analysed text, mean over layers
        and heads; empty where the model has none. Index: row of `texts`."""
        return attention.sink_shares(self.results)

    @cached_property
    def shares_by_text(self) -> Mapping[int, tuple[float, float]]:
        """What special tokens get in each analysed text, and under an even spread."""
        return attention.shares_by_text(self.results)

    @cached_property
    def head_shares(self) -> HeadShares:
        """What special tokens get in each head, mean over texts."""
        share, even = (
            attention.head_means(self.results, name) for name in ("special_share", "uniform_share")
        )
        return HeadShares(share, even)

    @cached_property
    def role_shares(self) -> Mapping[str, Floats]:
        """`[layer]` by key of a role: the share it gets, mean over texts."""
        return attention.role_shares(self.results)

    @cached_property
    def entropy_by_head(self) -> Floats:
        """`[layer, head]`: entropy of attention, mean over texts."""
        return attention.head_means(self.results, "entropy")

    @cached_property
    def subjects(self) -> tuple[SubjectFigures, ...]:
        """What the sink tests found, one entry per token or position that was tested."""
        return evidence.subject_figures(self.results)

    @cached_property
    def agreement(self) -> tuple[ViewFigures, ...]:
        """How well each view's ranking agrees with deletion effects, by view and statistic."""
        return evidence.agreement_figures(self.results)

    @cached_property
    def live_rows(self) -> LiveRows | None:
        """How many rows of the last layer the output can depend on; None if not measured."""
        return evidence.live_rows(self.results)

    @cached_property
    def mixing(self) -> Estimate | None:
        """Mixing ratio (Kobayashi et al. 2021); None if not measured."""
        return evidence.mixing(self.results)

    @cached_property
    def rollout_share(self) -> Estimate | None:
        """Share of special tokens in rollout over all layers; None if not measured."""
        return evidence.rollout_share(self.results)

    @cached_property
    def mask_offset(self) -> Estimate | None:
        """|mean| / sd of the effects of putting [MASK] in a unit's place; None if not measured."""
        return evidence.mask_offset(self.results)

    @cached_property
    def is_constant(self) -> bool:
        """Whether nothing that was left out of any text moved the output."""
        return evidence.is_constant(self.results)

    @cached_property
    def explained_range(self) -> float | None:
        """The range of the figure that is explained; None where that is not defined."""
        return evidence.explained_range(self.results)

    @cached_property
    def shown_first(self) -> View:
        """The view that the colours of a text show first."""
        return evidence.shown_first(self.results)

    @cached_property
    def shown_attention(self) -> View:
        """The view of attention that the colours of a text show first, with or without evidence."""
        return tokens.shown_attention(self.results)

    @cached_property
    def classes(self) -> Classes:
        """Predicted classes and labels; of a model that puts out a class."""
        return classes.match_classes(self.results)

    @cached_property
    def class_shares(self) -> Floats:
        """`[text, class]`: softmax of the logits; NaN where a text was not analysed."""
        return classes.class_shares(self.results)

    @cached_property
    def class_fit(self) -> ClassFit | None:
        """Predicted classes against labels; None where none can be compared."""
        if self.info.output.kind != "class":
            return None
        return classes.class_fit(self.classes, len(self.info.output.labels))

    @cached_property
    def class_sureness(self) -> Floats:
        """`[class]`: its share of the softmax, mean over the texts it was predicted for."""
        return classes.class_sureness(self.classes, self.class_shares)

    @cached_property
    def label_counts(self) -> LabelCounts:
        """Predicted labels and how often they were right; of a model that puts out several."""
        return classes.label_counts(self.results)

    @property
    def accuracy(self) -> float | None:
        """The share of texts whose class is the label's; None where none can be compared."""
        return self.class_fit.right.share if self.class_fit else None

    @cached_property
    def number_spread(self) -> Spread | None:
        """How the predicted number is spread; None where no text has one."""
        return predictions.number_spread(self.results)

    @cached_property
    def mean_prediction_interval(self) -> Interval | None:
        """The interval of the mean of the predicted number."""
        return mean_interval(self.number_spread.values) if self.number_spread else None

    @cached_property
    def score_spreads(self) -> tuple[Spread, ...]:
        """How each of several predicted numbers is spread."""
        return predictions.score_spreads(self.results)

    @cached_property
    def next_tokens(self) -> tuple[NextToken, ...]:
        """The tokens that are the likeliest to come next, the most frequent in front."""
        return predictions.next_tokens(self.results)

    @cached_property
    def label_fit(self) -> Fit | None:
        """How far predicted numbers are from their labels; None where no text has both."""
        return predictions.label_fit(self.results)

    @cached_property
    def predictions(self) -> "pd.Series[float] | pd.Series[str]":
        """`[text]`: the prediction as a table shows it, a number or words."""
        return predictions.predictions(self.results)

    @cached_property
    def label_errors(self) -> "pd.Series[float]":
        """`[text]`: prediction minus label; missing unless both are one number."""
        return predictions.label_errors(self.results)

    @cached_property
    def text_figures(self) -> pd.DataFrame:
        """One row per text: what a reader may sort the texts by (see `ranking.figures`)."""
        return ranking.figures(self.results)

    @cached_property
    def ranking(self) -> Mapping[Reason, NDArray[np.intp]]:
        """By reason the rows of the texts it may name, those that stand out most first."""
        return ranking.ranking(self.takes_part, self.text_figures)

    @cached_property
    def order(self) -> tuple[int, ...]:
        """All rows of `texts`, those that deserve a look first."""
        return ranking.order(self.ranking, len(self.results.texts))

    @cached_property
    def tokens(self) -> CorpusTokens:
        """The content tokens of all texts, by display unit."""
        return tokens.corpus_tokens(self.results)

    @cached_property
    def token_means(self) -> Means:
        """The means of each content token over the texts that have it."""
        return tokens.token_means(self.tokens)

    @cached_property
    def token_lists(self) -> Mapping[TokenEffect, tuple[ListedToken, ...]]:
        """The content tokens that move the output most, by what they do to it."""
        is_size = self.info.evidence.scalar == "cosine"
        return tokens.token_lists(self.tokens, self.token_means, is_size=is_size)
