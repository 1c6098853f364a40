"""The tags of words over all texts: the entities they mark, and which are wrong."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.findings.quality.classes import places_of
from reportgen.findings.statistics import Booleans, Places
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
    counted: Booleans  # [text], those that are no variants of others, which figures are of

    @property
    def n_words(self) -> int:
        """How many words have a tag."""
        return int(self.predicted.sum())

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """The kinds of entities and how many there are, the most frequent in front."""
        return Counter(
            entity.kind
            for text, entities in self.entities.items()
            if self.counted[text]
            for entity in entities
        ).most_common()


def tags(
    items: pd.DataFrame, names: Sequence[str], spelled: Sequence[str], counted: Booleans
) -> Tags:
    """The tags of at least one word; the words are `items` and are `spelled` so, `names` are the
    tags of the model. `counted` are the texts that figures are of, `[text]`."""
    predicted, labels = places_of(items, names)
    columns = (items[name].tolist() for name in ("text", "position", "probability"))
    words: dict[int, list[Word]] = {}
    for (text, position, chance), name, tag, label in zip(
        zip(*columns, strict=True), spelled, predicted.tolist(), labels.tolist(), strict=True
    ):
        words.setdefault(text, []).append(Word(text, position, name, tag, chance, label))
    by_text = {text: tuple(text_words) for text, text_words in words.items()}
    marks_entities = OUTSIDE in names
    wrong = (
        word
        for text, text_words in words.items()
        if counted[text]
        for word in text_words
        if word.label not in (NONE, word.tag)
    )
    return Tags(
        words=by_text,
        entities={
            row: _entities(text_words, names) if marks_entities else ()
            for row, text_words in by_text.items()
        },
        marks_entities=marks_entities,
        predicted=np.bincount(
            predicted[counted[items["text"].to_numpy(np.intp)]], minlength=len(names)
        ),
        wrong=tuple(sorted(wrong, key=lambda word: -word.probability)),
        counted=counted,
    )


def _entities(words: Sequence[Word], names: Sequence[str]) -> tuple[Entity, ...]:
    entities = []
    for kind, first, last in spans([names[word.tag] for word in words]):
        entity_words = words[first : last + 1]
        entities.append(
            Entity(
                entity_words[0].text, kind, " ".join(w.name for w in entity_words), (first, last)
            )
        )
    return tuple(entities)
