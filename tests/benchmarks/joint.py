"""What the effects that are shown are worth, with groups of units that say the same.

    python tests/benchmarks/joint.py [--cache human_ratings/] [--pairs]

On fresh headlines of the bundled model's rule: in how many texts with a part worth BIG or more
nothing would seem to matter, since every change is at most TINY_EFFECT of the range of all scores;
how many groups there are, and the passes that the search for them takes.

With --cache, the folder of `human_ratings.py` (which it fills): on unseen short film reviews, all
sets of whose words are run, the rank correlation of effects with exact Shapley values, by size,
mean over texts with its standard error; and in how many texts the sampled Shapley values err by no
more than they say, with the pairs of orders that were drawn.

With --pairs alone: on fresh headlines of seven units or more, what so many pairs of orders make of
Shapley values: agreement of the effects with them, how far they are off from MOST pairs, and the
bound of that which is printed, over the spread of a text's values.

Each part is printed as soon as it is done; all take some minutes on one core.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from pathlib import Path
from unittest.mock import patch

import human_ratings as ratings
import numpy as np
import planted
import torch
from planted_rule import Floats
from scipy.stats import sem, spearmanr

from reportgen.analysis import AnalysisOptions, analyze, try_model
from reportgen.analysis.evidence import (
    ChangedText,
    Explainer,
    Joint,
    KnownUnits,
    TextEvidence,
    Tools,
    find_joint,
    shared_effects,
)
from reportgen.analysis.evidence.measures import deletion, gradients, joint, shapley
from reportgen.analysis.first_pass import encode_all
from reportgen.demo.score_rule import contributions
from reportgen.findings import TINY_EFFECT, largest_changes
from reportgen.models import (
    EncodedText,
    ExplainedText,
    ModelSpec,
    ModelTarget,
    content_units,
    fixed_positions,
    joined_to_words,
    keep,
    load_model,
)
from reportgen.models.tokens import encode
from reportgen.results import EFFECT, JOINT
from reportgen.texts import word_splitter

N_TEXTS = 200
SEED = 20_261_130  # not one that the search was made with
BIG = 0.3  # of a part
WORDS = (4, 10)  # of a review, punctuation included
N_REVIEWS = 60
SAMPLED = 7  # units from which on sampling is tried
PAIRS = (2, 4, 8, 16, 32)
MOST = PAIRS[-1]


def main() -> None:
    """Print all parts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cache", type=Path, metavar="DIR")
    parser.add_argument("--pairs", action="store_true")
    asked = parser.parse_args()
    cache = asked.cache
    torch.set_num_threads(1)
    if asked.pairs:
        pairs_of_orders()
        return
    headlines()
    if cache is not None:
        reviews(cache)


class Counted:
    """Runs changed texts through an explainer, and counts them."""

    def __init__(self, explainer: Explainer, passes: list[int]) -> None:
        self._explainer, self._passes = explainer, passes

    @property
    def target(self) -> ModelTarget:
        """What is explained."""
        return self._explainer.target

    def run(self, variants: Sequence[ChangedText]) -> list[float | str]:
        """The scores of changed versions."""
        self._passes.append(len(variants))
        return self._explainer.run(variants)


def headlines() -> None:
    """Print how often nothing seems to matter on planted headlines."""
    planted.N_TEXTS, planted.SEED = N_TEXTS, SEED
    texts, _ = planted.fresh_headlines()
    passes: list[int] = []

    def counted(
        explainer: Explainer, explained: Sequence[ExplainedText], suspects: Sequence[KnownUnits]
    ) -> list[tuple[Joint, ...]]:
        return find_joint(Counted(explainer, passes), explained, suspects)  # type: ignore[arg-type]

    with tempfile.TemporaryDirectory() as folder, patch.object(joint, "find_joint", counted):
        options = AnalysisOptions(keep_maps="none", evidence_texts="all", units="word")
        results = analyze(planted.text_set(texts), load_model(ModelSpec()), Path(folder), options)
        effects = results.effects
        least = TINY_EFFECT * float(np.ptp(results.texts["prediction"]))
        single = effects["deletion"].abs().groupby(effects["text"]).max()
        whole = largest_changes(results)
        n_groups = int((effects.groupby("text")[JOINT].max() + 1).fillna(0).sum())
    worth = np.array([np.abs(contributions(components)).max() for components in texts])
    counts, big = worth > planted.NOTHING, worth >= BIG
    print(f"{len(texts)} headlines, {counts.sum()} of which have a part that counts,")
    print(f"{big.sum()} one worth {BIG} or more; {n_groups} groups,")
    print(f"{sum(passes) / len(texts):.1f} passes a text for them\n")
    print("| nothing seems to matter | of those | worth .3 or more |\n|---|--:|--:|")
    for name, largest in (("leaving out one unit", single), ("with groups", whole)):
        still = largest.to_numpy() <= least
        print(f"| {name} | {(still & counts).sum()} | {(still & big).sum()} |", flush=True)


