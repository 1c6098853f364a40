"""Where a model comes from: a folder, the hub, a factory, or the caller's own objects."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import torch
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from reportgen.demo import model_folder
from reportgen.model.checkpoint import load_checkpoint
from reportgen.model.factory import build_module
from reportgen.model.pretrained import load_pretrained, reported_part
from reportgen.model.spec import ModelSpec, bundled_name, expanded

Kind: TypeAlias = Literal["demo", "folder", "hub", "factory"]

HANDED_OVER = (
    "the model was handed over in Python; to repeat this with the command, save it "
    "(save_pretrained) and name its folder with --model"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A module, before its encoder and tokenizer are known."""

    module: nn.Module
    kind: Kind
    name: str
    architecture: str
    folder: str | None  # folder or hub id it came from
    dtype: str
    remark: str | None = None
    tokenizer: PreTrainedTokenizerBase | None = None  # that was handed over with it


def from_folder(spec: ModelSpec) -> Source:
    """The model in the folder, or of the hub id, that `spec` names."""
    bundled = bundled_name(spec.model)
    name = str(spec.model) if bundled is None else str(model_folder(bundled))
    loaded = load_pretrained(spec, name, _dtype(spec))
    folder = Path(name).expanduser()
    kind: Kind = "folder" if folder.is_dir() else "hub"
    shown = folder.resolve().name if folder.is_dir() else name
    if bundled is not None:
        kind, shown = "demo", f"reportgen {bundled}"
    architecture = loaded.architecture
    return Source(loaded.module, kind, shown, architecture, name, spec.dtype, loaded.remark)


def from_factory(spec: ModelSpec) -> Source:
    """The module that the factory of `spec` builds, with its weights."""
    module = build_module(spec).to(_dtype(spec))
    remark = None
    if spec.checkpoint is not None:
        load_checkpoint(module, spec.checkpoint)
    else:
        remark = "no --checkpoint: the weights are those the factory loaded, or made up, itself"
    kind = type(module).__name__
    return Source(module, "factory", kind, kind, None, spec.dtype, remark)


def from_objects(
    module: nn.Module, tokenizer: PreTrainedTokenizerBase | None, spec: ModelSpec
) -> Source:
    """A module that is built, with its tokenizer, None where the module has it."""
    part, remark, came_from = module, None, ""
    if isinstance(module, PreTrainedModel):
        _, part, remark = reported_part(module, spec)
        came_from = str(module.name_or_path or "")
    path = expanded(came_from)
    folder = came_from if came_from and path.is_dir() else None
    is_path = folder is not None or path.is_absolute() or came_from.startswith(".")
    name = (path.resolve().name if is_path else came_from) or type(module).__name__
    floats = (weight.dtype for weight in module.parameters() if weight.is_floating_point())
    dtype = str(next(floats, torch.float32)).removeprefix("torch.")
    said = "; ".join(filter(None, (HANDED_OVER, remark)))
    return Source(part, "factory", name, type(part).__name__, folder, dtype, said, tokenizer)


def _dtype(spec: ModelSpec) -> torch.dtype:
    dtype: torch.dtype = getattr(torch, spec.dtype)
    return dtype
