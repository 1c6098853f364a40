"""Loads a model from a transformers folder or the hub, onto several devices too.

What cannot be right is refused: a `config.json` that asks for a model of impossible size, before
anything is built, and missing weights.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import nn
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel
from transformers.utils.hub import cached_file

from reportgen.errors import ModelError, first_line, some
from reportgen.models.device import is_placed, main_device
from reportgen.models.encoder import find_encoder
from reportgen.models.folders import (
    WEIGHTS_FILES,
    Adapter,
    base_is_missing,
    local_folder,
    refuse_other_libraries,
)
from reportgen.models.loading.adapters import (
    adapted_class,
    find_adapter,
    fit_head,
    merged,
    read_weights,
    without_adapters,
)
from reportgen.models.loading.checkpoint import (
    StateDict,
    require_file,
    require_honest_size,
    require_readable,
)
from reportgen.models.loading.held_files import held_file, hub_files
from reportgen.models.spec import ModelSpec, Pooling, read_device_map
from reportgen.models.tasks.task_register import task_of, whole_task
from reportgen.models.tasks.writing import encoder_remark
from reportgen.results import COUNT, HEADS, INFO_BYTES, LAYERS, UNPACKED

# Names of sentence-transformers for ways of pooling.
_POOLING_NAMES: dict[str, Pooling] = {"mean": "mean", "cls": "cls", "lasttoken": "last"}
_OLD_POOLING_KEYS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_lasttoken": "lasttoken",
}


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A model as loaded from a folder or the hub."""

    module: PreTrainedModel
    architecture: str  # the class named in the configuration
    remark: str | None  # why not the model's own output is reported; None if it is
    # An encoder-decoder, a masked language model or one for multiple choice, whose encoder `module`
    # is; None for other models, and where some of its weights are missing.
    whole: PreTrainedModel | None = None
    adapter: Adapter | None = None  # that was merged into its base


def load_pretrained(spec: ModelSpec, name: str, dtype: torch.dtype) -> Pretrained:
    """Load the folder or hub id `name`, as the class named in its configuration.

    Only the encoder is kept of masked language models and of models with an output per token, and
    of any model if `spec.pooling` asks for an embedding.

    Raises:
        ModelError: it cannot be loaded, or some of its weights are missing.
    """
    adapter = find_adapter(spec, name)
    if adapter is None:
        module, report, architecture = _loaded(spec, name, spec.revision, dtype)
    else:
        module, report = _adapted(spec, name, adapter, dtype)
        architecture = type(module).__name__
    used: Any  # because its pooler may be removed below
    path, used, remark = reported_part(module, spec)
    _require_weights(name, architecture, module, path, report, is_adapted=adapter is not None)
    pooler = f"{path}.pooler.".removeprefix(".")
    if any(key.startswith(pooler) for key in report["missing_keys"]):
        used.pooler = None  # has random weights, and its output is not used
    gathered(module, used)
    whole = whole_model(module, spec) if not report["missing_keys"] else None
    task = whole_task(type(module))
    headless = task.headless_remark if task is not None and spec.pooling is None else None
    if whole is None and headless is not None:
        remark = headless(type(module).__name__)
    return Pretrained(used, type(module).__name__, remark, whole, adapter)


def _adapted(
    spec: ModelSpec, name: str, adapter: Adapter, dtype: torch.dtype
) -> tuple[Any, Mapping[str, Collection[Any]]]:
    """Load the base of the adapter `name`, and merge the adapter into it.

    Returns:
        The model, and which weights neither of them has.
    """
    if spec.device_map is not None:
        raise ModelError(
            f"--device-map takes no adapter; save {name} with "
            "model.merge_and_unload().save_pretrained(folder), and name that"
        )
    weights = read_weights(name, spec.revision)
    try:
        base, report, _ = _loaded(
            spec, adapter.base, adapter.base_revision, dtype, adapter, weights
        )
    except ModelError as error:
        if local_folder(adapter.base, "--base-model") is None and "can be fetched" in str(error):
            raise base_is_missing(name, adapter.base, "and cannot be fetched") from error
        raise
    module = merged(base, name, adapter, weights, spec.revision)
    return module, without_adapters(report, weights)


