"""The tags of words over all texts: the entities they mark, and how often they are right."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reportgen.findings.statistics import (
    Places,
)
from reportgen.results.labels import NONE
from reportgen.results.store import Results
from reportgen.results.tables.schema import STEPS
from reportgen.results.units import segments_of, unit_label
from reportgen.tasks.entities import OUTSIDE, spans
from reportgen.tasks.labels import Misfit, ReadAs, tag_labels


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its tag."""

    text: int  # row of `texts`
    position: int  # of its first token
    name: str  # its characters
    tag: int  # place in the model's list of tags
    log_probability: float
    label: int = NONE  # the tag that it should have; NONE without one


@dataclass(frozen=True, slots=True)
class Entity:
    """Words in a row that are one entity."""

    text: int
    kind: str  # without the prefix of its tags
    name: str
    words: tuple[int, int]  # the first and the last, counted in its text


@dataclass(frozen=True, slots=True, eq=False)
class TagFit:
    """Predicted tags against labels, over the words that have both."""

    counts: Places  # [label, predicted], words
    base_share: float  # of the most frequent label: what always giving it would get right
    base_label: int
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
    read_as: ReadAs  # of labels: names of tags, or their numbers
    misfits: tuple[Misfit, ...]  # texts whose label is not used
    n_unknown: int  # words whose label is no tag of the model

    @property
    def n_words(self) -> int:
        """How many words have a tag."""
        return int(self.predicted.sum())

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """The kinds of entities and how many there are, the most frequent in front."""
        return Counter(own.kind for found in self.entities.values() for own in found).most_common()


def tags(results: Results) -> Tags | None:
    """The tags of all words; None for other outputs, or if no text has a word."""
    if results.info.output.kind != "tags":
        return None
    names = results.info.output.labels
    words = {
        int(row): found
        for row in np.flatnonzero(results.analysed)
        if (found := _words(results, int(row), names))
    }
    if not words:
        return None
    marks_entities = OUTSIDE in names
    n_words = np.array([len(words.get(row, ())) for row in range(len(results.texts))], np.intp)
    is_cut = results.texts["status"].eq("truncated").to_numpy(np.bool_)
    labels = tag_labels(results.texts["label"], names, n_words, is_cut)
    places = iter(labels.places.tolist())
    words = {
        row: tuple(replace(word, label=next(places)) for word in own) for row, own in words.items()
    }
    every = [word for own in words.values() for word in own]
    return Tags(
        words=words,
        entities={
            row: _entities(own, names) if marks_entities else () for row, own in words.items()
        },
        marks_entities=marks_entities,
        predicted=np.bincount([word.tag for word in every], minlength=len(names)),
        fit=_fit(words, names, with_entities=marks_entities),
        read_as=labels.read_as,
        misfits=labels.misfits,
        n_unknown=labels.n_unknown,
    )


def _words(results: Results, text: int, names: Sequence[str]) -> tuple[Word, ...]:
    """The words of row `text` of `texts`, without labels."""
    row = results.text_row(text)
    places, scores = [int(i) for i in row[STEPS]], list(row["scores"])
    place = {name: i for i, name in enumerate(names)}
    tokens = _Tokens(results, text)
    ends = [*places[1:], tokens.n]
    return tuple(
        Word(text, start, tokens.characters(start, end), place[name], score)
        for start, end, name, score in zip(places, ends, row["score_names"], scores, strict=True)
    )


class _Tokens:
    """The tokens of row `text` of `texts`."""

    def __init__(self, results: Results, text: int) -> None:
        tokens = results.tokens_of(text, "token", "segment", "start", "end")
        self.n = len(tokens)
        self._names: list[str] = tokens["token"].tolist()
        # -1 for special tokens, and for places that the tokenizer does not tell.
        self._segments, self._starts, self._ends = (
            tokens[name].fillna(-1).astype(int).tolist() for name in ("segment", "start", "end")
        )
        self._sources = segments_of(results.text_row(text))

    def characters(self, start: int, end: int) -> str:
        """The characters of the tokens from `start` to before `end`, as far as they are in the
        segment of the first."""
        segment = self._segments[start]
        own = [i for i in range(start, end) if self._segments[i] == segment]
        names = [self._names[i] for i in own]
        if any(self._starts[i] < 0 for i in own):
            return unit_label(names, None, "")
        span = (min(self._starts[i] for i in own), max(self._ends[i] for i in own))
        return unit_label(names, span, self._sources[segment])


def _entities(words: Sequence[Word], names: Sequence[str]) -> tuple[Entity, ...]:
    found = []
    for kind, first, last in spans([names[word.tag] for word in words]):
        own = words[first : last + 1]
        found.append(Entity(own[0].text, kind, " ".join(w.name for w in own), (first, last)))
    return tuple(found)


def _fit(
    words: dict[int, tuple[Word, ...]], names: Sequence[str], *, with_entities: bool
) -> TagFit | None:
    every = [word for own in words.values() for word in own if word.label != NONE]
    if not every:
        return None
    labels, predicted = np.array([(word.label, word.tag) for word in every], np.intp).T
    counts = np.bincount(labels * len(names) + predicted, minlength=len(names) ** 2)
    by_label = counts.reshape(len(names), len(names)).sum(axis=1)
    wrong = [word for word in every if word.label != word.tag]
    whole = [own for own in words.values() if all(word.label != NONE for word in own)]
    pairs = list(_span_pairs(whole, names)) if with_entities else []
    n_expected = sum(len(expected) for _, expected in pairs)
    return TagFit(
        counts=counts.reshape(len(names), len(names)),
        base_share=float(by_label.max() / len(every)),
        base_label=int(by_label.argmax()),
        wrong=tuple(sorted(wrong, key=lambda word: -word.log_probability)),
        n_entities=sum(len(own) for own, _ in pairs) if n_expected else None,
        n_expected=n_expected,
        n_found=sum(len(own & expected) for own, expected in pairs),
    )


def _span_pairs(
    texts: Sequence[Sequence[Word]], names: Sequence[str]
) -> Iterator[tuple[set[tuple[str, int, int]], set[tuple[str, int, int]]]]:
    """The predicted and the expected entities of each text."""
    for words in texts:
        yield (
            set(spans([names[word.tag] for word in words])),
            set(spans([names[word.label] for word in words])),
        )
