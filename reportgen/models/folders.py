"""What a folder of a model must hold, checked before anything is loaded and without torch."""

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from reportgen.errors import ModelError, some

WEIGHTS_FILES = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "spm.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
)
ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin")
_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
# How a file begins that replaces a large file in a clone without Git LFS.
_LFS = b"version https://git-lfs.github.com/"
# Endings of files that are read of a model and that Git LFS may keep.
_READ = (".safetensors", ".bin", ".json", ".txt", ".model")
# Weights that other libraries run: how their files are named, what they are, and what to do.
_OTHER_LIBRARIES: Mapping[str, str] = {
    "*.gguf": "GGUF weights, made for llama.cpp; name the folder or hub id that they were made "
    "from, or save them anew with AutoModelForCausalLM.from_pretrained(folder, "
    "gguf_file=file).save_pretrained(other)",
    "*.onnx": "an ONNX graph, which returns no attention; name the folder or hub id that it was "
    "exported from",
    "*.h5": "TensorFlow weights; with transformers 4 and TensorFlow save them anew: the model's "
    "class, .from_pretrained(folder, from_tf=True).save_pretrained(other)",
    "*.msgpack": "Flax weights; with transformers 4 and Flax save them anew: the model's class, "
    ".from_pretrained(folder, from_flax=True).save_pretrained(other)",
}


@dataclass(frozen=True, slots=True)
class Adapter:
    """What `adapter_config.json` says of an adapter, whose weights change those of a base model."""

    kind: str  # as peft calls it, such as LORA
    base: str  # folder or hub id
    base_revision: str | None
    task: str | None  # as peft calls it, such as SEQ_CLS
    architecture: str | None  # class of the base model, where there is no task


def expanded(name: str) -> Path:
    """The path `name`, with a leading `~` replaced by the home folder if there is one."""
    return Path(os.path.expanduser(name))  # noqa: PTH111 (Path.expanduser fails without a home)


def local_folder(name: str, option: str) -> Path | None:
    """The folder called `name`; None if `name` can only be an id on the hub.

    Raises:
        ModelError: `name` is a file, a path that does not exist, or a broken link.
        OSError: the path cannot be read, or is too long.
    """
    path = expanded(name)
    if path.is_dir():
        return path
    if path.is_file():
        for pattern, what in _OTHER_LIBRARIES.items():
            if path.match(pattern):
                raise ModelError(f"{option} {name}: {what}")
        raise ModelError(
            f"{option} {name}: a file, not a folder; name the folder, or load a state_dict with "
            "--factory file.py:Class --checkpoint"
        )
    if _HUB_ID.fullmatch(name) is None or name.startswith(".") or path.is_symlink():
        raise ModelError(f"{option} {name}: no such folder")
    return None


def is_pointer(path: Path) -> bool:
    """Whether the file stands in for one that Git LFS keeps."""
    with path.open("rb") as stream:
        return stream.read(len(_LFS)) == _LFS


def require_no_pointers(folder: Path, names: Iterable[str] = ()) -> None:
    """Check that no file that is read of `folder`, or of those with `names`, stands in for one that
    Git LFS keeps.

    Raises:
        ModelError: one does.
    """
    paths = [folder / name for name in names] or sorted(folder.iterdir())
    absent = [p.name for p in paths if p.suffix in _READ and p.is_file() and is_pointer(p)]
    if absent:
        raise ModelError(
            f"{folder}: Git LFS keeps {some(absent)}, and what is here only names it; run git lfs "
            "pull in the folder"
        )


def check_tokenizer_folder(folder: Path) -> None:
    """Check that `folder` has a tokenizer; otherwise transformers would make up an empty one.

    Raises:
        ModelError: it has no tokenizer file.
    """
    if not has_tokenizer(folder):
        raise ModelError(
            f"{folder}: no tokenizer (no tokenizer.json or vocabulary); "
            "name the folder that has it with --tokenizer"
        )
    require_no_pointers(folder, TOKENIZER_FILES)


def has_tokenizer(folder: Path) -> bool:
    """Whether `folder` holds a file of a tokenizer."""
    return any((folder / name).is_file() for name in TOKENIZER_FILES)