def _loaded(
    spec: ModelSpec,
    name: str,
    revision: str | None,
    dtype: torch.dtype,
    adapter: Adapter | None = None,
    weights: StateDict | None = None,
) -> tuple[Any, Mapping[str, Collection[Any]], str | None]:
    """Load the folder or hub id `name`, as the base of an `adapter` with those `weights` where they
    are given.

    Returns:
        The model, which weights were missing or unexpected, and the class that its configuration
        names.
    """
    folder = local_folder(name, "--model")
    source = folder or name
    options = {"revision": revision, "trust_remote_code": spec.trust_remote_code}
    try:
        _require_possible_sizes(name, folder, revision)
        config: PreTrainedConfig = AutoConfig.from_pretrained(source, **options)
    except ModelError:
        raise
    except Exception as error:
        raise _failure(name, folder, revision, error) from error
    named: Any = config.architectures
    architecture = next(iter(named), None) if isinstance(named, list) else None
    placed = placing(spec)
    try:
        model_class = None if adapter is None else adapted_class(adapter, config)
        if model_class is None:
            model_class = _loader(name, architecture, config)
        if weights is not None:
            fit_head(config, model_class, weights, trust_remote_code=spec.trust_remote_code)
        module, report = model_class.from_pretrained(
            source,
            config=config,
            dtype=dtype,
            attn_implementation="eager",
            output_loading_info=True,
            ignore_mismatched_sizes=adapter is not None,  # a head that the adapter replaces
            **placed,
            **options,
        )
    except ModelError:
        raise
    except Exception as error:
        if folder is not None:
            _require_weights_files(folder)
        raise _failure(name, folder, revision, error) from error
    return module, report, architecture


def _require_possible_sizes(name: str, folder: Path | None, revision: str | None) -> None:
    """Check the configuration of a folder or of a hub id, which is fetched, before it is read.

    Raises:
        ModelError: it asks for a model of impossible size.
        OSError: the hub has no such model, or cannot be reached.
    """
    if folder is None:
        fetched = cached_file(name, "config.json", revision=revision)
        if fetched is not None:
            require_possible_sizes(Path(fetched).parent, None)
        return
    _require_files(folder)
    kinds = (".safetensors", ".bin")
    files = [path for path in folder.iterdir() if path.suffix in kinds and path.is_file()]
    for path in files:
        if path.suffix == ".bin":
            require_honest_size(path)
    require_possible_sizes(folder, sum(path.stat().st_size for path in files))


def _require_files(folder: Path) -> None:
    """Check that what is in a folder of a model are files, and that those that are read as a whole
    are not too large.

    Raises:
        ModelError: there is a pipe, a device or a socket, whose reading may never end.
    """
    for path in folder.iterdir():
        if path.is_dir() or not path.exists():
            continue
        size = require_file(path)
        if path.suffix in (".json", ".txt") and size > UNPACKED:
            raise ModelError(
                f"{path}: larger than {UNPACKED / 1e6:.0f} MB; copy or download the folder again"
            )


def reported_part(
    module: PreTrainedModel, spec: ModelSpec
) -> tuple[str, PreTrainedModel, str | None]:
    """The part of `module` whose output is reported.

    Returns:
        Its dotted name in `module` ("" for all of it), the part, and a remark why it is not all.
    """
    remark, task = _remark(type(module), spec), whole_task(type(module))
    if whole_model(module, spec) is not None:
        writes = module.config.is_encoder_decoder
        of_class = encoder_remark if writes or task is None else task.remark
        remark = of_class(type(module).__name__)
    is_bare = module.config.is_encoder_decoder and task_of(type(module)) is None
    return (*(find_encoder(module) if remark is not None or is_bare else ("", module)), remark)


def whole_model(module: PreTrainedModel, spec: ModelSpec) -> PreTrainedModel | None:
    """`module` if it is an encoder-decoder that can write a target, a masked language model, or a
    model for multiple choice: it is used as a whole if texts call for that. None for others, or if
    an embedding is asked for."""
    if spec.pooling is not None or spec.prediction_index is not None:
        return None
    if module.config.is_encoder_decoder:
        return module if module.can_generate() else None
    task = whole_task(type(module))
    return module if task is not None and task.can(module) else None


