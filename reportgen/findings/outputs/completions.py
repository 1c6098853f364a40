"""What language models predict over all texts: how well they expect what was to be written after
each text, and what they put in the place of masks."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from reportgen.findings.statistics import Floats
from reportgen.tasks import PERPLEXITY, Item, items_in, rated, token_chances


@dataclass(frozen=True, slots=True)
class CompletionToken:
    """One token of a completion."""

    text: int  # row of `texts`
    token: str  # as the tokenizer writes it
    chance: float  # given all tokens before it
    likeliest: str  # the token that the model holds likeliest there; "" where that is this one


@dataclass(frozen=True)
class Completions:
    """How well the model expects the completions of texts."""

    texts: tuple[int, ...]  # rows of `texts`
    perplexities: Floats  # [text]
    perplexity: float  # over the tokens of all texts
    n_tokens: int
    n_likeliest: int  # tokens that the model holds likeliest at their place
    least: tuple[CompletionToken, ...]  # the least expected tokens in front

    @property
    def first_choice_share(self) -> float:
        """The share of tokens that the model finds the likeliest at their place."""
        return self.n_likeliest / self.n_tokens

    @cached_property
    def by_text(self) -> dict[int, float]:
        """The perplexity of each completion, by row of `texts`."""
        return dict(zip(self.texts, self.perplexities.tolist(), strict=True))


def completions(items: pd.DataFrame, n_least: int = 20) -> Completions | None:
    """How well the model expects the completions whose tokens are `items`; None without any."""
    if not len(items):
        return None
    sums = PERPLEXITY.sums(items)
    is_written = items["label"].isna()
    n_first = int((items["score"] == 1).sum()) + int(
        (is_written & items["alternatives"].list.len().fillna(0).eq(0)).sum()
    )
    order = np.argsort(token_chances(items), kind="stable")[:n_least]
    return Completions(
        texts=tuple(sums.texts.tolist()),
        perplexities=PERPLEXITY.of_each(sums),
        perplexity=PERPLEXITY.of_all(sums),
        n_tokens=len(items),
        n_likeliest=n_first,
        least=tuple(map(step_of, items_in(items.iloc[order]))),
    )


def step_of(item: Item) -> CompletionToken:
    """A token of a completion: the one that was given, or that the model wrote itself."""
    if item.label is None:
        likeliest = item.alternatives[0].name if item.alternatives else ""
        return CompletionToken(item.text, item.predicted, item.probability, likeliest)
    likeliest = "" if item.score else item.predicted
    return CompletionToken(item.text, item.label, item.label_probability, likeliest)


@dataclass(frozen=True, slots=True)
class Masks:
    """How many masks there are, and how often their right word is known and found."""

    n_masks: int
    n_labelled: int
    n_right: int  # whose first choice is the right word
    n_listed: int  # whose right word is among the five likeliest

    @property
    def listed_share(self) -> float | None:
        """The share of labelled masks whose right word is listed; None without any."""
        return self.n_listed / self.n_labelled if self.n_labelled else None


def masks(items: pd.DataFrame) -> Masks | None:
    """The masks that are `items`; None without any."""
    known = rated(items)
    if not len(items):
        return None
    n_right, n_listed = int(known["score"].sum()), int(known["label_probability"].count())
    return Masks(len(items), len(known), n_right, n_listed)
