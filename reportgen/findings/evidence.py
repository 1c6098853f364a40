"""Evidence over all texts, with intervals: agreement, live rows, mixing.

Every estimate is the mean over texts of per-text figures; a ratio is the ratio of two such means.
Agreement is of what is drawn.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.findings.agreement_verdict import Judgement, judge
from reportgen.findings.attention import takes_part
from reportgen.findings.repeated_texts import without_copies
from reportgen.findings.statistics import (
    Estimate,
    estimate,
)
from reportgen.results import (
    BASELINES,
    BY_ID,
    COMPLETION_SEGMENT,
    CROSS_NORM,
    EFFECT,
    HELD,
    JOINT_EFFECT,
    MIN_TEXTS,
    STATISTICS,
    Floats,
    Results,
    Score,
    Statistic,
    View,
    measure_of,
    ranked_tokens,
    text_agreement,
    unit_labels,
    unit_starts,
    values_of_units,
    views_of,
)
from reportgen.tasks import target_of

_OF_ALL: View = "text_rarity"  # takes all texts to know, so that analyses do not store it
_PLACES = ("text", "unit", "segment", "token", "start", "end", "is_special", HELD)
_RANKED = ("unit", "segment", "is_special", HELD)


def draw_agreement(results: Results) -> pd.DataFrame:
    """The table of agreement, with the baseline that takes all texts to know."""
    return results.recent(_drawn_agreement)


def _drawn_agreement(results: Results) -> pd.DataFrame:
    stored = results.agreement
    known = stored.loc[stored["value"].notna(), "text"].unique().tolist()
    if (stored["view"] == _OF_ALL).any() or not known:
        return stored
    scores = _rarity_scores(results, known)
    drawn = pd.DataFrame(list(scores), columns=list(Score._fields))
    parts = [part for part in (stored, drawn) if len(part)]
    both = pd.concat(parts).sort_values("text", kind="stable", ignore_index=True)
    return both.astype(stored.dtypes.to_dict())


def _rarity_scores(results: Results, texts: Sequence[int]) -> Iterator[Score]:
    """Those of the baseline that takes all texts to know, for which nothing but effects is read."""
    is_distance = target_of(results.info.evidence).is_distance
    rarities, tokens = text_rarity(results), results.token_columns(*_RANKED)
    content, unit = ranked_tokens(tokens), tokens["unit"].to_numpy(np.intp)
    first, n_tokens = (
        results.texts[name].to_numpy(np.intp) for name in ("first_token", "n_tokens")
    )
    for text in texts:
        effects = results.effects_of(text)
        if effects is None or text not in rarities:
            continue
        rows = first[text] + np.flatnonzero(content[first[text] : first[text] + n_tokens[text]])
        values = effects[EFFECT].to_numpy(np.float64)[rows - first[text]]
        by_unit = values_of_units(BY_ID[EFFECT], values, unit_starts(unit[rows]))
        yield from text_agreement(
            text, {EFFECT: by_unit, _OF_ALL: rarities[text]}, is_distance=is_distance
        )


def text_rarity(results: Results) -> Mapping[int, Floats]:
    """By row of `texts` but variants, in how many of these each unit does not stand, `[text unit]`
    as in `unit_views`."""
    tokens = results.token_columns(*_PLACES)
    is_counted = results.independent[tokens["text"].to_numpy(np.intp)]
    tokens = tokens[ranked_tokens(tokens) & is_counted]
    text, unit = (tokens[name].to_numpy(np.intp) for name in ("text", "unit"))
    starts = np.flatnonzero((np.diff(text, prepend=-1) != 0) | (np.diff(unit, prepend=-1) != 0))
    if not len(starts):
        return {}
    codes, labels = unit_labels(results, tokens, starts)
    owner = text[starts]
    once = np.unique(owner * len(labels) + codes) % len(labels)
    n_texts = np.bincount(once, minlength=len(labels))
    rare = (len(np.unique(owner)) - n_texts[codes]).astype(np.float64)
    firsts = np.flatnonzero(np.diff(owner, prepend=-1))
    return dict(zip(owner[firsts].tolist(), np.split(rare, firsts[1:]), strict=True))


@dataclass(frozen=True, slots=True)
class ViewFigures:
    """How well one view's ranking of text units agrees with their deletion effects."""

    view: View
    statistic: Statistic
    estimate: Estimate
    # What it says beyond the baselines; None where that is not judged, as with a sign.
    judgement: Judgement | None = None

    @property
    def stated(self) -> Estimate | None:
        """The estimate; None with fewer than MIN_TEXTS texts, which are too few for a statistic."""
        return self.estimate if self.estimate.interval else None


