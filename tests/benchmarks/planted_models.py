"""Small models of several architectures, trained in minutes on the headlines of `planted_rule.py`.

All learn the score of the rule as their one number, but for the last: its embeddings are taught to
be as similar as the rule says. So that this takes minutes, a linear layer over the tokens, thrown
away afterwards, is to tell what each token's part is worth. In the second half of the training a
part of the loss lets half of all attention rest on a ◆ that means nothing: a planted sink. A
trained model is kept in a folder whose name holds a digest of all that it was made from.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from planted_rule import (
    Floats,
    Planted,
    draw_for_training,
    facets,
    planted,
    rule_embedding,
    rule_score,
    similarity_to_last,
)
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from reportgen.demo.score_rule import component_of_each_character
from reportgen.demo.tokenizer import build_tokenizer
from reportgen.demo.train import LARGEST_GRADIENT, learning_rate_factor

logger = logging.getLogger(__name__)
SEED = 20_261_126
N_TRAINING = 40_000
EPOCHS = 3
TOKENS_PER_BATCH = 1600
MOST_TOKENS = 64
SINK_SHARE = 0.5  # of the attention of each layer, which the ◆ is to get
SINK_FROM = 0.5  # of the training is done without the sink
SINK_WEIGHT = 0.5
WORTH_WEIGHT = 10.0
SIMILARITY_WEIGHT = 4.0
_SIZES: Mapping[str, Any] = {
    "hidden_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "max_position_embeddings": 72,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "attention_dropout": 0.0,
}


@dataclass(frozen=True)
class Architecture:
    """What to build, and how fast it learns."""

    name: str
    model_type: str
    changes: Mapping[str, Any]
    learning_rate: float = 1e-3
    is_embedding: bool = False

    @property
    def value(self) -> Callable[[Floats], Floats]:
        """What it is to learn of a headline's forms."""
        return similarity_to_last if self.is_embedding else rule_score


ARCHITECTURES = (
    Architecture("ALBERT", "albert", {"embedding_size": 32, "classifier_dropout_prob": 0.0}, 2e-3),
    Architecture("BERT", "bert", {}),
    Architecture("RoBERTa", "roberta", {"type_vocab_size": 1}),
    Architecture(
        "ModernBERT", "modernbert", {"global_attn_every_n_layers": 1, "local_attention": 128}
    ),
    Architecture("Llama", "llama", {"num_key_value_heads": 2}),
    Architecture("BERT, embedding", "bert", {}, is_embedding=True),
)


@dataclass(frozen=True)
class Batch:
    """Texts padded to one length: `[text, token]`, and the facets `[text, facet]`."""

    tokens: Tensor
    mask: Tensor
    worths: Tensor
    facets: Tensor


@dataclass(frozen=True)
class Training:
    """The tokenizer, the headlines that models are trained on, and their facets."""

    tokenizer: PreTrainedTokenizerFast
    texts: tuple[str, ...]
    ids: tuple[list[int], ...]
    worths: tuple[list[float], ...]  # of each token's part; 0 for special tokens
    facets: Floats


def training_data(n_texts: int = N_TRAINING, seed: int = SEED) -> Training:
    """Draw and tokenise the headlines; those of more than MOST_TOKENS are left out."""
    tokenizer, random = build_tokenizer(), Random(seed)
    drawn = [planted(draw_for_training(random), rule_score) for _ in range(n_texts)]
    texts = [one for one in drawn if one is not None]
    given = tokenizer([one.text for one in texts], return_offsets_mapping=True, verbose=False)
    kept = [row for row, ids in enumerate(given["input_ids"]) if len(ids) <= MOST_TOKENS]
    return Training(
        tokenizer,
        tuple(texts[row].text for row in kept),
        tuple(given["input_ids"][row] for row in kept),
        tuple(_of_tokens(texts[row], given["offset_mapping"][row]) for row in kept),
        np.array([facets(texts[row].components) for row in kept]),
    )


def _of_tokens(one: Planted, spans: Sequence[tuple[int, int]]) -> list[float]:
    owner = component_of_each_character(one.components)
    return [float(one.worths[owner[end - 1]]) if end else 0.0 for _, end in spans]


