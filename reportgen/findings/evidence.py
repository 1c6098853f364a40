"""Evidence over all texts, with intervals: sink tests, agreement, live rows, mixing.

Every estimate is the mean over texts of per-text figures; a ratio is the ratio of two such means.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from reportgen.findings.attention import LayerFigures, analysed, layer_figures, takes_part
from reportgen.findings.statistics import (
    Estimate,
    Floats,
    estimate,
    estimates,
    measured,
    ratio_estimates,
)
from reportgen.results.info import (
    SINK_TESTS,
    STATISTICS,
    Scalar,
    SinkTest,
    Statistic,
    Subject,
    View,
)
from reportgen.results.measure_register import BY_ID, MIN_TEXTS, VIEWS
from reportgen.results.store import Results

_NORMS = ["norm_share_layers", "value_size_layers", "content_value_size_layers"]  # of sink tests
BASELINES: tuple[View, ...] = ("rarity", "random")
# Statistics that mean little without those of a random order beside them.
_HIGHER_IS_BETTER: Mapping[Statistic, bool] = {"comprehensiveness": True, "sufficiency": False}


@dataclass(frozen=True, slots=True)
class TestFigures:
    """One sink test on one subject."""

    effect: Estimate  # size of the output's change, in the output's unit
    control: Estimate  # the same on content tokens
    # effect / control; None where content tokens move the output in no text, or in so few that
    # the ratio has no finite interval
    ratio: Estimate | None


@dataclass(frozen=True, slots=True)
class Swapped:
    """What one token's position gets in one layer once another token is put there."""

    before: float  # attention received before, in the texts in which the swap was done
    after: Estimate
    ratio: Estimate | None  # after / before; None where that is not defined


@dataclass(frozen=True, slots=True)
class SubjectFigures:
    """What was found about one token or position that may be a sink."""

    subject: Subject
    n_texts: int
    layers: tuple[LayerFigures, ...]
    swapped: tuple[Swapped, ...]  # by layer; empty where the swap was done in no text
    tests: Mapping[SinkTest, TestFigures]  # those that could be done

    @property
    def strongest(self) -> LayerFigures:
        """The layer in which its share is the largest multiple of an even spread."""
        return max(self.layers, key=lambda layer: layer.ratio.mean)

    @property
    def share_swapped(self) -> Estimate | None:
        """What its position gets in that layer after a swap; None where there was no swap."""
        return self.swapped[self.strongest.layer - 1].after if self.swapped else None


@dataclass(frozen=True, slots=True)
class ViewFigures:
    """How well one view's ranking of content units agrees with their deletion effects."""

    view: View
    statistic: Statistic
    estimate: Estimate
    over_rarity: Estimate | None = None  # paired difference to token rarity; None for baselines
    # Texts in which it beats the random ranking; None for that, and for correlations
    beats_random: int | None = None

    @property
    def stated(self) -> Estimate | None:
        """The estimate; None for fewer than MIN_TEXTS texts, which are too few for a statistic."""
        return self.estimate if self.estimate.interval else None


@dataclass(frozen=True, slots=True)
class LiveRows:
    """Rows of the last layer that the output can depend on; sums over texts."""

    n_texts: int
    n_live: int
    n_rows: int
    reads_cls_only: bool  # in every text the one live row is that of [CLS]

    @property
    def are_all(self) -> bool:
        """Whether the output can depend on every row."""
        return self.n_live == self.n_rows

    @property
    def mean(self) -> float:
        """Rows that the output can depend on, mean over texts."""
        return self.n_live / self.n_texts

    @property
    def share(self) -> float | None:
        """The share of rows that the output can depend on."""
        return self.n_live / self.n_rows if self.n_rows else None


def subject_figures(results: Results) -> tuple[SubjectFigures, ...]:
    """The subjects of the sink tests, in the order of `Evidence.subjects`.

    Texts of fewer than MIN_CONTENT content tokens take no part; a subject in no text is left out.
    """
    rows = _long_enough(results, results.sinks.dropna(subset=["share_layers"]))
    subjects = results.info.evidence.subjects
    found = ((subject, rows[rows["subject"] == subject.key]) for subject in subjects)
    return tuple(_subject_figures(subject, own) for subject, own in found if len(own))


