"""The devices that models run on: which ones exist, their memory, and how tensors get to them."""

from typing import Any

import torch
from torch import Tensor

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
        said = first_line(error)
        raise ModelError(f"--device {name}: cannot be used ({said}); {known}") from error
    return device


def count(kind: str) -> int:
    """How many devices of a kind of accelerator torch can use."""
    if kind == "mps":
        return int(torch.backends.mps.is_available())
    own = backend(kind)
    return int(own.device_count()) if own.is_available() else 0


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
    return isinstance(error, RuntimeError) and any(said in str(error) for said in _LACKS)


def free_memory() -> None:
    """Return memory that torch holds in reserve to the devices."""
    for kind in ACCELERATORS:
        if count(kind):
            backend(kind).empty_cache()
