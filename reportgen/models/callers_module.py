"""Uses a module that belongs to the caller, and leaves it exactly as it was."""

import random
import sys
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedConfig

from reportgen.errors import ModelError
from reportgen.models.device import is_placed, main_device
from reportgen.models.folders import learned_vectors

_HOOKS = ("_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_forward_hooks")


def bare(module: nn.Module) -> nn.Module:
    """The module inside wrappers such as DataParallel, torch.compile or a model of peft, whose
    adapters are layers of the module inside.

    Raises:
        ModelError: what peft wraps is changed by learned vectors beside the tokens, not by layers.
    """
    while True:
        inner = getattr(module, "_orig_mod", None) or _adapted(module)
        if inner is None and isinstance(
            module, (nn.DataParallel, nn.parallel.DistributedDataParallel)
        ):
            inner = module.module
        if not isinstance(inner, nn.Module):
            return module
        module = inner


def _adapted(module: nn.Module) -> nn.Module | None:
    """The module inside one of peft; None for others."""
    peft: Any = sys.modules.get("peft")  # which made the module, if it is one
    if peft is None or not isinstance(module, peft.PeftModel):
        return None
    kind = module.active_peft_config
    if kind.is_prompt_learning:
        raise ModelError(learned_vectors("model", kind.peft_type.value))
    inner: nn.Module = module.get_base_model()
    return inner


def device_of(module: nn.Module) -> torch.device:
    """The device of the first weight of `module`, of a placed one that of its inputs; the CPU if it
    has no weights."""
    if is_placed(module):
        return main_device(module)
    return next((weight.device for weight in module.parameters()), torch.device("cpu"))


@contextmanager
def borrowed(module: nn.Module) -> Iterator[None]:
    """A context in which `module` may be prepared and analysed; it is restored afterwards.

    Restored are the training or evaluation mode of each part, the device, configurations (attention
    implementation, cache, padding), hooks and `forward`, which weights require gradients, the
    gradients themselves, and the next random numbers of torch, numpy and Python. Within the context
    gradients are switched on and autocast is off, whatever the code around it does.
    """
    modes = [(part, part.training) for part in module.modules()]
    forwards = [(part, part.__dict__.get("forward")) for part in module.modules()]
    hooks = [
        (part, name, OrderedDict(getattr(part, name)))
        for part in module.modules()
        for name in _HOOKS
    ]
    weights = [(weight, weight.requires_grad) for weight in module.parameters()]
    configs = [(config, dict(vars(config))) for config in _configs(module)]
    device = device_of(module)
    with ExitStack() as stack:
        stack.enter_context(_restored_random_state())
        stack.enter_context(torch.enable_grad())
        stack.enter_context(torch.autocast(device.type, enabled=False))
        try:
            yield
        finally:
            if device_of(module) != device:
                module.to(device)
            for part, training in modes:
                part.training = training
            for part, forward in forwards:
                _restore_forward(part, forward)
            for part, name, held in hooks:
                current = getattr(part, name)
                current.clear()
                current.update(held)
            for weight, takes_gradient in weights:
                weight.requires_grad_(takes_gradient)
            for config, values in configs:
                config.__dict__.clear()
                config.__dict__.update(values)


def _restore_forward(part: nn.Module, forward: Any) -> None:
    if forward is not None:
        part.__dict__["forward"] = forward
    else:
        part.__dict__.pop("forward", None)


def _configs(module: nn.Module) -> list[PreTrainedConfig]:
    """All configurations of the parts of `module`, and those inside them; each once."""
    configs: dict[int, PreTrainedConfig] = {}

    def add(value: object) -> None:
        if isinstance(value, PreTrainedConfig) and id(value) not in configs:
            configs[id(value)] = value
            for inner in vars(value).values():
                add(inner)

    for part in module.modules():
        add(getattr(part, "config", None))
    return list(configs.values())


@contextmanager
def _restored_random_state() -> Iterator[None]:
    """A context after which random number generators have the state they had before it."""
    python, others = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(python)
        np.random.set_state(others)
