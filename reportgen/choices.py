"""From the options of the command line to what the rooms take, and what is wrong with them."""

import inspect
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any, get_type_hints

from reportgen.config import configured_gates
from reportgen.decoding import without_surrogates
from reportgen.errors import UsageError
from reportgen.gates import Gate, Level, parse_gate
from reportgen.inputs import Columns, TextSet, read_texts
from reportgen.model.spec import ModelSpec
from reportgen.options import AnalysisChoices, InputChoices, ModelChoices
from reportgen.output_options import GateChoices, PageChoices
from reportgen.report.figure_list import figure_list
from reportgen.report.flavors import check_marker, limit_of
from reportgen.report.options import RenderOptions
from reportgen.report.plotlyjs import read_plotlyjs

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}


def takes(*groups: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the fields of data classes as its options.

    The command takes one instance of each of `groups` first, then its own parameters; typer sees
    them all as options, with the annotations and defaults of the fields.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(command).parameters.values())[len(groups) :]
        added = [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if field.default is MISSING else field.default,
                annotation=get_type_hints(group, include_extras=True)[field.name],
            )
            for group in groups
            for field in fields(group)
        ]

        def call(**values: Any) -> None:
            choices = [
                group(**{field.name: values.pop(field.name) for field in fields(group)})
                for group in groups
            ]
            command(*choices, **values)

        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + added
        call.__name__ = command.__name__
        call.__doc__ = command.__doc__
        call.__annotations__ = {p.name: p.annotation for p in parameters}
        call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return call

    return decorate


def columns(choices: InputChoices) -> Columns:
    """The columns to read texts from."""
    return Columns(
        text=choices.text_column,
        pair=choices.pair_column,
        label=choices.label_column,
        id=choices.id_column,
        group=choices.group_column,
    )


def text_set(paths: Sequence[str], choices: InputChoices) -> TextSet:
    """The texts of the files at `paths`.

    Raises:
        InputError: a file cannot be read or holds no text.
        UsageError: a column is not there.
    """
    return read_texts(
        paths,
        columns(choices),
        encoding=choices.encoding,
        input_format=choices.input_format,
        limit=choices.limit,
    )


def model_spec(choices: ModelChoices) -> ModelSpec:
    """The model to load.

    Raises:
        UsageError: --factory-args is not a JSON object.
    """
    values = {field.name: getattr(choices, field.name) for field in fields(choices)}
    read = {
        "factory_args": _factory_args(choices.factory_args),
        "output_name": choices.output_name and without_surrogates(choices.output_name),
        "class_names": _class_names(choices.class_names),
    }
    return ModelSpec(**values | read)


