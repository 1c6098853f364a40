"""Results in which some tokens, or the last of each text, change the prediction most."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from helpers.made_up.factories import changed, make_results
from reportgen.results import Results

TEXTS = ("abcdgh", "abcdij", "abefgh", "abefij", "cdefgh", "cdabij", "efabkl", "efcdmn")


def with_last(folder: Path, n_strongest: int) -> Results:
    """Eight texts of three tokens; in so many of them the last does far more than the others."""
    results = make_results(folder, TEXTS, special=False, evidence="basic")
    object.__setattr__(results.info.model, "is_causal", True)
    effects, random = results.effects, np.random.default_rng(3)
    is_last = effects["position"] == effects.groupby("text")["position"].transform("max")
    is_own = is_last & (effects["text"] < n_strongest)
    values = random.normal(0, 0.05, len(effects)) + 3.96 * is_own
    return changed(results, effects=effects.assign(deletion=values, effect=values))


def with_parts(folder: Path, parts: Mapping[str, float], noise: float) -> Results:
    """Sixteen texts whose tokens have the effects `parts`, others none, but for a little noise."""
    texts = ("abcdef", "abcdghcd", "abxycd", "abxyzz", "cdefab", "ghxyzz", "abghef", "abxyef")
    results = make_results(folder, (*texts, *(f"{text}pq" for text in texts)), evidence="basic")
    tokens = results.tokens[["text", "position", "token"]]
    effects = results.effects.merge(tokens, on=["text", "position"], how="left")
    random = np.random.default_rng(3).normal(0, noise, len(effects))
    values = effects["token"].map(parts).fillna(0.0) + random
    return changed(
        results,
        effects=results.effects.assign(deletion=values.to_numpy(), effect=values.to_numpy()),
    )


def with_groups(folder: Path, n_texts: int, effect: float, noise: float = 0.02) -> Results:
    """Sixteen texts; in the first `n_texts` of those with the tokens "ab" and "cd" both say the
    same, and have `effect` together, as `noise` leaves it."""
    results = with_parts(folder, {}, noise)
    effects, random = results.effects, np.random.default_rng(4)
    tokens = results.tokens[["text", "position", "token"]]
    rows = effects[["text", "position"]].merge(tokens, on=["text", "position"])
    effects = effects.reset_index(drop=True)
    found = 0
    for _, own in rows.groupby("text"):
        places = [own.index[own["token"] == token][:1] for token in ("ab", "cd")]
        if all(len(place) for place in places) and found < n_texts:
            found += 1
            members, whole = [place[0] for place in places], effect + random.normal(0, noise)
            effects.loc[members, ["joint", "joint_effect"]] = 0, whole
            effects.loc[members, "effect"] = whole / 2
    return changed(results, effects=effects)
