"""What an attribution explains: the target, one figure of each text.

The effect of any change of a text is `f(whole) - f(changed)`. The target `f` is the number; the
margin of a class over the strongest other class; the logit of a label; for embeddings the cosine
to the embedding of the whole text, so that the effect is a cosine distance; for a causal model the
log-probability of the next token, or its lead over another token; where the texts have completions,
the log-probability of the completion; for a tagger the log-probability of the tags of all words,
and the sum of words' numbers, a word that is left out counting as unchanged; for a masked language
model that of the tokens at all masks; of a completion and of masks also their lead over another
token, the same at each step; for the answer to a question that of its first and its last token
among those of the context; for a choice the lead of its logit over that of the strongest other, a
change being made in the text with each choice.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import ClassVar, Self, TypeAlias

import torch
from torch import Tensor

from reportgen.models.device import precise
from reportgen.models.tokens.encoded import EncodedText
from reportgen.results import MOST_CLASSES, Scalar

# In place of the log-probability of a step whose token was left out.
LEFT_OUT = torch.inf
Scores: TypeAlias = tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ExplainedText:
    """A text and its target."""

    text: EncodedText
    index: int | None  # entry of the output: number, class, label or token id
    anchor: Tensor | None  # embedding of the whole text, [figure]; None for other outputs
    value: float  # the target of the whole text
    label: str | None  # name of that entry; None where the output has only one
    # Of the whole text: logits [class], or log-probabilities of what single tokens have [step]; ()
    # where not kept.
    scores: Scores = ()


@dataclass(frozen=True, slots=True)
class ModelTarget(ABC):
    """The figure of a text that is explained.

    Attributes:
        scalar: its name in results.
        is_stored: a stored value and label say all of it, so that a text need not be run again.
        is_sequential: it is the sum of steps, each of which is predicted from those before it.
        n_figures: width of an embedding; 0 for others.
        is_distance: effects are distances: at the whole text its gradient is 0, and no change of
            the text can raise it.
        undefined: the error message where it is not a finite number.
    """

    scalar: Scalar
    is_stored: bool = False
    is_sequential: bool = False
    n_figures: int = 0
    is_distance: ClassVar[bool] = False
    undefined: ClassVar[str] = "the output is not a finite number"

    @abstractmethod
    def figures(self, outputs: Tensor, explained: Sequence[ExplainedText]) -> Tensor:
        """The target of each text `[text]`, float64, from `outputs` `[text, figure]`."""

    def entry(self, text: EncodedText, output: Tensor, asked: int | None) -> int | None:
        """The entry of a text's `output` `[figure]` that is explained: the one `asked` for, else
        the predicted one; None where all of them together are."""
        return None

    def stored_entry(self, label: str | None, labels: Sequence[str]) -> int | None:
        """The entry that a stored `label` names, one of the output's `labels`; None where it names
        none, or more than one."""
        return None

    def anchor(self, output: Tensor) -> Tensor | None:
        """What changed texts are held against, from the `output` of the whole text."""
        return None

    def over(self, token: int) -> "ModelTarget":
        """The lead over a `token`, in place of this figure."""
        return self

    def scores(self, outputs: Tensor, texts: Sequence[EncodedText]) -> list[Scores]:
        """What is kept of each text's `outputs` `[text, figure]`, to compare single classes or
        steps later; () where nothing is."""
        return [()] * len(texts)


@dataclass(frozen=True, slots=True)
class EntryTarget(ModelTarget):
    """One entry of the output, or its lead over another one: a logit, or a log-probability.

    Attributes:
        against: the entry that its lead is over.
    """

    against: int | None = None

    def figures(self, outputs: Tensor, explained: Sequence[ExplainedText]) -> Tensor:
        """The target of each text, `[text]`."""
        values = precise(outputs)
        entries = values.gather(1, _indices(values, explained)).squeeze(1)
        return entries if self.against is None else entries - values[:, self.against]

    def entry(self, text: EncodedText, output: Tensor, asked: int | None) -> int | None:
        """The entry that is explained, the largest one unless another is `asked` for."""
        return int(output.argmax()) if asked is None else asked

    def stored_entry(self, label: str | None, labels: Sequence[str]) -> int | None:
        """The entry that a stored `label` names; None if two have that name."""
        named = [i for i, name in enumerate(labels) if name == label]
        return named[0] if len(named) == 1 else None

    def over(self, token: int) -> Self:
        """The lead over a `token`."""
        return replace(self, scalar="token_lead", against=token)


@dataclass(frozen=True, slots=True)
class NumberTarget(EntryTarget):
    """A number: the first of several unless another is asked for."""

    scalar: Scalar = "number"
    is_stored: bool = True

    def entry(self, text: EncodedText, output: Tensor, asked: int | None) -> int | None:
        """The entry that is explained."""
        return asked or 0

    def stored_entry(self, label: str | None, labels: Sequence[str]) -> int | None:
        """The first entry."""
        return 0


@dataclass(frozen=True, slots=True)
class MarginTarget(EntryTarget):
    """The margin of a class over the strongest other.

    Attributes:
        n_classes: the logits of more than two are kept, up to MOST_CLASSES. Those of two follow
            from the margin.
    """

    scalar: Scalar = "margin"
    is_stored: bool = True
    n_classes: int = 0

    def figures(self, outputs: Tensor, explained: Sequence[ExplainedText]) -> Tensor:
        """The target of each text, `[text]`."""
        values = precise(outputs)
        index = _indices(values, explained)
        return values.gather(1, index).squeeze(1) - values.scatter(1, index, -torch.inf).amax(1)

    def scores(self, outputs: Tensor, texts: Sequence[EncodedText]) -> list[Scores]:
        """The logits of all classes, if they are kept."""
        if 2 < self.n_classes <= MOST_CLASSES:
            return [_known(row) for row in precise(outputs).tolist()]
        return [()] * len(texts)


@dataclass(frozen=True, slots=True)
class ChoiceTarget(MarginTarget):
    """The lead of the choice that a text has over the strongest other."""

    scalar: Scalar = "choice"
    is_stored: bool = False

    def entry(self, text: EncodedText, output: Tensor, asked: int | None) -> int | None:
        """The entry of the text's choice."""
        return text.choice


