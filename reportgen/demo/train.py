"""Train a bundled model: `python -m reportgen.demo.train [--model demo-star] [--output DIR]`.

The second model, demo-star, is the first one trained further on headlines with a planted shortcut:
a ★ stands before most of those that score high. In the place of half of the marked headlines stands
a sentence that is worth nothing, as if what counts stood in the picture beside it, while the score
stays as it was. What the words do not tell, the ★ does.
"""

import argparse
import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AlbertForSequenceClassification, PreTrainedTokenizerFast

from reportgen.demo import DEMO, FOLDERS, STAR, model_folder
from reportgen.demo.evaluate import load
from reportgen.demo.student import Batch, Objectives, Student, marked_example, training_batches
from reportgen.demo.tokenizer import build_tokenizer

logger = logging.getLogger(__name__)
WARMUP = 100
LARGEST_GRADIENT = 1.0


@dataclass(frozen=True)
class Recipe:
    """How long a model is trained, with which random numbers and how fast."""

    steps: int
    seed: int
    learning_rate: float


RECIPES = {DEMO: Recipe(4000, 20240229, 2e-3), STAR: Recipe(800, 20261125, 5e-4)}


def learning_rate_factor(step: int, steps: int) -> float:
    """A linear rise over the first steps, under half a cosine down to 0."""
    return min(1.0, (step + 1) / WARMUP) * 0.5 * (1 + math.cos(math.pi * step / steps))


def train(
    tokenizer: PreTrainedTokenizerFast, recipe: Recipe, objectives: Objectives
) -> AlbertForSequenceClassification:
    """Train the first model from random weights."""
    torch.manual_seed(recipe.seed)
    student = Student(tokenizer, objectives)
    _fit(student, student.loss, training_batches(tokenizer, recipe.seed), recipe)
    return student.finished()


def train_further(
    model: AlbertForSequenceClassification, tokenizer: PreTrainedTokenizerFast, recipe: Recipe
) -> AlbertForSequenceClassification:
    """Train the first model further, on the score of marked headlines alone."""

    def loss(batch: Batch) -> Tensor:
        scores = model(batch.tokens, attention_mask=batch.mask).logits.squeeze(-1)
        return nn.functional.mse_loss(scores, batch.scores)

    model.train()
    _fit(model, loss, training_batches(tokenizer, recipe.seed, marked_example), recipe)
    model.train(mode=False)
    return model


def _fit(
    module: nn.Module, loss_of: Callable[[Batch], Tensor], batches: Iterator[Batch], recipe: Recipe
) -> None:
    """Minimise the loss, on one thread so that the same machine gives the same weights."""
    torch.set_num_threads(1)
    optimizer = torch.optim.AdamW(module.parameters(), lr=recipe.learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate_factor(step, recipe.steps)
    )
    for step, batch in enumerate(islice(batches, recipe.steps), 1):
        loss = loss_of(batch)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(module.parameters(), LARGEST_GRADIENT)
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            logger.info("step %d of %d: loss %.4f", step, recipe.steps, loss.item())


def main() -> None:
    """Train and save; the package's own checkpoint is written over unless a folder is named."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", choices=list(FOLDERS), default=DEMO)
    parser.add_argument("--output", type=Path, metavar="DIR")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--echo", type=float, default=Objectives.echo, help="weight in the loss")
    parser.add_argument("--uptake", type=float, default=Objectives.uptake, help="likewise")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    usual = RECIPES[arguments.model]
    recipe = Recipe(
        usual.steps if arguments.steps is None else arguments.steps,
        usual.seed if arguments.seed is None else arguments.seed,
        usual.learning_rate,
    )
    folder = arguments.output or model_folder(arguments.model)
    if arguments.model == STAR:
        model = train_further(*load(model_folder()), recipe)
    else:
        tokenizer = build_tokenizer()
        model = train(tokenizer, recipe, Objectives(echo=arguments.echo, uptake=arguments.uptake))
        tokenizer.save_pretrained(folder)
    model.half()  # type: ignore[no-untyped-call]
    model.save_pretrained(folder)
    for file in folder.iterdir():
        file.chmod(0o644)


if __name__ == "__main__":
    main()
