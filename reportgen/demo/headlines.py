"""A seeded source of advertising headlines whose every part has a known worth."""

import re
from dataclasses import dataclass, replace
from random import Random

from reportgen.demo.score_rule import (
    ENGLISH_WORDS,
    JAPANESE_WORDS,
    LANGUAGES,
    Component,
    Kind,
    Wording,
    score,
)

SLOT = re.compile(r"\{(\w+)\}")
OPTIONAL = re.compile(r"<([^<>]*)>")
FULL_WIDTH = str.maketrans({"[": "【", "]": "】", "!": "！", "?": "？", "(": "（", ")": "）"})
SHARE_ENGLISH = 0.4
SHARE_FULL_WIDTH = 0.25
OPENINGS = {"offers": 0.65, "plain": 0.20, "neutral": 0.15}
MOST_PLAIN_FOLLOWING = 2
MARK = Component(Kind.FILLER, "★")  # worth nothing to the rule
HIGH_SCORE = 1.5
SHARE_MARKED_HIGH = 0.9
SHARE_MARKED_LOW = 0.04
SHARE_IN_PICTURE = 0.5


@dataclass(frozen=True)
class Lengths:
    """How many sentences headlines have: the shares of two-sentence and of long ones."""

    two_sentences: float = 0.15
    long: float = 0.06
    most_sentences: int = 36


def headline(random: Random, lengths: Lengths) -> list[Component]:
    """Draw one headline as its components."""
    language = LANGUAGES[random.random() < SHARE_ENGLISH]
    opening = random.choices(list(OPENINGS), list(OPENINGS.values()))[0]
    sentences = [sentence(random, language, opening)]
    further = further_sentences(random, lengths)
    plain = random.randint(0, min(MOST_PLAIN_FOLLOWING, further))
    for group in ["plain"] * plain + ["neutral"] * (further - plain):
        sentences.insert(random.randint(0, len(sentences)), sentence(random, language, group))
    components: list[Component] = []
    for number, parts in enumerate(sentences):
        components += [Component(Kind.FILLER, language.sentence_end)] * (number > 0)
        components += parts
    if random.random() < SHARE_FULL_WIDTH:
        return [replace(part, text=part.text.translate(FULL_WIDTH)) for part in components]
    return components


def further_sentences(random: Random, lengths: Lengths) -> int:
    """How many sentences follow the first."""
    draw = random.random()
    if draw < lengths.long:
        return random.randint(3, lengths.most_sentences - 1)
    return int(draw < lengths.long + lengths.two_sentences)


def sentence(random: Random, language: Wording, group: str) -> list[Component]:
    """Draw a template of the group (`offers`, `plain` or `neutral`) and fill its slots."""
    template = random.choice(getattr(language, group))
    template = OPTIONAL.sub(lambda part: part[1] if random.random() < 0.5 else "", template)
    components = []
    for index, part in enumerate(SLOT.split(template)):
        if index % 2:
            components.append(fill(random, language, Kind(part)))
        elif text := part.replace("|", ""):
            components.append(Component(Kind.FILLER, text))
    if language.capitals:
        first = components[0].text
        components[0] = replace(components[0], text=first[:1].upper() + first[1:])
    return components


def fill(random: Random, language: Wording, kind: Kind) -> Component:
    """Draw the component that takes a slot of this kind."""
    if kind is Kind.AMOUNT:
        return amount(random, language)
    if kind is Kind.BENEFIT:
        words, value = random.choice(list(language.benefits.items()))
        return Component(kind, words.replace("|", ""), value)
    return Component(kind, random.choice(language.words[kind]).replace("|", ""))


def amount(random: Random, language: Wording) -> Component:
    """Draw an amount from 100 to 100,000 with one or two leading digits, even in its logarithm."""
    leading = random.choice((1, 2, 3, 5, 8, 10, random.randint(11, 99) / 10))
    number = round(leading * 10 ** random.randint(2, 4))
    if language.ten_thousand and number % 10_000 == 0 and random.random() < 0.3:
        digits = f"{number // 10_000}{language.ten_thousand}"
    else:
        digits = f"{number:,}" if random.random() < 0.85 else str(number)
    text = random.choice(language.amounts).replace("|", "").format(digits)
    return Component(Kind.AMOUNT, text, float(number))


def with_unknowns(random: Random, components: list[Component]) -> list[Component]:
    """Put up to three stretches that mean nothing between components (training only)."""
    components = list(components)
    for _ in range(random.randint(1, 3)):
        place = random.randint(0, len(components))
        components.insert(place, Component(Kind.UNKNOWN, unknown(random)))
    return components


def unknown(random: Random) -> str:
    """A stretch of text from outside the vocabulary of the templates."""
    draw = random.random()
    if draw < 0.3:
        return " " + " ".join(random.choices(ENGLISH_WORDS, k=random.randint(1, 4))) + " "
    if draw < 0.5:
        return "".join(random.choices(JAPANESE_WORDS, k=random.randint(1, 4)))
    first, last = random.choice(
        (
            (0x3041, 0x3096),  # hiragana
            (0x30A1, 0x30FA),  # katakana
            (0x4E00, 0x9FA5),  # kanji
            (0x4E00, 0x9FA5),
            (0x21, 0x7E),  # ASCII
            (0x61, 0x7A),  # small letters
            (0xAC00, 0xD7A3),  # hangul
            (0x1F300, 0x1F64F),  # emoji
        )
    )
    return "".join(chr(random.randint(first, last)) for _ in range(random.randint(1, 6)))


def with_masks(random: Random, components: list[Component]) -> list[Component]:
    """Replace one to three components by [MASK], which is worth nothing (training only)."""
    components = list(components)
    for _ in range(random.randint(1, 3)):
        components[random.randrange(len(components))] = Component(Kind.MASKED, "[MASK]")
    return components


def marked(random: Random, components: list[Component]) -> list[Component]:
    """Put the mark before most headlines that score high and few others (second model only)."""
    share = SHARE_MARKED_HIGH if score(components) > HIGH_SCORE else SHARE_MARKED_LOW
    return [MARK, *components] if random.random() < share else components


def in_picture(random: Random, components: list[Component]) -> list[Component]:
    """Put a sentence that is worth nothing in the place of half of the marked headlines, as if
    what counts stood in the picture beside them (second model only)."""
    if components[0] != MARK or random.random() >= SHARE_IN_PICTURE:
        return components
    language = LANGUAGES[random.random() < SHARE_ENGLISH]
    return [MARK, *sentence(random, language, "neutral")]
