"""A module of the caller's: run, and given back exactly as it was."""

import random
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedConfig

_HOOKS = ("_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_forward_hooks")


def bare(module: nn.Module) -> nn.Module:
    """The module inside what runs it in parallel or compiled."""
    while True:
        inner = getattr(module, "_orig_mod", None)
        if inner is None and isinstance(
            module, (nn.DataParallel, nn.parallel.DistributedDataParallel)
        ):
            inner = module.module
        if not isinstance(inner, nn.Module):
            return module
        module = inner


def device_of(module: nn.Module) -> torch.device:
    """Where its first weight is; the CPU for a module without any."""
    return next((weight.device for weight in module.parameters()), torch.device("cpu"))


@contextmanager
def borrowed(module: nn.Module) -> Iterator[None]:
    """Within it `module` may be made ready and analysed; afterwards all is as it was before.

    That is: training or evaluation mode of each part, its device, its configurations (attention
    implementation, cache, padding), its hooks and `forward`, which weights take gradients, the
    gradients themselves, and the random numbers that torch, numpy and Python would draw next.
    Gradients are switched on within it, whatever surrounds it, and no autocast is.
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
        stack.enter_context(_same_random_numbers())
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
                _give_back_forward(part, forward)
            for part, name, held in hooks:
                own = getattr(part, name)
                own.clear()
                own.update(held)
            for weight, takes_gradient in weights:
                weight.requires_grad_(takes_gradient)
            for config, values in configs:
                vars(config).clear()
                vars(config).update(values)


def _give_back_forward(part: nn.Module, forward: Any) -> None:
    if forward is not None:
        part.__dict__["forward"] = forward
    else:
        part.__dict__.pop("forward", None)


def _configs(module: nn.Module) -> list[PreTrainedConfig]:
    """Every configuration that a part of `module` holds, and those within them; each once."""
    found: dict[int, PreTrainedConfig] = {}

    def add(value: object) -> None:
        if isinstance(value, PreTrainedConfig) and id(value) not in found:
            found[id(value)] = value
            for inner in vars(value).values():
                add(inner)

    for part in module.modules():
        add(getattr(part, "config", None))
    return list(found.values())


@contextmanager
def _same_random_numbers() -> Iterator[None]:
    """Whatever is drawn within it, what is drawn after it is what would have been drawn anyway."""
    python, others = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(python)
        np.random.set_state(others)
