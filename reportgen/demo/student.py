"""The model to train, and the objectives that teach it."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import AlbertConfig, AlbertForSequenceClassification, PreTrainedTokenizerFast
from transformers.models.albert.modeling_albert import AlbertAttention

from reportgen.demo.examples import KINDS, NO_KIND, Batch
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
        own = batch.tokens % ECHO_CODES
        return torch.where(torch.isin(batch.tokens, self.cues), own.roll(1, dims=1), own)

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