def folder_pooling(name: str, revision: str | None) -> Pooling | None:
    """How sentence-transformers pools the model `name`; None if unknown or not supported."""
    setting = _json(name, "1_Pooling/config.json", revision)
    modes = setting.get("pooling_mode") or [
        mode for key, mode in _OLD_POOLING_KEYS.items() if setting.get(key)
    ]
    modes = modes if isinstance(modes, list) else [modes]
    return _POOLING_NAMES.get(str(modes[0])) if len(modes) == 1 else None


def folder_max_tokens(name: str, revision: str | None) -> int | None:
    """The length at which sentence-transformers cuts texts of the model `name`; None if unknown."""
    size = _json(name, "sentence_bert_config.json", revision).get("max_seq_length")
    return size if isinstance(size, int) else None


def _json(name: str, file: str, revision: str | None) -> dict[str, Any]:
    """Read a settings file of the model `name`; {} if it has none."""
    try:
        path = held_file(name, file, revision)
        setting = json.loads(path.read_text("utf-8")) if path else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return setting if isinstance(setting, dict) else {}


def _loader(name: str, architecture: str | None, config: PreTrainedConfig) -> Any:
    """The class to load the model with: the one it names, or the auto class for its own code."""
    if architecture is None:
        return AutoModel
    known = getattr(transformers, architecture, None)
    if known is not None:
        return known
    for auto_class, reference in (getattr(config, "auto_map", None) or {}).items():
        if str(reference).endswith(f".{architecture}"):
            return getattr(transformers, auto_class)
    raise ModelError(
        f"{name}: transformers {transformers.__version__} has no class {architecture}; "
        "load it by its own code with --factory file.py:Class"
    )


def _remark(model_class: type, spec: ModelSpec) -> str | None:
    """A remark why only the encoder is kept; None if the whole model is."""
    kind, task = model_class.__name__, task_of(model_class)
    if task is not None and not task.has_text_output:
        return f"{kind} has no output for a whole text; the embedding of its encoder is reported"
    if spec.pooling is not None and task is not None:
        return f"--pooling: the embedding is reported, not the output of {kind}"
    return None


def _require_weights(
    name: str,
    architecture: str | None,
    module: PreTrainedModel,
    used: str,
    report: Mapping[str, Collection[str]],
    *,
    is_adapted: bool,
) -> None:
    """Raise a ModelError if weights inside the part called `used` are missing from the files."""
    if architecture is None and report["unexpected_keys"]:
        head = some(sorted(report["unexpected_keys"]))
        raise ModelError(
            f"{name}: its weights have a head ({head}) but config.json "
            'does not name its class; add it: "architectures": ["BertForSequenceClassification"]'
        )
    base = "" if module.base_model is module else f"{module.base_model_prefix}."
    inside = f"{used}." if used else ""
    missing = sorted(key for key in report["missing_keys"] if key.startswith(inside))
    if inside or not base:
        # The output of a bare encoder is read before its pooler, which may be missing.
        missing = [key for key in missing if not key.startswith(f"{inside}pooler.")]
    if not missing:
        return
    kind = type(module).__name__
    if is_adapted:
        raise ModelError(
            f"{name}: neither the adapter nor its base model has {some(missing)}, so {kind} would "
            "predict at random; train the adapter with these in modules_to_save, or report the "
            "embedding with --pooling mean"
        )
    if base and not any(key.startswith(base) for key in missing):
        raise ModelError(
            f"{name}: the weights of the head are missing ({some(missing)}), so {kind} would "
            "predict at random; name a fine-tuned checkpoint, or report the embedding with "
            "--pooling mean"
        )
    raise ModelError(
        f"{name}: weights of {kind} are missing: {len(missing)} ({some(missing)}); "
        "save the model again with save_pretrained"
    )


def _require_weights_files(folder: Path) -> None:
    """Check that every file of weights in `folder` exists and can be read.

    Raises:
        ModelError: one does not, or cannot be read.
    """
    # The files that loading uses: safetensors if there are any.
    first = next(name for name in WEIGHTS_FILES if (folder / name).is_file())
    files = {first}
    if first.endswith(".index.json"):
        try:
            files = set(json.loads((folder / first).read_text("utf-8"))["weight_map"].values())
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise ModelError(f"{folder / first}: damaged; copy or download it again") from error
    for name in sorted(map(str, files)):
        if not (folder / name).is_file():
            raise ModelError(f"{folder / name}: no such file; copy or download it too")
        require_readable(folder / name)


