"""Which tokens a comparison calls changed: a test for many tokens at once, and a least size."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.real.two_models import STAR, pair_of, plant
from scipy.stats import ttest_1samp

from reportgen.comparison import UnitPairs, compare_runs
from reportgen.comparison.change import EFFECT_LEAST
from reportgen.comparison.notes import change_notes
from reportgen.comparison.token_effects import token_changes
from reportgen.findings import FALSE_DISCOVERIES, Findings


def units_of(differences: np.ndarray, spread: float = 1.0, seed: int = 0) -> UnitPairs:
    """Tokens of which each stands once in every text; `differences` is `[text, token]`."""
    n_texts, n_tokens = differences.shape
    random = np.random.default_rng(seed)
    own = random.normal(0, spread, differences.shape)
    even = np.ones(differences.size)
    return UnitPairs(
        names=tuple(f"t{i}" for i in range(n_tokens)),
        label=np.tile(np.arange(n_tokens), n_texts),
        text=np.repeat(np.arange(n_texts), n_tokens),
        unit=np.tile(np.arange(n_tokens), n_texts),
        attention=(even, even),
        row=(even * np.nan, even * np.nan),
        effect=(own.ravel(), (own + differences).ravel()),
        n_other_target=0,
        flipped=np.zeros(differences.size, bool),
    )


def test_the_p_values_are_those_of_plain_t_tests_adjusted_step_by_step() -> None:
    random = np.random.default_rng(1)
    differences = random.normal(0, 1, (12, 9)) + np.linspace(0, 2, 9)
    units = units_of(differences)
    least = EFFECT_LEAST * units.effect[0].std()
    plain = []
    for column in differences.T:
        shifted = column * np.sign(column.mean()) - least
        plain.append(ttest_1samp(shifted, 0).pvalue if shifted.mean() > 0 else 1.0)
    order = np.argsort(plain)
    adjusted, lowest = {}, 1.0
    for rank, token in reversed(list(enumerate(order.tolist(), 1))):
        lowest = min(lowest, plain[token] * len(plain) / rank)
        adjusted[f"t{token}"] = lowest
    found = {token.token: token for token in token_changes(units)}
    for name, p in adjusted.items():
        assert found[name].turn_p == pytest.approx(p, abs=1e-9)
        assert (found[name].turn == "noise") is bool(p > FALSE_DISCOVERIES)


def test_noise_on_every_token_seldom_calls_one_changed() -> None:
    random = np.random.default_rng(5)
    runs = [token_changes(units_of(random.normal(0, 0.3, (8, 40)), seed=i)) for i in range(60)]
    assert np.mean([any(t.turn != "noise" for t in tokens) for tokens in runs]) <= 0.1
    # The same intervals, taken one by one, call tokens changed in nearly every run.
    alone = [any(t.effect.is_certain for t in tokens) for tokens in runs]
    assert np.mean(alone) > 0.5


def test_a_tiny_change_of_every_text_is_none() -> None:
    """Rounded weights move every effect by a little, always the same way."""
    differences = np.full((20, 6), 0.5 * EFFECT_LEAST)
    differences[:, 0] = 3 * EFFECT_LEAST
    tokens = token_changes(units_of(differences))
    assert tokens[0].token == "t0"
    assert tokens[0].turn != "noise"
    assert [t.turn for t in tokens[1:]] == ["noise"] * 5


def test_a_token_without_a_clear_change_is_in_no_note(tmp_path) -> None:
    base, head = pair_of(tmp_path, evidence="basic")
    head = plant(head)
    found = compare_runs(Findings(base), Findings(head))
    (star,) = [token for token in found.tokens if token.token == STAR]
    unclear = replace(star, turn="noise", turn_p=0.5, looks_p=0.5)
    found.__dict__["tokens"] = (unclear,)
    assert not [note for note in change_notes(found) if note.token == STAR]
