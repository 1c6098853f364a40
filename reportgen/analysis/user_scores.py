"""Scores that came with the texts, brought to the display units of a model.

They are of tokens, with or without special tokens, of words or of units. Which of them is decided
by their number, for all texts together; where two would fit and differ, nothing is guessed.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from re import finditer
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from reportgen.errors import InputError, quoted
from reportgen.models import EncodedText
from reportgen.results import COMPLETION_SEGMENT, spelled
from reportgen.texts import TextInput, TextSet, UserScores

Floats: TypeAlias = NDArray[np.float64]
Grain: TypeAlias = Literal["token", "content", "word", "unit", "content_unit"]
GRAINS: tuple[Grain, ...] = get_args(Grain)
_CALLED: Mapping[Grain, str] = {
    "token": "tokens with special tokens",
    "content": "tokens without",
    "word": "words between spaces",
    "unit": "units with special tokens",
    "content_unit": "units without",
}
_TOGETHER = 256  # texts that are tokenised at one go
_EMPTY = 8  # tokens among those of a place that have no character, such as a space
_LONGEST = 40  # characters of a word that a message quotes
TokenScores: TypeAlias = Sequence[Sequence[float | None]]  # [token][name]
Places: TypeAlias = Sequence[tuple[int, int, int]]  # segment, first code point and end


@dataclass(frozen=True, slots=True)
class AlignedText:
    """A text with scores, and what each of them can be of."""

    source: TextInput
    encoded: EncodedText

    @property
    def before(self) -> list[int]:
        """The positions of tokens that are not of a completion."""
        segments = self.encoded.segments
        return [i for i, segment in enumerate(segments) if segment != COMPLETION_SEGMENT]

    @property
    def content(self) -> list[int]:
        """Those of them that are not special."""
        return [i for i in self.before if self.encoded.roles[i] is None]

    def groups(self, grain: Grain) -> Sequence[Sequence[int]]:
        """The positions of the tokens that each score is of."""
        if grain == "token":
            return [[i] for i in self.before]
        if grain == "content":
            return [[i] for i in self.content]
        if grain == "word":
            return self.at(self.words)
        places = self.before if grain == "unit" else self.content
        units = dict.fromkeys(self.encoded.units[i] for i in places)
        by_unit: dict[int, list[int]] = {unit: [] for unit in units}
        for i in places:
            by_unit[self.encoded.units[i]].append(i)
        return list(by_unit.values())

    @property
    def words(self) -> Places:
        """The places of the words of the text and of its pair, which are between spaces."""
        texts = enumerate((self.source.text, self.source.pair or ""))
        return [(number, *word.span()) for number, text in texts for word in finditer(r"\S+", text)]

    @property
    def tells_places(self) -> bool:
        """Whether it is known where tokens stand in the text."""
        return any(span is not None for span in self.encoded.spans)

    def at(self, places: Places) -> list[list[int]]:
        """The positions of the tokens that have a character of each place."""
        spans = [(i, span) for i in self.content if (span := self.encoded.spans[i]) is not None]
        ends, groups = [(span.segment, span.end) for _, span in spans], []
        for number, start, end in places:
            rest = spans[bisect_right(ends, (number, start)) :][: end - start + _EMPTY]
            groups.append([i for i, span in rest if span.segment == number and span.start < end])
        return groups

    def named(self, words: Sequence[str]) -> list[list[int]]:
        """The positions of the tokens of each of `words`: those tokens themselves, as the tokenizer
        writes them, or parts of the text in its order; special tokens and nothing have none.

        Raises:
            ValueError: one does not stand in the text; the message says which.
        """
        names = self.encoded.tokens
        specials = {name for name, role in zip(names, self.encoded.roles, strict=True) if role}
        for positions in (self.before, self.content):
            if [names[i] for i in positions] == list(words):
                return [[i] for i in positions]
        if [names[i] for i in self.content] == [word for word in words if word not in specials]:
            rest = iter(self.content)
            return [[] if word in specials else [next(rest)] for word in words]
        if not self.tells_places:
            raise ValueError(
                "the tokenizer of this model does not tell where its tokens stand in the text; "
                "give one score for each token"
            )
        places: list[tuple[int, int, int] | None] = []
        texts, number, end = (self.source.text, self.source.pair or ""), 0, 0
        for word in words:
            bare = "" if word in specials else word.strip() or spelled(word).strip()
            start = texts[number].find(bare, end)
            if start < 0:
                bare = spelled(bare)
                start = texts[number].find(bare, end)
            if start < 0 and number == 0:
                number, start = 1, texts[1].find(bare)
            if start < 0:
                raise ValueError(
                    f"{quoted(repr(word[:_LONGEST]))} does not stand in the text there; scores of "
                    "another text or tokenizer? Write words as the text has them, in its order"
                )
            end = start + len(bare)
            places.append((number, start, end) if bare else None)
        by_place = iter(self.at([place for place in places if place is not None]))
        return [[] if place is None else next(by_place) for place in places]

    def counts(self) -> Mapping[Grain, int]:
        """How many there are of each that scores can be of."""
        units = self.encoded.units
        return {
            "token": len(self.before),
            "content": len(self.content),
            "word": len(self.words) if self.tells_places else 0,
            "unit": len({units[i] for i in self.before}),
            "content_unit": len({units[i] for i in self.content}),
        }

    def by_unit(self, values: Sequence[float], groups: Sequence[Sequence[int]]) -> Floats:
        """The score of each unit: the sum of those that have a token in it, each counted once, so
        that a part of a word has that of the word; NaN where there is none."""
        units = self.encoded.units
        sums = np.full(max(units, default=-1) + 1, np.nan)
        for value, group in zip(values, groups, strict=True):
            for unit in {units[i] for i in group}:
                sums[unit] = value if np.isnan(sums[unit]) else sums[unit] + value
        return sums

    def fault(self, scores: UserScores, message: str) -> InputError:
        """The error of scores that do not fit this text."""
        return InputError(
            f"{scores.source}: scores {quoted(repr(scores.name))} of the text "
            f"{quoted(repr(self.source.id))}: {message}"
        )


@dataclass
class _GrainFit:
    """What scores of one name can be of, in all texts so far."""

    grains: list[Grain] = field(default_factory=lambda: list(GRAINS))
    # By two that fit: the first text in which they differ.
    apart: dict[tuple[Grain, Grain], AlignedText] = field(default_factory=dict)
    first: AlignedText | None = None


def score_grains(
    texts: TextSet,
    encode: Callable[[Sequence[int]], Sequence[EncodedText]],
) -> Mapping[str, Grain]:
    """What the scores of each name are of, in all `texts` that have some.

    Args:
        encode: tokenises texts by their rows.

    Raises:
        InputError: none fits all texts, or two fit and differ; or words do not stand in a text.
    """
    fits: dict[str, _GrainFit] = {}
    for source, encoded in _encoded(texts, encode):
        text = AlignedText(source, encoded)
        for scores in source.scores if _has_content(source, encoded) else ():
            if scores.words is None:
                _narrow(fits.setdefault(scores.name, _GrainFit()), text, scores)
            else:
                _named(text, scores)
    for name, fit in fits.items():
        first, *others = fit.grains
        for other in others:
            if (differing := fit.apart.get((first, other))) is not None:
                scores = next(one for one in differing.source.scores if one.name == name)
                raise differing.fault(
                    scores,
                    f"{_counted(len(scores.values))} could be of {_CALLED[first]} or of "
                    f"{_CALLED[other]}, which are as many in every text; give words with them, "
                    'such as [["good", 0.2], ["film", -0.1]]',
                )
    return {name: fit.grains[0] for name, fit in fits.items()}


def _encoded(
    texts: TextSet, encode: Callable[[Sequence[int]], Sequence[EncodedText]]
) -> Iterator[tuple[TextInput, EncodedText]]:
    every = range(len(texts.texts)) if texts.scores else ()
    rows = [row for row in every if texts.texts[row].scores]
    for first in range(0, len(rows), _TOGETHER):
        part = rows[first : first + _TOGETHER]
        yield from zip((texts.texts[row] for row in part), encode(part), strict=True)


def _has_content(source: TextInput, encoded: EncodedText) -> bool:
    return encoded.n_content > 0 and not source.is_blank


def _narrow(fit: _GrainFit, text: AlignedText, scores: UserScores) -> None:
    """Leave out what the scores of a text cannot be of."""
    counts, known = text.counts(), fit.grains
    fit.grains = [grain for grain in known if counts[grain] == len(scores.values)]
    if not fit.grains:
        told = ", ".join(f"{n} {_CALLED[grain]}" for grain, n in counts.items() if grain in known)
        others = "" if fit.first is None else f"; those of {quoted(repr(fit.first.source.id))} fit"
        raise text.fault(
            scores,
            f"{_counted(len(scores.values))}, and the text has {told}; give one for each{others}",
        )
    fit.first = fit.first or text
    units = {grain: text.by_unit(scores.values, text.groups(grain)) for grain in fit.grains}
    content = [text.encoded.units[i] for i in text.content]
    for first in fit.grains:
        for other in fit.grains:
            if not np.array_equal(units[first][content], units[other][content], equal_nan=True):
                fit.apart.setdefault((first, other), text)


def _counted(n: int) -> str:
    return "1 score" if n == 1 else f"{n} scores"


def _named(text: AlignedText, scores: UserScores) -> list[list[int]]:
    assert scores.words is not None
    try:
        return text.named(scores.words)
    except ValueError as error:
        raise text.fault(scores, str(error)) from error


def scores_by_token(
    source: TextInput, encoded: EncodedText, names: Sequence[str], grains: Mapping[str, Grain]
) -> TokenScores | None:
    """`[token][name]`: the score of the unit that each token is in; None for a text without any.

    Args:
        grains: as `score_grains` found them.
    """
    if not source.scores or not _has_content(source, encoded):
        return None
    text, by_name = AlignedText(source, encoded), dict[str, Floats]()
    for scores in source.scores:
        groups = text.groups(grains[scores.name]) if scores.words is None else _named(text, scores)
        by_name[scores.name] = text.by_unit(scores.values, groups)
    none = np.full(max(encoded.units) + 1, np.nan)
    table = np.stack([by_name.get(name, none) for name in names], axis=1)[list(encoded.units)]
    return [[None if np.isnan(value) else value for value in row] for row in table.tolist()]
