"""Tiny random models of many families, with where each keeps what its attention is made of.

The places are written down by hand, family by family, so that what the product finds by names and
proof can be held against them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from helpers.made_up.shared import shared_folder
from helpers.real.explaining import encoded
from helpers.real.models import spread_weights, tiny_tokenizer
from reportgen.analysis.attention import Capture, Norms, find_norms
from reportgen.models import LoadedModel, ModelSpec, load_model

_BERT = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 130,
}
_GROUPED = {**_BERT, "num_key_value_heads": 2}
_GPT2 = {"n_embd": 32, "n_layer": 3, "n_head": 4}
_FALCON = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4}
_DEBERTA = {**_BERT, "relative_attention": True, "pos_att_type": ["c2p", "p2c"]}
# Model type, after what tells apart two of one type, and what makes it tiny.
CONFIGS: dict[str, dict[str, Any]] = {
    "albert": {**_BERT, "embedding_size": 16},
    "bart": {
        "d_model": 32,
        **{f"{side}_layers": 3 for side in ("encoder", "decoder")},
        **{f"{side}_attention_heads": 4 for side in ("encoder", "decoder")},
        **{f"{side}_ffn_dim": 64 for side in ("encoder", "decoder")},
    },
    "bert": _BERT,
    "bloom": {"hidden_size": 32, "n_layer": 3, "n_head": 4},
    "codegen": {**_GPT2, "rotary_dim": 4},
    "convbert": {**_BERT, "embedding_size": 16},
    "deberta": _DEBERTA,
    "deberta-v2": {**_DEBERTA, "position_biased_input": False},
    "distilbert": {"dim": 32, "n_layers": 3, "n_heads": 4, "hidden_dim": 64},
    "electra": {**_BERT, "embedding_size": 16},
    "falcon": _FALCON,
    "grouped falcon": {**_FALCON, "num_kv_heads": 2, "new_decoder_architecture": True},
    "gemma2": {**_GROUPED, "head_dim": 8},
    "gpt2": _GPT2,
    "gpt_neox": _BERT,
    "gptj": {**_GPT2, "rotary_dim": 4},
    "llama": _GROUPED,
    "modernbert": {**_BERT, "local_attention": 8, "global_attn_every_n_layers": 3},
    "mobilebert": {
        **_BERT,
        "embedding_size": 16,
        "intra_bottleneck_size": 16,
        "true_hidden_size": 16,
    },
    "opt": {
        "hidden_size": 32,
        "word_embed_proj_dim": 32,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "ffn_dim": 64,
    },
    "phi3": _GROUPED,
    "qwen2": _GROUPED,
    "roberta": _BERT,
    "roberta-prelayernorm": _BERT,
    "t5": {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 3, "num_heads": 4},
    "xlnet": {"d_model": 32, "n_layer": 3, "n_head": 4, "d_inner": 64},
}

# Columns of the value vectors in what their module returns: of one head's, from its number, the
# number of heads and of value heads, and the size.
Columns = Callable[[int, int, int, int], int]


def _alone(head: int, n: int, n_values: int, size: int) -> int:
    return head * n_values // n * size


def _behind_all(head: int, n: int, n_values: int, size: int) -> int:
    return (n + n_values + head * n_values // n) * size


def _behind_each(head: int, n: int, n_values: int, size: int) -> int:
    group = n // n_values  # queries of one value head, then its key and its value
    return (head // group * (group + 2) + group + 1) * size


@dataclass(frozen=True)
class Sites:
    """Names of modules, {} for the number of the layer."""

    value: str
    output: str
    start: Columns = _alone
    after: str | None = None  # the LayerNorm of the block's output and its residual
    before: str | None = None  # what is given the residual before the block
    n_value_heads: int = 4
    is_causal: bool = False


_OF_BERT = Sites(
    "encoder.layer.{}.attention.self.value",
    "encoder.layer.{}.attention.output.dense",
    after="encoder.layer.{}.attention.output.LayerNorm",
)
_OF_LLAMA = Sites(
    "layers.{}.self_attn.v_proj",
    "layers.{}.self_attn.o_proj",
    before="layers.{}.input_layernorm",
    n_value_heads=2,
    is_causal=True,
)
_ALBERT = "encoder.albert_layer_groups.0.albert_layers.0.attention"
SITES = {
    "albert": Sites(f"{_ALBERT}.value", f"{_ALBERT}.dense", after=f"{_ALBERT}.LayerNorm"),
    "bart": Sites(
        "layers.{}.self_attn.v_proj",
        "layers.{}.self_attn.out_proj",
        after="layers.{}.self_attn_layer_norm",
    ),
    "bert": _OF_BERT,
    "bloom": Sites(
        "h.{}.self_attention.query_key_value",
        "h.{}.self_attention.dense",
        _behind_each,
        before="h.{}.input_layernorm",
        is_causal=True,
    ),
    "deberta-v2": Sites(
        "encoder.layer.{}.attention.self.value_proj",
        _OF_BERT.output,
        after=_OF_BERT.after,
    ),
    "distilbert": Sites(
        "transformer.layer.{}.attention.v_lin",
        "transformer.layer.{}.attention.out_lin",
        after="transformer.layer.{}.sa_layer_norm",
    ),
    "electra": _OF_BERT,
    "grouped falcon": Sites(
        "h.{}.self_attention.query_key_value",
        "h.{}.self_attention.dense",
        _behind_each,
        n_value_heads=2,
        is_causal=True,
    ),
    "gpt2": Sites(
        "h.{}.attn.c_attn",
        "h.{}.attn.c_proj",
        _behind_all,
        before="h.{}.ln_1",
        is_causal=True,
    ),
    "gpt_neox": Sites(
        "layers.{}.attention.query_key_value",
        "layers.{}.attention.dense",
        _behind_each,
        is_causal=True,
    ),
    "llama": _OF_LLAMA,
    "modernbert": Sites(
        "layers.{}.attn.Wqkv", "layers.{}.attn.Wo", _behind_all, before="layers.{}.attn_norm"
    ),
    "opt": Sites(
        "decoder.layers.{}.self_attn.v_proj",
        "decoder.layers.{}.self_attn.out_proj",
        before="decoder.layers.{}.self_attn_layer_norm",
        is_causal=True,
    ),
    "phi3": Sites(
        "layers.{}.self_attn.qkv_proj",
        "layers.{}.self_attn.o_proj",
        _behind_all,
        before="layers.{}.input_layernorm",
        n_value_heads=2,
        is_causal=True,
    ),
    "qwen2": _OF_LLAMA,
    "roberta": _OF_BERT,
    "roberta-prelayernorm": Sites(
        _OF_BERT.value, _OF_BERT.output, before="encoder.layer.{}.attention.LayerNorm"
    ),
    "t5": Sites(
        "block.{}.layer.0.SelfAttention.v",
        "block.{}.layer.0.SelfAttention.o",
        before="block.{}.layer.0.layer_norm",
    ),
}


def spread_scales(model: nn.Module) -> None:
    """Draw what norms scale by, which is 1 everywhere in a new model."""
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1 and (parameter == 1).all():
                parameter.uniform_(0.5, 1.5, generator=random)


def load_family(folder: Path, family: str, dtype: str = "float32") -> LoadedModel:
    """A tiny random model of three layers and four heads, with BERT's kind of tokenizer."""

    def save(path: Path) -> None:
        tokenizer = tiny_tokenizer("wordpiece")
        # Some configurations have special ids of their own, which a tiny vocabulary has not.
        config = AutoConfig.for_model(
            family.rpartition(" ")[2],
            vocab_size=len(tokenizer) + 1,  # Qwen2's class of tokenizers adds a token
            **{f"{name}_token_id": 0 for name in ("pad", "bos", "eos", "cls", "sep", "mask")},
            **CONFIGS[family],
        )
        model = AutoModel.from_config(config)
        spread_weights(model)
        spread_scales(model)
        model.save_pretrained(path)
        tokenizer.save_pretrained(path)

    path = folder / family
    if not path.exists():
        shared_folder(path, f"family {family}", save)
    return load_model(ModelSpec(model=str(path), dtype=dtype))


def proven(model: LoadedModel) -> tuple[Capture, Norms]:
    """How its attention maps and its value vectors are read."""
    capture = Capture(model.module, model.encoder)
    found = find_norms(model, capture, encoded(model, "the cat sat on the mat")[0])
    assert isinstance(found, Norms), found
    return capture, found


def on_dogs(model: LoadedModel, path: str, change: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Have what one module is given changed by `change(given, rows)`, where `rows` `[text]` says
    which texts of the batch have the token "dog"."""
    dog = model.tokenizer.convert_tokens_to_ids("dog")
    rows: list[Tensor] = []

    def see(module: nn.Module, args: Any, kwargs: dict[str, Any]) -> None:
        rows[:] = [(kwargs["input_ids"] == dog).any(1)]

    model.encoder.register_forward_pre_hook(see, with_kwargs=True)
    model.encoder.get_submodule(path).register_forward_pre_hook(
        lambda module, args: (change(args[0].clone(), rows[0]), *args[1:])
    )
