"""Two made-up models on the same texts, and what can be planted in one of them."""

from pathlib import Path

import numpy as np

from helpers.made_up.factories import HEADLINES, changed, make_results
from reportgen.comparison import Comparison, FigureRow, compare_runs
from reportgen.findings import Findings
from reportgen.results import Results

STAR = "★★"  # two code points, so a token of its own in made-up results
TEXTS = tuple(
    STAR + text if i % 2 else text
    for i, text in enumerate((*HEADLINES, *(f"{text} again" for text in HEADLINES)))
)
LABELS = tuple(0.3 * i for i in range(len(TEXTS)))


def pair_of(folder: Path, texts: tuple[str, ...] = TEXTS, **options) -> tuple[Results, Results]:
    """Base and head, which differ in attention and predictions but not in evidence."""
    base = make_results(folder / "base", texts, seed=0, **options)
    return base, make_results(folder / "head", texts, seed=1, **options)


def twice(folder: Path, texts: tuple[str, ...] = TEXTS, **options) -> tuple[Results, Results]:
    """The same model two times."""
    both = (make_results(folder / name, texts, seed=0, **options) for name in ("base", "head"))
    return tuple(both)


def plant(results: Results, effect: float = 0.6, row: float = 0.5, token: str = STAR) -> Results:
    """Make `token` move the output by `effect` more, and let the [CLS] row look at it."""
    tokens, effects = results.tokens.copy(), results.effects.copy()
    here = tokens["token"] == token
    effects.loc[here.to_numpy(), ["deletion", "effect"]] += effect
    tokens.loc[here, ["cls_row_all", "received_all"]] += row
    return changed(results, tokens=tokens, effects=effects)


def retokenise(results: Results, text: int) -> Results:
    """Let the first text token of a text have another name."""
    tokens = results.tokens.copy()
    tokens.loc[int(results.texts["first_token"].iloc[text]) + 1, "token"] = "another"
    return changed(results, tokens=tokens)


def shaken(results: Results, by: float = 3e-7) -> Results:
    """The figures as another batch gives them: moved by rounding alone."""
    random = np.random.default_rng(5)

    def moved(frame, *names):
        frame = frame.copy()
        for name in names:
            values = frame[name].to_numpy(np.float64)
            frame[name] = values + by * random.uniform(-1, 1, len(values))
        return frame

    texts = moved(results.texts, "prediction")
    texts["scores"] = [[score + by for score in scores] for scores in texts["scores"]]
    return changed(
        results,
        texts=texts,
        tokens=moved(results.tokens, "received_all", "cls_row_all"),
        effects=moved(moved(results.effects, "deletion"), "effect"),
        heads=moved(results.heads, "special_share", "entropy"),
        roles=moved(results.roles, "share"),
    )


def four_of(folder: Path) -> tuple[Results, ...]:
    """Four models: three of other weights, and the last like the third, with a planted token."""
    made = [
        make_results(
            folder / str(i), TEXTS, seed=i, labels=LABELS, evidence="basic", sink=0.1 + 0.2 * i
        )
        for i in range(3)
    ]
    return (*made, plant(made[2]))


def chain(*sides: Results, null: Results | None = None) -> Comparison:
    """The comparison of models in this order."""
    first, *between, last = map(Findings, sides)
    return compare_runs(first, last, None if null is None else Findings(null), between)


def row_of(found: Comparison, key: str) -> FigureRow:
    (row,) = [row for row in found.all_models.rows if row.key == key]
    return row
