"""Models whose parts are on several devices, or wait on the host or the disk until they run.

transformers places them by a device map, with hooks of accelerate that move the inputs of each part
to its device, and load weights that wait elsewhere just before it runs.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn


def is_placed(module: nn.Module) -> bool:
    """Whether a model, or one inside it, was placed by a device map; it must not be moved."""
    return any(hasattr(part, "hf_device_map") for part in module.modules())


def main_device(module: nn.Module) -> torch.device:
    """The device on which a placed model gets its inputs: the first one in its map that runs
    anything, or the CPU if all of it waits on the host or the disk."""
    maps = (getattr(part, "hf_device_map", None) for part in module.modules())
    places = [place for own in maps for place in (own or {}).values()]
    found = next((place for place in places if place not in ("cpu", "disk")), "cpu")
    return torch.device(found if isinstance(found, str | torch.device) else f"{_kind()}:{found}")


def _kind() -> str:
    """What numbers of devices in a map are of."""
    return "xpu" if torch.xpu.is_available() and not torch.cuda.is_available() else "cuda"


def weight_of(module: nn.Module, name: str) -> Any:
    """The weight or bias `name` of a module, loaded if it waits elsewhere; None if it has none."""
    held = getattr(module, name, None)
    if not isinstance(held, Tensor) or held.device.type != "meta":
        return held
    for hook in _hooks(module):
        if getattr(hook, "weights_map", None) is not None:
            return hook.weights_map[name].to(hook.execution_device)
    return held


def _hooks(module: nn.Module) -> Iterator[Any]:
    """The hooks of accelerate on a module."""
    own = getattr(module, "_hf_hook", None)
    if own is not None:
        yield from getattr(own, "hooks", (own,))


class LoadedState(Mapping[str, Tensor]):
    """The weights of a module by name, those that wait elsewhere loaded one at a time."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._state: Mapping[str, Tensor] = module.state_dict()

    def __getitem__(self, name: str) -> Tensor:
        path, _, own = name.rpartition(".")
        found = self._state[name]
        if found.device.type == "meta":
            found = weight_of(self._module.get_submodule(path), own)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._state)

    def __len__(self) -> int:
        return len(self._state)