@dataclass(frozen=True, slots=True)
class LiveRows:
    """Rows of the last layer that the output can depend on; sums over texts."""

    n_texts: int
    n_live: int
    n_rows: int
    reads_cls_only: bool  # in every text the one live row is that of [CLS], or of the last token

    @property
    def are_all(self) -> bool:
        """Whether the output can depend on all rows."""
        return self.n_live == self.n_rows

    @property
    def mean(self) -> float:
        """Rows that the output can depend on, mean over texts."""
        return self.n_live / self.n_texts

    @property
    def share(self) -> float | None:
        """The share of rows that the output can depend on."""
        return self.n_live / self.n_rows if self.n_rows else None


def agreement_figures(results: Results) -> tuple[ViewFigures, ...]:
    """Every view and statistic that was measured, views in the order of `views_of`."""
    view_figures: list[ViewFigures] = []
    order = views_of(results.info)
    for statistic in STATISTICS:
        by_view = results.recent(_of_different, statistic)
        view_figures += (_view_figures(view, statistic, by_view) for view in by_view)
    return tuple(sorted(view_figures, key=lambda figures: order.index(figures.view)))


ByView = Mapping[View, "pd.Series[float]"]  # values by text


def _of_different(results: Results, statistic: Statistic) -> ByView:
    """The values of a statistic in different texts."""
    return _by_view(results, different_agreement(results), statistic)


def _of_every(results: Results, statistic: Statistic) -> ByView:
    """The values of a statistic in all texts."""
    rows = draw_agreement(results)
    return _by_view(results, rows[rows["value"].notna()], statistic)


def _by_view(results: Results, rows: pd.DataFrame, statistic: Statistic) -> ByView:
    """The values of a statistic, for each view that has any, in the order of `views_of`."""
    is_statistic = rows["statistic"].to_numpy(dtype=object) == statistic
    texts, values = (
        rows["text"].to_numpy()[is_statistic],
        rows["value"].to_numpy(np.float64)[is_statistic],
    )
    names = rows["view"].to_numpy(dtype=object)[is_statistic]
    known = set(names)
    return {
        view: pd.Series(values[names == view], texts[names == view])
        for view in views_of(results.info)
        if view in known
    }


def different_agreement(results: Results) -> pd.DataFrame:
    """The rows of the table of agreement that have a value; of equal texts, only the first
    counts."""
    return results.recent(_different_agreement)


def _different_agreement(results: Results) -> pd.DataFrame:
    rows = draw_agreement(results)
    return without_copies(results, rows[rows["value"].notna()], "view", "statistic")


def size_agreement(results: Results, *, with_copies: bool = False) -> ByView:
    """Spearman's correlation of each view with the size of effects, by text. Views with a sign
    count by their size, so that all views can be compared; they are left out if that was not
    measured. Of equal texts only the first counts, unless `with_copies` asks for all."""
    values = _of_every if with_copies else _of_different
    plain, by_size = (results.recent(values, name) for name in ("spearman", "spearman_size"))
    unsigned = {view: by_text for view, by_text in plain.items() if not is_signed(view, results)}
    return {
        view: correlations
        for view in views_of(results.info)
        if (correlations := {**unsigned, **by_size}.get(view)) is not None
    }


def judgements(results: Results) -> Mapping[View, Judgement]:
    """Of each measure that is compared by size in enough texts, what that says beyond the
    baselines; all are judged together."""
    given = size_agreement(results)
    plain = {view: given[view] for view in BASELINES if view in given}
    judged = [view for view in given if measure_of(view, results.info).group != "baselines"]
    verdicts = {view: judge(given[view], plain, len(judged)) for view in judged}
    return {view: judgement for view, judgement in verdicts.items() if judgement is not None}


def is_signed(view: View, results: Results) -> bool:
    """Whether "spearman" compares a view with signed effects."""
    is_distance = target_of(results.info.evidence).is_distance
    return measure_of(view, results.info).signed and not is_distance


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
    if results.layer_columns("mixing")["mixing"].isna().all():
        return None
    rows = long_enough(results, results.layer_columns("text", "mixing"))
    return estimate(rows["mixing"].astype(np.float64).groupby(rows["text"]).mean())


def mask_offset(results: Results) -> Estimate | None:
    """|mean| / sd of the effects of putting [MASK] in a unit's place, mean over texts.

    None where it was not measured, and for embeddings: their effects are distances, which have one
    sign.
    """
    if target_of(results.info.evidence).is_distance:
        return None
    return estimate(without_copies(results, results.evidence)["mask_offset"])


