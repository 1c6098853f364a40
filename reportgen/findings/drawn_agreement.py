"""The agreement of each measure with the effects, by what is drawn, also of results of earlier
versions, and with the baseline that takes all texts to know."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from reportgen.results import (
    BY_ID,
    EFFECT,
    HELD,
    RANK_STATISTICS,
    Floats,
    Results,
    Score,
    View,
    ranked_tokens,
    text_agreement,
    unit_labels,
    unit_starts,
    unit_views,
    values_of_units,
)
from reportgen.tasks import target_of

_DRAWN_SINCE = 3  # first version of the results folder that ranks units by what is drawn
_OF_ALL: View = "text_rarity"  # takes all texts to know, so that analyses do not store it
_PLACES = ("text", "unit", "segment", "token", "start", "end", "is_special", HELD)
_RANKED = ("unit", "segment", "is_special", HELD)


def draw_agreement(results: Results) -> pd.DataFrame:
    """The table of agreement, with the baseline that takes all texts to know.

    Earlier versions ranked units by other values than they drew: their correlations are computed
    again from what is stored. Results kept small hold what was computed when they were made.
    """
    return results.recent(_drawn_agreement)


def _drawn_agreement(results: Results) -> pd.DataFrame:
    stored = results.agreement
    known = stored.loc[stored["value"].notna(), "text"].unique().tolist()
    if results.info.settings.small or (stored["view"] == _OF_ALL).any() or not known:
        return stored
    is_drawn = results.info.schema_version >= _DRAWN_SINCE
    kept = stored if is_drawn else stored[~stored["statistic"].isin(RANK_STATISTICS)]
    scores = (_rarity_scores if is_drawn else _scores_again)(results, known)
    found = pd.DataFrame(list(scores), columns=list(Score._fields))
    parts = [part for part in (kept, found) if len(part)]
    both = pd.concat(parts).sort_values("text", kind="stable", ignore_index=True)
    return both.astype(stored.dtypes.to_dict())


def _scores_again(results: Results, texts: Sequence[int]) -> Iterator[Score]:
    """The correlations of `texts`, from the tables of tokens and effects."""
    is_distance, rarities = target_of(results.info.evidence).is_distance, text_rarity(results)
    for text in texts:
        effects = results.effects_of(text)
        if effects is None or text not in rarities:
            continue
        views = unit_views(results.tokens_of(text), effects)
        yield from text_agreement(text, {**views, _OF_ALL: rarities[text]}, is_distance=is_distance)


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
        own = first[text] + np.flatnonzero(content[first[text] : first[text] + n_tokens[text]])
        values = effects[EFFECT].to_numpy(np.float64)[own - first[text]]
        by_unit = values_of_units(BY_ID[EFFECT], values, unit_starts(unit[own]))
        yield from text_agreement(
            text, {EFFECT: by_unit, _OF_ALL: rarities[text]}, is_distance=is_distance
        )


def text_rarity(results: Results) -> Mapping[int, Floats]:
    """By row of `texts`, in how many of the texts each unit does not stand, `[text unit]` as in
    `unit_views`."""
    tokens = results.token_columns(*_PLACES)
    tokens = tokens[ranked_tokens(tokens)]
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
