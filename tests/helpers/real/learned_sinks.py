"""A tiny model whose heads have learned sinks, as GPT-OSS has them, and its results."""

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from helpers.real.models import spread_weights, tiny_tokenizer
from reportgen.analysis import AnalysisOptions, analyze
from reportgen.models import LoadedModel, ModelSpec, load_model
from reportgen.results import EvidenceLevel, Results
from reportgen.texts import TextInput, TextSet

TEXTS = (
    "the cat sat on the mat",
    "the dog sat on the log",
    "a very good film with a bad ending",
    "Free coffee for every new member",
    "a good cat and a bad dog",
)


def gpt_oss(folder: Path) -> LoadedModel:
    """The model, saved in `folder`."""
    tokenizer = tiny_tokenizer("bytes_plain")
    config = AutoConfig.for_model(
        "gpt_oss",
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        intermediate_size=32,
        num_local_experts=2,
        num_experts_per_tok=1,
        max_position_embeddings=128,
        layer_types=["full_attention", "full_attention"],
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        pad_token_id=0,
        bos_token_id=0,
        eos_token_id=0,
    )
    model = AutoModelForCausalLM.from_config(config)
    spread_weights(model)
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.sinks.copy_(torch.tensor([1.0, 4.0, 6.0, 9.0]))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return load_model(ModelSpec(model=str(folder)))


def analysed(
    model: LoadedModel,
    folder: Path,
    evidence: EvidenceLevel = "full",
    texts: Sequence[str] = TEXTS,
) -> Results:
    """What the model makes of the texts."""
    inputs = tuple(
        TextInput(str(i), text, None, None, None, f"made:{i}") for i, text in enumerate(texts)
    )
    options = AnalysisOptions(units="token", evidence=evidence, batch_tokens=1024)
    return analyze(TextSet(inputs, ()), model, folder, options)
