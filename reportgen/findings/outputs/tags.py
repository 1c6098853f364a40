"""The tags of words over all texts: the entities they mark, and how often they are right."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.findings.outputs.classes import ClassFit, class_fit, places_of
from reportgen.findings.statistics import Places
from reportgen.results import NONE, Results
from reportgen.tasks import OUTSIDE, Reading, entity_counts, readings, spans


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its tag."""

    text: int  # row of `texts`
    position: int  # of its first token
    name: str  # its characters
    tag: int  # place in the model's list of tags
    probability: float
    label: int = NONE  # the tag that it should have; NONE without one


@dataclass(frozen=True, slots=True)
class Entity:
    """Words in a row that are one entity."""

    text: int
    kind: str  # without the prefix of its tags
    name: str
    words: tuple[int, int]  # the first and the last, counted in its text


@dataclass(frozen=True, slots=True, eq=False)
class TagFit(ClassFit):
    """Predicted tags against labels, over the words that have both."""

    wrong: tuple[Word, ...]  # the words with another tag, those surest of it in front
    # Entities of the texts all of whose words have a label; None without any.
    n_entities: int | None = None  # that are predicted
    n_expected: int = 0
    n_found: int = 0  # predicted with the same words and kind

    @property
    def n_right(self) -> int:
        """How many words have the right tag."""
        return int(np.trace(self.counts))

    @property
    def n_words(self) -> int:
        """How many words have a label."""
        return int(self.counts.sum())

    @property
    def precision(self) -> float | None:
        """The share of predicted entities that are right; None without any."""
        return self.n_found / self.n_entities if self.n_entities else None

    @property
    def recall(self) -> float | None:
        """The share of expected entities that are found; None without any."""
        return self.n_found / self.n_expected if self.n_entities is not None else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both (Tjong Kim Sang and De Meulder 2003)."""
        if self.n_entities is None:
            return None
        return 2 * self.n_found / (self.n_entities + self.n_expected)


@dataclass(frozen=True, slots=True, eq=False)
class Tags:
    """The tags of all words of the texts that were analysed."""

    words: dict[int, tuple[Word, ...]]  # by row of `texts`
    entities: dict[int, tuple[Entity, ...]]  # the same
    marks_entities: bool  # the model has a tag for words outside all entities
    predicted: Places  # [tag], words
    fit: TagFit | None  # None where no word has a label
    reading: Reading  # of the labels

    @property
    def n_words(self) -> int:
        """How many words have a tag."""
        return int(self.predicted.sum())

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """The kinds of entities and how many there are, the most frequent in front."""
        return Counter(own.kind for found in self.entities.values() for own in found).most_common()


def tags(results: Results, items: pd.DataFrame, spelled: Sequence[str]) -> Tags | None:
    """The tags of all words, which are `items` and are `spelled` so; None without any."""
    names = results.info.output.labels
    if not len(items):
        return None
    predicted, labels = places_of(items, names)
    columns = (items[name].tolist() for name in ("text", "position", "probability"))
    words: dict[int, list[Word]] = {}
    for (text, position, chance), name, tag, label in zip(
        zip(*columns, strict=True), spelled, predicted.tolist(), labels.tolist(), strict=True
    ):
        words.setdefault(text, []).append(Word(text, position, name, tag, chance, label))
    by_text = {text: tuple(own) for text, own in words.items()}
    marks_entities = OUTSIDE in names
    return Tags(
        words=by_text,
        entities={
            row: _entities(own, names) if marks_entities else () for row, own in by_text.items()
        },
        marks_entities=marks_entities,
        predicted=np.bincount(predicted, minlength=len(names)),
        fit=_fit(by_text, items, names, with_entities=marks_entities),
        reading=readings.of_words(results),
    )


def _entities(words: Sequence[Word], names: Sequence[str]) -> tuple[Entity, ...]:
    found = []
    for kind, first, last in spans([names[word.tag] for word in words]):
        own = words[first : last + 1]
        found.append(Entity(own[0].text, kind, " ".join(w.name for w in own), (first, last)))
    return tuple(found)


def _fit(
    words: Mapping[int, Sequence[Word]],
    items: pd.DataFrame,
    names: Sequence[str],
    *,
    with_entities: bool,
) -> TagFit | None:
    fit = class_fit(items, names)
    if fit is None:
        return None
    wrong = [word for own in words.values() for word in own if word.label not in (NONE, word.tag)]
    counts = entity_counts(items).parts if with_entities else (np.empty((0, 1)),) * 3
    n_right, n_predicted, n_expected = (int(count.sum()) for count in counts)
    return TagFit(
        counts=fit.counts,
        mean_recall=fit.mean_recall,
        base_share=fit.base_share,
        base_label=fit.base_label,
        wrong=tuple(sorted(wrong, key=lambda word: -word.probability)),
        n_entities=n_predicted if n_expected else None,
        n_expected=n_expected,
        n_found=n_right,
    )
