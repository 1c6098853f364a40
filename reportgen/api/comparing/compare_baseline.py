"""Compares a new model with a baseline, from Python; the same as `reportgen compare BASELINE --head
MODEL`."""

from collections.abc import Mapping
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any, Unpack

from reportgen.analysis import AnalysisOptions
from reportgen.api.analyze import analyze, analyzed, text_set_of
from reportgen.api.comparing.compare import ComparedReports, compare
from reportgen.api.comparing.like_baseline import (
    require_common,
    settings_of,
    texts_of,
    with_given,
)
from reportgen.api.keywords import LoadOptions
from reportgen.api.options import InputChoices, column_option
from reportgen.api.report import Report, open_report
from reportgen.errors import UsageError, some
from reportgen.models import LoadedModel
from reportgen.texts import ARGUMENTS

# The arguments of `analyze` that are taken from the baseline.
_TAKEN = signature(analyze).parameters.keys() - signature(analyzed).parameters.keys()
_OF_MODULES = ("encoder", "prediction_index", "output_name", "class_names", "pooling", "max_length")


def compare_baseline(
    baseline: Report | str | Path,
    model: Any = None,
    tokenizer: Any = None,
    *,
    texts: object = None,
    progress: bool = False,
    **model_options: Unpack[LoadOptions],
) -> ComparedReports:
    """Analyse a model in the same way as a baseline, and compare the two.

    Args:
        baseline: A folder of results, as `reportgen analyze` writes it.
        model, tokenizer: As for `analyze`.
        texts: As for `analyze`; by default those of the baseline.
        progress: Whether to show progress bars on standard error.
        **model_options: As for `load_model`; others are those of the baseline.

    Returns:
        The comparison. Its `head.save("report.html")` writes the report of the model, and its
        `accept` puts the model's results in the place of the baseline.

    Raises:
        ResultsError: the baseline is not a results folder, or it is damaged.
        UsageError: it was made with options that are not taken from a folder; or an option of the
            baseline is given.
        ComparisonError: no text is in both.
        ReportgenError: as for `analyze`.
    """
    base = baseline if isinstance(baseline, Report) else open_report(baseline)
    is_named = model is None or isinstance(model, str | Path)
    settings = settings_of(base.results, is_named=is_named)
    has_texts = texts is not None
    settings = with_given(settings, InputChoices(), AnalysisOptions(), has_texts=has_texts)
    options = {k: v for k, v in settings.model.items() if is_named or k in _OF_MODULES}
    for name in model_options:
        if name in _TAKEN:
            raise UsageError(
                f"{name}: is taken from the baseline; to analyse a model in another way, use "
                "analyze and compare"
            )
    if has_texts:
        inputs = settings.inputs
        beside = {name: getattr(inputs, column_option(name)) for name in ARGUMENTS}
        if isinstance(texts, list | tuple) and not all(isinstance(text, Path) for text in texts):
            _require_no_columns(beside)
            inputs = replace(inputs, text_column=None)
        text_set = text_set_of(texts, inputs, beside)
        name = str(texts) if isinstance(texts, str | Path) else "texts"
        require_common(text_set, name, base.results)
    else:
        text_set = texts_of(base.results)
    of_baseline = {} if isinstance(model, LoadedModel) else options
    of_model: dict[str, Any] = {**of_baseline, **model_options}
    head = analyzed(
        text_set,
        model,
        tokenizer,
        settings.inputs,
        settings.analysis,
        {},
        progress=progress,
        **of_model,
    )
    return compare(base, head)


def _require_no_columns(columns: Mapping[str, str | None]) -> None:
    """Check that a list of texts has all that the baseline takes from `columns`, by their names."""
    given = [f"{ARGUMENTS[name]} (column {c!r})" for name, c in columns.items() if c]
    if given:
        raise UsageError(
            f"texts: a list has no columns, from which the baseline takes {some(given)}; give a "
            "DataFrame or a file with them, or leave texts out to take those of the baseline"
        )
