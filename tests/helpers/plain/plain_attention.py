"""What attention passes on from token to token, one text at a time, by explicit tensors."""

import copy
import inspect
from dataclasses import dataclass

import torch
from torch import Tensor

from helpers.real.families import SITES
from reportgen.models import EncodedText, LoadedModel


@dataclass(frozen=True)
class PlainLayer:
    """One layer's attention of one text, float64."""

    maps: Tensor  # [head, query, key]
    passed: Tensor  # [key, head, width], what each head passes on from a key
    parts: Tensor  # [query, key, width], what comes from each key, heads added
    output: Tensor  # [query, width]
    bias: Tensor  # [width], 0 where there is none
    residual: Tensor | None  # [query, width]; None where the family has none of its own
    norm: torch.nn.LayerNorm | None  # takes output and residual next


def plain_layers(model: LoadedModel, family: str, text: EncodedText) -> list[PlainLayer]:
    """What attention does in each layer, by explicit tensors of queries by keys by width."""
    encoder, sites = copy.deepcopy(model.encoder).double(), SITES[family]
    encoder.set_attn_implementation("eager")
    n_layers, n_heads, ids = 3, 4, text.ids
    modules = dict(encoder.named_modules())
    calls: dict[str, list[tuple[Tensor, Tensor]]] = {}
    names = [sites.value, sites.output, *filter(None, (sites.after, sites.before))]
    paths = {name.format(layer) for name in names for layer in range(n_layers)}
    handles = [
        modules[path].register_forward_hook(
            lambda _, args, made, path=path: calls.setdefault(path, []).append((args[0], made))
        )
        for path in paths
    ]
    takes_types = "token_type_ids" in inspect.signature(encoder.forward).parameters
    types = {"token_type_ids": torch.tensor([text.type_ids])} if takes_types else {}
    with torch.no_grad():
        found = encoder(torch.tensor([ids]), output_attentions=True, **types)
    for handle in handles:
        handle.remove()

    def call(name: str, layer: int) -> tuple[Tensor, Tensor]:
        """What a module was given and what it made of it, `[position, width]` each."""
        once = calls[name.format(layer)]
        given, made = once[layer if len(once) == n_layers else 0]  # ALBERT has one for all
        return given.reshape(len(ids), -1), made.reshape(len(ids), -1)

    layers = []
    for layer in range(n_layers):
        maps = found.attentions[layer][0]
        _, made = call(sites.value, layer)
        _, output = call(sites.output, layer)
        module = modules[sites.output.format(layer)]
        is_linear = isinstance(module, torch.nn.Linear)
        weight = module.weight.T if is_linear else module.weight  # [head * size, width]
        size = len(weight) // n_heads
        passed = torch.zeros(len(ids), n_heads, weight.shape[1], dtype=torch.float64)
        parts = torch.zeros(len(ids), len(ids), weight.shape[1], dtype=torch.float64)
        for head in range(n_heads):
            start = sites.start(head, n_heads, sites.n_value_heads, size)
            value = made[:, start : start + size]
            passed[:, head] = value @ weight[head * size : (head + 1) * size]
            parts += maps[head][:, :, None] * passed[None, :, head]
        bias = torch.zeros_like(output[0]) if module.bias is None else module.bias
        torch.testing.assert_close(parts.sum(1) + bias, output)
        residual, norm = None, None
        if sites.after is not None:
            norm = modules[sites.after.format(layer)]
            residual = call(sites.after, layer)[0] - output
        elif sites.before is not None:
            residual = call(sites.before, layer)[0]
        layers.append(
            PlainLayer(*(x.detach() for x in (maps, passed, parts, output, bias)), residual, norm)
        )
    return layers


def plain_parts(layer: PlainLayer) -> tuple[Tensor, Tensor]:
    """What the block gives on `[query, width]`, and the part of it from each key, with residual
    and LayerNorm, `[query, key, width]` (Kobayashi et al. 2021)."""
    assert layer.residual is not None
    parts = layer.parts.clone()
    for query in range(len(parts)):
        parts[query, query] += layer.residual[query]
    given = layer.output + layer.residual
    if layer.norm is None:
        return given, parts
    for query, row in enumerate(given):
        deviation = (row.var(correction=0) + layer.norm.eps).sqrt()
        for part in parts[query]:
            part.copy_((part - part.mean()) / deviation * layer.norm.weight.detach())
    return layer.norm(given).detach(), parts