def check_whole_model(folder: Path) -> None:
    """Check that `folder` holds a configuration and weights of a whole model.

    Raises:
        ModelError: it does not, or only what another library runs.
    """
    require_no_pointers(folder)
    if (folder / "config.json").is_file() and has_weights(folder):
        return
    _refuse_other_libraries(folder)
    if (folder / "config.json").is_file():
        raise ModelError(
            f"{folder}: no weights (no model.safetensors or pytorch_model.bin); "
            "save them with model.save_pretrained(folder)"
        )
    inner = sorted(path.parent.name for path in folder.glob("*/config.json"))
    hint = f"name one it holds: {', '.join(inner)}" if inner else "is it the right one?"
    raise ModelError(f"{folder}: not a model folder (no config.json); {hint}")


def has_weights(folder: Path) -> bool:
    """Whether `folder` holds weights of a whole model."""
    return any((folder / name).is_file() for name in WEIGHTS_FILES)


def _refuse_other_libraries(folder: Path) -> None:
    held = [path.relative_to(folder) for path in (*folder.glob("*"), *folder.glob("*/*"))]
    refuse_other_libraries(str(folder), held)


def refuse_other_libraries(name: str, files: Iterable[Path | PurePosixPath]) -> None:
    """Check that among the `files` of the model `name`, which has no weights that are read, there
    are none of other libraries.

    Raises:
        ModelError: there are.
    """
    files = list(files)
    for pattern, what in _OTHER_LIBRARIES.items():
        matching = sorted(path.name for path in files if path.match(pattern))
        if matching:
            raise ModelError(f"{name}: {some(matching)} holds {what}")


def local_adapter(folder: Path, base: str | None) -> Adapter | None:
    """The adapter in `folder`, of the model `base` where that is given; None for a whole model.

    Raises:
        ModelError: its configuration or weights are missing or damaged, or its base is not here.
    """
    path = folder / ADAPTER_CONFIG
    if not path.is_file():
        return None
    require_no_pointers(folder)
    if has_weights(folder):
        raise ModelError(
            f"{folder}: a whole model and an adapter in one folder; move {ADAPTER_CONFIG} and the "
            "adapter's weights to a folder of their own, and name that"
        )
    if not any((folder / name).is_file() for name in ADAPTER_WEIGHTS):
        raise ModelError(
            f"{folder}: no weights of the adapter (no {' or '.join(ADAPTER_WEIGHTS)}); save them "
            "with model.save_pretrained(folder)"
        )
    try:
        settings = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: damaged; copy or download it again") from error
    adapter = read_adapter(str(folder), settings, base)
    _check_base(folder, adapter.base, is_named=base is not None)
    return adapter


def read_adapter(name: str, settings: Any, base: str | None) -> Adapter:
    """The adapter `name` by the `settings` in its configuration, of the model `base` where that is
    given.

    Raises:
        ModelError: they are not those of an adapter, or name no base model.
    """
    kind = settings.get("peft_type") if isinstance(settings, dict) else None
    if not isinstance(kind, str):
        raise ModelError(f"{name}: {ADAPTER_CONFIG} says no peft_type; save the adapter with peft")
    named, revision = settings.get("base_model_name_or_path"), settings.get("revision")
    if base is None and not (isinstance(named, str) and named):
        raise ModelError(
            f"{name}: an adapter that does not say of which model; name that with --base-model"
        )
    task, classes = settings.get("task_type"), settings.get("auto_mapping")
    architecture = classes.get("base_model_class") if isinstance(classes, dict) else None
    return Adapter(
        kind,
        base or str(named),
        revision if base is None and isinstance(revision, str) else None,
        task if isinstance(task, str) else None,
        architecture if isinstance(architecture, str) else None,
    )


def _check_base(folder: Path, base: str, *, is_named: bool) -> None:
    """Check the base model of the adapter in `folder`, which `--base-model` names if `is_named`."""
    try:
        place = local_folder(base, "--base-model")
    except (ModelError, OSError) as error:
        if is_named:
            raise
        raise base_is_missing(str(folder), base) from error
    if place is None:
        return
    if (place / ADAPTER_CONFIG).is_file():
        raise ModelError(f"{base}: an adapter itself; name the whole model with --base-model")
    check_whole_model(place)


def base_is_missing(name: str, base: str, why: str = "") -> ModelError:
    """The error that the `base` of the adapter `name` cannot be had, for the reason `why`."""
    reason = f" ({why})" if why else ""
    return ModelError(
        f"{name}: an adapter of the model {base}, which is not here{reason}; name its folder or "
        "hub id with --base-model"
    )


def learned_vectors(name: str, kind: str) -> str:
    """Why an adapter of a `kind` that changes no weights is refused."""
    return (
        f"{name}: {kind} puts learned vectors beside the tokens, so attention is not between the "
        "tokens of a text alone; only adapters that change weights, such as LoRA, are read"
    )
