"""The tasks: what is known of each kind of output, in one record each.

To add a task:

1. Write its record here.
2. Write what reads its items from the table of texts in `from_texts.py`: the one place that knows
   what the columns of a kind of output mean.
3. If it has right answers, write how the labels of texts are read in `labels.py`, how many can be
   used in `readings.py`, how far off items are in `errors.py`, and its metrics and other figures in
   `metrics.py`: sums over the items of a text, and what the figure is of their means. Value,
   interval, change between two models, gates, trends, worst texts, JSON and documentation follow
   from the entries.
4. Write what measures it in a module of `models/tasks/`, with a row in the register there; and
   what evidence explains in `targets.py`, where no target of another task says it.
5. Where the generic sentences of a report do not read well, write its own beside them: strings
   whose keys end in its kind, such as `fit_tags` (`report/language/language.py`, `key_of`).
6. Make up results of it in `tests/helpers/made_up`.

A number for each word is such a task that nobody planned for (`tests/tasks/test_word_numbers.py`).
`tests/tasks/test_branches.py` counts the places outside this room that still ask for the kind.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeAlias

import pandas as pd

from reportgen.errors import ResultsError, quoted
from reportgen.results import OutputInfo, OutputKind, Results, RunInfo
from reportgen.tasks import errors, readings, shares, sums
from reportgen.tasks.choices import choices_given, texts_given
from reportgen.tasks.entities import OUTSIDE
from reportgen.tasks.labels import Floats, Places, ReadAs, number_labels
from reportgen.tasks.metrics import (
    ACCURACY,
    ANSWER_EXACT,
    ANSWER_F1,
    BIAS,
    ENTITY_F1,
    ENTITY_PRECISION,
    ENTITY_RECALL,
    FIRST_CHOICE,
    LABELS_EXACT,
    MACRO_F1,
    MAE,
    MASK_ACCURACY,
    MASK_LISTED,
    PERPLEXITY,
    R2,
    RANK,
    RMSE,
    TAG_ACCURACY,
    WORD_CORRELATION,
    WORD_MAE,
    ItemFigure,
    Metric,
)
from reportgen.tasks.readings import Reading
from reportgen.tasks.targets import TARGETS
from reportgen.tasks.worst import (
    Worst,
    farthest,
    least_alike,
    least_expected,
    least_sure,
    surest_mistakes,
)

ItemOf: TypeAlias = Literal["text", "name", "word", "mask", "span", "token"]
# What an error is: a distance of numbers, or of their ranks; 1 where a text, one of its labels,
# words or masks is wrong; what an answer's F1 lacks of 1; minus the log-probability of a token.
Measure: TypeAlias = Literal["distance", "ranks", "texts", "labels", "words", "masks", "f1", "loss"]
# What the table of the items of a text shows: the words at its place, what is predicted, its value
# or probability, the next likeliest, the right answer; one end of an item, and
# its probability; or the token that is written there, its probability, and which is likelier.
Column: TypeAlias = Literal[
    "place",
    "predicted",
    "value",
    "probability",
    "alternatives",
    "label",
    "end",
    "end_probability",
    "written",
    "written_probability",
    "likelier",
    "text",
    "score",
]
# The tables of the section on predictions: right answers by predictions; how often each name was
# predicted, alone or beside how often it should be; the entities that tags mark, and the mistakes;
# the places of choices; and the items that are worst.
ItemTable: TypeAlias = Literal[
    "confusion",
    "counts",
    "by_name",
    "entities",
    "mistakes",
    "places",
    "worst",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelReading:
    """How the labels of texts are read as right answers."""

    read: Callable[[Results], Reading]
    # What a label is that cannot be used, and what to do about it: of the label, the output, and
    # how the other labels are read.
    misread: Callable[[str, OutputInfo, ReadAs | None], str] = readings.no_number
    part: str = "tag"  # what a label has for each word


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """How far off predictions are from right answers."""

    measure: Measure
    # Of the items of the output with these names.
    of_items: Callable[[pd.DataFrame, Sequence[str]], errors.ItemErrors] = errors.misses
    # Of each text, to list the worst first; None where texts are not listed by that.
    of_texts: Callable[[pd.DataFrame], sums.Sums] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLayout:
    """The tables that show the items."""

    # Of one text, where each item belongs to some of its tokens: its columns, of which the first
    # names an item (`report/panel/steps.py`). Empty where items are of the whole text.
    columns: tuple[Column, ...] = ()
    # Those of all texts; and of the worst items how they are ordered, and their columns: those of
    # the right answer and the score stand where there is one.
    tables: tuple[ItemTable, ...] = ("worst",)
    worst: Callable[[pd.DataFrame], Worst] = least_sure
    worst_columns: tuple[Column, ...] = ("text", "predicted", "probability", "label")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a model does with a text. What is no field follows from the fields."""

    kind: OutputKind  # of its output
    does: str  # for `reportgen check`
    explains: str  # what evidence explains, and how to have something else
    needs: str = ""  # what texts must have beside their words
    returns: str = ""  # an output that has no right answer
    # What is predicted: numbers, some of the model's classes, or words that any text might have. An
    # embedding is no prediction.
    predicts: Literal["numbers", "classes", "words", "nothing"]
    # What one item is of: the whole text, of which there is one; one of several names; a word, a
    # mask, a span of tokens, or a token that was written. All but the first two have a place, and
    # each of those is explained by itself.
    item: ItemOf = "text"
    has_choices: bool = False  # each text brings the names that can be predicted
    # How well predictions fit right answers: the one that decides first; see also `text_metric`.
    metrics: tuple[Metric, ...] = ()
    figures: tuple[ItemFigure, ...] = ()  # others of one run
    counted_as: str = ""  # the flat figure that counts its items
    labels: LabelReading | None = None  # None where any label can be a right answer, or none
    errors: Errors | None = None  # None without right answers
    layout: ItemLayout = ItemLayout()
    # Where one row of attention alone counts, the output is read from it.
    may_read_one_row: bool = True

    @property
    def is_number(self) -> bool:
        """Whether items are numbers, not names."""
        return self.predicts == "numbers"

    @property
    def is_closed(self) -> bool:
        """Whether each item is one of the model's classes."""
        return self.predicts == "classes"

    @property
    def has_items(self) -> bool:
        """Whether anything is predicted."""
        return self.predicts != "nothing"

    @property
    def has_names(self) -> bool:
        """Whether all texts have the same items, each of which may have a name."""
        return self.item == "name"

    @property
    def has_places(self) -> bool:
        """Whether its items belong to some of the tokens of a text."""
        return self.item not in ("text", "name")

    @property
    def is_of_words(self) -> bool:
        """Whether each item is of a word; a label is then a list with a part for each word."""
        return self.item == "word"

    @property
    def has_ends(self) -> bool:
        """Whether the first and the last token of an item are each predicted by itself."""
        return self.item == "span"

    @property
    def is_written(self) -> bool:
        """Whether items are tokens written after the text, each predicted from those before it."""
        return self.item == "token"

    @property
    def picks_a_word(self) -> bool:
        """Whether one word is predicted for each text; its probability then stands beside it."""
        return self.predicts == "words" and self.item == "text" and not self.has_choices

    @property
    def classifies_texts(self) -> bool:
        """Whether each text gets one of the model's classes."""
        return self.is_closed and self.item == "text"

    @property
    def has_outcomes(self) -> bool:
        """Whether a text is right or wrong as a whole, so that one can tell which ones a new model
        gets right, and which it does not any more."""
        return self.item == "text" and self.chart_column == "probability"

    @property
    def has_number(self) -> bool:
        """Whether each text has one number by which two models are compared: what is predicted, or
        the log-probability of what is written; see `text_numbers`."""
        return self.chart_column == "value" or self.summary is not None

    @property
    def has_errors(self) -> bool:
        """Whether a label can be subtracted from the one number of a text. Similarities are on
        another scale than their labels, so that only their order is compared."""
        is_distance = self.errors is not None and self.errors.measure == "distance"
        return self.chart_column == "value" and is_distance

    @property
    def has_open_labels(self) -> bool:
        """Whether right answers may tell words of the texts: they are words or choices, or a number
        for each word; not classes of the model, and not numbers of whole texts."""
        is_of_texts = self.is_number and not self.has_places
        return not (self.returns or self.is_closed or is_of_texts)

    @property
    def chart_column(self) -> Literal["value", "probability"] | None:
        """The column of the table of items that charts show, where a text has one item that may
        have a right answer."""
        if not self.metrics or self.item not in ("text", "span"):
            return None
        return "value" if self.is_number else "probability"

    @property
    def listed(self) -> Literal["score", "probability"] | None:
        """What stands beside each name that could be predicted for a text; None for names that are
        many, and for a single number."""
        if self.has_places or not self.has_items or self.chart_column == "value":
            return None
        return "probability" if self.has_choices else "score"

    @property
    def summary(self) -> Metric | None:
        """The figure of a text that stands for its many items, where one does."""
        return self.metrics[0] if self.is_written else None

    @property
    def text_metric(self) -> Metric | None:
        """The metric that says most of a single text: the last that is no correlation over all."""
        metrics = (metric for metric in reversed(self.metrics) if metric.scale != "correlation")
        return next(metrics, None)

    @property
    def count_metric(self) -> Metric | None:
        """The metric that is a share of items or texts that are right; None without one."""
        return next((metric for metric in self.metrics if metric.is_count), None)

    def near(self, base: pd.DataFrame, head: pd.DataFrame, near: sums.Near) -> pd.DataFrame:
        """The items of a new model, without differences from those of the old one that are none."""
        return (sums.near_tokens if self.is_written else sums.near_values)(base, head, near)

    def shares_of(self, results: Results, texts: Places) -> Sequence[Floats]:
        """The probability of all that each of `texts` could be, where `has_outcomes`."""
        return (shares.of_choices if self.has_choices else shares.of_classes)(results, texts)

    def given(self, texts: pd.DataFrame) -> Sequence[Sequence[object]]:
        """Columns of what the model was given of each text, by which texts are found again."""
        return (choices_given if self.has_choices else texts_given)(texts)


