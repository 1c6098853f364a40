"""Made-up results whose findings are drawn at random, so that any two may stand together."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.made_up.factories import changed, make_results
from reportgen.results import LEARNED_SHARE, OutputKind, Results

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
AGREEMENT = (-0.5, -0.2, 0.0, 0.1, 0.3, 0.7)
OFFSETS = (0.3, 1.0, 2.0)
DIFFERENCES = (0.5, 2.0, 3.0, 8.0)  # of a sink's leads from their mean, which is 4
UNREAD = (*[None] * 3, "scores_unread", "scores_unproven", "failed")
SPREADS = (0.0, 0.02, 0.2)


def drawn_pages(folder: Callable[[], Path], seeds: Iterable[int]) -> Iterator[Results]:
    """Results for each of the seeds, with findings of their own; the same every time."""
    made = list(_made(folder))
    for seed in seeds:
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
    # Of a generator of its own, so that all else stays as it is drawn.
    unread = random.spawn(1)[0].choice(UNREAD)
    evidence = replace(results.info.evidence, unread_scores=unread)
    return changed(
        results,
        replace(results.info, model=model, evidence=evidence),
        tokens=_tokens(results.tokens, random),
        roles=_roles(results.roles, random),
        layers=_layers(results.layers, random),
        sinks=_sinks(results.sinks, random),
        agreement=_agreement(results.agreement, random),
        evidence=_evidence(results.evidence, random),
        effects=_effects(results, random),
        sink_scores=_sink_scores(results, random),
    )


def _around(random: Random, values: tuple[float, ...], n: int, size: float = 1.0) -> np.ndarray:
    """One of `values` for all of `n`, give or take a spread of some `size`."""
    spread = float(random.choice(SPREADS)) * size
    return np.asarray(random.choice(values) + random.normal(0, spread, n))


def _groups(table: pd.DataFrame, names: list[str]) -> Iterator[np.ndarray]:
    """The places of the rows that have the same in the columns `names`, sorted by these."""
    for _, places in sorted(table.groupby(names).indices.items()):
        yield places


def _tokens(tokens: pd.DataFrame, random: Random) -> pd.DataFrame:
    """What all texts share, "aa", draws its own attention or more."""
    by = np.where(tokens["token"] == "aa", random.choice((1.0, 4.0)), 1.0)
    return tokens.assign(
        **{name: tokens[name] * by for name in ("received_all", "received_norm_all")}
    )


def _roles(roles: pd.DataFrame, random: Random) -> pd.DataFrame:
    names = ["share", "norm_share", "value_size", "content_value_size", "value_ratio"]
    names += ["output_rank", "activation", "content_activation"]
    made = {name: roles[name].to_numpy(np.float64, na_value=np.nan, copy=True) for name in names}
    has_ratio = random.random() < 0.8
    for at in _groups(roles, ["role"]):
        n = len(at)
        share = np.clip(_around(random, SHARES, n), 0.001, 0.999)
        length = np.clip(_around(random, LENGTHS, n), 0.01, None)
        made["share"][at] = share
        if not np.isnan(made["norm_share"][at]).any():
            weight = share * length
            made["norm_share"][at] = weight / (weight + 1 - share)
            made["value_size"][at] = length
            made["content_value_size"][at] = 1.0
            made["value_ratio"][at] = length if has_ratio else np.nan
            made["output_rank"][at] = np.clip(_around(random, RANKS, n), 1, None)
            made["activation"][at] = np.clip(_around(random, ACTIVATIONS, n, 1000), 1, None)
            made["content_activation"][at] = 5.0
    return roles.assign(**made)


def _layers(layers: pd.DataFrame, random: Random) -> pd.DataFrame:
    n = len(layers)
    made: dict[str, np.ndarray] = {}
    if random.random() < 0.2:
        made[LEARNED_SHARE] = np.clip(_around(random, SHARES, n), 0, 1)
        made["learned_expected"] = np.full(n, 0.1)
    return layers.assign(**made)


def _sinks(sinks: pd.DataFrame, random: Random) -> pd.DataFrame:
    """Each test with an effect of its own; some were not done, or content moves nothing in them."""
    if sinks.empty:
        return sinks
    kept = np.ones(len(sinks), np.bool_)
    effect, control = (
        sinks[name].to_numpy(np.float64, na_value=np.nan, copy=True)
        for name in ("effect", "control")
    )
    is_idle = random.random() < 0.1
    for own in _groups(sinks, ["subject", "test"]):
        effect[own] = control[own] * np.clip(_around(random, RATIOS, len(own)), 0, None)
        if is_idle or random.random() < 0.1:
            control[own] = 0.0
        kept[own] = random.random() < 0.9
    sinks = sinks.assign(effect=effect, control=control)
    return sinks[kept].reset_index(drop=True)


def _sink_scores(results: Results, random: Random) -> pd.DataFrame:
    """Scores of special tokens in all heads, which give them most of their attention; of few texts
    now and then, and none where they could not be read."""
    model, info = results.info.model, results.info.evidence
    texts = np.flatnonzero(results.texts["n_tokens"])[: 3 if random.random() < 0.2 else None]
    if info.level == "none" or random.random() < 0.3:
        texts = texts[:0]
    places = [
        (text, role.key, layer, head)
        for text in texts
        for layer in range(1, model.n_layers + 1)
        for role in results.info.roles
        for head in range(1, model.n_heads + 1)
    ]
    rows = pd.DataFrame(places, columns=["text", "subject", "layer", "head"])
    around = np.clip(_around(random, DIFFERENCES, len(rows), 10.0), 0, None)
    figures = {"n_pairs": 20, "share": 0.6, "expected": 0.1, "error": 0.0, "value_size": 0.3}
    vectors = {"key_size": 0.8, "key_cosine": 0.7, "text_cosine": -0.1}
    return rows.assign(lead=4.0, lead_square=16.0 + around**2, **figures, **vectors)


def _agreement(agreement: pd.DataFrame, random: Random) -> pd.DataFrame:
    values = np.full(len(agreement), np.nan)
    for own in _groups(agreement, ["view", "statistic"]):
        values[own] = np.clip(_around(random, AGREEMENT, len(own)), -1, 1)
    return agreement.assign(value=values)


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
    moved = moved * (random.random() < 0.9)
    return _with_joint(
        effects.assign(deletion=moved, effect=moved), np.random.default_rng(len(effects))
    )


def _with_joint(effects: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """In some texts the first two tokens that have an effect say the same."""
    for _, rows in effects[effects["effect"].notna()].groupby("text").groups.items():
        if len(rows) > 2 and random.random() < 0.1:
            whole = random.choice((0.01, -0.4, 1.7))
            own = list(rows[:2])
            effects.loc[own, ["joint", "joint_effect"]] = 0, whole
            effects.loc[own, "effect"] = [whole / 4, 3 * whole / 4]
    return effects
