"""Results whose Shapley values are exact in some texts and sampled in others."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from helpers.made_up.factories import HEADLINES, changed, make_results
from reportgen.results import MIN_TEXTS, Results

TEXTS = tuple(f"{i:02}{text}" for i, text in enumerate(HEADLINES * 2))


def with_shapley(
    folder: Path, texts: tuple[str, ...] = TEXTS, sampled: slice = slice(1, None, 3)
) -> Results:
    """Shapley values that the effects agree with a little; those of the texts `sampled` may be off
    by .02."""
    results = make_results(folder, texts, evidence="full", later=True)
    effects, evidence = results.effects.copy(), results.evidence.copy()
    noise = np.random.default_rng(3).normal(0, 0.3, len(effects))
    effects["shapley"] += np.where(effects["shapley"].notna(), noise, np.nan)
    evidence.loc[evidence.index[sampled], "shapley_error"] = 0.02
    return changed(results, effects=effects, evidence=evidence)


def of_some(results: Results, n: int) -> Results:
    """The same of a basic run, a tenth of whose work pays the Shapley values of `n` texts: of the
    first `n`, if that is enough."""
    effects, info = results.effects.copy(), results.info
    n_measured = n if n >= MIN_TEXTS else 0
    effects["shapley"] = effects["shapley"].where(effects["text"] < n_measured)
    evidence = replace(info.evidence, level="basic", n_yardstick=n)
    return changed(results, replace(info, evidence=evidence), effects=effects)
