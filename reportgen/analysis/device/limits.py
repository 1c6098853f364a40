"""The size of batches: constant on the CPU, as large as memory allows on a GPU."""

from dataclasses import dataclass

import torch

from reportgen.models import LoadedModel, total_bytes

# On the CPU, where larger batches are no faster: tokens of a batch; bytes of its attention maps of
# one layer, of which a few working copies are made, or of all layers where the model returns them
# together; and bytes of a graph for a backward pass.
TOKENS = 1024
LAYER_BYTES = 16_000_000
HELD_BYTES = 128_000_000
GRAPH_BYTES = 192_000_000
# The part of an accelerator's memory beside the weights that one batch is planned for: the next one
# is launched before it is read, and torch keeps memory of sizes that come no more.
_SHARE = 0.25
_MOST_BYTES = 8_000_000_000
_MOST_TOKENS = 65_536
# How many floats a run holds at once for each token, in widths of the model, and how often the maps
# of a layer stand in memory: scores, weights and their copies, and what is computed of them.
_WIDTHS = 40
_COPIES = 8
# Working tensors are made for the cache of a processor; a GPU takes this many times as much at
# once, because each step costs it a launch.
_ROOMIER = 32


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a batch may take; a text that is larger by itself runs alone."""

    tokens: int  # padding included
    layer_bytes: int  # of the maps of one layer, in float32
    held_bytes: int  # of those of all layers, where they are held together
    graph_bytes: int  # of what is held for a backward pass


def limits_of(model: LoadedModel, tokens: int | None) -> Limits:
    """The limits on the device of `model`. They go by the whole memory of the device and not by
    what is free, so that batches are the same in each run on it.

    Args:
        tokens: what was asked for; None: as many as there is room for.
    """
    room = _room(model)
    if room is None:
        return Limits(tokens or TOKENS, LAYER_BYTES, HELD_BYTES, GRAPH_BYTES)
    info = model.info
    n_figures = 2 * info.vocabulary_size if model.reader.is_over_vocabulary else 0
    each = 4 * (_WIDTHS * info.n_heads * info.head_size + n_figures)
    fitting = max(1, min(_MOST_TOKENS, room // each))
    layer = max(LAYER_BYTES, room // _COPIES)
    return Limits(tokens or fitting, layer, max(HELD_BYTES, room // 2), max(GRAPH_BYTES, room))


def _room(model: LoadedModel) -> int | None:
    """Bytes for a batch: a part of what the weights leave on the smallest of the accelerators that
    the model is on; None without any."""
    weights: dict[torch.device, int] = {}
    for weight in model.module.parameters():
        weights[weight.device] = weights.get(weight.device, 0) + weight.nbytes
    rooms = [
        total - n_bytes
        for device, n_bytes in weights.items()
        if (total := total_bytes(device)) is not None
    ]
    return max(0, min(_MOST_BYTES, int(_SHARE * min(rooms)))) if rooms else None


def entries(usual: int, device: torch.device) -> int:
    """The number of entries of a working tensor on `device`, given the `usual` number on the
    CPU."""
    return usual if device.type == "cpu" else usual * _ROOMIER
