"""The output of the model for a text, in words."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
import pandas as pd

from reportgen.findings import Findings
from reportgen.report.components import Cell
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import IN_SHORT, decimals, fixed, number
from reportgen.report.language.printable import half_widths, shorten
from reportgen.report.language.sentences import spoken
from reportgen.results import OutputInfo, label_list
from reportgen.tasks import YES, Item, task_of

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
    chance: str = ""  # the probability of a word that was picked out of all
    beside: str = ""  # its place among all predictions, or the probability of a class
    error_words: str = ""  # the error and which way it goes
    explained: str = ""  # what was asked to be explained in its place, with its value
    is_list: bool = False  # the value is of several named numbers

    @property
    def cell(self) -> Cell:
        """The value, cut to its width, with the probability of a picked word behind it."""
        if self.chance:
            return Cell(shorten(self.value, CELL), small=self.chance, whole=self.value)
        return numbers_cell(self.value) if self.is_list else short_cell(self.value)


def number_digits(findings: Findings) -> int | None:
    """How many decimals every predicted number, label and error of a run has, wherever it stands:
    those that give the largest three digits, their mean error two and the deviation of predictions
    one. None for powers of ten, and where texts have no single number."""
    spread, fit = findings.number_spread, findings.label_fit
    if spread is None:
        return None
    largest, finer = spread.largest, [decimals(spread.deviation, 1)]
    if fit is not None:
        largest = max(largest, float(abs(fit.labels).max()))
        finer.append(decimals(float(abs(fit.errors).mean()), IN_SHORT))
    digits = decimals(largest)
    return None if digits is None else max(digits, *(each or 0 for each in finer))


def prediction(findings: Findings, text: int, language: Language) -> Prediction:
    """The output of the model for row `text` of `texts`, on the scale of the model."""
    row, output, items = (
        findings.results.text_row(text),
        findings.info.output,
        findings.items_of(text),
    )
    scores, most = _listed(findings, text, items, language)
    error, digits = None, number_digits(findings)
    if findings.task.has_errors and items and isfinite(items[0].label_value):
        error = _error(items[0].value, items[0].label_value, digits)
    label = row["label"] if isinstance(row["label"], str) else None
    if label is not None and task_of(output).is_of_words:
        label = None
    elif label is not None:
        label = label_said(findings, text, label, language)
    return Prediction(
        value=_in_short(findings, text, items, language, digits),
        label=label,
        error=error,
        scores=scores[:most],
        n_left_out=max(0, len(scores) - most),
        label_name=label_name(output, language),
        chance=_chance(findings, items, language),
        error_words="" if error is None else _error_in_words(error, language),
        is_list=len(items) > 1 and items[0].name is not None and task_of(output).is_number,
    )


def _in_short(
    findings: Findings, text: int, items: Sequence[Item], language: Language, digits: int | None
) -> str:
    """What is predicted for row `text` of `texts`; "" for what has no short form."""
    task = task_of(findings.info.output)
    if task.summary is not None:
        figure = findings.summaries.get(text)
        return (
            ""
            if figure is None
            else language.say("panel", f"metric_{task.summary.name}", value=figure)
        )
    if task.is_number:
        if len(items) == 1:
            return printed(items[0].value, digits)
        if task.has_places:
            return _mean(items, language)
        return _named_numbers((item.name, item.value) for item in items[:_SCORES])
    if task.is_closed and task.has_places:
        return _tagged(findings, text, items, language)
    if not task.has_items:
        return ""
    predicted = findings.predictions.iloc[text]
    shown = "" if pd.isna(predicted) else str(predicted)
    if task.picks_a_word:
        shown = spoken(shown, language)
    return shown or language.say("common", "none")


def _chance(findings: Findings, items: Sequence[Item], language: Language) -> str:
    """The probability of a word that was picked out of all; "" for other tasks."""
    if not findings.task.picks_a_word or not items or not isfinite(items[0].probability):
        return ""
    return language.percent(items[0].probability)


def _named_numbers(numbers: Iterable[tuple[str | None, float]]) -> str:
    """Several numbers of one text, each with its name."""
    return ", ".join(f"{name} {number(value)}" for name, value in numbers if name)


def _mean(items: Sequence[Item], language: Language) -> str:
    """The mean of the numbers of a text; "" without any."""
    if not items:
        return ""
    mean = sum(item.value for item in items) / len(items)
    return language.count("panel", "mean", len(items), mean=number(mean))


def _listed(
    findings: Findings, text: int, items: Sequence[Item], language: Language
) -> tuple[tuple[tuple[str, str], ...], int]:
    """What stands beside each name that could be predicted, the largest first, but for numbers that
    stay in their order; and how many of them are listed."""
    task = task_of(findings.info.output)
    if task.listed == "probability" and items:
        (item,) = items
        every = [(item.predicted, item.probability)]
        every += [(other.name, other.probability) for other in item.alternatives]
        return tuple(
            (name, _share(name, share, item.label, language)) for name, share in every
        ), _CHOICES
    if task.listed != "score":
        return (), _SCORES
    if task.is_number:
        return tuple((item.name, number(item.value)) for item in items if item.name), _SCORES
    row = findings.results.text_row(text)
    names: Sequence[str] = list(row["score_names"]) or findings.info.output.labels
    pairs = list(zip(names, map(float, row["scores"]), strict=False))
    pairs.sort(key=lambda pair: -pair[1])
    return tuple((spoken(name, language), number(score)) for name, score in pairs), _SCORES


def _share(name: str, probability: float, label: str | None, language: Language) -> str:
    share = language.percent(probability)
    return share if name != label else language.say("panel", "right_choice", share=share)


def label_said(findings: Findings, text: int, label: str, language: Language) -> str:
    """The `label` of row `text` of `texts` as it reads in a sentence: as it is compared with the
    prediction, where it is. Of several answers any is right, and each mask has one."""
    output = findings.info.output
    if names := known_labels(findings, text, language):
        return names
    if numbers := _label_numbers(findings, text):
        return numbers
    if task_of(output).has_choices:
        rights = [item.label for item in findings.items_of(text) if item.label is not None]
        return rights[0] if rights else label
    between = language.words["panel"].get(f"label_between_{output.kind}")
    return label if between is None else between.join(label_list(label) or [label])


def _label_numbers(findings: Findings, text: int) -> str:
    """The labels of row `text` of `texts` that are numbers, as its predictions are written; "" for
    other tasks, and for labels that are no numbers."""
    task, items = findings.task, findings.items_of(text)
    if not task.is_number or task.has_places or not all(isfinite(i.label_value) for i in items):
        return ""
    if len(items) == 1:
        return printed(items[0].label_value, label_digits(findings))
    return _named_numbers((item.name, item.label_value) for item in items)


def label_digits(findings: Findings) -> int | None:
    """As `number_digits`, also for labels that are on a scale of their own."""
    if findings.label_fit is not None:
        return number_digits(findings)
    labels = findings.all_items["label_value"].to_numpy(np.float64)
    return decimals(float(abs(labels[np.isfinite(labels)]).max()))


def known_labels(findings: Findings, text: int, language: Language) -> str:
    """The labels of row `text` of `texts` with commas between, as its prediction has them; "" where
    a text has one output, or has labels that are not the model's."""
    known = [item for item in findings.items_of(text) if item.name and item.label is not None]
    names = [item.name for item in known if item.name and item.label == YES]
    return ", ".join(names) or (language.say("common", "none") if known else "")


def label_name(output: OutputInfo, language: Language) -> str:
    """What a label is called: the right answer, if there is one to the output."""
    return language.say("common", "given" if task_of(output).returns else "label")


def _tagged(findings: Findings, text: int, items: Sequence[Item], language: Language) -> str:
    """The entities of a text; without a tag for words outside them, how many items have which."""
    tags = findings.tags
    if not items:
        return ""
    if tags is not None and tags.marks_entities:
        entities = tags.entities[text]
        named = (language.say("panel", "entity", kind=e.kind, name=e.name) for e in entities)
        return language.listed(named) or language.say("panel", "no_entity")
    counts = Counter(item.predicted for item in items).most_common()
    return language.listed(f"{name} {n}" for name, n in counts)


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
