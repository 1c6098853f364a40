"""Measure a trained checkpoint on unseen headlines: `python -m reportgen.demo.evaluate`."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
from transformers import AlbertForSequenceClassification, PreTrainedTokenizerFast

from reportgen.demo import model_folder
from reportgen.demo.headlines import Lengths, headline
from reportgen.demo.student import TEXTS_PER_BATCH, Example, collate, example
from reportgen.demo.tokenizer import MAX_TOKENS

UNSEEN_SEED = 7_777_777
UNSEEN_TEXTS = 2000


@dataclass(frozen=True)
class Scores:
    """How well the score is met, and the mean attention received by [CLS] and [SEP] per layer.

    `even` is what one token would receive if attention were spread evenly.
    """

    texts: int
    r2: float
    mean_absolute_error: float
    cls: list[float]
    sep: list[float]
    even: float


def load(folder: Path) -> tuple[AlbertForSequenceClassification, PreTrainedTokenizerFast]:
    """The checkpoint in single precision, with its attention maps within reach.

    Without a tokenizer of its own it takes that of the first model.
    """
    model = AlbertForSequenceClassification.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )
    source = folder if (folder / "tokenizer.json").is_file() else model_folder()
    return model, PreTrainedTokenizerFast.from_pretrained(source)


def unseen_examples(
    tokenizer: PreTrainedTokenizerFast,
    count: int = UNSEEN_TEXTS,
    lengths: Lengths = Lengths(),  # noqa: B008 - frozen
) -> list[Example]:
    """Headlines from a seed of their own that fit the model, shortest first."""
    random = Random(UNSEEN_SEED)
    examples: list[Example] = []
    while len(examples) < count:
        drawn = example(tokenizer, headline(random, lengths))
        if len(drawn.tokens) <= MAX_TOKENS:
            examples.append(drawn)
    return sorted(examples, key=lambda drawn: len(drawn.tokens))


@torch.inference_mode()
def measure(model: AlbertForSequenceClassification, examples: Sequence[Example]) -> Scores:
    """R², mean absolute error and sink shares; every text counts the same whatever its length."""
    predictions, cls, sep = [], [], []
    for start in range(0, len(examples), TEXTS_PER_BATCH):
        batch = collate(examples[start : start + TEXTS_PER_BATCH])
        output = model(batch.tokens, attention_mask=batch.mask, output_attentions=True)
        predictions.append(output.logits.squeeze(-1))
        queries = batch.mask.float()
        lengths = queries.sum(1)
        received = torch.stack(
            [torch.einsum("tq,thqk->tk", queries, layer) for layer in output.attentions]
        ) / (lengths[:, None] * output.attentions[0].shape[1])
        last = lengths.long() - 1
        cls.append(received[:, :, 0])
        sep.append(received[:, torch.arange(len(last)), last])
    predicted = torch.cat(predictions)
    truth = torch.tensor([drawn.score for drawn in examples])
    residual = predicted - truth
    return Scores(
        texts=len(examples),
        r2=1 - float(residual.square().sum() / (truth - truth.mean()).square().sum()),
        mean_absolute_error=float(residual.abs().mean()),
        cls=torch.cat(cls, 1).mean(1).tolist(),
        sep=torch.cat(sep, 1).mean(1).tolist(),
        even=sum(1 / len(drawn.tokens) for drawn in examples) / len(examples),
    )


def main() -> None:
    """Print the figures of the model card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=model_folder(), metavar="DIR")
    torch.set_num_threads(1)
    model, tokenizer = load(parser.parse_args().model)
    for name, lengths in (("all", Lengths()), ("long", Lengths(0.0, 1.0))):
        figures = measure(model, unseen_examples(tokenizer, lengths=lengths))
        print(f"{name}: {figures.texts} texts, R2 {figures.r2:.4f}, ", end="")
        print(f"mean absolute error {figures.mean_absolute_error:.4f}, even {figures.even:.3f}")
        for layer, (cls, sep) in enumerate(zip(figures.cls, figures.sep, strict=True), 1):
            print(f"  layer {layer}: [CLS] {cls:.3f}, [SEP] {sep:.3f}")


if __name__ == "__main__":
    main()