_NUMBER = Task(
    kind="number",
    does="regression: one number per text",
    explains="the number",
    predicts="numbers",
    metrics=(MAE, RMSE, BIAS, RANK, R2),
    labels=LabelReading(read=readings.numbers),
    errors=Errors(measure="distance", of_items=errors.distances, of_texts=sums.distances),
)
# Labels are on another scale than the similarity of two texts: only their order is compared.
_SIMILARITY = replace(
    _NUMBER,
    metrics=(RANK,),
    errors=Errors(measure="ranks", of_items=errors.rank_errors, of_texts=sums.rank_distances),
)
_NUMBERS = Task(
    kind="numbers",
    does="regression: several numbers per text",
    explains="the first number; another with --explain-class",
    predicts="numbers",
    item="name",
    metrics=(MAE,),
    labels=LabelReading(read=readings.several_numbers, misread=readings.no_numbers),
    errors=Errors(measure="distance", of_items=errors.distances_of_each),
)
_CLASS = Task(
    kind="class",
    does="classification: one class per text",
    explains="the lead of the predicted class; of another with --explain-class",
    predicts="classes",
    metrics=(ACCURACY, MACRO_F1),
    labels=LabelReading(read=readings.classes, misread=readings.no_class),
    errors=Errors(
        measure="texts",
        of_items=partial(errors.misses, constant=errors.most_frequent),
        of_texts=sums.leads,
    ),
    layout=ItemLayout(tables=("confusion", "counts")),
)
_LABELS = Task(
    kind="labels",
    does="multi-label classification: any of several labels per text",
    explains="the logit of the strongest label; of another with --explain-class",
    predicts="classes",
    item="name",
    metrics=(LABELS_EXACT,),
    labels=LabelReading(read=readings.sets, misread=readings.no_label),
    errors=Errors(
        measure="labels",
        of_items=partial(errors.misses, constant=errors.most_frequent_of_each),
        of_texts=sums.surest_mistakes,
    ),
    layout=ItemLayout(tables=("by_name",)),
)
_TAGS = Task(
    kind="tags",
    does="token classification: a tag for each word",
    explains="the log-probability of the tags of all words, and of each word's tag by itself",
    predicts="classes",
    item="word",
    metrics=(TAG_ACCURACY,),
    counted_as="tag_n_words",
    labels=LabelReading(read=readings.of_words),
    errors=Errors(
        measure="words",
        of_items=partial(errors.misses, constant=errors.most_frequent),
        of_texts=sums.mistakes,
    ),
    layout=ItemLayout(
        columns=("place", "predicted", "probability", "label"),
        tables=("by_name", "entities", "mistakes"),
    ),
)
# Of models that have a tag for words outside all entities.
_ENTITIES = replace(
    _TAGS, metrics=(ENTITY_F1, TAG_ACCURACY), figures=(ENTITY_PRECISION, ENTITY_RECALL)
)
_WORD_NUMBERS = Task(
    kind="word_numbers",
    does="token regression: a number for each word",
    explains="the sum of the numbers of all words, and each word's number by itself",
    predicts="numbers",
    item="word",
    metrics=(WORD_MAE, WORD_CORRELATION),
    labels=LabelReading(read=partial(readings.of_words, read=number_labels), part="number"),
    errors=Errors(measure="distance", of_items=errors.distances, of_texts=sums.mean_errors),
    layout=ItemLayout(
        columns=("place", "value", "label"),
        worst=farthest,
        worst_columns=("place", "value", "label"),
    ),
)
_MASKS = Task(
    kind="masks",
    does="fill-mask: a token for each mask",
    explains="the log-probability of the likeliest token at each mask; another with "
    "--explain-token",
    needs="masks",
    predicts="words",
    item="mask",
    metrics=(MASK_ACCURACY,),
    figures=(MASK_LISTED,),
    counted_as="n_masks",
    errors=Errors(measure="masks"),
    layout=ItemLayout(
        columns=("predicted", "probability", "alternatives", "label"),
        tables=("counts", "worst"),
        worst_columns=("predicted", "probability", "label"),
    ),
)
_ANSWER = Task(
    kind="answer",
    does="question answering: a span of the context",
    explains="the log-probability of both ends of the answer in the context; give the question as "
    "text and the context as pair",
    predicts="words",
    item="span",
    metrics=(ANSWER_EXACT, ANSWER_F1),
    errors=Errors(measure="f1", of_items=errors.inexact),
    layout=ItemLayout(
        columns=("end", "end_probability"),
        worst=least_alike,
        worst_columns=("text", "predicted", "probability", "label", "score"),
    ),
)
_CHOICE = Task(
    kind="choice",
    does="multiple choice: one of the choices of each text",
    explains="the lead of the choice that is picked over the strongest other",
    needs="choices",
    predicts="words",
    has_choices=True,
    metrics=(ACCURACY,),
    labels=LabelReading(read=readings.choices, misread=readings.no_choice),
    errors=Errors(
        measure="texts",
        of_items=partial(errors.misses, constant=errors.at_random),
        of_texts=sums.leads,
    ),
    layout=ItemLayout(tables=("places", "worst"), worst=surest_mistakes),
)
_COMPLETION = Task(
    kind="completion",
    does="language modelling: the completion of each text",
    explains="the log-probability of the completion",
    needs="a completion, given or generated",
    returns="a completion",
    predicts="words",
    item="token",
    metrics=(PERPLEXITY,),
    figures=(FIRST_CHOICE,),
    counted_as="completion_n_tokens",
    errors=Errors(measure="loss", of_items=errors.losses),
    layout=ItemLayout(
        columns=("written", "written_probability", "likelier"),
        worst=least_expected,
        worst_columns=("written", "written_probability", "likelier"),
    ),
)
_NEXT_TOKEN = Task(
    kind="next_token",
    does="language modelling: the token after each text",
    explains="the predicted next token; another with --explain-token, a completion with a "
    "column completion or --generate",
    returns="a next token",
    predicts="words",
    layout=ItemLayout(tables=("counts",)),
    may_read_one_row=False,
)
EMBEDDING = Task(
    kind="embedding",
    does="none: an embedding of each text",
    explains="how far the embedding turns",
    returns="an embedding",
    predicts="nothing",
    may_read_one_row=False,
)
TASKS: Mapping[str, Task] = {
    task.kind: task
    for task in (
        *(_NUMBER, _NUMBERS, _CLASS, _LABELS, _TAGS, _WORD_NUMBERS, _MASKS, _ANSWER, _CHOICE),
        *(_COMPLETION, _NEXT_TOKEN, EMBEDDING),
    )
}


def require_known(info: RunInfo) -> None:
    """Check that there is a record of what was predicted, and of what evidence explains.

    Raises:
        ResultsError: there is none.
    """
    output, scalar = info.output.kind, info.evidence.scalar
    if output not in TASKS:
        raise ResultsError(f"results.json: {_unknown('output.kind', output)}")
    if scalar is not None and scalar not in TARGETS:
        raise ResultsError(f"results.json: {_unknown('evidence.scalar', scalar)}")


def _unknown(name: str, value: str) -> str:
    return f"{name} {quoted(repr(value))} is unknown to this version; update reportgen"


def task_of(output: OutputInfo) -> Task:
    """What a model with this output does."""
    if output.kind == "tags" and OUTSIDE in output.labels:
        return _ENTITIES
    if output.kind == "number" and output.similarity is not None:
        return _SIMILARITY
    return TASKS[output.kind]
