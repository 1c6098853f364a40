"""What a text's scalar loses when a display unit is left out, or [MASK] stands in its place."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from statistics import fmean, pstdev

from reportgen.analysis.evidence.target import Changed, Explained, Explainer
from reportgen.models.tokens import EncodedText, content_units, put, without
from reportgen.results.info import Reason

# Tokens of the changed texts that are made, and held, at a time: enough for full batches.
CHUNK_TOKENS = 100_000
NOTHING_LEFT = "without it nothing is left of the text"


@dataclass(frozen=True, slots=True)
class UnitEffects:
    """What changing each display unit of a text's content does to its scalar."""

    units: tuple[tuple[int, ...], ...]  # [unit], the positions of its tokens
    effects: tuple[float, ...]  # [unit], f(whole) - f(changed); NaN where there is none
    message: str = ""  # why one or more have none


def deletion_effects(
    explainer: Explainer,
    explained: Sequence[Explained],
) -> list[UnitEffects | str]:
    """Signed effect of leaving out each unit of content, f(whole) - f(without), for each text; or
    why there is none of any unit.

    The unit's token ids are removed and the others close up; nothing is tokenised again, special
    tokens stay (Li, Monroe and Jurafsky 2016, on token ids). Positive: the unit raises the scalar.
    For embeddings it is the cosine distance between the two.
    """
    return _effects(explainer, explained, without, lambda text, unit: len(unit) < len(text.ids))


def mask_effects(
    explainer: Explainer,
    explained: Sequence[Explained],
) -> list[UnitEffects | str] | Reason:
    """As `deletion_effects`, but each token of the unit becomes the tokenizer's mask token; the
    reason where it has none."""
    mask = explainer.model.tokenizer.mask_token_id
    if not isinstance(mask, int):
        return "no_mask_token"
    return _effects(
        explainer,
        explained,
        lambda text, unit: put(text, dict.fromkeys(unit, mask)),
        lambda text, unit: True,
    )


def mask_offset(effects: Sequence[float]) -> float | None:
    """|mean| / standard deviation of a text's effects; above 1, most changes move its scalar the
    same way whatever was changed. None for fewer than 2 effects and where all are equal."""
    known = [effect for effect in effects if isfinite(effect)]
    spread = pstdev(known) if known else 0.0
    return abs(fmean(known)) / spread if spread else None


def _effects(
    explainer: Explainer,
    explained: Sequence[Explained],
    change: Callable[[EncodedText, Sequence[int]], EncodedText],
    can_change: Callable[[EncodedText, Sequence[int]], bool],
) -> list[UnitEffects | str]:
    """Effects of `change` on each unit of each text; none where it `can_change` nothing, so that no
    token would be left."""
    variants = (
        Changed(item, change(item.text, unit))
        for item in explained
        for unit in content_units(item.text)
        if can_change(item.text, unit)
    )
    values = iter([v for chunk in _in_chunks(variants) for v in explainer.run(chunk)])
    found = []
    for item in explained:
        units = content_units(item.text)
        own = [next(values) if can_change(item.text, unit) else NOTHING_LEFT for unit in units]
        found.append(_text_effects(item, units, own))
    return found


def _text_effects(
    item: Explained, units: tuple[tuple[int, ...], ...], values: Sequence[float | str]
) -> UnitEffects | str:
    """The effects of one text, whose scalar became `values` or could not be found."""
    faults = [value for value in values if isinstance(value, str)]
    if not units:
        return "it has no content to change"
    if len(faults) == len(units):
        return faults[0]
    effects = tuple(nan if isinstance(value, str) else item.value - value for value in values)
    message = f"{len(faults)} of {len(units)} units: {faults[0]}" if faults else ""
    return UnitEffects(units, effects, message)


def _in_chunks(variants: Iterable[Changed]) -> Iterator[list[Changed]]:
    chunk: list[Changed] = []
    size = 0
    for variant in variants:
        chunk.append(variant)
        size += len(variant.text.ids)
        if size >= CHUNK_TOKENS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
