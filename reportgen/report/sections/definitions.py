"""Explains what a prediction and a right answer are in a report, where its page first mentions
them."""

import numpy as np

from reportgen.findings import MIN_PREDICTIONS, Findings
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import column_decimals, written
from reportgen.report.language.printable import shorten
from reportgen.results import ANALYSED, Floats
from reportgen.tasks import task_of

_NAME = 40  # half-width characters of a number's name


def definitions(findings: Findings, language: Language) -> str:
    """What the model gives each text, and what a right answer is where texts have labels.

    Of numbers that have labels both ranges are told; without labels the first answer tells that of
    the predictions.
    """
    output = findings.info.output
    said = {"name": shorten(output.name, _NAME), "n": len(output.labels)}
    has_labels = bool(findings.texts["label"].notna().any())
    if task_of(output).shown == "value":
        parts = _of_numbers(findings, language, said["name"])
    else:
        parts = [language.say("page", language.key_of("page", "gives", output.kind), **said)]
        if has_labels and (label := language.words["page"].get(f"label_{output.kind}")):
            parts.append(label)
    return language.say("common", "space").join(parts)


def _of_numbers(findings: Findings, language: Language, name: object) -> list[str]:
    texts = findings.texts[findings.texts["status"].isin(ANALYSED)]
    predicted, labels = (
        _finite(texts[column].to_numpy(np.float64)) for column in ("prediction", "label_value")
    )
    gives = "gives_number" if findings.task.has_errors else "gives_similarity"
    if len(labels) < MIN_PREDICTIONS or len(predicted) < MIN_PREDICTIONS:
        return [language.say("page", gives, name=name)]
    digits = column_decimals(float(max(abs(predicted).max(), abs(labels).max())))
    given, right = (
        {"low": written(float(own.min()), digits), "high": written(float(own.max()), digits)}
        for own in (predicted, labels)
    )
    key = "label_number" if findings.task.has_errors else "label_similarity"
    gives += "_same" if given["low"] == given["high"] else "_range"
    key += "_same" if right["low"] == right["high"] else ""
    return [language.say("page", gives, name=name, **given), language.say("page", key, **right)]


def _finite(values: Floats) -> Floats:
    return values[np.isfinite(values)]