@dataclass(frozen=True)
class Review:
    """A text, and its score with each set of its units."""

    explained: ExplainedText
    units: tuple[tuple[int, ...], ...]
    values: dict[frozenset[int], float]

    def shapley(self) -> Floats:
        """The exact values, by the formula (Shapley 1953)."""
        n, found = len(self.units), np.zeros(len(self.units))
        for kept, value in self.values.items():
            for unit in set(range(n)) - kept:
                weight = factorial(len(kept)) * factorial(n - len(kept) - 1) / factorial(n)
                found[unit] += weight * (self.values[kept | {unit}] - value)
        return found


class Looked:
    """Gives scores of a review that were run before, and counts."""

    scalar = "number"

    def __init__(self, review: Review) -> None:
        self._review, self.n_passes = review, 0

    def run(self, variants: Sequence[ChangedText]) -> list[float]:
        """The scores of changed versions, by the places in the text that they keep."""
        self.n_passes += len(variants)
        return [self._review.values[self._kept(changed.text)] for changed in variants]

    def _kept(self, text: EncodedText) -> frozenset[int]:
        spans, whole = set(text.spans), self._review.explained.text.spans
        units = enumerate(self._review.units)
        return frozenset(number for number, unit in units if whole[unit[0]] in spans)


def reviews(cache: Path) -> None:
    """Print how far effects agree with exact Shapley values, and how exact sampled ones are."""
    agreement: dict[str, list[float]] = {}
    within, n_pairs, n_passes, n_groups = [], [], [], []
    for review in enumerated(cache):
        exact, everything = review.shapley(), frozenset(range(len(review.units)))
        whole, nothing = review.values[everything], review.values[frozenset()]
        falls = np.array([whole - review.values[everything - {i}] for i in everything])
        rises = np.array([review.values[frozenset({i})] - nothing for i in everything])
        looked = Looked(review)
        fall, rise = (tuple(own.tolist()) for own in (falls, rises))
        given = KnownUnits(review.units, fall, (rise,))
        (groups,) = find_joint(looked, [review.explained], [given])  # type: ignore[arg-type]
        n_passes.append(looked.n_passes)
        n_groups.append(len(groups))
        views = {
            "effect, groups included": np.array(shared_effects(fall, groups)),
            "change without the unit": falls,
            "effect alone": rises,
            "mean of both": (falls + rises) / 2,
        }
        for name, own in views.items():
            rank = spearmanr(abs(own), abs(exact)).statistic if np.ptp(abs(own)) else 0.0
            agreement.setdefault(name, []).append(float(rank))
        if len(review.units) >= SAMPLED:
            sampled, drawn = sample(review)
            off = np.sqrt(np.square(np.array(sampled.effects.effects) - exact).mean())
            within.append(off <= sampled.error)
            n_pairs.append(drawn)
    print(f"\n{len(n_groups)} film reviews, {np.mean(n_groups):.2f} groups a text,")
    print(f"{np.mean(n_passes):.1f} passes a text for them\n")
    print("| effect | agreement | s.e. |\n|---|--:|--:|")
    for name, ranks in agreement.items():
        print(f"| {name} | {np.mean(ranks):.3f} | {sem(ranks):.3f} |")
    print(f"\nsampled Shapley values: {np.mean(within):.3f} of {len(within)} within their error,")
    print(f"{np.mean(n_pairs):.1f} pairs of orders")


