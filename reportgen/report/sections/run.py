"""Facts about a run: model, gates, what a prediction and a right answer are, the command that
repeats it, versions and checksums."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from reportgen.findings import (
    MIN_PREDICTIONS,
    QUALITY,
    Findings,
    Gate,
    GateResult,
    Operator,
    errors_first,
    found_text,
)
from reportgen.options import shown_options
from reportgen.report.components import Table
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import fixed, in_column
from reportgen.report.language.printable import shorten
from reportgen.report.language.remarks import is_handed_over, remark
from reportgen.report.language.sentences import output_text
from reportgen.report.options import RenderOptions
from reportgen.report.panel.prediction import label_digits, number_digits
from reportgen.report.redact.rules import shown_option
from reportgen.report.sections.guide import GuideSentence
from reportgen.report.sections.prediction_sentences import OUTPUT_NAME, gives
from reportgen.results import MAX_ERROR, REDACT, TYPED, Floats, RunInfo
from reportgen.tasks import task_of

State: TypeAlias = Literal["failed", "warning", "passed"]


@dataclass(frozen=True, slots=True)
class GateRow:
    """A row of the table of gates, not yet escaped."""

    state: State
    result: str  # the state in words
    figure: str
    value: str  # that was found
    allowed: str  # which values pass

    def told(self, language: Language) -> str:
        """What was found, and what is allowed."""
        return language.say(
            "gates", "told", figure=self.figure, found=self.value, allowed=self.allowed
        )


def gate_rows(
    results: Sequence[GateResult], findings: Findings, language: Language
) -> tuple[GateRow, ...]:
    """One row per gate, errors first. `findings` are those of the run that is judged."""
    return tuple(_row(result, findings, language) for result in errors_first(results))


def _row(result: GateResult, findings: Findings, language: Language) -> GateRow:
    gate = result.gate
    state: State = "passed" if result.passed else "failed" if gate.level == "fail" else "warning"
    value = language.say("gates", "not_measured")
    if result.value is not None:
        value = found_text(gate, result.value)
    if result.passed and is_below_constant(result, findings):
        value = language.say("gates", "below_constant", found=value)
    return GateRow(
        state=state,
        result=language.say("gates", state),
        figure=gate.figure,
        value=value,
        allowed=_allowed(gate, language),
    )


def is_below_constant(result: GateResult, findings: Findings) -> bool:
    """Whether a gate judges how good a model is that one fixed answer would beat."""
    figure, value = result.gate.figure, result.value
    if figure == R2 and value is not None and value < 0:
        return True
    return figure in _OF_QUALITY and findings.against_constant == "worse"


R2 = "label_r2"  # below 0, the mean of the right answers is nearer to them
_OF_QUALITY = frozenset(metric.of_run for metric in QUALITY.values())


# Which values a gate passes, by the operator of those that it does not.
_ALLOWED: Mapping[Operator, str] = {
    ">": "at_most",
    ">=": "below",
    "<": "at_least",
    "<=": "above",
    "==": "other_than",
    "!=": "exactly",
}


def _allowed(gate: Gate, language: Language) -> str:
    limit = gate.expression.partition(gate.operator)[2].strip()  # as it was written
    allowed = allowed_words(gate.operator, limit, language)
    is_mild = gate.level == "warn"
    return language.say("gates", "only_warns", allowed=allowed) if is_mild else allowed


def allowed_words(operator: Operator, limit: str, language: Language) -> str:
    """Which values pass a gate that fails those which are `operator` `limit`."""
    return language.say("gates", _ALLOWED[operator], limit=limit)


@dataclass(frozen=True, slots=True)
class RunSection:
    """The section on what was run, or on which models were compared."""

    line: tuple[str, ...]  # models, their size, files and date, or how many texts were compared
    is_demo: bool
    gates: tuple[GateRow, ...]
    remarks: tuple[str, ...]
    heading: str = ""  # of one run; else it is the title
    definitions: str = ""  # what a prediction and a label of one run are
    guide: tuple[GuideSentence, ...] = ()  # one run in a few sentences


Facts = tuple[tuple[str, str], ...]


def command(info: RunInfo, options: RenderOptions, output: str = "") -> str:
    """The command that writes this page, or the file `output`, again. It is made from the results
    and names only options that differ from their defaults."""
    given: dict[str, str | int | float | bool] = dict(info.settings.options)
    if info.model.source in ("folder", "hub"):
        given.setdefault("model", info.model.name)
    if info.settings.keep_maps != "all":
        given["keep-maps"] = info.settings.keep_maps
    given |= shown_options(options, of_page=True)
    if output:
        given |= shown_options(options, of_page=False)
    if REDACT in info.settings.options:
        given = {name: shown_option(name, value) for name, value in given.items()}
    words = [word for item in info.inputs for word in as_typed(item.name)]
    for name, choice in given.items():
        if choice is True:
            words.append(f"--{name}")
        elif choice is not False:
            words += [f"--{name}", str(choice)]
    for result in options.gates:
        words += [f"--{result.gate.level}-if", result.gate.expression]
    page = "report.html" if options.layout == "file" else "report/index.html"
    return shlex.join(["reportgen", "run", *words, "-o", output or page])


def as_typed(name: str) -> tuple[str, ...]:
    """How a command names the texts of a file, or texts that have none."""
    if name == TYPED:
        return (TYPED, "…")
    return ("-" if name == "stdin" else name,)


@dataclass(frozen=True, slots=True)
class Reproduce:
    """What is needed to make the same outputs again."""

    command: str
    lead: str  # on what the command needs
    versions: tuple[tuple[str, Facts], ...]  # each with its heading
    checksums: Facts
    run: Facts = ()  # model, output and texts of one run
    checks: Facts = ()
    further: Table | None = None  # what else there is to get, and how


def make_reproduce(
    info: RunInfo, options: RenderOptions, n_texts: int, language: Language, output: str = ""
) -> Reproduce:
    """The command of the page, or of the file `output`, with versions, checks and checksums."""
    weights = (language.say("reproduce", "weights"), info.model.weights_sha256)
    lead = [language.say("reproduce", "lead")]
    for handed_over in filter(is_handed_over, info.remarks):
        sentence = remark(handed_over, language)
        lead.append(f"{sentence[:1].upper()}{sentence[1:]}{language.say('common', 'stop')}")
    return Reproduce(
        command=command(info, options, output),
        lead=language.sentences(lead),
        versions=((language.say("reproduce", "versions"), tuple(sorted(info.versions.items()))),),
        checksums=(weights, *((item.name, item.sha256) for item in info.inputs if item.sha256)),
        run=run_facts(info, n_texts, language),
        checks=_checks(info, language),
    )


def run_facts(info: RunInfo, n_texts: int, language: Language) -> Facts:
    """Model, output and texts of a run, each with its name."""
    model, output = info.model, info.output
    files = language.listed(item.name for item in info.inputs)
    shared = language.say("run", "shared") if model.shares_layers else ""
    parts = [
        ("model", model.name),
        ("architecture", _architecture(info, language)),
        ("size", language.say("run", "size_value", layers=model.n_layers, heads=model.n_heads)),
        ("output", output_text(output, language)),
        ("texts", language.count("run", "texts_value", n_texts, files=files)),
        *(() if not (columns := _columns(info, language)) else (("columns", columns),)),
        ("created", info.created),
    ]
    return tuple(
        (language.say("run", key), value + (shared if key == "size" else ""))
        for key, value in parts
    )


_PARTS = (
    *("text", "pair", "completion", "label", "id", "group", "units"),
    *("variant_of", "variant"),
)


def _columns(info: RunInfo, language: Language) -> str:
    """What was read from which columns, where they are called something else; of every file that
    differs from those before it."""
    of_files = (
        language.listed(
            language.say("run", "column", part=language.say("run", f"column_{part}"), name=name)
            for part in _PARTS
            if (name := item.columns.get(part))
        )
        for item in info.inputs
    )
    return language.say("run", "next_file").join(dict.fromkeys(filter(None, of_files)))


def run_line(info: RunInfo, language: Language) -> tuple[str, ...]:
    """Model, its size, the files of texts and the date, for the line below the title; a model that
    was handed over in Python by its own name, where it has one."""
    model = info.model
    has_name = any(map(is_handed_over, info.remarks)) and model.name != model.architecture
    files = language.listed(item.name for item in info.inputs)
    size = language.say("run", "size_value", layers=model.n_layers, heads=model.n_heads)
    parts = (model.name if has_name else model.encoder, size, files, info.created)
    return tuple(filter(None, parts))  # texts that were handed over have no files


def _architecture(info: RunInfo, language: Language) -> str:
    model = info.model
    if model.architecture == model.encoder:
        return model.encoder
    return language.say("run", "inside", whole=model.architecture, encoder=model.encoder)


def _checks(info: RunInfo, language: Language) -> Facts:
    checks = info.checks
    padded, norms = checks.padded_difference, info.evidence.norms_error
    values = (
        ("capture", language.say("checks", f"capture_{checks.capture}")),
        ("row_sum_error", _small(checks.row_sum_error)),
        ("padding_mass", _small(checks.padding_mass)),
        ("padded", language.say("checks", "no_padding") if padded is None else _small(padded)),
        ("unknown", language.percent(checks.unknown_share)),
        ("packing", fixed(MAX_ERROR, 4)),
        *(() if norms is None else (("norms", _small(norms)),)),
        ("maps", f"{info.settings.maps_kept:,}"),
    )
    return tuple((language.say("checks", key), value) for key, value in values)


def _small(value: float) -> str:
    return "0" if value == 0 else f"{value:.1e}"


def definitions(findings: Findings, language: Language) -> str:
    """What the model gives each text, and what a right answer is where texts have labels.

    Of numbers that have labels both ranges are told; without labels the first answer tells that of
    the predictions.
    """
    output = findings.info.output
    has_labels = bool(findings.texts["label"].notna().any())
    if task_of(output).chart_column == "value":
        parts = _of_numbers(findings, language, shorten(output.name, OUTPUT_NAME))
    else:
        parts = [gives(findings, language)]
        if has_labels and (label := language.words["page"].get(f"label_{output.kind}")):
            parts.append(label)
    return language.sentences(parts)


def _of_numbers(findings: Findings, language: Language, name: object) -> list[str]:
    predicted, labels = (
        _finite(findings.items[column].to_numpy(np.float64)) for column in ("value", "label_value")
    )
    gives = "gives_number" if findings.task.has_errors else "gives_similarity"
    if len(labels) < MIN_PREDICTIONS or len(predicted) < MIN_PREDICTIONS:
        return [language.say("page", gives, name=name)]
    given, right = (
        {
            "low": in_column(float(numbers.min()), digits),
            "high": in_column(float(numbers.max()), digits),
        }
        for numbers, digits in (
            (predicted, number_digits(findings)),
            (labels, label_digits(findings)),
        )
    )
    key = "label_number" if findings.task.has_errors else "label_similarity"
    gives += "_same" if given["low"] == given["high"] else "_range"
    key += "_same" if right["low"] == right["high"] else ""
    return [language.say("page", gives, name=name, **given), language.say("page", key, **right)]


def _finite(values: Floats) -> Floats:
    return values[np.isfinite(values)]
