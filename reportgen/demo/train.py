"""Train the bundled model: `python -m reportgen.demo.train [--output DIR]`."""

import argparse
import logging
import math
from itertools import islice
from pathlib import Path

import torch
from torch import nn
from transformers import AlbertForSequenceClassification, PreTrainedTokenizerFast

from reportgen.demo import model_folder
from reportgen.demo.student import Objectives, Student, training_batches
from reportgen.demo.tokenizer import build_tokenizer

logger = logging.getLogger(__name__)
SEED = 20240229
STEPS = 4000
WARMUP = 100
LEARNING_RATE = 2e-3
LARGEST_GRADIENT = 1.0


def learning_rate_factor(step: int, steps: int) -> float:
    """A linear rise over the first steps, under half a cosine down to 0."""
    return min(1.0, (step + 1) / WARMUP) * 0.5 * (1 + math.cos(math.pi * step / steps))


def train(
    tokenizer: PreTrainedTokenizerFast, steps: int, seed: int, objectives: Objectives
) -> AlbertForSequenceClassification:
    """Train from a seed, on one thread so that the same machine gives the same weights."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    student = Student(tokenizer, objectives)
    optimizer = torch.optim.AdamW(student.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate_factor(step, steps)
    )
    for step, batch in enumerate(islice(training_batches(tokenizer, seed), steps), 1):
        loss = student.loss(batch)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(student.parameters(), LARGEST_GRADIENT)
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            logger.info("step %d of %d: loss %.4f", step, steps, loss.item())
    return student.finished()


def save(
    model: AlbertForSequenceClassification, tokenizer: PreTrainedTokenizerFast, folder: Path
) -> None:
    """Write the checkpoint in half precision, readable by everyone."""
    model.half()  # type: ignore[no-untyped-call]
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for file in folder.iterdir():
        file.chmod(0o644)


def main() -> None:
    """Train and save; the package's own checkpoint is written over unless a folder is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=model_folder(), metavar="DIR")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--echo", type=float, default=Objectives.echo, help="weight in the loss")
    parser.add_argument("--uptake", type=float, default=Objectives.uptake, help="likewise")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    tokenizer = build_tokenizer()
    objectives = Objectives(echo=arguments.echo, uptake=arguments.uptake)
    model = train(tokenizer, arguments.steps, arguments.seed, objectives)
    save(model, tokenizer, arguments.output)


if __name__ == "__main__":
    main()
