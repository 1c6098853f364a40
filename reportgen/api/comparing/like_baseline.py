"""Finds out how a baseline was analysed, to analyse a later model in the same way: its settings and
its texts."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, NamedTuple

import pandas as pd

from reportgen.analysis import AnalysisOptions
from reportgen.api.comparing.sides import Sides, check_alike
from reportgen.api.jobs import ModelRun, analysis_of
from reportgen.api.options import InputChoices, arguments
from reportgen.comparison import where_ids_stand
from reportgen.errors import ComparisonError, UsageError
from reportgen.models import ModelSpec
from reportgen.options import options_in, options_of, shown_options
from reportgen.results import Results, open_results
from reportgen.tasks import task_of
from reportgen.texts import TextInput, TextSet

# What says which model the baseline is of, which the later one is not.
_OF_MODEL = ("model", "base_model", "revision")
# What runs code, or names a file whose folder results do not say.
_NOT_TAKEN = (
    *("factory", "factory_args", "checkpoint", "tokenizer", "trust_remote_code"),
    "swap",
)
# What a model wrote by itself stands beside the texts, so that a later one is measured on the same.
_OF_WRITING = ("generate", "temperature", "seed")


class BaselineSettings(NamedTuple):
    """The options that results were made with."""

    inputs: InputChoices
    model: Mapping[str, Any]  # but for what says which model it is
    analysis: AnalysisOptions


def settings_of(results: Results, *, is_named: bool = True) -> BaselineSettings:
    """The options that `results` were made with, for another model. `is_named`: that model is
    loaded by its name, so options of loading count too.

    Raises:
        UsageError: one of them is not taken from a folder, or is none of this version's.
    """
    stored = {k.replace("-", "_"): v for k, v in results.info.settings.options.items()}
    for name in _NOT_TAKEN if is_named else ():
        if name in stored:
            raise UsageError(
                f"{results.folder}: made with --{name.replace('_', '-')}, which is not taken from "
                "a folder; analyse the new model with `reportgen run`, -o results/ among its "
                f"outputs, and compare {results.folder} results/"
            )
    stored.pop("swap", None)  # of a model that is not named
    stored.pop("keep_maps", None)  # what is kept of the new model changes no figure
    if stored.get("device", "cpu") != "cpu":
        stored["device"] = "auto"  # what this machine has

    def of(group: type) -> dict[str, Any]:
        return {name: stored[name] for name in options_in(group) if name in stored}

    model = {name: value for name, value in of(ModelSpec).items() if name not in _OF_MODEL}
    inputs = options_of(InputChoices, of(InputChoices))
    return BaselineSettings(inputs, model, options_of(AnalysisOptions, of(AnalysisOptions)))


def texts_of(results: Results) -> TextSet:
    """The texts in `results`, with their pairs, completions, labels, ids, groups and marks.

    Raises:
        UsageError: they do not hold all of them.
    """
    info, lacks = results.info, ""
    if results.is_redacted:
        lacks = "its texts, which were redacted"
    elif info.settings.units == "given":
        lacks = "the units that came with its texts"
    elif task_of(info.output).has_choices:
        lacks = "the choices of its texts"
    if lacks:
        raise UsageError(
            f"{results.folder}: does not hold {lacks}; name the file of texts, as in reportgen "
            f"compare {results.folder} texts.csv --head MODEL (in Python texts=)"
        )
    columns = ("text", "pair", "label", "group", "source", "completion", "variant_of", "variant")
    rows = results.texts[["text_id", *columns]].rename(columns={"text_id": "id"}).astype(object)
    cells = rows.where(rows.notna(), None).to_dict("records")
    texts = [
        TextInput(
            **{str(name): value for name, value in row.items()},
        )
        for number, row in enumerate(cells)
    ]
    return TextSet(tuple(texts), info.inputs)


def planned(
    sides: Sides, inputs: InputChoices, analysis: AnalysisOptions
) -> tuple[TextSet, tuple[ModelRun, ...]]:
    """The texts and models that must be analysed before `sides` can be compared. With a baseline,
    they are analysed as the baseline was.

    Raises:
        UsageError: its settings or texts cannot be used.
        InputError: the texts cannot be read.
        ComparisonError: none of them is in the baseline.
        ResultsError: it is no results folder, or damaged.
    """
    if not sides.heads:
        return arguments.text_set(sides.texts, inputs), sides.models
    baseline = open_results(sides.folders[0])
    settings = with_given(settings_of(baseline), inputs, analysis, has_texts=bool(sides.texts))
    choices = [options_of(ModelSpec, {**settings.model, "model": name}) for name in sides.heads]
    models = tuple(analysis_of(settings.inputs, model, settings.analysis) for model in choices)
    if not sides.texts:
        return texts_of(baseline), models
    texts = arguments.text_set(sides.texts, settings.inputs)
    require_common(texts, ", ".join(sides.texts), baseline)
    return texts, models


def require_common(texts: TextSet, files: str, baseline: Results) -> None:
    """Check that at least one of `texts`, which lie in `files`, is in the baseline too.

    Raises:
        ComparisonError: none is.
    """
    frame = baseline.texts[["text_id", "text", "pair"]].astype(object)
    has_pairs = not task_of(baseline.info.output).has_choices  # else pairs end in a choice
    held = {
        (text, None if pd.isna(pair) or not has_pairs else pair)
        for text, pair in zip(frame["text"], frame["pair"], strict=True)
    }
    if baseline.is_redacted or any(
        (each.text, each.pair if has_pairs else None) in held for each in texts.texts
    ):
        return
    ids = [each.id for each in texts.texts]
    raise ComparisonError(
        f"no text of {files} is in {baseline.folder}: {where_ids_stand(ids, frame['text_id'])}; "
        "name a file with texts of the baseline, or none to take all of them"
    )


def with_given(
    settings: BaselineSettings, inputs: InputChoices, analysis: AnalysisOptions, *, has_texts: bool
) -> BaselineSettings:
    """`settings`, with the options that were `given` in their place.

    Raises:
        UsageError: models cannot be compared with these.
    """
    options = replace(settings.analysis, **_given(analysis))
    if not has_texts:
        defaults = AnalysisOptions()
        options = replace(options, **{name: getattr(defaults, name) for name in _OF_WRITING})
    check_alike(options)
    return BaselineSettings(replace(settings.inputs, **_given(inputs)), settings.model, options)


def _given(choices: InputChoices | AnalysisOptions) -> dict[str, Any]:
    """The options that differ from their defaults."""
    names = {name.replace("-", "_") for name in shown_options(choices)}
    return {name: value for name, value in asdict(choices).items() if name in names}
