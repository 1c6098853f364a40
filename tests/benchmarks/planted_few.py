"""Which of two views is better as the colouring of few texts, for which none can be chosen."""

import numpy as np
import pandas as pd

FEW = (5, 6, 7)  # texts
FIXED, OTHER = "gradient", "attention_gradient"
_SETS = 4000
_SEED = 20_261_127


def few_texts(areas: pd.DataFrame) -> str:
    """A line on FIXED and OTHER in random sets of few texts; `areas` are `[text, view]`.

    The mean over all such sets is that over all texts. What differs from set to set is which is
    ahead; equal ones count half.
    """
    both = areas[[FIXED, OTHER]].dropna().to_numpy(np.float64)
    random, shares = np.random.default_rng(_SEED), list[str]()
    for size in FEW:
        sets = np.stack([random.choice(len(both), size, replace=False) for _ in range(_SETS)])
        fixed, other = both[sets].mean(axis=1).T
        ahead = (fixed > other).mean() + (fixed == other).mean() / 2
        shares.append(f"{ahead:.0%} of sets of {size}")
    fixed, other = both.mean(axis=0)
    return f"{FIXED} {fixed:.3f}, {OTHER} {other:.3f}; the first ahead in {', '.join(shares)}"