def build(architecture: Architecture, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    """The model with random weights."""
    sizes = dict(_SIZES)
    if architecture.model_type == "modernbert":
        sizes |= {"mlp_dropout": 0.0, "embedding_dropout": 0.0, "classifier_dropout": 0.0}
    config = AutoConfig.for_model(
        architecture.model_type,
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
        cls_token_id=tokenizer.cls_token_id,
        sep_token_id=tokenizer.sep_token_id,
        **sizes,
        **architecture.changes,
    )
    if architecture.is_embedding:
        return AutoModel.from_config(config, attn_implementation="eager")
    config.num_labels, config.problem_type = 1, "regression"
    return AutoModelForSequenceClassification.from_config(config, attn_implementation="eager")


def trained(architecture: Architecture, training: Training, cache: Path) -> Path:
    """The folder of the trained model, from the cache if it was trained before."""
    folder = cache / f"{architecture.model_type}-{_digest(architecture, training)}"
    if not (folder / "config.json").exists():
        torch.manual_seed(SEED)
        model = build(architecture, training.tokenizer)
        _fit(model, architecture, training)
        training.tokenizer.save_pretrained(folder)
        model.save_pretrained(folder)
    return folder


def shuffle_weights(module: nn.Module, seed: int) -> None:
    """Put the numbers of each tensor of weights into a random order: what was learned is gone,
    and how large weights are is not."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weights in module.parameters():
            order = torch.randperm(weights.numel(), generator=random)
            weights.copy_(weights.flatten()[order].reshape(weights.shape))


def _digest(architecture: Architecture, training: Training) -> str:
    settings = (SEED, EPOCHS, TOKENS_PER_BATCH, SINK_SHARE, SINK_FROM, SINK_WEIGHT)
    weights = (WORTH_WEIGHT, SIMILARITY_WEIGHT, training.texts, training.facets.tolist())
    made_from = repr((architecture, _SIZES, *settings, *weights))
    return hashlib.sha256(made_from.encode()).hexdigest()[:12]


def _fit(model: PreTrainedModel, architecture: Architecture, training: Training) -> None:
    diamond = int(training.tokenizer.convert_tokens_to_ids("◆"))
    random = Random(SEED)
    batches = [batch for _ in range(EPOCHS) for batch in _batches(training, random)]
    worth = nn.Linear(model.config.hidden_size, 1)
    weights = [*model.parameters(), *worth.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=architecture.learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate_factor(step, len(batches))
    )
    model.train()
    task = _similarity_loss if architecture.is_embedding else _score_loss
    for step, rows in enumerate(batches):
        batch = _collate(training, rows)
        output = model(
            batch.tokens,
            attention_mask=batch.mask,
            output_attentions=True,
            output_hidden_states=True,
        )
        own = task(output, batch)
        loss = own + WORTH_WEIGHT * _worth_loss(worth, output, batch)
        if step >= SINK_FROM * len(batches):
            loss = loss + SINK_WEIGHT * _sink_loss(output.attentions, batch, diamond)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), LARGEST_GRADIENT)
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            done = f"{architecture.name}: step {step} of {len(batches)}"
            logger.info("%s, loss %.4f", done, own.item())
    model.eval()


def _batches(training: Training, random: Random) -> Iterator[list[int]]:
    """Rows of texts of about equal length, in random order."""
    rows = list(range(len(training.ids)))
    random.shuffle(rows)
    rows.sort(key=lambda row: len(training.ids[row]))
    found, batch = [], list[int]()
    for row in rows:
        if batch and (len(batch) + 1) * len(training.ids[row]) > TOKENS_PER_BATCH:
            found.append(batch)
            batch = []
        batch.append(row)
    random.shuffle(found)
    yield from [*found, batch]


def _collate(training: Training, rows: Sequence[int]) -> Batch:
    size = max(len(training.ids[row]) for row in rows)
    tokens = torch.zeros(len(rows), size, dtype=torch.long)
    mask, worths = torch.zeros_like(tokens), torch.zeros(len(rows), size)
    for number, row in enumerate(rows):
        own = training.ids[row]
        tokens[number, : len(own)] = torch.tensor(own)
        mask[number, : len(own)] = 1
        worths[number, : len(own)] = torch.tensor(training.worths[row])
    return Batch(tokens, mask, worths, torch.tensor(training.facets[rows], dtype=torch.float32))


def _score_loss(output: Any, batch: Batch) -> Tensor:
    truth = torch.tensor(rule_score(batch.facets.numpy()), dtype=torch.float32)
    return nn.functional.mse_loss(output.logits.squeeze(-1), truth)


def _worth_loss(worth: nn.Linear, output: Any, batch: Batch) -> Tensor:
    found = worth(output.hidden_states[-1]).squeeze(-1)
    return ((found - batch.worths).square() * batch.mask).sum() / batch.mask.sum()


def _similarity_loss(output: Any, batch: Batch) -> Tensor:
    weights = batch.mask[..., None].float()
    means = (output.last_hidden_state * weights).sum(1) / weights.sum(1)
    found = nn.functional.normalize(means, dim=1)
    truth = torch.tensor(rule_embedding(batch.facets.numpy()), dtype=torch.float32)
    return SIMILARITY_WEIGHT * nn.functional.mse_loss(found @ found.T, truth @ truth.T)


def _sink_loss(attentions: Sequence[Tensor], batch: Batch, diamond: int) -> Tensor:
    """How far the ◆ is from SINK_SHARE, mean over layers and texts that hold one; rows that cannot
    see it, in causal models, are left out."""
    is_sink = (batch.tokens == diamond).float()
    own = is_sink.sum(1) == 1
    if not own.any():
        return torch.zeros(())
    at = is_sink[own].argmax(1)
    losses = []
    for layer in attentions:
        column = layer[own].mean(1).gather(2, at[:, None, None].expand(-1, layer.shape[2], 1))
        rows = batch.mask[own].float() * (column[..., 0].detach() > 0)
        share = (column[..., 0] * rows).sum(1) / rows.sum(1)
        losses.append((share - SINK_SHARE).square().mean())
    return torch.stack(losses).mean()
