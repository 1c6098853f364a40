"""The options of texts and of the model. Nothing heavy is imported here."""

import json
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Annotated, Any

from reportgen.models import Dtype, Pooling, without_folders
from reportgen.options import Option
from reportgen.texts import InputFormat, read_label_map

# Paths as outputs print them: only the last part, so that none names a folder of the machine.


def last_part(path: str | Path) -> str:
    """The last part of a path; a Hugging Face id, or any other text, is returned unchanged."""
    text = str(path)
    looks_like_one = text.startswith((".", "~")) or any(
        kind(text).is_absolute() for kind in (PurePosixPath, PureWindowsPath)
    )
    if not (looks_like_one or os.path.exists(text)):  # noqa: PTH110 (Path.exists may raise)
        return text
    return PurePath(text).name or Path(os.path.realpath(text)).name


def factory_without_folder(factory: str) -> str:
    """A factory such as `path/file.py:Class` without its folder."""
    source, _, attribute = factory.rpartition(":")
    return f"{last_part(source)}:{attribute}"


def json_without_folders(text: str) -> str:
    """A JSON text in which every path is shortened to its last part, and no URL has a password."""
    return json.dumps(_last_parts(json.loads(text)), ensure_ascii=False)


def _last_parts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _last_parts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_last_parts(item) for item in value]
    return without_folders(last_part(value)) if isinstance(value, str) else value


_TEXTS = partial(Option, panel="Texts")
_MODEL = partial(Option, panel="Model")


@dataclass(frozen=True, slots=True)
class InputChoices:
    """How to read the texts: which columns, in which encoding and format."""

    text_column: Annotated[
        str | None,
        _TEXTS(
            help="Column with the texts, e.g. review. Default: text, or the only column of words."
        ),
    ] = None
    pair_column: Annotated[
        str | None,
        _TEXTS(help="Column with a second text, e.g. hypothesis. Default: pair, if there is one."),
    ] = None
    completion_column: Annotated[
        str | None,
        _TEXTS(
            help="Column with what a model was to write after each text, or for it, e.g. answer. "
            "Default: completion, if there is one."
        ),
    ] = None
    choice_columns: Annotated[
        str | None,
        _TEXTS(
            help="Columns with the choices of each text, with commas between, e.g. a,b,c; or one "
            "column that holds lists. Default: choice1, choice2 and so on, or choices, if there "
            "are any."
        ),
    ] = None
    label_column: Annotated[
        str | None,
        _TEXTS(help="Column with the true value, e.g. stars. Default: label, if there is one."),
    ] = None
    label_map: Annotated[
        str | None,
        _TEXTS(
            read=read_label_map,
            help="Other names for labels, e.g. 1=negative,2=positive; or a JSON object.",
        ),
    ] = None
    id_column: Annotated[
        str | None,
        _TEXTS(help="Column with the ids, e.g. ad_id. Default: id if there is one, or 1, 2, 3."),
    ] = None
    group_column: Annotated[
        str | None,
        _TEXTS(
            help="Column that groups the texts, e.g. campaign. Default: group, if there is one."
        ),
    ] = None
    units_column: Annotated[
        str | None,
        _TEXTS(
            help="Column with the units of each text, e.g. phrases: a JSON list of strings or of "
            "[start, end], or an object of such lists for text and pair. Default: units, if there "
            "is one."
        ),
    ] = None
    encoding: Annotated[
        str | None, _TEXTS(help="Encoding of the files, e.g. cp932. Default: detected.")
    ] = None
    delimiter: Annotated[
        str | None,
        _TEXTS(help="What stands between the cells of a CSV, e.g. ; or tab. Default: detected."),
    ] = None
    sheet: Annotated[
        str | None,
        _TEXTS(help="Sheet of an Excel workbook, e.g. Reviews. Default: the first."),
    ] = None
    input_format: Annotated[
        InputFormat | None,
        _TEXTS(help="Format of the files, e.g. jsonl. Default: taken from the suffix."),
    ] = None
    limit: Annotated[int | None, _TEXTS(least=1, help="Only the first N texts, e.g. 20.")] = None


@dataclass(frozen=True, slots=True)
class ModelChoices:
    """Which model to load, and how it runs."""

    model: Annotated[
        str | None,
        _MODEL(
            write=last_part,
            flags=("--model", "-m"),
            help="Folder or Hugging Face id of the model, e.g. ./checkpoint. Default: demo, a "
            "bundled demonstration; demo-star is another.",
        ),
    ] = None
    revision: Annotated[
        str | None, _MODEL(help="Branch, tag or commit of a Hugging Face id, e.g. main.")
    ] = None
    factory: Annotated[
        str | None,
        _MODEL(
            write=factory_without_folder,
            help="Your own model class, e.g. my_model.py:AlbertForRegression or "
            "package.module:Class.",
        ),
    ] = None
    factory_args: Annotated[
        str | None,
        _MODEL(
            write=json_without_folders,
            help='Arguments of that class as JSON, e.g. \'{"pretrained_model_name": "./albert"}\'.',
        ),
    ] = None
    checkpoint: Annotated[
        Path | None,
        _MODEL(write=last_part, help="Weights for that class, a saved state_dict, e.g. model.pt."),
    ] = None
    tokenizer: Annotated[
        str | None,
        _MODEL(
            write=last_part,
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
        str, _MODEL(help="Where the model runs, e.g. cpu, cuda, cuda:1, mps, xpu or auto.")
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