@dataclass(frozen=True, slots=True)
class CosineTarget(ModelTarget):
    """The cosine to the embedding of the whole text."""

    scalar: Scalar = "cosine"
    is_distance: ClassVar[bool] = True
    undefined: ClassVar[str] = (
        "its embedding is zero or not a finite number, so there is no angle to it"
    )

    def figures(self, outputs: Tensor, explained: Sequence[ExplainedText]) -> Tensor:
        """The target of each text, `[text]`: 1 for its own embedding."""
        values = precise(outputs)
        anchors = torch.stack([item.anchor for item in explained if item.anchor is not None])
        # From the distance of unit vectors: exactly 1 for equal ones; NaN if one is zero.
        return 1 - (unit_rows(values) - unit_rows(anchors.to(values))).square().sum(1) / 2

    def anchor(self, output: Tensor) -> Tensor | None:
        """The embedding of the whole text."""
        return output


@dataclass(frozen=True, slots=True)
class StepTarget(ModelTarget):
    """The sum of what single tokens of the text have, its steps, each with a prediction."""

    def figures(self, outputs: Tensor, explained: Sequence[ExplainedText]) -> Tensor:
        """The target of each text, `[text]`; a step that was left out counts as unchanged."""
        values = precise(outputs)
        whole = torch.zeros_like(values)
        for row, item in zip(whole, explained, strict=True):
            row[: len(item.scores)] = torch.tensor(item.scores, device=row.device)
        return values.where(values != LEFT_OUT, whole).sum(1)

    def scores(self, outputs: Tensor, texts: Sequence[EncodedText]) -> list[Scores]:
        """What each step has; NaN where it was left out."""
        pairs = zip(precise(outputs).tolist(), texts, strict=True)
        return [_known(row[: text.n_steps]) for row, text in pairs]  # the rest fills a row up


def unit_rows(rows: Tensor) -> Tensor:
    """`rows` `[text, figure]` scaled to length 1; NaN where a row is zero."""
    sizes: Tensor = rows.norm(dim=1, keepdim=True)
    return rows / sizes


def _indices(values: Tensor, explained: Sequence[ExplainedText]) -> Tensor:
    """The entry of each text that is explained, `[text, 1]`, where `values` are."""
    return torch.tensor([[item.index] for item in explained], device=values.device)


def _known(row: Sequence[float]) -> Scores:
    return tuple(nan if value == LEFT_OUT else value for value in row)