def pairs_of_orders() -> None:
    """Print what few pairs of orders are worth."""
    planted.N_TEXTS, planted.SEED = 36, 20_261_201
    texts, _ = planted.fresh_headlines()
    model = load_model(ModelSpec())
    sources = planted.text_set(texts).texts
    encoded, _ = encode_all(model, sources, word_splitter(), joins=True)
    capture, probed = try_model(model, encoded[:5])
    explainer = Explainer(model, probed.batching, None)
    found: dict[int, list[tuple[float, float, float]]] = {n: [] for n in PAIRS}
    for explained in explainer.explain(encoded):
        assert isinstance(explained, ExplainedText)
        units = content_units(explained.text)
        if len(units) < SAMPLED:
            continue
        game = shapley._Game(explained, units, exact_to=0, most_pairs=MOST)
        while len(game.pairs) < MOST:
            shapley._play(explainer, [game])
        item = TextEvidence(0, explained.text, explained)
        for stage in (deletion.DELETION, gradients.GRADIENT, joint.JOINT_UNITS):
            stage.run(Tools(explainer, capture, "failed"), [item])
        effects = np.array([item.effects[EFFECT][unit[0]] for unit in units])
        truth = np.mean(game.pairs, axis=0)
        for n, rows in found.items():
            own = np.stack(game.pairs[:n])
            values = own.mean(axis=0)
            off = float(np.sqrt(np.square(values - truth).mean()))
            rank = float(spearmanr(abs(effects), abs(values)).statistic)
            rows.append((rank, off / truth.std(), shapley.sampling_error(own) / values.std()))
    print("| pairs | agreement | off by | bound: median | 90 % |\n|--:|--:|--:|--:|--:|")
    for n, rows in found.items():
        rank, off, bound = np.array(rows).T
        high = np.quantile(bound, (0.5, 0.9))
        print(f"| {n} | {rank.mean():.3f} | {off.mean():.3f} | {high[0]:.2f} | {high[1]:.2f} |")


def sample(review: Review) -> tuple[shapley.ShapleyValues, int]:
    """Shapley values as they are sampled of longer texts, and how many pairs of orders it took."""
    game = shapley._Game(review.explained, review.units, exact_to=0)
    looked = Looked(review)
    while not game.is_done:
        shapley._play(looked, [game])  # type: ignore[arg-type]
    found = game.result()
    assert isinstance(found, shapley.ShapleyValues)
    return found, len(game.pairs)


def enumerated(cache: Path) -> Iterator[Review]:
    """Unseen film reviews of few words, with the scores of all sets of these."""
    spec, texts = ratings.regressor(cache, "film reviews")
    # Behind those held out for other tables, with which the search was made too.
    first = ratings.N_HELD + ratings.N_TRAINING
    held, model = texts[first : first + ratings.N_HELD], load_model(spec)
    splitter = word_splitter()
    encoded = [
        joined_to_words(
            encode(model.tokenizer, one.text, None, ratings.MAX_TOKENS), (one.text, None), splitter
        )
        for one in held
    ]
    short = [one for one in encoded if WORDS[0] <= len(content_units(one)) <= WORDS[1]]
    explainer = Explainer(model, try_model(model, short)[1].batching, ratings.BATCH_TOKENS)
    for explained in explainer.explain(short[:N_REVIEWS]):
        assert isinstance(explained, ExplainedText)
        units, fixed = content_units(explained.text), fixed_positions(explained.text)
        every = range(len(units))
        sets = [
            frozenset(own) for size in (*every, len(every)) for own in combinations(every, size)
        ]
        variants = [
            ChangedText(
                explained,
                keep(explained.text, sorted((*fixed, *(p for unit in kept for p in units[unit])))),
            )
            for kept in sets
        ]
        values = dict(zip(sets, map(float, explainer.run(variants)), strict=True))
        yield Review(explained, units, values)


if __name__ == "__main__":
    main()
