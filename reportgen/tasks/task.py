"""The tasks: what is known of each kind of output, in one record each.

To add a task:

1. Write its record here.
2. Write what reads its items from the table of texts in `from_texts.py`.
3. If it has right answers, write how the labels of texts are read in `labels.py`, how many can be
   used in `readings.py`, how far off items are in `errors.py`, and its metrics in `metrics.py`:
   sums over the items of a text, and what the figure is of their means. Value, interval, change
   between two models, gates, trends, worst texts, JSON and documentation follow from the entries.
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
class Task:
    """What a model does with a text."""

    kind: OutputKind  # of its output
    does: str  # for `reportgen check`
    explains: str  # what evidence explains, and how to have something else
    needs: str = ""  # what texts must have beside their words
    returns: str = ""  # an output that has no right answer
    # How well predictions fit right answers: the one that decides first; see also `finest`.
    metrics: tuple[Metric, ...] = ()
    figures: tuple[ItemFigure, ...] = ()  # others of one run
    counted_as: str = ""  # the flat figure that counts its items
    # What one item is of: the whole text, of which there is one; one of several names; a word, a
    # mask, a span of tokens, or a token that was written. All but the first two have a place.
    item: ItemOf = "text"
    # How labels of texts are read; None where any label can be a right answer, or none.
    read_labels: Callable[[Results], Reading] | None = None
    # What a label is that cannot be used, and what to do about it: of the label, the output, and
    # how the other labels are read.
    misread: Callable[[str, OutputInfo, ReadAs | None], str] = readings.no_number
    label_part: str = "tag"  # what a label has for each word
    measure: Measure | None = None  # what an error is; None without right answers
    # How far off each text is, to list the worst first; None where texts are not listed by that.
    ranked_by: Callable[[pd.DataFrame], sums.Sums] | None = None
    shown: Literal["value", "probability"] | None = None  # of the one item of each text, in charts
    # How far off the items are of the output with these names.
    errors_of: Callable[[pd.DataFrame, Sequence[str]], errors.ItemErrors] = errors.misses
    # The figure of a text that stands for its many items, where one does.
    summary: Metric | None = None
    # What stands beside each name that could be predicted for a text; None for names that are many.
    listed: Literal["score", "probability"] | None = None
    has_items: bool = True  # an embedding is no prediction
    is_number: bool = False  # items are numbers, not names
    # The table of items that belong to some tokens of a text, such as words or masks: its columns,
    # of which the first names an item (`report/panel/steps.py`). Each item is explained by
    # itself. Empty where an item belongs to a text as a whole.
    columns: tuple[Column, ...] = ()
    # The tables of the section on predictions; and of the worst items how they are ordered, and
    # their columns: those of the right answer and the score stand where there is one.
    tables: tuple[ItemTable, ...] = ("worst",)
    worst: Callable[[pd.DataFrame], Worst] = least_sure
    worst_columns: tuple[Column, ...] = ("text", "predicted", "probability", "label")
    # Each text has one number, by which two models are compared; see `text_numbers`.
    has_number: bool = False
    # The items of a new model, without differences from those of the old one that are none.
    near: Callable[[pd.DataFrame, pd.DataFrame, sums.Near], pd.DataFrame] = sums.near_values
    # The probability of all that each of some texts could be; None where it is not one of a list.
    shares_of: Callable[[Results, Places], Sequence[Floats]] | None = None
    # Columns of what the model was given of each text, by which texts are found again.
    given: Callable[[pd.DataFrame], Sequence[Sequence[object]]] = texts_given
    not_stored: str = ""  # what came with texts that results do not hold: pairs are not as given
    writes: str = ""  # what each model may write by itself, so that texts are not given alike
    has_choices: bool = False  # each text brings the names that can be predicted
    # Where one row of attention alone counts, the output is read from it.
    may_read_one_row: bool = True
    is_closed: bool = False  # what is predicted is one of the model's names
    # A text is right or wrong as a whole, so that one can tell which ones a new model gets right,
    # and which it does not any more.
    has_outcomes: bool = False

    @property
    def has_names(self) -> bool:
        """Whether all texts have the same items, each of which may have a name."""
        return self.item == "name"

    @property
    def is_of_words(self) -> bool:
        """Whether each item is of a word."""
        return self.item == "word"

    @property
    def is_about_words(self) -> bool:
        """Whether a right answer is one to some words of a text, not to the whole."""
        return self.item in ("word", "mask", "span")

    @property
    def divides_texts(self) -> bool:
        """Whether predictions divide texts into parts that are known before."""
        return self.is_closed and self.item == "text"

    @property
    def finest(self) -> Metric | None:
        """The metric that says most of a single text: the last that is no correlation over all."""
        found = (metric for metric in reversed(self.metrics) if metric.scale != "correlation")
        return next(found, None)

    @property
    def counted(self) -> Metric | None:
        """The metric that is a share of items or texts that are right; None without one."""
        return next((metric for metric in self.metrics if metric.is_count), None)

    @property
    def has_places(self) -> bool:
        """Whether its items belong to some of the tokens of a text."""
        return bool(self.columns)

    @property
    def labels_places(self) -> bool:
        """Whether a label is a list of the right answer to each item of a text: it is said beside
        the item, not in a sentence on the text."""
        return self.has_places and self.read_labels is not None

    @property
    def has_open_labels(self) -> bool:
        """Whether right answers may tell words of the texts: they are words or choices, or a number
        for each word; not names of the model, and not numbers of whole texts."""
        is_of_texts = self.is_number and not self.has_places
        return not (self.returns or self.is_closed or is_of_texts)

    @property
    def has_number_of_places(self) -> bool:
        """Whether each place has a number by which its word might be looked up."""
        return self.has_places and (self.is_number or self.is_written)

    @property
    def has_errors(self) -> bool:
        """Whether a label can be subtracted from the one number of a text. Similarities are on
        another scale than their labels, so that only their order is compared."""
        return self.shown == "value" and self.measure == "distance"

    @property
    def has_ends(self) -> bool:
        """Whether the first and the last token of an item are each predicted by itself."""
        return self.item == "span"

    @property
    def is_written(self) -> bool:
        """Whether items are tokens written after the text, each predicted from those before it."""
        return self.item == "token"

    @property
    def pairs_items(self) -> bool:
        """Whether an item of one model is compared with the same one of another. Written tokens are
        not: two tokenizers may cut them differently."""
        return not self.is_written


_NUMBER = Task(
    kind="number",
    does="regression: one number per text",
    explains="the number",
    metrics=(MAE, RMSE, BIAS, RANK, R2),
    read_labels=readings.numbers,
    measure="distance",
    errors_of=errors.distances,
    ranked_by=sums.distances,
    has_number=True,
    shown="value",
    is_number=True,
)
# Labels are on another scale than the similarity of two texts: only their order is compared.
_SIMILARITY = replace(
    _NUMBER,
    metrics=(RANK,),
    measure="ranks",
    errors_of=errors.rank_errors,
    ranked_by=sums.rank_distances,
)
_NUMBERS = Task(
    kind="numbers",
    does="regression: several numbers per text",
    explains="the first number; another with --explain-class",
    metrics=(MAE,),
    read_labels=readings.several_numbers,
    item="name",
    misread=readings.no_numbers,
    measure="distance",
    errors_of=errors.distances_of_each,
    listed="score",
    is_number=True,
)
_CLASS = Task(
    kind="class",
    is_closed=True,
    does="classification: one class per text",
    explains="the lead of the predicted class; of another with --explain-class",
    metrics=(ACCURACY, MACRO_F1),
    read_labels=readings.classes,
    misread=readings.no_class,
    shares_of=shares.of_classes,
    measure="texts",
    errors_of=partial(errors.misses, constant=errors.most_frequent),
    ranked_by=sums.leads,
    shown="probability",
    listed="score",
    has_outcomes=True,
    tables=("confusion", "counts"),
)
_LABELS = Task(
    kind="labels",
    is_closed=True,
    does="multi-label classification: any of several labels per text",
    explains="the logit of the strongest label; of another with --explain-class",
    metrics=(LABELS_EXACT,),
    item="name",
    read_labels=readings.sets,
    misread=readings.no_label,
    measure="labels",
    errors_of=partial(errors.misses, constant=errors.most_frequent_of_each),
    ranked_by=sums.surest_mistakes,
    listed="score",
    tables=("by_name",),
)
_TAGS = Task(
    kind="tags",
    is_closed=True,
    does="token classification: a tag for each word",
    explains="the log-probability of the tags of all words, and of each word's tag by itself",
    metrics=(TAG_ACCURACY,),
    item="word",
    read_labels=readings.of_words,
    measure="words",
    errors_of=partial(errors.misses, constant=errors.most_frequent),
    ranked_by=sums.mistakes,
    columns=("place", "predicted", "probability", "label"),
    counted_as="tag_n_words",
    tables=("by_name", "entities", "mistakes"),
)
# Of models that have a tag for words outside all entities.
_ENTITIES = replace(
    _TAGS, metrics=(ENTITY_F1, TAG_ACCURACY), figures=(ENTITY_PRECISION, ENTITY_RECALL)
)
_WORD_NUMBERS = Task(
    kind="word_numbers",
    does="token regression: a number for each word",
    explains="the sum of the numbers of all words, and each word's number by itself",
    metrics=(WORD_MAE, WORD_CORRELATION),
    item="word",
    read_labels=partial(readings.of_words, read=number_labels),
    label_part="number",
    measure="distance",
    errors_of=errors.distances,
    ranked_by=sums.mean_errors,
    is_number=True,
    columns=("place", "value", "label"),
    worst=farthest,
    worst_columns=("place", "value", "label"),
)
_MASKS = Task(
    kind="masks",
    does="fill-mask: a token for each mask",
    explains="the log-probability of the likeliest token at each mask; another with "
    "--explain-token",
    needs="masks",
    metrics=(MASK_ACCURACY,),
    figures=(MASK_LISTED,),
    counted_as="n_masks",
    item="mask",
    measure="masks",
    columns=("predicted", "probability", "alternatives", "label"),
    tables=("counts", "worst"),
    worst_columns=("predicted", "probability", "label"),
)
_ANSWER = Task(
    kind="answer",
    does="question answering: a span of the context",
    explains="the log-probability of both ends of the answer in the context; give the question as "
    "text and the context as pair",
    metrics=(ANSWER_EXACT, ANSWER_F1),
    item="span",
    measure="f1",
    shown="probability",
    columns=("end", "end_probability"),
    worst=least_alike,
    worst_columns=("text", "predicted", "probability", "label", "score"),
)
_CHOICE = Task(
    kind="choice",
    does="multiple choice: one of the choices of each text",
    explains="the lead of the choice that is picked over the strongest other",
    needs="choices",
    metrics=(ACCURACY,),
    read_labels=readings.choices,
    misread=readings.no_choice,
    shares_of=shares.of_choices,
    given=choices_given,
    not_stored="the choices of its texts",
    has_choices=True,
    measure="texts",
    errors_of=partial(errors.misses, constant=errors.at_random),
    ranked_by=sums.leads,
    shown="probability",
    listed="probability",
    has_outcomes=True,
    tables=("places", "worst"),
    worst=surest_mistakes,
)
_COMPLETION = Task(
    kind="completion",
    does="language modelling: the completion of each text",
    explains="the log-probability of the completion",
    needs="a completion, given or generated",
    returns="a completion",
    metrics=(PERPLEXITY,),
    figures=(FIRST_CHOICE,),
    counted_as="completion_n_tokens",
    item="token",
    has_number=True,
    near=sums.near_tokens,
    writes="completions",
    measure="loss",
    errors_of=errors.losses,
    summary=PERPLEXITY,
    columns=("written", "written_probability", "likelier"),
    worst=least_expected,
    worst_columns=("written", "written_probability", "likelier"),
)
_NEXT_TOKEN = Task(
    kind="next_token",
    does="language modelling: the token after each text",
    explains="the predicted next token; another with --explain-token, a completion with a "
    "column completion or --generate",
    returns="a next token",
    may_read_one_row=False,
    listed="score",
    tables=("counts",),
)
EMBEDDING = Task(
    kind="embedding",
    does="none: an embedding of each text",
    explains="how far the embedding turns",
    returns="an embedding",
    may_read_one_row=False,
    has_items=False,
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
