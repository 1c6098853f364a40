"""Forward passes of transformers, one text at a time, written out step by step without hooks."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

# Given the number of a layer, from 0, and its value vectors [key, head, size]: those to go on with.
ChangeValues = Callable[[int, Tensor], Tensor]


@dataclass
class Plain:
    """What one pass gave."""

    hidden: Tensor  # [position, width], last hidden states
    maps: list[Tensor]  # of each layer [head, query, key]
    values: list[Tensor]  # of each layer [key, head, size], before they were changed


def run_plainly(
    encoder: PreTrainedModel,
    ids: tuple[int, ...],
    change: ChangeValues = lambda layer, values: values,
    visible: Tensor | None = None,
    type_ids: tuple[int, ...] | None = None,
) -> Plain:
    """A BERT, RoBERTa, ALBERT or GPT-2; `visible` `[query, key]` is what each query can see."""
    run = {"gpt2": _gpt2, "albert": _albert}.get(encoder.config.model_type, _bert)
    if visible is None:
        visible = torch.ones(len(ids), len(ids)).bool()
    kinds = None if type_ids is None else torch.tensor([type_ids])
    with torch.no_grad():
        return run(encoder, torch.tensor([ids]), change, visible, kinds)


class _Attention:
    """Attention of one text, layer by layer."""

    def __init__(self, n_heads: int, visible: Tensor, change: ChangeValues) -> None:
        self.n_heads, self.visible, self.change = n_heads, visible, change
        self.maps: list[Tensor] = []
        self.values: list[Tensor] = []

    def __call__(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """`[position, width]` each; what the heads gather, `[position, width]`."""
        query, key, value = (
            x.reshape(len(x), self.n_heads, -1).clone() for x in (query, key, value)
        )
        self.values.append(value.clone())
        value = self.change(len(self.maps), value)
        gathered = torch.zeros_like(query)
        maps = torch.zeros(self.n_heads, len(query), len(query))
        for head in range(self.n_heads):
            for i in range(len(query)):
                seen = self.visible[i].nonzero().squeeze(1)
                scores = key[seen, head] @ query[i, head] / query.shape[-1] ** 0.5
                maps[head, i, seen] = scores.softmax(0)
                gathered[i, head] = maps[head, i] @ value[:, head]
        self.maps.append(maps)
        return gathered.flatten(1)


def _bert(encoder, ids, change, visible, kinds) -> Plain:
    attend = _Attention(encoder.config.num_attention_heads, visible, change)
    x = encoder.embeddings(ids, token_type_ids=kinds)[0]
    for layer in encoder.encoder.layer:
        own, out = layer.attention.self, layer.attention.output
        gathered = attend(own.query(x), own.key(x), own.value(x))
        x = out.LayerNorm(x + out.dense(gathered))
        inner = nn.functional.gelu(layer.intermediate.dense(x))
        x = layer.output.LayerNorm(x + layer.output.dense(inner))
    return Plain(x, attend.maps, attend.values)


def _albert(encoder, ids, change, visible, kinds) -> Plain:
    attend = _Attention(encoder.config.num_attention_heads, visible, change)
    x = encoder.encoder.embedding_hidden_mapping_in(encoder.embeddings(ids, kinds)[0])
    layer = encoder.encoder.albert_layer_groups[0].albert_layers[0]
    for _ in range(encoder.config.num_hidden_layers):
        own = layer.attention
        gathered = attend(own.query(x), own.key(x), own.value(x))
        x = own.LayerNorm(x + own.dense(gathered))
        inner = nn.functional.gelu(layer.ffn(x), approximate="tanh")
        x = layer.full_layer_layer_norm(x + layer.ffn_output(inner))
    return Plain(x, attend.maps, attend.values)


def _gpt2(encoder, ids, change, visible, kinds) -> Plain:
    attend = _Attention(encoder.config.n_head, visible.tril(), change)
    x = encoder.wte(ids[0]) + encoder.wpe.weight[: ids.shape[1]]
    for block in encoder.h:
        gathered = attend(*block.attn.c_attn(block.ln_1(x)).chunk(3, dim=-1))
        x = x + block.attn.c_proj(gathered)
        inner = nn.functional.gelu(block.mlp.c_fc(block.ln_2(x)), approximate="tanh")
        x = x + block.mlp.c_proj(inner)
    return Plain(encoder.ln_f(x), attend.maps, attend.values)
