"""The tags of words over all texts: the entities they mark, and which are wrong."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.findings.quality.classes import places_of
from reportgen.findings.statistics import Places
from reportgen.results import NONE
from reportgen.tasks import OUTSIDE, spans


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
class Tags:
    """The tags of all words of the texts that were analysed."""

    words: dict[int, tuple[Word, ...]]  # by row of `texts`
    entities: dict[int, tuple[Entity, ...]]  # the same
    marks_entities: bool  # the model has a tag for words outside all entities
    predicted: Places  # [tag], words
    wrong: tuple[Word, ...]  # the words with another tag than their label, the surest in front

    @property
    def n_words(self) -> int:
        """How many words have a tag."""
        return int(self.predicted.sum())

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """The kinds of entities and how many there are, the most frequent in front."""
        return Counter(own.kind for found in self.entities.values() for own in found).most_common()


def tags(items: pd.DataFrame, names: Sequence[str], spelled: Sequence[str]) -> Tags:
    """The tags of at least one word; the words are `items` and are `spelled` so, `names` are the
    tags of the model."""
    predicted, labels = places_of(items, names)
    columns = (items[name].tolist() for name in ("text", "position", "probability"))
    words: dict[int, list[Word]] = {}
    for (text, position, chance), name, tag, label in zip(
        zip(*columns, strict=True), spelled, predicted.tolist(), labels.tolist(), strict=True
    ):
        words.setdefault(text, []).append(Word(text, position, name, tag, chance, label))
    by_text = {text: tuple(own) for text, own in words.items()}
    marks_entities = OUTSIDE in names
    wrong = (word for own in words.values() for word in own if word.label not in (NONE, word.tag))
    return Tags(
        words=by_text,
        entities={
            row: _entities(own, names) if marks_entities else () for row, own in by_text.items()
        },
        marks_entities=marks_entities,
        predicted=np.bincount(predicted, minlength=len(names)),
        wrong=tuple(sorted(wrong, key=lambda word: -word.probability)),
    )


def _entities(words: Sequence[Word], names: Sequence[str]) -> tuple[Entity, ...]:
    found = []
    for kind, first, last in spans([names[word.tag] for word in words]):
        own = words[first : last + 1]
        found.append(Entity(own[0].text, kind, " ".join(w.name for w in own), (first, last)))
    return tuple(found)
