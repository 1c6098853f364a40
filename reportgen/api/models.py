"""Loads models for the Python API: by name, or from objects that a caller hands over."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from torch import nn
from transformers import PreTrainedTokenizerBase

from reportgen.api.keywords import LoadOptions
from reportgen.errors import ModelError, UsageError
from reportgen.models import LoadedModel, ModelSpec, bare, check_spec, device_of, load_module
from reportgen.models import load_model as load_named
from reportgen.options import options_of, shown_options

# Options that say how a model is loaded, which a model that is an object no longer is.
_OF_LOADING = (
    *("base_model", "revision", "factory", "factory_args", "checkpoint", "dtype", "device_map"),
)


def load_model(
    model: str | Path | nn.Module | None = None,
    tokenizer: str | Path | PreTrainedTokenizerBase | None = None,
    **options: Unpack[LoadOptions],
) -> LoadedModel:
    """Load a model once, to analyse several lists of texts with it.

    Args:
        model: A folder, a Hugging Face id or a bundled demonstration (`"demo"`, `"demo-star"`), as
            for `--model`; or a model object: one of transformers, or any `nn.Module` around one.
            An object stays on its device and is left in evaluation mode; pass it to `analyze`
            instead to have its mode restored.
        tokenizer: A folder, a Hugging Face id or an object; by default the model's own.
        **options: Options of the command line, with `_` for `-`: `base_model`, `revision`,
            `factory`, `factory_args` (a dictionary), `checkpoint`, `encoder`, `prediction_index`,
            `output_name`, `class_names` (a list), `pooling`, `prompts` (a list),
            `trust_remote_code`, `device`, `device_map` (a word or a dictionary), `dtype`,
            `max_length`.

    Raises:
        UsageError: an option is unknown, has a wrong value, or excludes another.
        ModelError, CaptureError: the model cannot be loaded, or has no attention to report.
    """
    if isinstance(model, nn.Module):
        return _ready(model, tokenizer, options)
    chosen = named_model(model, tokenizer, options)
    return replace(load_named(chosen), shown=shown_options(chosen))


def named_model(model: Any, tokenizer: Any, options: Mapping[str, Any]) -> ModelSpec:
    """The choices of a model that is a folder or an id."""
    if isinstance(tokenizer, PreTrainedTokenizerBase):
        raise UsageError(
            "tokenizer: an object goes only with a model that is an object; name its folder"
        )
    named = {"model": model, "tokenizer": tokenizer}
    return _model_choices(
        {**options, **{name: str(value) for name, value in named.items() if value is not None}}
    )


def taken_apart(model: Any, tokenizer: Any) -> tuple[Any, Any]:
    """The module and the tokenizer of a pipeline; anything else is returned unchanged."""
    if model is None or isinstance(model, (str, Path, nn.Module)):
        return model, tokenizer
    inner = getattr(model, "model", None)
    if isinstance(inner, nn.Module):
        return inner, getattr(model, "tokenizer", None) if tokenizer is None else tokenizer
    raise ModelError(
        f"model: {type(model).__name__}; give a folder, a hub id, a model of transformers, an "
        "nn.Module, a pipeline, or what load_model returned"
    )


def _ready(module: nn.Module, tokenizer: Any, options: Mapping[str, Any]) -> LoadedModel:
    module = bare(module)
    named = isinstance(tokenizer, (str, Path))
    if not (named or tokenizer is None or isinstance(tokenizer, PreTrainedTokenizerBase)):
        raise ModelError(
            f"tokenizer: {type(tokenizer).__name__}; give one of transformers, or its folder"
        )
    for name in _OF_LOADING:
        if name in options:
            raise UsageError(f"{name}: the model is already built; give its folder to load it")
    chosen = _model_choices(
        {"device": str(device_of(module)), **options}
        | ({"tokenizer": str(tokenizer)} if named else {})
    )
    check_spec(chosen)
    loaded = load_module(module, None if named else tokenizer, chosen)
    # The device of an object is not an option that would repeat the run.
    shown = shown_options(replace(chosen, device="cpu"))
    return replace(loaded, shown={"model": loaded.info.name, **shown})


def _model_choices(options: Mapping[str, Any]) -> ModelSpec:
    given = dict(options)
    for option in ("factory_args", "device_map"):
        if isinstance(given.get(option), Mapping):
            given[option] = json.dumps(given[option])
    for option in ("class_names", "prompts"):
        if isinstance(names := given.get(option), (list, tuple)):
            given[option] = ",".join(map(str, names))
    return options_of(ModelSpec, given)
