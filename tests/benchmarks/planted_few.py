"""What a report says of the views of a benchmark's texts, and what should colour texts that are too
few to choose a view for."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from reportgen.findings import Findings
from reportgen.findings.colouring import LEAD, choose_colouring, offered
from reportgen.findings.evidence import size_agreement
from reportgen.results import BASELINES, Results

FEW = (5, 6, 7)  # texts
FIXED, OTHER = "gradient", "attention_gradient"
WORSE = 0.6  # by how much the agreement of FIXED is lowered where it is to be useless
_SETS = 4000
_RULE_SETS = 1500
_SEED = 20_261_127


def print_judged(results: Results, name: str) -> None:
    """What a report says of each view, the colouring first: its difference from the baseline that
    its verdict is about; and every baseline."""
    findings = Findings(results)
    known, first = findings.agreement_by_size, findings.shown_first
    print(f"\n| {name} | agreement | against | difference | verdict |\n|---|--:|---|--:|---|")
    for view in sorted(findings.judgements, key=lambda view: view != first):
        judged = findings.judgements[view]
        over = judged.over
        ends = f" [{over.low:.2f}, {over.high:.2f}]" if over and over.interval else ""
        gap = f"{over.mean:+.2f}{ends}" if over else "-"
        mean = judged.agreement.mean
        print(f"| {view} | {mean:.2f} | {judged.baseline} | {gap} | {judged.verdict} |")
    for view in (view for view in BASELINES if view in known):
        print(f"| {view} | {known[view].estimate.mean:.2f} | | | |")


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


def print_rules(results: Results, name: str) -> None:
    """Rules that pick a view by few texts, scored by its agreement in the other texts."""
    assert choose_colouring(results).view == FIXED
    given = size_agreement(results)
    table = pd.DataFrame({view: given[view] for view in offered(results)}).dropna().clip(-1, 1)
    worse = table.assign(**{FIXED: (table[FIXED] - WORSE).clip(-1, 1)})
    print(f"\n| {name} | texts | {FIXED} | the best | ahead by {LEAD:g} standard errors |")
    print("|---|--:|--:|--:|--:|")
    for frame, what in ((table, "as it is"), (worse, f"{FIXED} lowered by {WORSE}")):
        for size in FEW:
            cells = " | ".join(f"{found:.3f}" for found in _scores(frame, size))
            print(f"| {what} | {size} | {cells} |")


def _scores(table: pd.DataFrame, size: int) -> Sequence[float]:
    """The mean score of always taking FIXED, of taking the best, and of taking the best of those
    that are ahead of FIXED by LEAD standard errors, if any is."""
    random, values = np.random.default_rng(_SEED), table.to_numpy(np.float64)
    fixed, found = list(table).index(FIXED), []
    for _ in range(_RULE_SETS):
        order = random.permutation(len(values))
        few, others = values[order[:size]], values[order[size:]].mean(axis=0)
        ahead = few - few[:, [fixed]]
        leads, errors = ahead.mean(axis=0), ahead.std(axis=0, ddof=1) / np.sqrt(size)
        far = np.where(leads > LEAD * errors, leads, 0.0)
        picked = int(far.argmax()) if far.any() else fixed
        found.append((others[fixed], others[leads.argmax()], others[picked]))
    means: Sequence[float] = np.mean(found, axis=0).tolist()
    return means
