"""Reads settings from the configuration of a transformer; some families have one value per
layer."""

import inspect
from typing import Any

from torch import nn
from transformers import PreTrainedModel

# Settings of layers that only attend to some keys: those nearby, of the same chunk, or picked.
_WINDOWS = (
    "sliding_window",
    "sliding_window_size",
    "local_attention",
    "attention_window",
    "attention_window_size",
    "local_radius",
    "window_size",
    "attention_chunk_size",
    "index_topk",
)
# Arguments of a model's forward that texts do not give, and what they are.
_OTHER_INPUTS = {
    "bbox": "boxes around words",
    "xpath_tags_seq": "paths of a web page",
    "pixel_values": "images",
    "image": "images",
    "visual_embeds": "images",
    "visual_feats": "images",
    "pixel_values_videos": "videos",
    "input_features": "sound",
    "input_values": "sound",
}


def values(config: Any, key: str) -> tuple[Any, ...]:
    """The values of a setting: one, or that of each layer where layers differ (Gemma 4); None where
    it is not there."""
    layers = config.per_layer_config if getattr(config, "is_heterogeneous", False) else (config,)
    return tuple(getattr(layer, key, None) for layer in layers)


def whole(config: Any, key: str) -> int | None:
    """An integer setting, the largest where layers differ; None if it is not there or not an
    integer."""
    return max((v for v in values(config, key) if isinstance(v, int)), default=None)


def looks_through_window(encoder: PreTrainedModel) -> bool:
    """Whether the configuration says that some layers attend to only some of the keys."""
    configs = (encoder.config, encoder.config.get_text_config())
    return any(any(values(config, name)) for config in configs for name in _WINDOWS)


def pads_to(encoder: PreTrainedModel) -> int:
    """The multiple of tokens to which a model pads every text itself; 1 for all but Longformer and
    LED."""
    window = getattr(encoder.config, "attention_window", 1)
    return max(window) if isinstance(window, list) else int(window)


def layer_kinds(encoder: PreTrainedModel) -> tuple[str, ...]:
    """The kind of each layer in the configuration, such as "full_attention"; () if it does not give
    all."""
    config = encoder.config.get_text_config()
    kinds = getattr(config, "layer_types", None) or ()
    return tuple(map(str, kinds)) if len(kinds) == whole(config, "num_hidden_layers") else ()


def has_maps(kind: str) -> bool:
    """Whether a layer of this kind has attention maps; linear attention has none."""
    return kind == "hybrid" or ("attention" in kind and not kind.startswith("linear"))


def layers_remark(encoder: PreTrainedModel, n_maps: int) -> str | None:
    """A remark on which layers of a model have attention maps; None if all do.

    Args:
        n_maps: the number of layers that gave maps, L1 and so on in the report.
    """
    kinds = layer_kinds(encoder)
    shown = [number for number, kind in enumerate(kinds, 1) if has_maps(kind)]
    if len(shown) != n_maps or n_maps == len(kinds):
        return None
    others = dict.fromkeys(kind.replace("_", " ") for kind in kinds if not has_maps(kind))
    named = f"L1 is layer {shown[0]}"
    if n_maps > 1:
        named = f"L1 to L{n_maps} are layers {', '.join(map(str, shown))}"
    return (
        f"{named} of {type(encoder).__name__}, which has {len(kinds)}; the others "
        f"({', '.join(others)}) have no attention maps"
    )


def other_inputs(module: nn.Module) -> str | None:
    """What a model reads besides token ids or in place of them; None for a model of texts."""
    accepted = inspect.signature(module.forward).parameters
    inputs = [f"{what} ({name})" for name, what in _OTHER_INPUTS.items() if name in accepted]
    # TAPAS has seven types of tokens, such as their row and column.
    if getattr(getattr(module, "config", None), "type_vocab_sizes", None):
        inputs.append("tables (token_type_ids)")
    return ", ".join(inputs) or None
