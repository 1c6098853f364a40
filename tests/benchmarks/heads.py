"""How often a head is named that does not matter most, and one that does, in simulated effects.

    python tests/benchmarks/heads.py [--runs 400]

A row per number of heads, shape of effects (normal, Student's t with 3 degrees of freedom, or
lognormal with a deviation of 1.2 on the scale of logarithms) and truth: all heads alike, one whose
effects are 4 or 10 times those of the others, eight with 3 times. Texts differ as a whole, by a
lognormal factor with a deviation of .7. *Wrong* are runs that name a head which changes the
prediction no more than one beyond the largest five; *found* those that name the first head.
"""

import argparse

import numpy as np

from reportgen.findings.ablated_heads import figures_of
from reportgen.results import Floats

N_TEXTS = 24
SHAPES = {"16 heads": (4, 4), "144 heads": (12, 12)}
KINDS = ("normal", "t", "lognormal")
TRUTHS = {"alike": (), "one, 4 times": (4,), "one, 10 times": (10,), "eight, 3 times": (3,) * 8}


def drawn(random: np.random.Generator, kind: str, sizes: Floats) -> Floats:
    """`[text, layer, head]`: effects of heads with these `sizes`."""
    shape = (N_TEXTS, *sizes.shape)
    plain = {
        "normal": lambda: random.normal(0, 1, shape),
        "t": lambda: random.standard_t(3, shape),
        "lognormal": lambda: np.exp(random.normal(0, 1.2, shape)),
    }[kind]()
    effects: Floats = plain * sizes * np.exp(random.normal(0, 0.7, (N_TEXTS, 1, 1)))
    return effects


def simulate(name: str, kind: str, truth: tuple[int, ...], n_runs: int) -> tuple[float, ...]:
    """The shares of runs that are wrong, and that find the first head."""
    random = np.random.default_rng(20_261_201)
    sizes = np.ones(SHAPES[name])
    sizes.flat[: len(truth)] = truth
    counts = np.zeros(2)
    for _ in range(n_runs):
        effects = drawn(random, kind, sizes)
        figures = figures_of(effects)
        rest = sizes.copy()
        rest.flat[np.argsort(-np.abs(effects).mean(axis=0).ravel())[: figures.n_top]] = 0
        named = [(head.layer - 1, head.head - 1) for head in figures.named]
        is_wrong = any(sizes[place] <= rest.max() for place in named)
        counts += (is_wrong, (0, 0) in named)
    return tuple(counts / n_runs)


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=400)
    n_runs = parser.parse_args().runs
    print("| heads | effects | truth | wrong | found |\n|---|---|---|--:|--:|")
    for name in SHAPES:
        for kind in KINDS:
            for truth, sizes in TRUTHS.items():
                shares = simulate(name, kind, sizes, n_runs)
                cells = " | ".join(f"{share:.3f}" for share in shares)
                print(f"| {name} | {kind} | {truth} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
