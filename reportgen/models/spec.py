"""The options that name a model, and checks of them that do not need torch."""

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import accumulate
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal, TypeAlias, get_args

from reportgen.demo import DEMO, FOLDERS
from reportgen.errors import ModelError, UsageError, without_surrogates
from reportgen.models.folders import (
    check_tokenizer_folder,
    check_whole_model,
    expanded,
    has_tokenizer,
    local_adapter,
    local_folder,
)
from reportgen.models.shortened_paths import without_folders
from reportgen.options import Option

Pooling: TypeAlias = Literal["mean", "cls", "last"]
POOLINGS: tuple[Pooling, ...] = get_args(Pooling)
Dtype: TypeAlias = Literal["float32", "float16", "bfloat16"]
DTYPES: tuple[Dtype, ...] = get_args(Dtype)
_MOST_TOKENS = 10**9
_DEVICE_MAPS = ("auto", "balanced", "sequential")
_DEVICE = re.compile(r"auto|cpu|mps|(cuda|xpu)(:\d+)?")
_FACTORY = re.compile(r"(?P<module>.+):(?P<name>[^\W\d]\w*(\.[^\W\d]\w*)*)")


# Paths as outputs print them: only the last part, so that none names a folder of the machine.


def _last_part(path: str | Path) -> str:
    """The last part of a path; a Hugging Face id, or any other text, is returned unchanged."""
    text = str(path)
    looks_like_one = text.startswith((".", "~")) or any(
        kind(text).is_absolute() for kind in (PurePosixPath, PureWindowsPath)
    )
    if not (looks_like_one or os.path.exists(text)):  # noqa: PTH110 (Path.exists may raise)
        return text
    return PurePath(text).name or Path(os.path.realpath(text)).name


def _factory_without_folder(factory: str) -> str:
    """A factory such as `path/file.py:Class` without its folder."""
    source, _, attribute = factory.rpartition(":")
    return f"{_last_part(source)}:{attribute}"


def _json_without_folders(text: str) -> str:
    """A JSON text in which every path is shortened to its last part, and no URL has a password."""
    return json.dumps(_last_parts(json.loads(text)), ensure_ascii=False)


def _last_parts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _last_parts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_last_parts(item) for item in value]
    return without_folders(_last_part(value)) if isinstance(value, str) else value


_MODEL = partial(Option, panel="Model")


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Which model to load, and how it runs: the options of a model, as they are typed.

    Without `model` and `factory` it is the first bundled demonstration.
    """

    model: Annotated[
        str | None,
        _MODEL(
            is_common=True,
            write=_last_part,
            flags=("--model", "-m"),
            help="Folder or Hugging Face id of the model, e.g. ./checkpoint. Default: demo, a "
            "bundled demonstration; demo-star is another.",
        ),
    ] = None
    base_model: Annotated[
        str | None,
        _MODEL(
            write=_last_part,
            help="Folder or Hugging Face id of the model that an adapter (LoRA) in --model was "
            "trained on, e.g. ./base. Default: the one that the adapter names.",
        ),
    ] = None
    revision: Annotated[
        str | None, _MODEL(help="Branch, tag or commit of a Hugging Face id, e.g. main.")
    ] = None
    factory: Annotated[
        str | None,
        _MODEL(
            write=_factory_without_folder,
            help="Your own model class, e.g. my_model.py:AlbertForRegression or "
            "package.module:Class.",
        ),
    ] = None
    factory_args: Annotated[
        str | None,
        _MODEL(
            write=_json_without_folders,
            help='Arguments of that class as JSON, e.g. \'{"pretrained_model_name": "./albert"}\'.',
        ),
    ] = None
    checkpoint: Annotated[
        Path | None,
        _MODEL(write=_last_part, help="Weights for that class, a saved state_dict, e.g. model.pt."),
    ] = None
    tokenizer: Annotated[
        str | None,
        _MODEL(
            write=_last_part,
            help="Folder or Hugging Face id of the tokenizer, e.g. ./albert. Default: the model's.",
        ),
    ] = None
    encoder: Annotated[
        str | None,
        _MODEL(
            help="Name of the transformer inside the model, e.g. albert. Default: the only one."
        ),
    ] = None
    prediction_index: Annotated[
        int | None,
        _MODEL(
            help="Which of the values that forward returns is the prediction, counted from 0, "
            "e.g. 1."
        ),
    ] = None
    output_name: Annotated[
        str | None, _MODEL(help='What the model predicts, e.g. "click rate (%)".')
    ] = None
    class_names: Annotated[
        str | None,
        _MODEL(
            help="Names of the classes in the order of the outputs, e.g. bad,good. For your own "
            "class, whose outputs are read as numbers without them."
        ),
    ] = None
    pooling: Annotated[
        Pooling | None,
        _MODEL(help="How a model without a head turns its tokens into one embedding, e.g. mean."),
    ] = None
    prompts: Annotated[
        str | None,
        _MODEL(
            help="Prompts of a sentence encoder to put texts behind, by name, and their pairs if "
            "that differs, e.g. query,document. Default: the one its folder says, if any."
        ),
    ] = None
    trust_remote_code: Annotated[
        bool,
        _MODEL(help="Run Python code that comes with the model, e.g. for a custom architecture."),
    ] = False
    device: Annotated[
        str,
        _MODEL(
            is_common=True, help="Where the model runs, e.g. cpu, cuda, cuda:1, mps, xpu or auto."
        ),
    ] = "cpu"
    device_map: Annotated[
        str | None,
        _MODEL(
            help="How to place a model larger than one card, in place of --device: auto, balanced, "
            "sequential, or a JSON object of parts and places, e.g. auto."
        ),
    ] = None
    dtype: Annotated[Dtype, _MODEL(help="Precision the model runs in, e.g. bfloat16.")] = "float32"
    max_length: Annotated[
        int | None,
        _MODEL(
            least=1,
            help="Cut texts to this many tokens, e.g. 128. Default: as many as the model takes.",
        ),
    ] = None

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The arguments of the factory, none where there are no `factory_args`.

        Raises:
            UsageError: these are not a JSON object.
        """
        return read_factory_args(self.factory_args)

    @property
    def classes(self) -> tuple[str, ...]:
        """The `class_names`; none where there are none."""
        return _names(self.class_names)

    @property
    def prompt_names(self) -> tuple[str, ...]:
        """The names of `prompts`: for texts, and for their pairs; none where there are none."""
        return _names(self.prompts)

    @property
    def called(self) -> str:
        """The name of the model in the options."""
        return self.model or self.factory or DEMO


