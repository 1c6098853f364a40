"""Places the parts of a model that is larger than one card: `--device-map`."""

from importlib.util import find_spec
from typing import Any

from torch import nn

from reportgen.errors import ModelError
from reportgen.models.device.placed import is_placed, main_device
from reportgen.models.spec import ModelSpec, read_device_map

# The part of what is free on each card that weights may fill; a batch and its maps need the rest.
_FILLED = 0.7


def placing(spec: ModelSpec) -> dict[str, Any]:
    """The arguments for transformers that place a model as `spec` says; empty without a device map.

    Raises:
        ModelError: accelerate is not installed.
    """
    if spec.device_map is None:
        return {}
    if find_spec("accelerate") is None:
        raise ModelError(
            "--device-map: accelerate is not installed; "
            "pip install 'attention-reportgen[accelerate]'"
        )
    found = read_device_map(spec.device_map)
    if not isinstance(found, str):
        return {"device_map": found}
    from accelerate.utils import get_max_memory

    free = get_max_memory()
    room = {place: n if place == "cpu" else int(_FILLED * n) for place, n in free.items()}
    return {"device_map": found, "max_memory": room}


def gathered(whole: nn.Module, part: nn.Module) -> None:
    """Make a `part` of a placed model return its output where it got its input, as the `whole`
    does."""
    if part is whole or not is_placed(whole):
        return
    from accelerate.hooks import (
        AlignDevicesHook,
        add_hook_to_module,
    )

    hook = AlignDevicesHook(execution_device=main_device(whole), io_same_device=True)
    add_hook_to_module(part, hook, append=True)
    part.hf_device_map = whole.hf_device_map  # by which it is known that it must not be moved
