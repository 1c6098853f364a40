"""The devices that models run on: which ones exist, their memory, and how tensors get to them;
models in parts on several; and how exact figures are in each precision.

Models in parts may also wait on the host or the disk until they run. transformers places them by a
device map, with hooks of accelerate that move the inputs of each part to its device, and load
weights that wait elsewhere just before it runs.

The checks of figures ask whether a model's attention is read right, not whether it is exact: a
wrong reading is off by far more, in any precision. Figures that a rounded model gives are as
rounded as it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from reportgen.errors import ModelError, first_line

# In the order in which "auto" looks for them; ROCm is cuda too.
ACCELERATORS = ("cuda", "xpu", "mps")
# What errors say that are not of torch's own class for a lack of memory: MPS and old XPU, a library
# of CUDA that could not set itself up, and the host.
_LACKS = (
    "out of memory",
    "_STATUS_ALLOC_FAILED",
    "can't allocate memory",
    "not enough memory",
)


def backend(kind: str) -> Any:
    """The part of torch for devices of a kind, such as `torch.cuda`."""
    return getattr(torch, kind)


def find_device(name: str) -> torch.device:
    """The device called `name`; "auto" is the first available one of cuda, xpu, mps and cpu.

    Raises:
        ModelError: this machine has no such device, or torch cannot use it.
    """
    if name == "auto":
        name = next((kind for kind in ACCELERATORS if count(kind)), "cpu")
    device = torch.device(name)
    there = [*(known for kind in ACCELERATORS for known in _names(kind)), "cpu"]
    known = f"there is {' and '.join(there)}"
    if device.type != "cpu" and not count(device.type):
        why = f"not on this machine, or torch {torch.__version__} was built without it"
        raise ModelError(f"--device {name}: {why}; {known}")
    if device.type != "cpu" and (device.index or 0) >= count(device.type):
        raise ModelError(f"--device {name}: not on this machine; {known}")
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = first_line(error)
        raise ModelError(f"--device {name}: cannot be used ({reason}); {known}") from error
    return device


def count(kind: str) -> int:
    """How many devices of a kind of accelerator torch can use."""
    if kind == "mps":
        return int(torch.backends.mps.is_available())
    accelerator = backend(kind)
    return int(accelerator.device_count()) if accelerator.is_available() else 0


def _names(kind: str) -> list[str]:
    return [kind if kind == "mps" else f"{kind}:{i}" for i in range(count(kind))]


def full_name(device: torch.device) -> str:
    """The kind of a device with its model name; two devices of the same name are alike."""
    if device.type not in ("cuda", "xpu"):
        return device.type
    return f"{device.type} ({backend(device.type).get_device_name(device)})"


def total_bytes(device: torch.device) -> int | None:
    """The memory of an accelerator; None for the CPU, whose batches do not depend on it."""
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory())
    if device.type not in ("cuda", "xpu"):
        return None
    return int(backend(device.type).get_device_properties(device).total_memory)


def moved(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor of the host on `device`. The host does not wait for the copy."""
    if device.type in ("cuda", "xpu"):
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def precise(tensor: Tensor) -> Tensor:
    """A tensor in float64; on the host if its device has no float64 (MPS)."""
    return (tensor.cpu() if tensor.device.type == "mps" else tensor).double()


def lacks_memory(error: BaseException) -> bool:
    """Whether an error means that memory, of a device or of the host, was full."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(phrase in str(error) for phrase in _LACKS)


def free_memory() -> None:
    """Return memory that torch holds in reserve to the devices."""
    for kind in ACCELERATORS:
        if count(kind):
            backend(kind).empty_cache()


def is_placed(module: nn.Module) -> bool:
    """Whether a model, or one inside it, was placed by a device map; it must not be moved."""
    return any(hasattr(part, "hf_device_map") for part in module.modules())


def main_device(module: nn.Module) -> torch.device:
    """The device on which a placed model gets its inputs: the first one in its map that runs
    anything, or the CPU if all of it waits on the host or the disk."""
    maps = (getattr(part, "hf_device_map", None) for part in module.modules())
    places = [place for device_map in maps for place in (device_map or {}).values()]
    first_place = next((place for place in places if place not in ("cpu", "disk")), "cpu")
    return torch.device(
        first_place if isinstance(first_place, str | torch.device) else f"{_kind()}:{first_place}"
    )


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
    hook = getattr(module, "_hf_hook", None)
    if hook is not None:
        yield from getattr(hook, "hooks", (hook,))


class LoadedState(Mapping[str, Tensor]):
    """The weights of a module by name, those that wait elsewhere loaded one at a time."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._state: Mapping[str, Tensor] = module.state_dict()

    def __getitem__(self, name: str) -> Tensor:
        path, _, weight_name = name.rpartition(".")
        weight = self._state[name]
        if weight.device.type == "meta":
            weight = weight_of(self._module.get_submodule(path), weight_name)
        return weight

    def __iter__(self) -> Iterator[str]:
        return iter(self._state)

    def __len__(self) -> int:
        return len(self._state)


@dataclass(frozen=True, slots=True)
class Tolerances:
    """The largest errors that the self-checks allow."""

    row_sum: float  # of the sum of a row of attention, which should be 1
    # Of attention, and of the output relative to its size, of a text in a padded batch, run again,
    # or read in stripes, from those of the text alone.
    repeated: float
    rebuilt: float  # of the output of a block rebuilt of its values, relative to its largest entry
    together: float  # of vectors or logits of texts run together from those run apart, relative


TOLERANCES: Mapping[str, Tolerances] = {
    "float32": Tolerances(row_sum=1e-3, repeated=1e-4, rebuilt=1e-4, together=1e-4),
    "float16": Tolerances(row_sum=1e-2, repeated=1e-2, rebuilt=1e-2, together=2e-2),
    "bfloat16": Tolerances(row_sum=3e-2, repeated=5e-2, rebuilt=5e-2, together=5e-2),
}


def tolerances(dtype: str) -> Tolerances:
    """The tolerances for a precision; for others that a user's module may have, such as float64,
    those for float32."""
    return TOLERANCES.get(dtype, TOLERANCES["float32"])


def allowed(off: float, most: float, dtype: str) -> str:
    """The size of an error and the allowed size, for an error message."""
    return f"off by {off:.2g}, where {dtype} may be off by {most:g}"
