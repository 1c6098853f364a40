"""Options given from Python, held against what the command line would have let through."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from numbers import Integral
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from reportgen.api.config import configured_gates
from reportgen.api.options import (
    AnalysisChoices,
    GateChoices,
    InputChoices,
    ModelChoices,
    PageChoices,
)
from reportgen.errors import UsageError, without_surrogates
from reportgen.findings.figures import figure_list
from reportgen.findings.gates import Gate, Level, parse_gate
from reportgen.models.spec import ModelSpec
from reportgen.report.digest.limits import check_marker, limit_of
from reportgen.report.formats import Output
from reportgen.report.options import RenderOptions, read_plotlyjs
from reportgen.report.outputs import plan_outputs
from reportgen.texts.read import Columns, TextSet, read_texts

Choices = TypeVar("Choices")
_CALLED: Mapping[Any, str] = {str: "text", int: "a whole number", bool: "True or False"}


def options_of(kind: type[Choices], given: Mapping[str, Any]) -> Choices:
    """A group of options with the values `given` by name.

    Raises:
        UsageError: it has no option of a name, or one does not take its value.
    """
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for name in given:
        if name not in known:
            raise UsageError(f"{name}: no such option; there are {', '.join(known)}")
    hints = get_type_hints(kind, include_extras=True)
    return kind(**{name: _taken(name, value, hints[name]) for name, value in given.items()})


def check_language(lang: object) -> None:
    """See that there are words in a language.

    Raises:
        UsageError: there are none.
    """
    from reportgen.report.options import Lang

    _taken("lang", lang, Lang)


def _taken(name: str, value: Any, hint: Any) -> Any:
    """`value` as the option has it."""
    least = None
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        least = getattr(extras[0], "min", None)
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    for kind in kinds:
        found = _as(value, kind)
        if found is not None or (value is None and kind is NoneType):
            if least is not None and found is not None and found < least:
                raise UsageError(f"{name} {value!r}: takes {least} or more")
            return found
    said = ", ".join(text for kind in kinds for text in _words(kind))
    raise UsageError(f"{name} {value!r:.80}: takes {said}")


def _as(value: Any, kind: Any) -> Any:
    """`value` as one of its `kind`, None where it is none."""
    if get_origin(kind) is Literal:
        return value if isinstance(value, str) and value in get_args(kind) else None
    if kind is int:
        is_whole = isinstance(value, Integral) and not isinstance(value, bool)
        return int(value) if is_whole else None
    if kind is Path:
        return Path(value) if isinstance(value, (str, Path)) else None
    if get_origin(kind) is list:
        is_list = isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value)
        return list(value) if is_list else None
    return value if isinstance(value, kind) else None


def _words(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return tuple(map(repr, get_args(kind)))
    if kind is NoneType:
        return ("None",)
    if get_origin(kind) is list:
        return ("a list of texts",)
    return (_CALLED.get(kind, "a path"),)


_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}


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


DEFAULT_OUTPUTS = {"file": "report.html", "dir": "report/index.html"}


def page_outputs(
    paths: list[str] | None, page: PageChoices, *, force: bool, inputs: Sequence[str] = ()
) -> tuple[Output, ...]:
    paths = paths or [DEFAULT_OUTPUTS[page.layout]]
    return plan_outputs(
        paths,
        page.format,
        force=force,
        inputs=inputs,
        layout=page.layout,
        images=page.images,
    )
