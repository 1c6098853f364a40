"""Finds the texts that a new model predicts worse than the old one, each in one line with its place
in the repository: its file, and its line if files of its format have lines.

The results keep file and line as they were read, without the folder, such as `reviews.csv:17`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from reportgen.comparison import Comparison, PredictionChanges, Rule, rule_of, worse
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.language import load_language
from reportgen.report.language.printable import shorten, visible
from reportgen.report.options import CompareOptions
from reportgen.report.sections.texts_compared import both_names, label_of
from reportgen.results import InputInfo

_PACKED = (".gz", ".zst")  # whose lines no host shows
_STDIN = "stdin"


@dataclass(frozen=True, slots=True)
class TextPlace:
    """Where a text stands."""

    file: str  # seen from the top of the repository
    line: int | None  # that its record begins on; None: a format without lines, or a whole file


def place_of(
    source: str, inputs: Sequence[InputInfo], files: Mapping[str, str], folder: str | None
) -> TextPlace | None:
    """The place of a text; None where it came from no file, or from one of two of the same name.

    Args:
        source: as the results keep it.
        inputs: the files that the texts were read from.
        files: their paths in the repository by name, as far as they are known; "" for several.
        folder: in which all of them lie there; None: where they were read from.
    """
    names = [item.name for item in inputs]
    fitting = (name for name in names if source.startswith((f"{name}:", f"{name}/")))
    name = max(fitting, key=len, default=_STDIN)
    if name == _STDIN or names.count(name) > 1 or not files.get(name, name):
        return None
    file = files.get(name, name) if folder is None else "/".join(filter(None, (folder, name)))
    rest = source.removeprefix(name)
    if rest.startswith("/"):  # a folder, each of whose files is a text
        return TextPlace(file + rest, None)
    has_lines = rest[1:].isdecimal() and not name.lower().endswith(_PACKED)
    return TextPlace(file, int(rest[1:]) if has_lines else None)


_NAME = 80  # half-width characters of an id, a prediction or a right answer
MOST_ANNOTATED = 5  # GitHub shows ten warnings of a step, those of gates among them


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a host shows beside the line of a text."""

    title: str
    sentence: str
    place: TextPlace | None
    level: Literal["warning", "notice"] = "warning"


@dataclass(frozen=True, slots=True)
class Regression:
    """A text that got worse."""

    rule: Rule  # in which way: it was right, or nearer to the right answer
    text_id: str
    name: str  # the id, as a line shows it
    sentence: str  # both predictions and the right answer
    place: TextPlace | None  # None: the texts came from no file
    figures: Mapping[str, float | str]  # the same for programs


def regressions(comparison: Comparison, options: CompareOptions) -> Iterator[Regression]:
    """The texts that got worse, the worst first."""
    predictions = comparison.predictions
    rule = None if predictions is None else rule_of(predictions)
    if predictions is None or rule is None:
        return
    words = CompareWords(comparison, load_language(options.lang))
    # Where a baseline was run on an earlier state of the file, the new model's lines are today's.
    texts, inputs = comparison.head.texts, comparison.head.info.inputs
    files = dict(options.text_files)
    for place in worse(predictions):
        row = int(predictions.texts[place])
        text_id, source = str(texts["text_id"].iloc[row]), str(texts["source"].iloc[row])
        sentence, figures = _said(comparison, predictions, place, words)
        yield Regression(
            rule=rule,
            text_id=text_id,
            name=shorten(visible(text_id), _NAME),
            sentence=sentence,
            place=place_of(source, inputs, files, options.texts_folder),
            figures=figures,
        )


def annotations(comparison: Comparison, options: CompareOptions) -> tuple[Annotation, ...]:
    """Annotations of the texts that got worst; each says how many got worse. Where the new model is
    better, which a list of warnings would belie, one text stands for all, and is no warning."""
    words = CompareWords(comparison, load_language(options.lang))
    predictions = comparison.predictions
    n = 0 if predictions is None else len(worse(predictions))
    quality = None if predictions is None else predictions.quality
    is_better = quality is not None and quality.verdict == "better"
    worst = islice(regressions(comparison, options), 1 if is_better else MOST_ANNOTATED)
    return tuple(
        Annotation(
            words.say("worse_title", id=worse_text.name, i=number, n=n),
            worse_text.sentence,
            worse_text.place,
            "notice" if is_better else "warning",
        )
        for number, worse_text in enumerate(worst, 1)
    )


def _said(
    comparison: Comparison, predictions: PredictionChanges, place: int, words: CompareWords
) -> tuple[str, Mapping[str, float | str]]:
    """What became of a prediction, in a line and for programs."""
    if predictions.names:
        return _named(comparison, predictions, place, words)
    sides = predictions.ends if predictions.is_numbers else (predictions.base, predictions.head)
    numbers = {key: float(side[place]) for key, side in zip(("base", "head"), sides, strict=True)}
    write = words.error if predictions.is_numbers else words.prediction
    shown = {key: write(number, False) for key, number in numbers.items()}
    if rule_of(predictions) == "less_likely":
        return words.say("worse_completion", **shown), numbers
    growth = float(predictions.error_growth[place])
    shown["grown"] = write(growth, True)
    if predictions.is_numbers:
        errors = {f"error_{key}": error for key, error in numbers.items()}
        return words.say("worse_numbers", **shown), {**errors, "error_growth": growth}
    row = int(predictions.texts[place])
    label = float(comparison.pairing.labels["label_value"].iloc[row])
    shown["label"] = words.prediction(label)
    return words.say("worse_number", **shown), {**numbers, "label": label, "error_growth": growth}


def _named(
    comparison: Comparison, predictions: PredictionChanges, place: int, words: CompareWords
) -> tuple[str, Mapping[str, float | str]]:
    base, head = both_names(comparison, predictions, place, words)
    names = {"base": base, "head": head}
    label = comparison.pairing.labels["label"].iloc[int(predictions.texts[place])]
    if isinstance(label, str):  # a redacted comparison has none of answers
        names["label"] = label_of(comparison, predictions, place, label, words)
    shown = {key: shorten(visible(name), _NAME) for key, name in names.items()}
    return words.say("worse_name" if "label" in names else "worse_unlabelled", **shown), names
