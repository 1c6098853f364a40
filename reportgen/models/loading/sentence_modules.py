"""Reads from a model folder how sentence-transformers turns hidden states into one vector per
text."""

import json
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from reportgen.errors import ModelError
from reportgen.models.loading.checkpoint import load_checkpoint
from reportgen.models.loading.held_files import held_file
from reportgen.models.spec import ModelSpec
from reportgen.models.tasks.sentence_encoder import (
    SIMILARITIES,
    WORD_POOLINGS,
    DenseLayer,
    SentenceModules,
    UnitLength,
    WordPooling,
)

# Older settings have a switch per way of pooling.
_SWITCHES: Mapping[str, WordPooling] = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_lasttoken": "lasttoken",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
}
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_VECTOR = "sentence_embedding"  # what layers work on
# Largest width of a layer, against settings that would fill any memory.
_MOST_FIGURES = 100_000


def find_sentence_modules(
    spec: ModelSpec, folder: str | None, revision: str | None, is_bare: bool
) -> SentenceModules | None:
    """The modules that turn the last hidden states into a vector, for the folder or hub id of a
    sentence encoder. None for other models, or if a user asks for a pooling or an entry.

    `is_bare` is whether the model has no head.
    """
    is_asked = spec.pooling is not None or spec.prediction_index is not None
    if folder is None or not is_bare or is_asked:
        return None
    return read_sentence_modules(folder, revision)


def prompts_remark(spec: ModelSpec, modules: SentenceModules | None) -> str | None:
    """A remark on the prompts of a sentence encoder; None if it has none, or if one is used."""
    if modules is None or spec.prompt_names or modules.default_prompt:
        return None
    named = ", ".join(f"{name} {prompt!r}" for name, prompt in modules.prompts.items() if prompt)
    if not named:
        return None
    return (
        f"the model names prompts to stand in front of texts ({named}); texts are read as they "
        "are, unless --prompts names one"
    )


def chosen_prompts(spec: ModelSpec, modules: SentenceModules | None) -> tuple[str, str]:
    """The prompts in front of a text and its pair: those that `spec` names, else the model's
    default; "" for none.

    Raises:
        ModelError: the model has no such prompt.
    """
    known = {} if modules is None else modules.prompts
    names = spec.prompt_names or ((modules.default_prompt,) if modules else ())
    prompts = []
    for name in names:
        if name and name not in known:
            has = f"it has {', '.join(known)}" if known else "it names none"
            raise ModelError(f"--prompts {name}: no prompt of the model; {has}")
        prompts.append(known[name] if name else "")
    text, pair = (prompts * 2)[:2] if prompts else ("", "")
    return text, pair


def read_sentence_modules(name: str, revision: str | None) -> SentenceModules | None:
    """The modules that the model `name` (a folder or a hub id) lists after its transformer; None if
    it lists none.

    Raises:
        ModelError: one is of an unknown kind, or its settings or weights cannot be read.
    """
    listed = read_json(name, "modules.json", revision)
    if not isinstance(listed, list) or len(listed) < 2:
        return None
    poolings: tuple[WordPooling, ...] = ()
    layers: list[nn.Module] = []
    pools_prompts = True
    for entry in listed[1:]:
        if not isinstance(entry, dict):
            raise ModelError(f"{name}: modules.json has an entry that is no object")
        kind, path = str(entry.get("type", "")).rpartition(".")[2], str(entry.get("path", ""))
        if kind == "Pooling":
            poolings = _poolings(name, path, revision)
            pooling = _settings(read_json(name, f"{path}/config.json", revision))
            pools_prompts = pooling.get("include_prompt") is not False
        elif kind != "Dropout":
            layers.append(_layer(name, kind, path, revision))
    if not poolings:
        return None
    settings = _settings(read_json(name, "config_sentence_transformers.json", revision))
    similarity = settings.get("similarity_fn_name") or "cosine"
    if similarity not in SIMILARITIES:
        raise ModelError(
            f"{name}: similarity_fn_name is {similarity!r}; known are {', '.join(SIMILARITIES)}"
        )
    prompts = {str(k): str(v) for k, v in _settings(settings.get("prompts")).items()}
    default = settings.get("default_prompt_name")
    return SentenceModules(
        poolings,
        tuple(layers),
        similarity,
        prompts,
        default_prompt=default if default in prompts else None,
        pools_prompts=pools_prompts,
    )


def read_json(name: str, file: str, revision: str | None) -> Any:
    """The content of a settings file of the model `name`; None if it has none."""
    try:
        path = held_file(name, file, revision)
        return None if path is None else json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _settings(content: Any) -> dict[str, Any]:
    return content if isinstance(content, dict) else {}


def _poolings(name: str, path: str, revision: str | None) -> tuple[WordPooling, ...]:
    settings = _settings(read_json(name, f"{path}/config.json", revision))
    modes = settings.get("pooling_mode") or [
        mode for switch, mode in _SWITCHES.items() if settings.get(switch)
    ]
    modes = modes if isinstance(modes, list) else [modes]
    unknown = [str(mode) for mode in modes if mode not in WORD_POOLINGS]
    if unknown or not modes:
        raise ModelError(
            f"{name}: {path}/config.json names the pooling {', '.join(unknown) or '(none)'}; "
            f"known are {', '.join(WORD_POOLINGS)}; choose another with --pooling mean"
        )
    return tuple(modes)


def _layer(name: str, kind: str, path: str, revision: str | None) -> nn.Module:
    if kind == "Normalize":
        return UnitLength()
    settings = _settings(read_json(name, f"{path}/config.json", revision))
    layer: nn.Module
    if kind == "LayerNorm":
        layer = nn.ModuleDict({"norm": nn.LayerNorm(_width(name, path, settings, "dimension"))})
    elif kind == "Dense":
        if settings.get("use_residual") or settings.get("module_input_name", _VECTOR) != _VECTOR:
            raise ModelError(f"{name}: {path} is a Dense layer of a form that is not known")
        sizes = [_width(name, path, settings, key) for key in ("in_features", "out_features")]
        linear = nn.Linear(sizes[0], sizes[1], bias=bool(settings.get("bias", True)))
        layer = DenseLayer(linear, _activation(name, path, settings))
    else:
        raise ModelError(
            f"{name}: modules.json lists {kind}, which is not known; report the embedding before "
            "it with --pooling mean"
        )
    files = (held_file(name, f"{path}/{file}", revision) for file in _WEIGHTS)
    weights = next((file for file in files if file is not None), None)
    if weights is None:
        raise ModelError(f"{name}: {path} has no weights ({' or '.join(_WEIGHTS)})")
    load_checkpoint(layer, weights)
    return layer["norm"] if isinstance(layer, nn.ModuleDict) else layer


def _width(name: str, path: str, settings: Mapping[str, Any], key: str) -> int:
    size = settings.get(key)
    if not isinstance(size, int) or not 0 < size <= _MOST_FIGURES:
        raise ModelError(f"{name}: {key} in {path}/config.json is {size!r}, which is no width")
    return size


def _activation(name: str, path: str, settings: Mapping[str, Any]) -> nn.Module:
    wanted = str(settings.get("activation_function", "torch.nn.modules.activation.Tanh"))
    module, _, class_name = wanted.rpartition(".")
    activation = getattr(torch.nn, class_name, None) if module.startswith("torch.nn.") else None
    if isinstance(activation, type) and issubclass(activation, nn.Module):
        try:
            return activation()
        except TypeError:  # it takes arguments, so it is no activation
            pass
    raise ModelError(f"{name}: {path}/config.json names the activation {wanted}, which is unknown")
