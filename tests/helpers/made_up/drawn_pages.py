"""Made-up results whose findings are drawn at random, so that any two may stand together."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.made_up.factories import changed, make_results
from reportgen.results.info import OutputKind
from reportgen.results.schema import LEARNED_SHARE
from reportgen.results.store import Results

Random = np.random.Generator
KINDS: tuple[OutputKind, ...] = (
    *("number", "class", "number", "embedding", "labels", "next_token", "completion"),
)
LETTERS = "cdefghijklmnopqrstuvwxyz"
# All figures lie far from a threshold, near one, or spread over several.
SHARES = (0.05, 0.1, 0.15, 0.2, 0.35, 0.5, 0.7)
LENGTHS = (0.04, 0.3, 0.5, 0.9)
RANKS = (1.1, 1.5, 4.0)
ACTIVATIONS = (10.0, 900.0, 2000.0)
RATIOS = (0.0, 0.1, 0.25, 0.35, 0.4, 0.9, 1.1, 9.6)
AFTER_SWAP = (0.5, 0.9, 1.0, 1.5)
AGREEMENT = (-0.5, -0.2, 0.0, 0.1, 0.3, 0.7)
OFFSETS = (0.3, 1.0, 2.0)
SPREADS = (0.0, 0.02, 0.2)


def drawn_pages(folder: Callable[[], Path], n: int) -> Iterator[Results]:
    """So many results, each with findings of its own; the same every time."""
    made = list(_made(folder))
    for seed in range(n):
        yield _drawn(made[seed % len(made)], np.random.default_rng(seed))


def _made(folder: Callable[[], Path]) -> Iterator[Results]:
    """Results of every kind, of few and of enough texts, which have "aa" and "bb" in common."""
    for number, kind in enumerate(KINDS):
        for n_texts, evidence in (
            (10, "full"),
            (6, "full" if number % 2 else "basic"),
            (3, "full"),
        ):
            texts = tuple(f"aabb{LETTERS[i] * 2}{LETTERS[i + 10] * 2}" for i in range(n_texts))
            yield make_results(
                folder(),
                texts[:1] * 6 if (number, n_texts) == (2, 6) else texts,
                kind=kind,
                n_layers=2,
                special=(number, n_texts) not in ((0, 6), (1, 10)),
                evidence="none" if (number, n_texts) == (3, 6) else evidence,
                reads_cls_only=number % 2 == 0,
                later=number != 2,
            )


def _drawn(results: Results, random: Random) -> Results:
    model = replace(results.info.model, is_causal=bool(random.random() < 0.3))
    return changed(
        results,
        replace(results.info, model=model),
        tokens=_tokens(results.tokens, random),
        roles=_roles(results.roles, random),
        layers=_layers(results.layers, random),
        sinks=_sinks(results.sinks, random),
        agreement=_agreement(results.agreement, random),
        evidence=_evidence(results.evidence, random),
        effects=_effects(results, random),
    )


def _around(random: Random, values: tuple[float, ...], n: int, size: float = 1.0) -> np.ndarray:
    """One of `values` for all of `n`, give or take a spread of some `size`."""
    spread = float(random.choice(SPREADS)) * size
    return np.asarray(random.choice(values) + random.normal(0, spread, n))


def _wide(table: pd.DataFrame) -> pd.DataFrame:
    """A copy that takes any number."""
    return table.astype(dict.fromkeys(table.select_dtypes("float32"), "float64"))


def _tokens(tokens: pd.DataFrame, random: Random) -> pd.DataFrame:
    """What all texts share, "aa", draws its own attention or more."""
    tokens, by = _wide(tokens), random.choice((1.0, 4.0))
    columns = ["received_all", "received_norm_all"]
    tokens.loc[tokens["token"] == "aa", columns] *= by
    return tokens


def _roles(roles: pd.DataFrame, random: Random) -> pd.DataFrame:
    roles = _wide(roles)
    has_ratio = random.random() < 0.8
    for _, own in roles.groupby("role"):
        n, at = len(own), own.index
        share = np.clip(_around(random, SHARES, n), 0.001, 0.999)
        length = np.clip(_around(random, LENGTHS, n), 0.01, None)
        roles.loc[at, "share"] = share
        if own["norm_share"].notna().all():
            weight = share * length
            roles.loc[at, "norm_share"] = weight / (weight + 1 - share)
            roles.loc[at, "value_size"] = length
            roles.loc[at, "content_value_size"] = 1.0
            roles.loc[at, "value_ratio"] = length if has_ratio else np.nan
            roles.loc[at, "output_rank"] = np.clip(_around(random, RANKS, n), 1, None)
            roles.loc[at, "activation"] = np.clip(_around(random, ACTIVATIONS, n, 1000), 1, None)
            roles.loc[at, "content_activation"] = 5.0
    return roles


def _layers(layers: pd.DataFrame, random: Random) -> pd.DataFrame:
    n = len(layers)
    made = {"rollout_special": np.clip(_around(random, (0.3, 0.5, 0.8), n), 0, 1)}
    if random.random() < 0.2:
        made[LEARNED_SHARE] = np.clip(_around(random, SHARES, n), 0, 1)
        made["learned_expected"] = np.full(n, 0.1)
    return layers.assign(**made)


def _sinks(sinks: pd.DataFrame, random: Random) -> pd.DataFrame:
    """Each test with an effect of its own; some were not done, or content moves nothing in them."""
    if sinks.empty:
        return sinks
    sinks, kept = _wide(sinks), np.ones(len(sinks), np.bool_)
    is_idle = random.random() < 0.1
    for _, own in sinks.groupby(["subject", "test"]):
        ratio = np.clip(_around(random, RATIOS, len(own)), 0, None)
        sinks.loc[own.index, "effect"] = sinks.loc[own.index, "control"] * ratio
        if is_idle or random.random() < 0.1:
            sinks.loc[own.index, "control"] = 0.0
        kept[sinks.index.get_indexer(own.index)] = random.random() < 0.8
    after = _around(random, AFTER_SWAP, len(sinks))
    sinks["share_after_layers"] = [
        None if shares is None else [float(value) * by for value in before]
        for shares, before, by in zip(
            sinks["share_after_layers"], sinks["share_layers"], after, strict=True
        )
    ]
    return sinks[kept].reset_index(drop=True)


def _agreement(agreement: pd.DataFrame, random: Random) -> pd.DataFrame:
    rollout = agreement[agreement["view"] == "random"].assign(view="rollout")
    agreement = pd.concat([_wide(agreement), _wide(rollout)], ignore_index=True)
    for _, own in agreement.groupby(["view", "statistic"]):
        values = _around(random, AGREEMENT, len(own))
        agreement.loc[own.index, "value"] = np.clip(values, -1, 1)
    return agreement


def _evidence(evidence: pd.DataFrame, random: Random) -> pd.DataFrame:
    n = len(evidence)
    if evidence["mask_offset"].notna().any():
        evidence = evidence.assign(
            mask_offset=np.abs(_around(random, OFFSETS, n, 5)), ig_complete=random.random(n) < 0.7
        )
    if n and random.random() < 0.2:
        evidence = evidence.assign(live_rows=2, reads_cls_only=False)
    return evidence


def _effects(results: Results, random: Random) -> pd.DataFrame:
    """The same token has a part of its own in the output; or nothing has any."""
    effects = results.effects
    own = effects.merge(results.tokens[["text", "position", "token"]], on=["text", "position"])
    is_shared = own["token"].eq("aa").to_numpy()
    moved = effects["deletion"] + np.where(is_shared, random.choice((0.0, 2.0, -2.0)), 0.0)
    if results.info.output.kind == "embedding":
        moved = moved.abs()
    return effects.assign(deletion=moved * (random.random() < 0.9))
