"""The output of the model for a text, in words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import pandas as pd

from reportgen.findings.findings import Findings
from reportgen.findings.outputs.multiple_choice import chances_of
from reportgen.report.components import Cell
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import decimals, fixed, number
from reportgen.report.language.printable import half_widths, shorten
from reportgen.results.info import OutputInfo
from reportgen.results.labels import NONE, label_list
from reportgen.tasks.choices import Chosen
from reportgen.tasks.task import task_of

_SCORES = 5
CELL = 28  # half-width characters of an id, group, class or label
_CHOICES = 10  # that are listed of a text


@dataclass(frozen=True, slots=True)
class Prediction:
    """The output for one text: in short, and its scores."""

    value: str  # "" where the output has no short form
    label: str | None  # as it reads in a sentence
    error: str | None
    scores: tuple[tuple[str, str], ...]  # name, value; the largest first
    n_left_out: int  # scores not listed
    label_name: str  # what the label is called
    beside: str = ""  # its place among all predictions, or the probability of a class
    error_words: str = ""  # the error and which way it goes
    explained: str = ""  # what was asked to be explained in its place, with its value


def prediction(
    findings: Findings, text: int, language: Language, digits: int | None = None
) -> Prediction:
    """The output of the model for row `text` of `texts`, on the scale of the model.

    A number and its error have `digits` decimals; by default as many as its size calls for.
    """
    row, output = findings.results.text_row(text), findings.info.output
    if output.kind == "choice" and findings.choices and text in findings.choices.by_text:
        return _chosen(findings.choices.by_text[text], str(row["label"]), language)
    scores = [float(score) for score in row["scores"]]
    names: Sequence[str] = list(row["score_names"]) or output.labels
    if output.kind in ("embedding", "number", "completion", "tags", "masks", "answer"):
        pairs: list[tuple[str, float]] = []
    else:
        pairs = list(zip(names, scores, strict=False))
    if output.kind in ("class", "labels", "next_token"):
        pairs.sort(key=lambda pair: -pair[1])
    error = None
    if output.has_errors and not pd.isna(row["label_value"]):
        error = _error(float(row["prediction"]), float(row["label_value"]), digits)
    if output.kind == "number":
        value = printed(float(row["prediction"]), digits)
    elif output.kind == "completion":
        found = findings.completions and findings.completions.by_text.get(text)
        value = "" if found is None else language.say("panel", "perplexity", value=found)
    elif output.kind == "numbers":
        value = ", ".join(f"{name} {number(score)}" for name, score in pairs[:_SCORES])
    elif output.kind == "embedding":
        value = ""
    elif output.kind == "tags":
        value = _tagged(findings, text, language)
    else:
        value = "" if pd.isna(row["prediction_label"]) else str(row["prediction_label"])
        value = value or language.say("common", "none")
    return Prediction(
        value=value,
        label=_label(findings, text, row["label"], language),
        error=error,
        scores=tuple((name, number(score)) for name, score in pairs[:_SCORES]),
        n_left_out=max(0, len(pairs) - _SCORES),
        label_name=label_name(output, language),
        error_words="" if error is None else _error_in_words(error, language),
    )


def _label(findings: Findings, text: int, label: object, language: Language) -> str | None:
    if not isinstance(label, str):
        return None
    return known_labels(findings, text, language) or label_words(
        label, findings.info.output, language
    )


def known_labels(findings: Findings, text: int, language: Language) -> str:
    """The labels of row `text` of `texts` with commas between, as its prediction has them; "" where
    a text has one output, or has labels that are not the model's."""
    output = findings.info.output
    if output.kind != "labels" or not findings.label_sets.known[text]:
        return ""
    given = findings.label_sets.given[text]
    names = (name for name, is_given in zip(output.labels, given, strict=True) if is_given)
    return ", ".join(names) or language.say("common", "none")


def label_words(label: str, output: OutputInfo, language: Language) -> str | None:
    """A label as it reads in a sentence: of several answers any is right, and each mask has one.
    None for tags, which stand beside each word."""
    if output.kind == "tags":
        return None
    if output.kind not in ("answer", "masks"):
        return label
    between = language.say("common", "or") if output.kind == "answer" else " "
    return between.join(label_list(label) or [label])


def label_name(output: OutputInfo, language: Language) -> str:
    """What a label is called: the right answer, if there is one to the output."""
    return language.say("common", "given" if task_of(output).returns else "label")


def _chosen(found: Chosen, given: str, language: Language) -> Prediction:
    """The choice that was picked, and the probability of each; `given` is the label as it came."""
    shares = [language.percent(share) for share in chances_of(found).tolist()]
    if found.label != NONE:
        shares[found.label] = language.say("panel", "right_choice", share=shares[found.label])
    order = sorted(range(len(found.names)), key=lambda i: -found.logits[i])[:_CHOICES]
    label = found.right or given
    return Prediction(
        value=found.picked,
        label=label if found.has_label else None,
        label_name=language.say("common", "label"),
        error=None,
        scores=tuple((found.names[i], shares[i]) for i in order),
        n_left_out=len(found.names) - len(order),
    )


def _tagged(findings: Findings, text: int, language: Language) -> str:
    """The entities of a text; without a tag for words outside them, how many words have which."""
    found = findings.tags
    if found is None or text not in found.words:
        return ""
    comma = language.say("common", "comma")
    if found.marks_entities:
        entities = found.entities[text]
        named = (language.say("panel", "entity", kind=e.kind, name=e.name) for e in entities)
        return comma.join(named) or language.say("panel", "no_entity")
    counts = Counter(word.tag for word in found.words[text]).most_common()
    names = findings.info.output.labels
    return comma.join(f"{names[tag]} {n}" for tag, n in counts)


def _error(predicted: float, label: float, digits: int | None) -> str:
    """Prediction minus label, with as many decimals as the prediction is printed with."""
    gap = predicted - label
    shown = printed(gap, decimals(predicted) if digits is None else digits)
    return f"+{shown}" if gap > 0 and shown.strip("0.") else shown


def _error_in_words(error: str, language: Language) -> str:
    """An error and which way it goes."""
    way = {"+": "too_high", "−": "too_low"}.get(error[0], "no_error")
    return language.say("panel", way, error=error)


def printed(value: float, digits: int | None = None) -> str:
    """A number with `digits` decimals; for None as many as its size calls for."""
    return fixed(value, digits) if digits is not None and isfinite(value) else number(value)


def short_cell(value: str | None) -> Cell:
    """A cell with `value`, cut to its width; empty for None."""
    short = shorten(value or "", CELL)
    return Cell(short, whole=None if short == (value or "") else value)


def numbers_cell(value: str | None) -> Cell:
    """A cell with the first of several named numbers that fit it: cut in the middle, the name of
    one would stand beside the value of another."""
    whole, kept = value or "", ""
    for end in (*(i for i, mark in enumerate(whole) if mark == ","), len(whole)):
        if kept and half_widths(whole[:end]) > CELL:
            break
        kept = whole[:end]
    return Cell(kept) if kept == whole else Cell(f"{kept}, …", whole=whole)