def _failure(name: str, folder: Path | None, revision: str | None, error: Exception) -> ModelError:
    """The error to raise when loading `name` failed with `error`."""
    message = first_line(error)
    if "trust_remote_code" in str(error):
        return ModelError(
            f"{name}: holds Python code that loading it would run; read it, then allow it with "
            "--trust-remote-code"
        )
    if "ignore_mismatched_sizes" in str(error):
        return ModelError(
            f"{name}: its weights have other shapes than config.json says; the two files belong "
            "to different models"
        )
    if folder is None:
        files = hub_files(name, revision)
        if not {path.name for path in files} & {*WEIGHTS_FILES}:
            refuse_other_libraries(name, files)
        return ModelError(
            f"{name}: neither a folder here nor a model that can be fetched ({message}); check "
            "the name and the connection"
        )
    if isinstance(error, ImportError):
        return ModelError(f"{name}: needs a package that is not installed: {message}")
    return ModelError(
        f"{name}: cannot be loaded ({type(error).__name__}: {message.rstrip(' .:')}); copy or "
        "download the folder again, or save the model again with save_pretrained"
    )


# A part of the name of a number, and the most it may be. A row of ids is made for all positions.
_CEILINGS: Mapping[str, int] = {
    "layer": LAYERS,
    "heads": HEADS,
    "n_head": HEADS,
    "label": 1_000_000,
    "position": 20_000_000,
    "n_ctx": 20_000_000,
    **dict.fromkeys(("size", "dim", "d_model", "d_ff", "n_embd", "experts"), COUNT),
}
_NAMES = ("id2label", "label2id")  # their keys are the names of classes
# What every position, label or row of a weight takes at the least: four bits.
_PER_BYTE = 2
# Numbers that have a row of weights for each of them.
_WEIGHED = ("hidden_size", "d_model", "n_embd", "dim", "vocab_size", "intermediate_size")
_DEEPEST = 50  # objects within objects; a few are known


def require_possible_sizes(folder: Path, weights: int | None) -> None:
    """Check the `config.json` in `folder`, whose files of weights have so many bytes;
    None if they were not fetched yet.

    Raises:
        ModelError: it is too large, nested too deeply, or holds a number that no model has or that
            does not fit the weights.
    """
    path = folder / "config.json"
    try:
        if path.stat().st_size > INFO_BYTES:
            raise ModelError(f"{path}: larger than {INFO_BYTES / 1e6:.0f} MB; is it the right one?")
        config = json.loads(path.read_bytes())
        numbers = list(_numbers(config, 0))
    except (OSError, ValueError):
        return  # what cannot be read is told where it is loaded
    except RecursionError as error:
        raise ModelError(f"{path}: nested too deeply; copy or download it again") from error
    for name, value in numbers:
        most = min((most for part, most in _CEILINGS.items() if part in name), default=None)
        if most is not None and value > most:
            raise ModelError(
                f"{path}: {name} is {value:,}, and no model has more than {most:,}; copy or "
                "download it again"
            )
        if weights is not None and name in _WEIGHED and value > weights * _PER_BYTE:
            raise ModelError(
                f"{path}: {name} is {value:,}, but its weights have only {weights:,} bytes; copy "
                "or download the folder again"
            )


def _numbers(config: Any, depth: int) -> Iterator[tuple[str, float]]:
    """The numbers in a configuration and in the configurations in it, with their names."""
    if depth > _DEEPEST:
        raise RecursionError
    if not isinstance(config, Mapping):
        return
    for name, value in config.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            yield name, value
        elif isinstance(value, Mapping) and name not in _NAMES:
            yield from _numbers(value, depth + 1)


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
    device_map = read_device_map(spec.device_map)
    if not isinstance(device_map, str):
        return {"device_map": device_map}
    from accelerate.utils import get_max_memory

    free = get_max_memory()
    room = {place: n if place == "cpu" else int(_FILLED * n) for place, n in free.items()}
    return {"device_map": device_map, "max_memory": room}


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
