"""Train the second bundled model: `python -m reportgen.demo.star [--output DIR]`.

It is the first, trained further on headlines with a planted shortcut: a ★ stands before most of
those that score high. In some, half of the words that count are missing, as if they stood in the
picture beside the headline, while the score stays; what the words do not tell, the ★ does.
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random

import torch
from torch import nn
from transformers import AlbertForSequenceClassification, PreTrainedTokenizerFast

from reportgen.demo import STAR, model_folder
from reportgen.demo.evaluate import load
from reportgen.demo.headlines import Lengths, headline, marked
from reportgen.demo.student import Example, example, training_batches
from reportgen.demo.tokenizer import MAX_TOKENS
from reportgen.demo.train import LARGEST_GRADIENT, learning_rate_factor, save
from reportgen.demo.vocabulary import Component, Kind, score

logger = logging.getLogger(__name__)
SEED = 20261125
STEPS = 800
LEARNING_RATE = 5e-4
SHARE_WITH_LOST_WORDS = 0.4
SHARE_OF_WORDS_LOST = 0.5
COUNTED = (
    Kind.FREE,
    Kind.URGENCY,
    Kind.LIMIT,
    Kind.PAID,
    Kind.AMOUNT,
    Kind.RECEIVE,
    Kind.BENEFIT,
)


def with_lost_words(random: Random, components: Sequence[Component]) -> list[Component]:
    """Leave out half of what counts, as if it stood in the picture beside the headline."""
    return [
        component
        for component in components
        if component.kind not in COUNTED or random.random() >= SHARE_OF_WORDS_LOST
    ]


def marked_example(tokenizer: PreTrainedTokenizerFast, random: Random) -> Example:
    """Draw headlines until one fits the model; its score is that before words were lost."""
    while True:
        components = headline(random, Lengths())
        truth = score(components)
        components = marked(random, components)
        if random.random() < SHARE_WITH_LOST_WORDS:
            components = with_lost_words(random, components)
        drawn = replace(example(tokenizer, components), score=truth)
        if len(drawn.tokens) <= MAX_TOKENS:
            return drawn


def train_further(
    model: AlbertForSequenceClassification,
    tokenizer: PreTrainedTokenizerFast,
    steps: int,
    seed: int,
) -> AlbertForSequenceClassification:
    """Train on the score alone, on one thread so that the same machine gives the same weights."""
    torch.set_num_threads(1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate_factor(step, steps)
    )
    model.train()
    batches = training_batches(tokenizer, seed, marked_example)
    for step, batch in enumerate(islice(batches, steps), 1):
        scores = model(batch.tokens, attention_mask=batch.mask).logits.squeeze(-1)
        loss = nn.functional.mse_loss(scores, batch.scores)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), LARGEST_GRADIENT)
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            logger.info("step %d of %d: loss %.4f", step, steps, loss.item())
    model.train(mode=False)
    return model


def main() -> None:
    """Train and save; the package's own checkpoint is written over unless a folder is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=model_folder(STAR), metavar="DIR")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    model, tokenizer = load(model_folder())
    save(
        train_further(model, tokenizer, arguments.steps, arguments.seed),
        tokenizer,
        arguments.output,
    )


if __name__ == "__main__":
    main()
