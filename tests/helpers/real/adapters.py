"""Adapters of peft with weights large enough to change what a tiny model does."""

from pathlib import Path
from typing import Any

import peft
import torch
from transformers import PreTrainedModel


def save_adapter(folder: Path, model: PreTrainedModel, config: Any, seed: int = 0) -> Path:
    """Save a random adapter of `model` to `folder`; the model gets it as layers of its own."""
    adapted = peft.get_peft_model(model, config)
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if ".default" in name or parameter.requires_grad:
                parameter.normal_(0.0, 0.3, generator=random)
    adapted.save_pretrained(folder)
    return folder


def lora(task: str | None, *targets: str, **settings: Any) -> peft.LoraConfig:
    """A LoRA of rank 4 on the layers named `targets`."""
    return peft.LoraConfig(task_type=task, r=4, target_modules=list(targets), **settings)
