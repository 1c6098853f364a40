"""Train the bundled model: `python -m reportgen.demo.train [--output DIR]`."""

import argparse
import logging
import math
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AlbertConfig, AlbertForSequenceClassification, PreTrainedTokenizerFast
from transformers.models.albert.modeling_albert import AlbertAttention

from reportgen.demo import model_folder
from reportgen.demo.examples import KINDS, NO_KIND, Batch, training_batches
from reportgen.demo.tokenizer import MAX_TOKENS, build_tokenizer

logger = logging.getLogger(__name__)

SEED = 20240229
STEPS = 4000
WARMUP = 100
LEARNING_RATE = 2e-3
SCORE_LOSS, CONTRIBUTION_LOSS, KIND_LOSS = 1.0, 20.0, 0.5
UPTAKE_COST = 0.1
OUTPUT_NAME = "appeal score"


class Student(nn.Module):
    """The model to keep, and two heads over its tokens that only teach it and are thrown away."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, uptake_cost: float) -> None:
        super().__init__()
        self.model = AlbertForSequenceClassification(model_config(tokenizer))
        self.uptake_cost = uptake_cost
        self.uptakes: list[Tensor] = []
        self.hooks = [
            layer.dense.register_forward_hook(self.keep_uptake)
            for layer in self.model.modules()
            if isinstance(layer, AlbertAttention)
        ]
        width = self.model.config.hidden_size
        self.contribution = nn.Linear(width, 1)
        self.kind = nn.Linear(width, len(KINDS))

    def keep_uptake(self, module: nn.Module, inputs: object, output: Tensor) -> None:
        """Remember what attention adds to every token, `[text, token, width]`."""
        self.uptakes.append(output)

    def loss(self, batch: Batch) -> Tensor:
        """How far the score, and each token's contribution and kind, are from the truth.

        What attention adds to a content token costs something (its square norm, mean over tokens
        and layers), so that a head with nothing to fetch does better to fetch nothing.
        """
        self.uptakes.clear()
        encoded = self.model.albert(batch.tokens, attention_mask=batch.mask)
        scores = self.model.classifier(encoded.pooler_output).squeeze(-1)
        tokens = encoded.last_hidden_state
        content = batch.kinds != NO_KIND
        contributions = self.contribution(tokens).squeeze(-1)[content]
        kinds = self.kind(tokens)[content]
        uptake = torch.stack(self.uptakes)[:, content].square().sum(-1).mean()
        return (
            SCORE_LOSS * nn.functional.mse_loss(scores, batch.scores)
            + CONTRIBUTION_LOSS
            * nn.functional.mse_loss(contributions, batch.contributions[content])
            + KIND_LOSS * nn.functional.cross_entropy(kinds, batch.kinds[content])
            + self.uptake_cost * uptake
        )


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


def learning_rate_factor(step: int, steps: int) -> float:
    """A linear rise over the first steps, then half a cosine down to 0."""
    return min(1.0, (step + 1) / WARMUP) * 0.5 * (1 + math.cos(math.pi * step / steps))


def train(
    tokenizer: PreTrainedTokenizerFast,
    steps: int = STEPS,
    seed: int = SEED,
    uptake_cost: float = UPTAKE_COST,
) -> AlbertForSequenceClassification:
    """Train from a seed, on one thread so that the same machine gives the same weights."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    student = Student(tokenizer, uptake_cost)
    optimizer = torch.optim.AdamW(student.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate_factor(step, steps)
    )
    batches: Iterable[Batch] = islice(training_batches(tokenizer, seed), steps)
    for step, batch in enumerate(batches):
        loss = student.loss(batch)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == steps - 1:
            logger.info("step %d of %d: loss %.4f", step, steps, loss.item())
    for hook in student.hooks:
        hook.remove()
    return student.model


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
    """Train and save; the folder of the package is written over unless another is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=model_folder(), metavar="DIR")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--uptake-cost", type=float, default=UPTAKE_COST)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    tokenizer = build_tokenizer()
    model = train(tokenizer, arguments.steps, arguments.seed, arguments.uptake_cost)
    save(model, tokenizer, arguments.output)


if __name__ == "__main__":
    main()