def agreement_figures(results: Results) -> tuple[ViewFigures, ...]:
    """Every view and statistic that was measured, views in the order of VIEWS."""
    rows = results.agreement[results.agreement["value"].notna()]
    found: list[ViewFigures] = []
    for statistic in STATISTICS:
        by_view = _by_view(rows, statistic)
        # Views without a sign stand in "spearman" by size.
        beside = _by_view(rows, "spearman") if statistic == "spearman_size" else by_view
        baselines = {view: beside[view] for view in BASELINES if view in beside}
        found += (_view_figures(view, statistic, by_view, baselines) for view in by_view)
    return tuple(sorted(found, key=lambda figures: VIEWS.index(figures.view)))


def _by_view(rows: pd.DataFrame, statistic: Statistic) -> dict[View, "pd.Series[float]"]:
    """The values of a statistic by text, for each view that has any, in the order of VIEWS."""
    own = rows[rows["statistic"] == statistic]
    known = set(own["view"])
    return {
        view: own[own["view"] == view].set_index("text")["value"] for view in VIEWS if view in known
    }


def size_agreement(results: Results) -> Mapping[View, "pd.Series[float]"]:
    """Spearman's correlation of each view with the size of effects, by text: views with a sign by
    their own size, so that all can be compared. Views with a sign are left out where that was not
    measured."""
    rows = results.agreement[results.agreement["value"].notna()]
    scalar = results.info.evidence.scalar
    plain, by_size = _by_view(rows, "spearman"), _by_view(rows, "spearman_size")
    unsigned = {view: own for view, own in plain.items() if not is_signed(view, scalar)}
    return {
        view: found for view in VIEWS if (found := {**unsigned, **by_size}.get(view)) is not None
    }


def is_signed(view: View, scalar: Scalar | None) -> bool:
    """Whether "spearman" compares a view with effects and their sign."""
    return BY_ID[view].signed and scalar != "cosine"


def live_rows(results: Results) -> LiveRows | None:
    """None where they were not measured."""
    rows = results.evidence[results.evidence["live_rows"].notna()]
    if rows.empty:
        return None
    return LiveRows(
        n_texts=len(rows),
        n_live=int(rows["live_rows"].sum()),
        n_rows=int(rows["n_rows"].sum()),
        reads_cls_only=bool(rows["reads_cls_only"].all()),
    )


def mixing(results: Results) -> Estimate | None:
    """Mixing ratio (Kobayashi et al. 2021), mean over queries and layers; None if not measured."""
    rows = _long_enough(results, results.layers)
    return estimate(rows["mixing"].astype(np.float64).groupby(rows["text"]).mean())


def rollout_share(results: Results) -> Estimate | None:
    """Share of special tokens in rollout over all layers (Abnar and Zuidema 2020)."""
    rows = _long_enough(results, results.layers)
    return estimate(rows.loc[rows["layer"] == results.info.model.n_layers, "rollout_special"])


def mask_offset(results: Results) -> Estimate | None:
    """|mean| / sd of the effects of putting [MASK] in a unit's place, mean over texts.

    None where it was not measured, and for embeddings: their effects are distances, which have one
    sign.
    """
    if results.info.evidence.scalar == "cosine":
        return None
    return estimate(results.evidence["mask_offset"])


def deletion_offset(results: Results) -> Estimate | None:
    """The mean over texts of |mean| / sd of the deletion effects of content units.

    None where no text has two of them that differ, and for embeddings, as for [MASK].
    """
    effects = results.effects[["text", "position", "deletion"]].dropna()
    if results.info.evidence.scalar == "cosine" or effects.empty:
        return None
    places = results.token_columns("text", "position", "unit")
    units = effects.merge(places, on=["text", "position"]).drop_duplicates(["text", "unit"])
    by_text = units.groupby("text")["deletion"]
    mean, sd = by_text.mean(), by_text.std(ddof=0)
    return estimate((mean.abs() / sd).where(sd > 0).dropna())


def is_averaged(results: Results) -> bool:
    """Whether the yardstick is the mean of a unit's deletion effect and its effect alone; in
    results of earlier versions, and where texts cannot be run without content, it is the first."""
    return bool(results.effects["alone"].notna().any())


def is_constant(results: Results) -> bool:
    """Whether nothing that was left out of any text moved the output."""
    if "constant_output" in results.info.evidence.withheld.values():
        return True
    deletion = results.effects["deletion"].dropna()
    return len(deletion) > 0 and not deletion.any()