def deletion_offset(results: Results) -> Estimate | None:
    """The mean over texts of |mean| / sd of the deletion effects of text units.

    None where no text has two of them that differ, and for embeddings, as for [MASK].
    """
    effects = results.effects[["text", "position", "deletion"]].dropna()
    if target_of(results.info.evidence).is_distance or effects.empty:
        return None
    places = results.token_columns("text", "position", "unit")
    units = effects.merge(places, on=["text", "position"])
    by_text = without_copies(results, units, "unit").groupby("text")["deletion"]
    mean, sd = by_text.mean(), by_text.std(ddof=0)
    return estimate((mean.abs() / sd).where(sd > 0).dropna())


def has_joint(results: Results) -> bool:
    """Whether units that say the same were looked for: not where the run was stopped before,
    so that effects are of units alone."""
    is_known = EFFECT not in results.info.evidence.withheld
    return is_known and bool(results.effects[EFFECT].notna().any())


def is_constant(results: Results) -> bool:
    """Whether the output stayed the same whatever was left out of the texts."""
    if "constant_output" in results.info.evidence.withheld.values():
        return True
    effects = results.effects[EFFECT].dropna()
    return len(effects) > 0 and not effects.any()


def largest_changes(results: Results) -> pd.Series:
    """By row of `texts`, the size of the largest effect of a unit, or of units that say the same
    together; only texts in which this was measured."""
    effects = results.effects[["text", EFFECT, JOINT_EFFECT]]
    sizes = effects[[EFFECT, JOINT_EFFECT]].astype(np.float64).abs().max(axis=1)
    largest: pd.Series = sizes.groupby(effects["text"]).max().dropna()
    return largest


def explained_values(results: Results) -> NDArray[np.float64] | None:
    """`[text]`: the explained figure of the whole text; NaN where it was not analysed.

    None for what has no such figure in the table of texts (an embedding, a next token).
    """
    evidence = results.info.evidence
    of_scores = target_of(evidence).of_scores
    if of_scores is None:
        return None
    given, rows = results.texts["scores"], np.flatnonzero(results.analysed)
    pairs = zip(rows, given.iloc[rows], strict=True)
    rows = np.array([row for row, text_scores in pairs if np.isfinite(text_scores).all()], np.intp)
    values = np.full(len(given), np.nan)
    if len(rows):
        scores = np.array(list(given.iloc[rows]), dtype=np.float64)
        names = results.info.output.labels
        place = names.index(evidence.target) if evidence.target in names else None
        values[rows] = of_scores(scores, place)
    return values


def explained_range(results: Results) -> float | None:
    """How far `explained_values` span, variants apart; None for fewer than MIN_TEXTS texts, and
    where all are the same."""
    values = explained_values(results)
    known = np.empty(0) if values is None else values[np.isfinite(values) & results.independent]
    return float(np.ptp(known)) or None if len(known) >= MIN_TEXTS else None


def without_norms(results: Results) -> frozenset[int]:
    """The rows of `texts` in which a token has no norm-weighted attention, or the decoder has none
    although it has in others; none of a redacted copy, which leaves it out."""
    if results.is_redacted:
        return frozenset()
    tokens = results.token_columns("text", "received_norm_all", CROSS_NORM)
    missing = tokens["received_norm_all"].isna()
    if tokens[CROSS_NORM].notna().any():
        missing |= tokens[CROSS_NORM].isna()
    return frozenset(tokens.loc[missing, "text"].astype(int))


def n_units(results: Results) -> NDArray[np.intp]:
    """`[text]`: the number of content units, without those of a completion and without masks."""
    tokens = results.token_columns("text", "unit", "is_special", "segment", HELD)
    is_completion = tokens["segment"].eq(COMPLETION_SEGMENT).fillna(False).astype(bool)
    stays = is_completion | tokens[HELD].fillna(False).astype(bool)
    content = tokens[~tokens["is_special"].astype(bool) & ~stays]
    units = content[["text", "unit"]].drop_duplicates()["text"].to_numpy(np.intp)
    return np.bincount(units, minlength=len(results.texts))


def long_enough(results: Results, rows: pd.DataFrame) -> pd.DataFrame:
    """Those of `rows` whose text has at least MIN_CONTENT text tokens."""
    long_rows: pd.DataFrame = rows[takes_part(results)[rows["text"].to_numpy(dtype=np.int64)]]
    return long_rows


def _view_figures(view: View, statistic: Statistic, by_view: ByView) -> ViewFigures:
    """The figures of a view. `by_view` holds the values of the statistic by text."""
    agreement = estimate(by_view[view])
    assert agreement is not None
    return ViewFigures(view, statistic, agreement)
