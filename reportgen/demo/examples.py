"""Headlines as training batches: tokens, score, and what each token adds and is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from reportgen.demo.headlines import Lengths, headline, with_masks, with_unknowns
from reportgen.demo.rule import (
    Component,
    Kind,
    component_of_each_character,
    contributions,
    score,
    text_of,
)
from reportgen.demo.tokenizer import MAX_TOKENS

KINDS = tuple(Kind)
NO_KIND = -100
TOKENS_PER_BATCH = 1200
BATCHES_PER_POOL = 50
TEXTS_PER_BATCH = 48
SHARE_WITH_UNKNOWNS = 0.25
SHARE_WITH_MASKS = 0.25


@dataclass(frozen=True)
class Example:
    """One headline: token ids, its score, and per token its component's contribution and kind.

    [CLS] and [SEP] have the kind `NO_KIND` and no contribution.
    """

    tokens: list[int]
    score: float
    contributions: list[float]
    kinds: list[int]


@dataclass(frozen=True)
class Batch:
    """Examples padded to one length; `scores` is [text], all else [text, token]."""

    tokens: Tensor
    mask: Tensor
    scores: Tensor
    contributions: Tensor
    kinds: Tensor


Draw: TypeAlias = Callable[[PreTrainedTokenizerFast, Random], Example]


def example(tokenizer: PreTrainedTokenizerFast, components: Sequence[Component]) -> Example:
    """Encode one headline; a token belongs to the component of the last character it covers."""
    encoded = tokenizer(
        text_of(components),
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
        verbose=False,
    )
    owner = component_of_each_character(components)
    worth = contributions(components)
    owners = [
        None if special else owner[end - 1]
        for (_, end), special in zip(
            encoded["offset_mapping"], encoded["special_tokens_mask"], strict=True
        )
    ]
    return Example(
        tokens=encoded["input_ids"],
        score=score(components),
        contributions=[0.0 if index is None else worth[index] for index in owners],
        kinds=[
            NO_KIND if index is None else KINDS.index(components[index].kind) for index in owners
        ],
    )


def training_example(tokenizer: PreTrainedTokenizerFast, random: Random) -> Example:
    """Draw headlines, some of them with unknown stretches and masks, until one fits the model."""
    while True:
        components = headline(random, Lengths())
        if random.random() < SHARE_WITH_UNKNOWNS:
            components = with_unknowns(random, components)
        if random.random() < SHARE_WITH_MASKS:
            components = with_masks(random, components)
        drawn = example(tokenizer, components)
        if len(drawn.tokens) <= MAX_TOKENS:
            return drawn


def training_batches(
    tokenizer: PreTrainedTokenizerFast, seed: int, draw: Draw = training_example
) -> Iterator[Batch]:
    """Endless batches of about equal size, each of texts of about equal length, in random order."""
    random = Random(seed)
    while True:
        pool = [draw(tokenizer, random) for _ in range(BATCHES_PER_POOL * TEXTS_PER_BATCH)]
        pool.sort(key=lambda drawn: len(drawn.tokens))
        batches = list(split(pool))
        random.shuffle(batches)
        yield from (collate(batch) for batch in batches)


def split(examples: Sequence[Example]) -> Iterator[list[Example]]:
    """Cut examples sorted by length into batches within the limits of texts and tokens."""
    batch: list[Example] = []
    for drawn in examples:
        full = len(batch) == TEXTS_PER_BATCH
        if batch and (full or (len(batch) + 1) * len(drawn.tokens) > TOKENS_PER_BATCH):
            yield batch
            batch = []
        batch.append(drawn)
    yield batch


def collate(examples: Sequence[Example]) -> Batch:
    """Pad examples on the right; the padding token is 0."""
    length = max(len(drawn.tokens) for drawn in examples)

    def padded(rows: Sequence[Sequence[float]], filler: float) -> Tensor:
        return torch.tensor([[*row, *[filler] * (length - len(row))] for row in rows])

    return Batch(
        tokens=padded([drawn.tokens for drawn in examples], 0),
        mask=padded([[1] * len(drawn.tokens) for drawn in examples], 0),
        scores=torch.tensor([drawn.score for drawn in examples]),
        contributions=padded([drawn.contributions for drawn in examples], 0.0),
        kinds=padded([drawn.kinds for drawn in examples], NO_KIND),
    )
