"""Folders of tiny sentence encoders, as sentence-transformers saves them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from helpers.real.models import save_model

WIDTH = 32  # of the tiny models' hidden states


def save_sentence_encoder(
    folder: Path,
    architecture: str,
    poolings: Sequence[str] = ("mean",),
    layers: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Tensor]]] = (),
    **settings: Any,
) -> Path:
    """A tiny random encoder with its list of modules.

    `layers` are the kind, the settings and the weights of each module after the pooling; `settings`
    go into config_sentence_transformers.json.
    """
    save_model(folder, architecture, "base")
    if architecture == "llama":  # sentence-transformers pads
        path = folder / "tokenizer_config.json"
        _write(path, json.loads(path.read_text("utf-8")) | {"pad_token": "</s>"})
    kinds = ["Transformer", "Pooling", *(kind for kind, _, _ in layers)]
    modules = [
        {
            "idx": number,
            "name": str(number),
            "path": f"{number}_{kind}" if number else "",
            "type": f"sentence_transformers.models.{kind}",
        }
        for number, kind in enumerate(kinds)
    ]
    _write(folder / "modules.json", modules)
    _write(folder / "sentence_bert_config.json", {"max_seq_length": 64, "do_lower_case": False})
    if settings:
        _write(folder / "config_sentence_transformers.json", settings)
    pooling = {"word_embedding_dimension": WIDTH, "pooling_mode": list(poolings)}
    _write(folder / "1_Pooling" / "config.json", pooling)
    for number, (kind, own, weights) in enumerate(layers, start=2):
        _write(folder / f"{number}_{kind}" / "config.json", own)
        if weights:
            torch.save(dict(weights), folder / f"{number}_{kind}" / "pytorch_model.bin")
    return folder


def dense(width: int, activation: str = "Tanh") -> tuple[str, dict[str, Any], dict[str, Tensor]]:
    """A random dense layer to `width` figures."""
    made = torch.Generator().manual_seed(0)
    settings = {
        "in_features": WIDTH,
        "out_features": width,
        "bias": True,
        "activation_function": f"torch.nn.modules.activation.{activation}",
    }
    weights = {
        "linear.weight": torch.randn(width, WIDTH, generator=made) / WIDTH**0.5,
        "linear.bias": torch.randn(width, generator=made),
    }
    return "Dense", settings, weights


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content), "utf-8")