def explained_range(results: Results) -> float | None:
    """The range of the figure that is explained, from its lowest to its highest value over texts.

    None for what has no such figure in the table of texts (an embedding, a next token), for fewer
    than MIN_TEXTS texts, and where all are the same.
    """
    evidence = results.info.evidence
    if evidence.scalar not in ("number", "margin", "logit"):
        return None
    given = results.texts["scores"][analysed(results)]
    scores = np.array([row for row in given if np.isfinite(row).all()], dtype=np.float64)
    if len(scores) < MIN_TEXTS:
        return None
    names = results.info.output.labels
    target = names.index(evidence.target) if evidence.target in names else None
    own = scores.argmax(axis=1) if target is None else np.full(len(scores), target)
    values = scores[np.arange(len(scores)), own]
    if evidence.scalar == "margin":
        others = scores.copy()
        others[np.arange(len(scores)), own] = -np.inf
        values = values - others.max(axis=1)
    return float(np.ptp(values)) or None


def _long_enough(results: Results, rows: pd.DataFrame) -> pd.DataFrame:
    """Those of `rows` whose text has at least MIN_CONTENT content tokens."""
    own: pd.DataFrame = rows[takes_part(results)[rows["text"].to_numpy(dtype=np.int64)]]
    return own


def _subject_figures(subject: Subject, rows: pd.DataFrame) -> SubjectFigures:
    """`rows` are those of the subject's tests."""
    by_text = rows.drop_duplicates("text")
    share, expected = (_by_layer(by_text[name]) for name in ("share_layers", "expected_layers"))
    known = by_text[_NORMS].dropna()
    norms = (_by_layer(known[name]) for name in _NORMS)
    tests = {test: _test_figures(rows[rows["test"] == test]) for test in SINK_TESTS}
    return SubjectFigures(
        subject=subject,
        n_texts=len(by_text),
        layers=layer_figures(range(1, share.shape[1] + 1), share, expected, *norms),
        swapped=_swapped(rows),
        tests={test: figures for test, figures in tests.items() if figures is not None},
    )


def _swapped(rows: pd.DataFrame) -> tuple[Swapped, ...]:
    """What swaps of a subject left of its share, `[layer]`; none where there was no swap.

    `rows` are those of the subject's tests.
    """
    done = rows.dropna(subset=["share_after_layers"])
    before, after = (_by_layer(done[name]) for name in ("share_layers", "share_after_layers"))
    return tuple(
        Swapped(float(before[:, i].mean()), share, ratio)
        for i, (share, ratio) in enumerate(
            zip(estimates(after), ratio_estimates(after, before), strict=True)
        )
    )


def _test_figures(rows: pd.DataFrame) -> TestFigures | None:
    """What one test on one subject found; None where it was done in no text.

    `rows` has one row per text."""
    effects, controls = measured(_column(rows["effect"]), _column(rows["control"]))
    if not len(effects):
        return None
    (effect,), (control,) = estimates(effects), estimates(controls)
    return TestFigures(effect, control, *ratio_estimates(effects, controls))


def _view_figures(
    view: View,
    statistic: Statistic,
    by_view: Mapping[View, "pd.Series[float]"],
    baselines: Mapping[View, "pd.Series[float]"],
) -> ViewFigures:
    """`by_view` are the values of the statistic by text, for each view that has any; `baselines`
    those that they are compared with."""
    own = by_view[view]
    agreement = estimate(own)
    assert agreement is not None
    figures = ViewFigures(view, statistic, agreement)
    if figures.stated is None:
        return figures
    rarity, random = (baselines.get(baseline) for baseline in BASELINES)
    if rarity is not None and view not in BASELINES:
        figures = replace(figures, over_rarity=estimate(own - rarity))
    if random is not None and view != "random" and statistic in _HIGHER_IS_BETTER:
        lead = (own - random) * (1 if _HIGHER_IS_BETTER[statistic] else -1)
        figures = replace(figures, beats_random=int((lead > 0).sum()))
    return figures


def _column(values: "pd.Series[float]") -> Floats:
    """`[text, 1]`."""
    return np.asarray(values, dtype=np.float64)[:, None]


def _by_layer(column: "pd.Series[Any]") -> Floats:
    """`[text, layer]` from a column of lists; `[0, 0]` where it is empty."""
    return np.array([*column], dtype=np.float64).reshape(len(column), -1 if len(column) else 0)
