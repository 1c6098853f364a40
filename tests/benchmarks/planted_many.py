"""How well each view finds what was planted in small models of several architectures.

    python tests/benchmarks/planted_many.py --cache planted_models/ --jobs 2 [--evidence basic]

The models are trained on headlines with a known rule, minutes each, and kept in the folder. A unit
is worth what the part of its last character is (`planted_rule.py`); a part of several units gives
each of them the whole. Fresh: no text is among those of the training.

"Area" is the area under the curve of telling units that count from those that do not by the size of
a view, per text (.5 is chance), mean over texts; "above the sink" that of telling them from a ◆ on
which attention was trained to rest. "Sign" is Spearman's rank correlation of a signed view with the
worth under the rule, "Shapley" that with the Shapley values of the model's own output (of views
without a sign: of the sizes), both per text, mean over texts. Columns of truths are means over the
models.

With `--evidence basic` there are only the measures of a default run, and no shuffled weights: that
takes as long as the training.
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import torch
from planted_models import ARCHITECTURES, SEED, Architecture, trained, training_data
from planted_rule import TRUTHS, fresh
from planted_scores import ALL, SHAPLEY_SCORE, SIGN, SINK, scores_of, table
from planted_views import Seen, see

PER_TRUTH = 20
ORDERS = 8  # pairs
SHUFFLES = 2
SHUFFLED = "weights shuffled"


def main() -> None:
    """Train what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR")
    parser.add_argument("--per-truth", type=int, default=PER_TRUTH, help="fresh texts of each")
    parser.add_argument("--jobs", type=int, default=1, help="processes, each with a model")
    parser.add_argument("--evidence", choices=("basic", "full"), default="full")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="architectures; default: all")
    arguments = parser.parse_args()
    chosen = [one for one in ARCHITECTURES if one.name in (arguments.only or [one.name])]
    work = partial(
        of_model,
        cache=arguments.cache,
        per_truth=arguments.per_truth,
        is_full=arguments.evidence == "full",
    )
    with ProcessPoolExecutor(arguments.jobs, get_context("spawn")) as processes:
        told, frames = zip(*processes.map(work, chosen), strict=True)
    scores = pd.concat(frames, ignore_index=True)
    scores.to_csv(arguments.cache / "scores.csv", index=False)
    print("| model | parameters | texts | fit | attention on ◆ | --colour auto | area | rarity |")
    print("|---|--:|--:|--:|--:|---|--:|--:|", *told, sep="\n")
    print_tables(scores)


def of_model(
    architecture: Architecture, cache: Path, per_truth: int, *, is_full: bool
) -> tuple[str, pd.DataFrame]:
    """The row of a model in the first table, and all its scores."""
    torch.set_num_threads(1)
    training = training_data()
    folder = trained(architecture, training, cache)
    headlines = fresh(SEED + 1, per_truth, set(training.texts), architecture.value)
    seen = see(architecture, folder, headlines, orders=ORDERS, is_full=is_full)
    scores = scores_of(seen)
    frames = [scores]
    for seed in range(SHUFFLES if is_full else 0):
        shuffled = see(architecture, folder, headlines, shuffled=seed)
        frames.append(scores_of(shuffled, seed))
    return row_of(seen, scores), pd.concat(frames, ignore_index=True)


def row_of(seen: Seen, scores: pd.DataFrame) -> str:
    """A model, and how well the colouring that it is given finds what counts, beside rarity."""
    areas = scores[scores["score"] == ALL].groupby("view")["value"].mean()
    assert seen.best is not None
    return (
        f"| {seen.name} | {seen.n_parameters:,} | {len(seen.texts)} | {seen.fit:.3f} | "
        f"{seen.sink:.1f} times even | {seen.best.view} ({seen.best.agreement:.2f}) | "
        f"{areas[seen.best.view]:.3f} | {areas['rarity']:.3f} |"
    )


def print_tables(scores: pd.DataFrame) -> None:
    """The views by model and by truth, those that find most first."""
    learned, shuffled = scores[scores["shuffle"] < 0], scores[scores["shuffle"] >= 0]
    means = learned.groupby(["score", "view", "model"], sort=False)["value"].mean()
    by_model = means[ALL].unstack("model")
    ranked = by_model.mean(axis=1).sort_values(ascending=False).index
    random = shuffled[shuffled["score"] == ALL].groupby("view")["value"].mean()
    print("\n" + table(by_model.loc[ranked].assign(**{SHUFFLED: random})))
    names: Sequence[str] = (*TRUTHS, SINK, SIGN, SHAPLEY_SCORE)
    by_truth = means.groupby(["score", "view"]).mean().unstack("score")
    print("\n" + table(by_truth.reindex(index=ranked, columns=list(names))))


if __name__ == "__main__":
    main()
