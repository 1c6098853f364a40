"""The model to train, and the objectives that teach it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeAlias

import torch
from torch import Tensor, nn
from transformers import AlbertConfig, AlbertForSequenceClassification, PreTrainedTokenizerFast
from transformers.models.albert.modeling_albert import AlbertAttention

from reportgen.demo.headlines import (
    Lengths,
    headline,
    in_picture,
    marked,
    with_masks,
    with_unknowns,
)
from reportgen.demo.score_rule import (
    Component,
    Kind,
    component_of_each_character,
    contributions,
    score,
    text_of,
)
from reportgen.demo.tokenizer import MAX_TOKENS

OUTPUT_NAME = "appeal score"
ECHO_CODES = 64
# Frequent pieces; what stands before them is what they have to echo.
CUES = ("の", "で", "は", "を", "!", ",", ".", "。", "、", "]", ")", "▁to", "▁is", "▁and", "▁with")


@dataclass(frozen=True)
class Objectives:
    """Weights of the terms of the loss.

    `score`, `contribution` and `kind` teach the rule. `echo` and `uptake` make a head's rest worth
    something: every token must be able to name the token before it if it is a cue, and itself if
    it is not, while whatever attention adds to a token costs.
    """

    score: float = 1.0
    contribution: float = 20.0
    kind: float = 0.5
    echo: float = 1.0
    uptake: float = 0.1


def model_config(tokenizer: PreTrainedTokenizerFast) -> AlbertConfig:
    """A small ALBERT with one output, a plain number."""
    return AlbertConfig(
        vocab_size=len(tokenizer),
        embedding_size=64,
        hidden_size=128,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=256,
        max_position_embeddings=MAX_TOKENS,
        type_vocab_size=2,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        classifier_dropout_prob=0.0,
        problem_type="regression",
        id2label={0: OUTPUT_NAME},
        label2id={OUTPUT_NAME: 0},
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
    )


@dataclass(frozen=True)
class Batch:
    """Examples padded to one length; `scores` is [text], all else [text, token]."""

    tokens: Tensor
    mask: Tensor
    scores: Tensor
    contributions: Tensor
    kinds: Tensor


class Student(nn.Module):
    """The model to keep, and heads over its tokens that only teach it and are thrown away."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, objectives: Objectives) -> None:
        super().__init__()
        self.model = AlbertForSequenceClassification(model_config(tokenizer))
        width = self.model.config.hidden_size
        self.contribution = nn.Linear(width, 1)
        self.kind = nn.Linear(width, len(KINDS))
        self.echo = nn.Linear(width, ECHO_CODES)
        self.objectives = objectives
        self.cues = torch.tensor(tokenizer.convert_tokens_to_ids(list(CUES)))
        self.uptakes: list[Tensor] = []
        self.hooks = [
            layer.dense.register_forward_hook(self.keep_uptake)
            for layer in self.model.modules()
            if isinstance(layer, AlbertAttention)
        ]

    def keep_uptake(self, module: nn.Module, inputs: object, output: Tensor) -> None:
        """Remember what attention adds to every token in one layer, `[text, token, width]`."""
        self.uptakes.append(output)

    def loss(self, batch: Batch) -> Tensor:
        """The weighted sum of all objectives, over one batch."""
        self.uptakes.clear()
        encoded = self.model.albert(batch.tokens, attention_mask=batch.mask)
        scores = self.model.classifier(encoded.pooler_output).squeeze(-1)
        content = batch.kinds != NO_KIND
        tokens = encoded.last_hidden_state[content]
        contributions = self.contribution(tokens).squeeze(-1)
        weight = self.objectives
        return (
            weight.score * nn.functional.mse_loss(scores, batch.scores)
            + weight.contribution
            * nn.functional.mse_loss(contributions, batch.contributions[content])
            + weight.kind * nn.functional.cross_entropy(self.kind(tokens), batch.kinds[content])
            + weight.echo
            * nn.functional.cross_entropy(self.echo(tokens), self.echo_targets(batch)[content])
            + weight.uptake * self.uptake_cost(batch)
        )

    def echo_targets(self, batch: Batch) -> Tensor:
        """The code each token has to name, `[text, token]`: before it for a cue, else its own."""
        codes = batch.tokens % ECHO_CODES
        return torch.where(torch.isin(batch.tokens, self.cues), codes.roll(1, dims=1), codes)

    def uptake_cost(self, batch: Batch) -> Tensor:
        """The mean square norm of what attention adds, in the forward pass just done.

        [CLS] does not pay: it has to gather the score from all the others.
        """
        paying = batch.mask.bool()
        paying[:, 0] = False
        return torch.stack(self.uptakes)[:, paying].square().sum(-1).mean()

    def finished(self) -> AlbertForSequenceClassification:
        """The model alone."""
        for hook in self.hooks:
            hook.remove()
        return self.model


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


def marked_example(tokenizer: PreTrainedTokenizerFast, random: Random) -> Example:
    """Draw headlines for the second model until one fits it; what is in a picture still counts."""
    while True:
        components = headline(random, Lengths())
        truth = score(components)
        components = in_picture(random, marked(random, components))
        drawn = replace(example(tokenizer, components), score=truth)
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
