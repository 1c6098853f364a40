"""Which texts changed their prediction, and at which model."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from reportgen.comparison.all_models import AllModels
from reportgen.comparison.compare import Comparison
from reportgen.comparison.floors import MOVED
from reportgen.comparison.trend.texts import TextTrend
from reportgen.report.charts.small.sparkline import trend
from reportgen.report.compare_sections.texts import text_name
from reportgen.report.compare_sections.trend.all_models import model_names
from reportgen.report.components import Cell, Table, make_table
from reportgen.report.language.comparison import NAME, CompareWords
from reportgen.report.language.numbers import NOTHING, exact
from reportgen.report.language.printable import shorten
from reportgen.tasks.task import task_of

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class TextsPart:
    """The part on texts."""

    says: str  # how many changed
    table: Table | None  # None where none did
    more: str  # how many are not listed; "" where all are


def make_texts(comparison: Comparison, found: AllModels, words: CompareWords) -> TextsPart | None:
    """The part; None where no predictions are compared."""
    own, n = found.trend.texts, found.trend.n_predicted
    if not n:
        return None
    if not own:
        return TextsPart(words.trend("no_text", n=n), None, "")
    often = sum(len(text.changed_at) > 1 for text in own)
    results = comparison.base.results
    rows = {str(id): row for row, id in enumerate(results.texts["text_id"])}
    task = task_of(comparison.base.info.output)
    names = model_names(found, words)
    has_number = task.number_of is not None
    # Tags and several numbers are too long for a cell.
    has_names = not (has_number or task.is_number or task.is_of_words)
    more, once = ("flipped", "flipped_once")
    if has_number or task.is_number:
        more, once = ("moved", "moved_once")
    said = words.trend(more if often else once, of=n, k=len(own), often=often, limit=exact(MOVED))
    lost = sum(text.is_lost for text in own)
    if lost:
        said += words.language.say("common", "space") + words.trend("lost", lost)
    make = _number_row if has_number else _name_row
    made = []
    for text in own[:_SHOWN]:
        row = rows.get(text.id)
        name = Cell(shorten(text.id, NAME)) if row is None else text_name(results, row)
        cells = make(text, names, words, has_names)
        made.append((name, cells))
    keys: tuple[str, ...] = ("text", "path")
    if has_number:
        keys = ("text", "first", "last", "largest", "trend")
    table = make_table(
        words.trend("texts"),
        [words.trend(key) for key in keys],
        made,
        "tracks moved",
    )
    left = len(own) - _SHOWN
    return TextsPart(said, table, words.trend("more_texts", left) if left > 0 else "")


def _number_row(
    text: TextTrend, names: Sequence[str], words: CompareWords, has_names: bool
) -> list[Cell]:
    """The first and the last number, and the step in which it moved most."""
    numbers = [own if isinstance(own, float) else None for own in text.predictions]
    known = [own for own in numbers if own is not None]
    steps = [
        (abs(b - a), b - a, i)
        for i, (a, b) in enumerate(pairwise(numbers), 1)
        if a is not None and b is not None
    ]
    ends = [Cell(words.prediction(value)) for value in (known[0], known[-1])]
    largest = Cell(NOTHING)
    if steps:
        _, change, at = max(steps, key=lambda step: step[0])
        largest = Cell(words.prediction(change, True), words.trend("at", name=names[at]))
    return [*ends, largest, Cell("", track=trend(numbers))]


def _name_row(
    text: TextTrend, names: Sequence[str], words: CompareWords, has_names: bool
) -> list[Cell]:
    """What was predicted first, and each other prediction with the model that made it first."""
    comma, arrow = words.language.say("common", "comma"), words.trend("arrow")
    if not has_names:
        return [Cell(comma.join(names[i] for i in text.changed_at))]
    said = [_said(text, next(i for i, own in enumerate(text.predictions) if own is not None))]
    for i in text.changed_at:
        at = words.trend("at", name=names[i])
        said.append(f"{_said(text, i)} {at}")
    return [Cell(arrow.join(said))]


def _said(text: TextTrend, model: int) -> str:
    """A prediction, and whether it is right where that is known."""
    own = text.predictions[model]
    mark = {True: " ✓", False: " ×", None: ""}[text.right[model]]
    return (NOTHING if own is None else shorten(str(own), NAME)) + mark
