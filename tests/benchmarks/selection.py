"""Whether the tokens that a report lists and names hold on other texts, and its intervals.

    python tests/benchmarks/selection.py [--ratings human_ratings/]

Real texts: the effects of headlines that the bundled model never saw; with `--ratings` also those
of sentences of film reviews, with the regressor that `human_ratings.py` trains and keeps in this
folder. The first SKIP texts of both were used while the rules were made, and are left out. SPLITS
times so many of the other FRESH texts are drawn at random. What their report would list or name is
compared with the plain mean on all the rest, where these have the token in at least three texts.
"Sign wrong" is the share of such tokens whose mean has the other sign there; "kept" is the sum of
the means there, in that of the means that were printed.

Halves of one set of few texts would not do: what a token has too much in one half it then lacks in
the other, so that "kept" is too low by twice the luck.

Made-up texts: the truth is known. RUNS times so many texts are drawn of 400 tokens, 14 each, some
far more often than others; a part of the tokens have an effect (normal with standard deviation 1),
and texts differ by .8 on average, by token a third to three times that. "Held" is the share of
printed intervals that hold the truth.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import planted
import torch
from human_ratings import N_HELD, N_TRAINING, regressor
from numpy.typing import NDArray
from subjects import text_set

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.findings import CorpusTokens, effect_lists, fewest_texts
from reportgen.findings.tokens import LISTED, corpus_tokens, token_means
from reportgen.models import ModelSpec, load_model
from reportgen.texts import TextSet

FRESH = 360
N_TEXTS = (44, 88, 180)
PARTS = ("made-up", "headlines", "film reviews")
SKIP = {"headlines": 240, "film reviews": 450}  # texts
SPLITS = 200
SEED = 20_261_126
FEWEST = 3  # texts of the rest
RUNS = 100
MADE_UP = (12, 24, 50, 100)  # texts
N_TOKENS, PER_TEXT = 400, 14

Found = Mapping[str, Sequence[tuple[int, float]]]  # by rule: token and printed effect


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--ratings", type=Path, metavar="DIR")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS, help="default: all")
    asked = parser.parse_args()
    ratings, parts = asked.ratings, asked.only
    torch.set_num_threads(1)
    if "made-up" in parts:
        print_made_up()
    if "headlines" in parts:
        planted.N_TEXTS = SKIP["headlines"] + FRESH
        headlines = planted.fresh_headlines()[0][SKIP["headlines"] :]
        print_real("headlines", measured(planted.text_set(headlines), ModelSpec()))
    if "film reviews" in parts and ratings is not None:
        spec, texts = regressor(ratings, "film reviews")
        first = N_HELD + N_TRAINING + SKIP["film reviews"]
        fresh = texts[first : first + FRESH]
        print_real("film reviews", measured(text_set(one.text for one in fresh), spec))


def measured(texts: TextSet, model: ModelSpec) -> CorpusTokens:
    with tempfile.TemporaryDirectory() as folder:
        options = AnalysisOptions(units="token", keep_maps="none", evidence_texts="all")
        return corpus_tokens(analyze(texts, load_model(model), Path(folder), options))


def print_real(name: str, tokens: CorpusTokens) -> None:
    """A table for each number of texts."""
    for n_texts in N_TEXTS:
        print(f"\n{n_texts} of {FRESH} fresh {name}, {SPLITS} times\n")
        print_table(tokens, n_texts)


def print_made_up() -> None:
    """How often printed intervals hold the truth, beside named and listed tokens."""
    print("| tokens with an effect | texts | named | sign wrong | held | listed | wrong | held |")
    print("|--:" * 8 + "|")
    for share in (0.15, 1.0):
        for n_texts in MADE_UP:
            random, cells = np.random.default_rng(SEED), list[str]()
            rows = [row for _ in range(RUNS) for row in made_up(random, n_texts, share)]
            is_named, wrong, held = np.array(rows).T
            for part in (is_named > 0, is_named >= 0):
                known = part.any()
                cells += [f"{part.sum() / RUNS:.1f}"]
                cells += [f"{own[part].mean():.3f}" if known else "" for own in (wrong, held)]
            print(f"| {share:.0%} | {n_texts} | {' | '.join(cells)} |")


def made_up(
    random: np.random.Generator, n_texts: int, share: float
) -> Iterator[tuple[bool, bool, bool]]:
    """Of each listed token whether it is named, whether its sign is wrong, and whether its interval
    holds the truth."""
    often = np.arange(1, N_TOKENS + 1) ** -0.8
    truth = np.where(random.random(N_TOKENS) < share, random.normal(0, 1, N_TOKENS), 0.0)
    spread = 0.8 * np.exp(random.normal(0, 0.4, N_TOKENS))
    drawn = [
        np.unique(random.choice(N_TOKENS, PER_TEXT, p=often / often.sum())) for _ in range(n_texts)
    ]
    text, label = np.repeat(np.arange(n_texts), list(map(len, drawn))), np.concatenate(drawn)
    values = truth[label] + random.normal(0, spread[label])
    ones = np.ones_like(text)
    tokens = CorpusTokens(tuple(map(str, range(N_TOKENS))), text, label, ones, values, values, text)
    for listing in effect_lists(tokens, is_size=False).lists.values():
        for row in listing.sure:
            own = truth[row.label]
            yield row.is_named, row.value * own <= 0, row.interval[0] <= own <= row.interval[1]


def print_table(tokens: CorpusTokens, n_texts: int) -> None:
    random = np.random.default_rng(SEED)
    held: dict[str, list[tuple[float, float]]] = {}  # printed, and on the rest
    named = 0
    for _ in range(SPLITS):
        is_drawn = np.zeros(FRESH, np.bool_)
        is_drawn[random.permutation(FRESH)[:n_texts]] = True
        other = token_means(tokens.among(~is_drawn))
        found = rules(tokens.among(is_drawn))
        named += bool(found["named in the headline"])
        for rule, pairs in found.items():
            held.setdefault(rule, []).extend(
                (printed, float(other.effect[i]))
                for i, printed in pairs
                if other.n_effect[i] >= FEWEST
            )
    print("| tokens | sign wrong | kept | tokens a split |\n|---|--:|--:|--:|")
    for rule, pairs in held.items():
        printed, there = np.array(pairs).T if pairs else np.full((2, 1), np.nan)
        wrong = np.mean(np.sign(printed) != np.sign(there))
        kept = (np.sign(printed) * there).sum() / abs(printed).sum()
        print(f"| {rule} | {wrong:.1%} | {kept:.0%} | {len(pairs) / SPLITS:.1f} |")
    print(f"\nAny token is named in {named / SPLITS:.0%} of the splits.")


def rules(tokens: CorpusTokens) -> Found:
    lists = effect_lists(tokens, is_size=False).lists
    sure = [row for own in lists.values() for row in own.sure]
    doubtful = [row for own in lists.values() for row in own.doubtful[:LISTED]]
    named = [own.named for own in lists.values() if own.named]
    means = token_means(tokens)
    fewest = fewest_texts(tokens.n_effect)
    plain = [np.where(means.n_effect >= fewest, sign * means.effect, -np.inf) for sign in (1, -1)]
    tops: list[NDArray[np.intp]] = [np.argsort(-np.nan_to_num(v, nan=-np.inf)) for v in plain]
    return {
        "first of a list by plain means": [(int(t[0]), float(means.effect[t[0]])) for t in tops],
        "list of eight by plain means": [
            (int(i), float(means.effect[i])) for t in tops for i in t[:LISTED]
        ],
        "may be chance: the first eight": [(row.label, row.value) for row in doubtful],
        "listed": [(row.label, row.value) for row in sure],
        "may be named": [(row.label, row.value) for row in sure if row.is_named],
        "named in the headline": [(row.label, row.value) for row in named],
    }


if __name__ == "__main__":
    main()
