"""Converts groups of options to the arguments of the packages below."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from reportgen.analysis import AnalysisOptions
from reportgen.api.options.option_register import GateChoices, InputChoices
from reportgen.api.options.settings import configured_gates
from reportgen.errors import UsageError, without_surrogates
from reportgen.findings import Gate, Level, figure_list, parse_gate, without_tokens
from reportgen.options import shown_options
from reportgen.texts import (
    Columns,
    TextSet,
    label_map,
    named_choices,
    read_texts,
    score_columns,
    typed_texts,
    with_labels_renamed,
    with_score_tables,
)


def column_option(name: str) -> str:
    """The option of `InputChoices` that names the column `name`, such as label."""
    several = {"choices": "choice_columns", "scores": "score_columns"}
    return several.get(name, f"{name}_column")


def columns(choices: InputChoices) -> Columns:
    """The columns to read texts, labels, ids and groups from."""
    named: dict[str, Any] = {
        field.name: getattr(choices, column_option(field.name)) for field in fields(Columns)
    }
    lists = {
        "choices": named_choices(choices.choice_columns),
        "scores": score_columns(choices.score_columns),
    }
    return Columns(**named | lists)


def text_set(
    paths: Sequence[str],
    choices: InputChoices,
    typed: Sequence[str] | None = None,
    variants: Sequence[str] | None = None,
) -> TextSet:
    """The texts in the files at `paths`, or those that were typed, with their `variants`.

    Raises:
        InputError: a file cannot be read or holds no text.
        UsageError: a column does not exist, or no text has a label of --label-map.
    """
    if typed and paths:
        raise UsageError("--text: gives the texts themselves; leave out the files, or --text")
    if typed:
        return as_labelled(typed_texts(typed, variants or (), choices.limit), choices)
    if variants:
        raise UsageError("--text-variant: is a variant of --text; give that too")
    if not paths:
        raise UsageError('no texts; name a file of texts, or give one with --text "…"')
    texts = read_texts(
        paths,
        columns(choices),
        encoding=choices.encoding,
        input_format=choices.input_format,
        delimiter=choices.delimiter,
        sheet=choices.sheet,
        limit=choices.limit,
    )
    return as_labelled(texts, choices)


def as_labelled(texts: TextSet, choices: InputChoices) -> TextSet:
    """`texts` with the names that --label-map gives their labels, and the scores of --scores.

    Raises:
        UsageError: no text has one of its labels, or the name of scores is taken.
        InputError: a table of scores cannot be read, or does not fit the texts.
    """
    texts = with_score_tables(texts, choices.scores or (), is_cut=choices.limit is not None)
    if choices.label_map is None:
        return texts
    return with_labels_renamed(texts, label_map(choices.label_map))


def gates(choices: GateChoices, command: str, *, redact: bool = False) -> tuple[Gate, ...]:
    """The gates of `command`, run or compare: first those in the settings file, then those on the
    command line; a gate that is given twice counts once. With `redact` they name no token.

    Raises:
        UsageError: one is not a gate or names no figure, or the settings cannot be read.
    """
    figures = figure_list(command)
    others = figure_list("compare") if command == "run" else None
    expressions = configured_gates(command, choices.config)
    expressions += [("fail", expression, "") for expression in choices.fail_if or ()]
    expressions += [("warn", expression, "") for expression in choices.warn_if or ()]
    parsed: dict[tuple[Level, str], Gate] = {}
    for level, expression, source in expressions:
        gate = parse_gate(without_surrogates(expression), level, figures, source, others)
        shown = without_tokens(gate) if redact else gate
        parsed.setdefault((level, gate.expression), shown)
    return tuple(parsed.values())


def check_sample(analysis: AnalysisOptions) -> None:
    """Check that one option at most says how many texts get evidence.

    Raises:
        UsageError: two do.
    """
    if analysis.evidence_texts is not None and analysis.evidence_budget is not None:
        raise UsageError(
            "--evidence-texts and --evidence-budget both say how many texts get evidence; leave "
            "one out"
        )


def without_effect(
    analysis: AnalysisOptions,
) -> list[str]:
    """One line for each given option that has no effect because of another."""
    given = {**analysis.shown, **shown_options(analysis)}
    lines = []
    if given.get("units-column") and analysis.units not in (None, "given"):
        lines.append(f"--units-column has no effect with --units {analysis.units}")
    if analysis.evidence == "none":
        of_edits = ("evidence-texts", "explain-class", "explain-token", "against")
        has_edits = analysis.edits is not None or analysis.swap is not None
        evident = ("evidence-budget", *(() if has_edits else of_edits))
        names = [name for name in evident if name in given]
        lines += [f"--{name} has no effect with --evidence none" for name in names]
    if analysis.generate is None:
        names = [name for name in ("temperature", "seed") if name in given]
        lines += [f"--{name} has no effect without --generate" for name in names]
    elif "seed" in given and not analysis.temperature:
        lines.append("--seed has no effect with --temperature 0, where nothing is drawn")
    return lines