def read_factory_args(text: str | None) -> Mapping[str, Any]:
    """The arguments of a factory, none where there is no `text`.

    Raises:
        UsageError: it is not a JSON object.
    """
    try:
        record = json.loads(text) if text is not None else {}
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--factory-args {text}: not JSON ({error})") from error
    if not isinstance(record, dict):
        raise UsageError(f'--factory-args {text}: not a JSON object such as {{"size": 3}}')
    return record


def _names(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    return tuple(name.strip() for name in without_surrogates(text).split(","))


@dataclass(frozen=True, slots=True)
class FactoryName:
    """Where a factory is: `source` is a module or a file, `attribute` a dotted name in it."""

    source: str
    attribute: str

    @property
    def file(self) -> Path | None:
        """The file; None for a module that is imported by name."""
        return expanded(self.source) if self.source.endswith(".py") else None

    @property
    def folder(self) -> Path:
        """The folder that the code of the factory may import from."""
        return Path.cwd().resolve() if self.file is None else self.file.resolve().parent


def bundled_name(model: str | None) -> str | None:
    """The bundled demonstration called `model`, the first if `model` is None; else None.

    A folder of the same name in the current folder comes first.
    """
    if model is None:
        return DEMO
    return model if model in FOLDERS and not expanded(model).exists() else None


def check_spec(spec: ModelSpec) -> None:
    """Check `spec` as far as possible without importing torch.

    Raises:
        UsageError: options exclude each other, or have a value that does not exist.
        ModelError: a folder or file does not exist, cannot be read, or is not a model.
    """
    _check_options(spec)
    try:
        _check_places(spec)
    except OSError as error:
        raise ModelError(
            f"{error.filename}: cannot be read ({error.strerror}); check the path"
        ) from error


def factory_name(factory: str) -> FactoryName:
    """Parse `module:Class` or `path/file.py:Class`.

    Raises:
        UsageError: `factory` has neither form.
    """
    match = _FACTORY.fullmatch(factory)
    if match is None:
        raise UsageError(f"--factory {factory}: write it as module:Class or path/file.py:Class")
    return FactoryName(match["module"], match["name"])


def code_sha256(factory: str) -> str | None:
    """The SHA-256 of the Python file that `factory` is in; nothing of it is run. None if the file
    of a module is not found.

    Raises:
        UsageError: `factory` has no form of one.
        OSError: the file cannot be read.
    """
    file = file_of(factory_name(factory))
    return None if file is None else sha256(file.read_bytes()).hexdigest()


def file_of(name: FactoryName) -> Path | None:
    """The file that a factory is in; None if that of a module is not found."""
    return name.file or _file_of_module(name.source)


def _file_of_module(name: str) -> Path | None:
    """The file that `import name` would run, with none of the packages around it imported."""
    places: Sequence[str] | None = [str(Path.cwd()), *sys.path]
    module_spec = None
    for module in accumulate(name.split("."), "{}.{}".format):
        finders = (finder.find_spec(module, places) for finder in sys.meta_path)
        module_spec = next((spec for spec in finders if spec is not None), None)
        if module_spec is None:
            return None
        places = module_spec.submodule_search_locations
    origin = module_spec.origin if module_spec is not None and module_spec.has_location else None
    return None if origin is None else Path(origin)


def read_device_map(text: str) -> str | dict[str, str | int]:
    """Parse a value of --device-map: how to place the parts of a model, or where each one goes.

    Raises:
        UsageError: it is neither of the words nor a JSON object of places.
    """
    if text in _DEVICE_MAPS:
        return text
    try:
        device_map = json.loads(text)
    except ValueError:
        device_map = None
    if not (
        isinstance(device_map, dict) and device_map and all(map(_is_place, device_map.values()))
    ):
        raise UsageError(
            f"--device-map {text}: takes {', '.join(_DEVICE_MAPS)}, or a JSON object of parts and "
            'places, such as {"bert.embeddings": 0, "bert.encoder": "cuda:1", "": "cpu"}'
        )
    return device_map


def _is_place(value: Any) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    is_named = isinstance(value, str) and (value == "disk" or _DEVICE.fullmatch(value) is not None)
    return is_number or (is_named and value != "auto")


def _check_options(spec: ModelSpec) -> None:
    arguments = spec.arguments
    if spec.factory is None:
        needs_factory = {
            "--factory-args": bool(arguments),
            "--checkpoint": spec.checkpoint is not None,
            "--prediction-index": spec.prediction_index is not None,
        }
        for option, given in needs_factory.items():
            if given:
                raise UsageError(
                    f"{option} needs --factory module:Class; for a transformers folder use --model"
                )
    elif spec.model is not None:
        raise UsageError("--model and --factory exclude each other; name one model")
    if bundled_name(spec.model) is not None:
        if spec.revision is not None:
            raise UsageError("--revision needs --model with an id on the hub")
        if spec.base_model is not None:
            raise UsageError("--base-model needs --model with the folder or hub id of an adapter")
    if spec.prediction_index is not None and spec.prediction_index < 0:
        raise UsageError(f"--prediction-index {spec.prediction_index}: entries count from 0")
    classes, prompts = spec.classes, spec.prompt_names
    if classes and (len(classes) < 2 or not all(classes) or len(set(classes)) < len(classes)):
        raise UsageError(
            f"--class-names {','.join(classes)}: takes two or more different names with "
            "commas between, such as bad,good"
        )
    if classes and spec.pooling is not None:
        raise UsageError("--class-names and --pooling exclude each other: classes or an embedding")
    if len(prompts) > 2:
        raise UsageError(
            f"--prompts {','.join(prompts)}: takes one name, or one for texts and one for "
            "their pairs, such as query,document"
        )
    if prompts and spec.pooling is not None:
        raise UsageError(
            "--prompts and --pooling exclude each other: prompts are of the folder's own pooling"
        )
    if spec.pooling is not None and spec.pooling not in POOLINGS:
        raise UsageError(f"--pooling {spec.pooling}: takes {', '.join(POOLINGS)}")
    if spec.dtype not in DTYPES:
        raise UsageError(f"--dtype {spec.dtype}: takes {', '.join(DTYPES)}")
    if spec.max_length is not None and spec.max_length > _MOST_TOKENS:
        raise UsageError(f"--max-length {spec.max_length}: no text has so many tokens")
    if spec.device_map is not None:
        read_device_map(spec.device_map)
        if spec.factory is not None:
            raise UsageError(
                "--device-map needs --model: a class of your own places its parts itself"
            )
        if spec.device != "cpu":
            raise UsageError("--device and --device-map exclude each other; give one of them")
    if _DEVICE.fullmatch(spec.device) is None:
        raise UsageError(f"--device {spec.device}: takes cpu, cuda, cuda:1, mps, xpu or auto")


def _check_places(spec: ModelSpec) -> None:
    if spec.factory is not None:
        file = factory_name(spec.factory).file
        if file is not None and not file.is_file():
            raise ModelError(f"{file}: no such file; --factory takes path/file.py:Class")
    if spec.checkpoint is not None:
        _check_checkpoint(spec.checkpoint)
    if spec.model is not None and bundled_name(spec.model) is None:
        folder = local_folder(spec.model, "--model")
        if folder is not None:
            if spec.revision is not None:
                raise UsageError("--revision needs --model with an id on the hub, not a folder")
            _check_model_folder(spec, folder)
    if spec.tokenizer is not None:
        folder = local_folder(spec.tokenizer, "--tokenizer")
        if folder is not None:
            check_tokenizer_folder(folder)


def _check_model_folder(spec: ModelSpec, folder: Path) -> None:
    adapter = local_adapter(folder, spec.base_model)
    if adapter is None:
        check_whole_model(folder)
        if spec.base_model is not None:
            raise UsageError(f"--base-model: {folder} is a whole model, not an adapter")
    of_tokenizer: Path | None = folder
    if adapter is not None and not has_tokenizer(folder):
        of_tokenizer = local_folder(adapter.base, "--base-model")
    if spec.tokenizer is None and of_tokenizer is not None:
        check_tokenizer_folder(of_tokenizer)


def _check_checkpoint(path: Path) -> None:
    if path.is_dir():
        raise ModelError(f"--checkpoint {path}: a folder; name the file of weights inside it")
    if not path.is_file():
        raise ModelError(f"--checkpoint {path}: no such file")