def _class_names(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    return tuple(name.strip() for name in without_surrogates(text).split(","))


def _factory_args(text: str | None) -> Mapping[str, Any]:
    try:
        record = json.loads(text) if text is not None else {}
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--factory-args {text}: not JSON ({error})") from error
    if not isinstance(record, dict):
        raise UsageError(f'--factory-args {text}: not a JSON object such as {{"size": 3}}')
    return record


def render_options(choices: PageChoices) -> RenderOptions:
    """What the outputs look like.

    Raises:
        UsageError: --max-size is no size, --pool-above no number, --plotlyjs no plotly.js, --id no
            name, or --md-limit more than the flavour takes.
    """
    limit_of(choices.md_flavor, choices.md_limit)
    check_marker(choices.id)
    if choices.plotlyjs is not None:
        read_plotlyjs(choices.plotlyjs)
    return RenderOptions(
        title=choices.title and without_surrogates(choices.title),
        lang=choices.lang,
        heads=choices.heads,
        max_size=parse_size(choices.max_size),
        detail=choices.detail and without_surrogates(choices.detail),
        pool_above=parse_pool_above(choices.pool_above),
        layout=choices.layout,
        plotlyjs=choices.plotlyjs,
        md_flavor=choices.md_flavor,
        md_limit=choices.md_limit,
        images=choices.images,
        id=choices.id,
    )


def gates(choices: GateChoices, command: str) -> tuple[Gate, ...]:
    """The gates of `command`, run or compare: those of the settings, then those of the command
    line; each once.

    Raises:
        UsageError: one is no gate or names no figure, or the settings cannot be read.
    """
    figures, settings = figure_list(command), configured_gates(command, choices.config)
    asked: list[tuple[Level, tuple[str, ...], str]] = [
        ("fail", settings.fail_if, settings.source),
        ("warn", settings.warn_if, settings.source),
        ("fail", tuple(choices.fail_if or ()), ""),
        ("warn", tuple(choices.warn_if or ()), ""),
    ]
    parsed: dict[tuple[Level, str], Gate] = {}
    for level, expressions, source in asked:
        for expression in expressions:
            gate = parse_gate(without_surrogates(expression), level, figures, source)
            parsed.setdefault((level, gate.expression), gate)
    return tuple(parsed.values())


def annotates(choices: GateChoices) -> bool:
    """Whether gates that were not passed are told to GitHub."""
    if choices.annotations == "auto":
        return os.environ.get("GITHUB_ACTIONS", "").lower() == "true"
    return choices.annotations == "github"


def parse_size(text: str) -> int:
    """Bytes of a size such as 25MB or 800 kB (decimal units).

    Raises:
        UsageError: it is no such size.
    """
    match = re.fullmatch(r"\s*(\d{1,12}(?:\.\d+)?)\s*([kmg]?b?)\s*", text, re.IGNORECASE)
    if match is None:
        raise UsageError(f"--max-size {text}: not a size; write 25MB or 800KB")
    return int(float(match[1]) * _UNITS[match[2].upper().rstrip("B") + "B"])


def parse_pool_above(text: str) -> int | None:
    """Tokens of --pool-above; None for none.

    Raises:
        UsageError: it is neither none nor a number.
    """
    if text != "none" and not _is_count(text):
        raise UsageError(f"--pool-above {text}: write none or a number of tokens such as 512")
    return None if text == "none" else int(text)


def check_keep_maps(text: str) -> None:
    """See that --keep-maps is something it takes.

    Raises:
        UsageError: it is neither all, none nor a number.
    """
    if text not in ("all", "none") and not _is_count(text):
        raise UsageError(f"--keep-maps {text}: write all, none or a number such as 100")


def check_evidence_texts(text: str) -> None:
    """See that --evidence-texts is something it takes.

    Raises:
        UsageError: it is neither all nor a number from 1.
    """
    if text != "all" and not (_is_count(text) and int(text)):
        raise UsageError(f"--evidence-texts {text}: write all or a number such as 200")


def without_effect(analysis: AnalysisChoices) -> list[str]:
    """The options that change nothing beside the others, a line each."""
    if analysis.evidence != "none":
        return []
    default = AnalysisChoices()
    given = {"evidence_texts": "--evidence-texts", "explain_class": "--explain-class"}
    return [
        f"{option} has no effect with --evidence none"
        for name, option in given.items()
        if getattr(analysis, name) != getattr(default, name)
    ]


def _is_count(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,12}", text) is not None


def shown_options(
    inputs: InputChoices, model: ModelChoices, analysis: AnalysisChoices
) -> dict[str, str | int | bool]:
    """The options that differ from their defaults, for the command that the report prints.

    Folders and files are named by their last part: no path of any machine goes into an output.
    """
    shown: dict[str, str | int | bool] = {}
    for choices in (inputs, model, analysis):
        for field in fields(choices):
            value = getattr(choices, field.name)
            if value == field.default:
                continue
            value = _without_folders(field.name, value)
            if isinstance(value, str):
                value = without_surrogates(value)
            shown[field.name.replace("_", "-")] = value
    return shown


def _without_folders(name: str, value: Any) -> str | int | bool:
    if name == "factory_args":
        return json.dumps(_last_parts(json.loads(value)), ensure_ascii=False)
    if name == "factory":
        source, _, attribute = value.rpartition(":")
        return f"{_last_part(source)}:{attribute}"
    if name in ("model", "tokenizer", "checkpoint"):
        return _last_part(str(value))
    plain: str | int | bool = value
    return plain


def _last_parts(value: Any) -> Any:
    """A JSON value whose every path is named by its last part."""
    if isinstance(value, dict):
        return {key: _last_parts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_last_parts(item) for item in value]
    return _last_part(value) if isinstance(value, str) else value


def _last_part(text: str) -> str:
    """The last part of a path; a hub id, or any other text, as it is."""
    looks_like_one = text.startswith((".", "~")) or any(
        kind(text).is_absolute() for kind in (PurePosixPath, PureWindowsPath)
    )
    if not (looks_like_one or os.path.exists(text)):  # noqa: PTH110 (Path.exists may raise)
        return text
    return PurePath(text).name or Path(os.path.realpath(text)).name
