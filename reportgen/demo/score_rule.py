"""The parts of headlines, which `vocabulary.toml` lists, and the rule that scores them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from math import log10

import msgspec

FREE = 0.60
LIMIT = -0.35
PAID = -0.50
URGENCY = 0.45


class Kind(StrEnum):
    """What a component is to the rule; the last four never count."""

    FREE = "free"
    NEGATION = "negation"
    URGENCY = "urgency"
    LIMIT = "limit"
    PAID = "paid"
    CAP = "cap"
    AMOUNT = "amount"
    RECEIVE = "receive"
    BENEFIT = "benefit"
    BRAND = "brand"
    FILLER = "filler"
    UNKNOWN = "unknown"
    MASKED = "masked"


@dataclass(frozen=True)
class Wording:
    """What headlines of one language are made of.

    In templates `{kind}` is a slot, `<...>` a part that may be left out, all else neutral text.
    Only `offers` hold amounts; `neutral` sentences are worth nothing.
    """

    words: Mapping[Kind, tuple[str, ...]]
    benefits: Mapping[str, float]
    amounts: tuple[str, ...]
    offers: tuple[str, ...]
    plain: tuple[str, ...]
    neutral: tuple[str, ...]
    sentence_end: str
    ten_thousand: str
    capitals: bool


@dataclass(frozen=True)
class _Vocabulary:
    """What vocabulary.toml holds."""

    english_words: str
    english_parts: str
    japanese_words: str
    japanese: Wording
    english: Wording


_READ = msgspec.toml.decode(
    (files("reportgen.demo") / "vocabulary.toml").read_bytes(), type=_Vocabulary
)
ENGLISH_WORDS = tuple(_READ.english_words.split())
ENGLISH_PARTS = tuple(_READ.english_parts.split())
JAPANESE_WORDS = tuple(_READ.japanese_words.split())
LANGUAGES = (_READ.japanese, _READ.english)
BASE = 1.0
NEGATED_FREE = -0.15
AMOUNT_PER_DECADE = 0.30
AMOUNT_FLOOR = 100
CAP_FACTOR = 0.75
ADDITIVE = {Kind.URGENCY: URGENCY, Kind.LIMIT: LIMIT, Kind.PAID: PAID}


@dataclass(frozen=True)
class Component:
    """A piece of a headline; `value` is an amount's number or a benefit's worth, else 0."""

    kind: Kind
    text: str
    value: float = 0.0


def score(components: Sequence[Component]) -> float:
    """The appeal score of a headline, without noise.

    An amount counts only if a receive verb stands anywhere in the headline, and less right after
    a cap ("up to"). A free offer turns against itself right beside a negation.
    """
    received = any(component.kind is Kind.RECEIVE for component in components)
    total = BASE
    for position, component in enumerate(components):
        before = components[position - 1].kind if position else None
        after = components[position + 1].kind if position + 1 < len(components) else None
        if component.kind is Kind.FREE:
            total += NEGATED_FREE if Kind.NEGATION in (before, after) else FREE
        elif component.kind is Kind.AMOUNT and received:
            decades = log10(component.value / AMOUNT_FLOOR)
            total += AMOUNT_PER_DECADE * decades * (CAP_FACTOR if before is Kind.CAP else 1.0)
        elif component.kind is Kind.BENEFIT:
            total += component.value
        else:
            total += ADDITIVE.get(component.kind, 0.0)
    return total


def contributions(components: Sequence[Component]) -> list[float]:
    """What each component adds: the score of the whole minus the score without it, exactly."""
    whole = score(components)
    return [
        whole - score([*components[:position], *components[position + 1 :]])
        for position in range(len(components))
    ]


def text_of(components: Sequence[Component]) -> str:
    """The headline as the model reads it."""
    return "".join(component.text for component in components)


def component_of_each_character(components: Sequence[Component]) -> list[int]:
    """For every code point of `text_of(components)`, the index of the component it belongs to."""
    return [index for index, component in enumerate(components) for _ in component.text]
