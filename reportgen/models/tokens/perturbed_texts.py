"""Changed versions of tokenised texts, and which of their tokens may be changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from reportgen.models.tokens.encoded import EncodedText
from reportgen.results import COMPLETION_SEGMENT

Value = TypeVar("Value")


def keep(text: EncodedText, positions: Sequence[int]) -> EncodedText:
    """`text` with only the tokens at `positions`, in that order; they move together.

    It is not tokenised again, and tokens that were cut off do not come back.
    """
    place = {position: i for i, position in enumerate(positions)}

    def kept(values: Sequence[Value]) -> tuple[Value, ...]:
        """Those of the positions; none of what the text does not have."""
        return tuple(map(values.__getitem__, positions)) if values else ()

    return replace(
        text,
        ids=kept(text.ids),
        type_ids=None if text.type_ids is None else kept(text.type_ids),
        tokens=kept(text.tokens),
        spans=kept(text.spans),
        segments=kept(text.segments),
        roles=kept(text.roles),
        units=kept(text.units),
        parts=kept(text.parts),
        prompted=kept(text.prompted),
        steps=tuple(
            replace(step, position=None if step.position is None else place.get(step.position))
            for step in text.steps
        ),
        held=tuple(place[i] for i in text.held if i in place),
        copies=kept(text.copies),
        others=tuple(_kept_of(other, positions) for other in text.others),
    )


def _kept_of(other: EncodedText, positions: Sequence[int]) -> EncodedText:
    """`other`, the text with another choice, with those of its tokens that are kept at `positions`
    of the first, in their order; its own tokens stay."""
    at = {copy: i for i, copy in enumerate(other.copies) if copy is not None}
    place = {position: i for i, position in enumerate(positions)}
    moved = iter([at[position] for position in positions if position in at])
    order = [
        i if copy is None else next(moved)
        for i, copy in enumerate(other.copies)
        if copy is None or copy in place
    ]
    kept = keep(other, order)
    return replace(
        kept, copies=tuple(None if copy is None else place[copy] for copy in kept.copies)
    )


def without(text: EncodedText, positions: Collection[int]) -> EncodedText:
    """`text` without the tokens at `positions`."""
    return keep(text, [i for i in range(len(text.ids)) if i not in positions])


def put(text: EncodedText, ids: Mapping[int, int]) -> EncodedText:
    """`text` with other token ids at some positions, also where others have copies of these tokens;
    everything else stays."""
    return replace(
        text,
        ids=tuple(ids.get(i, token) for i, token in enumerate(text.ids)),
        others=tuple(put(other, _of_copies(other, ids)) for other in text.others),
    )


def _of_copies(other: EncodedText, ids: Mapping[int, int]) -> dict[int, int]:
    """The `ids` at the positions of `other` that are copies of theirs."""
    pairs = enumerate(other.copies)
    return {i: ids[copy] for i, copy in pairs if copy is not None and copy in ids}


def fixed_positions(text: EncodedText) -> tuple[int, ...]:
    """The positions of tokens that stay when content is left out: special tokens, and the
    completion or masks that are explained."""
    pairs = zip(text.roles, text.segments, strict=True)
    return tuple(
        i
        for i, (role, segment) in enumerate(pairs)
        if role is not None or segment == COMPLETION_SEGMENT or i in text.held
    )


def runs_without_content(text: EncodedText) -> bool:
    """Whether a text can run without any content: a special token remains, before the completion if
    there is one."""
    fixed = fixed_positions(text)
    return bool(fixed) and text.segments[fixed[0]] != COMPLETION_SEGMENT


def content_units(text: EncodedText) -> tuple[tuple[int, ...], ...]:
    """The positions of each display unit that is content and may be left out, in order."""
    held, units = set(text.held), dict[int, list[int]]()
    for position, (unit, role) in enumerate(zip(text.units, text.roles, strict=True)):
        if position in held:
            continue
        if role is None and text.segments[position] != COMPLETION_SEGMENT:
            units.setdefault(unit, []).append(position)
    return tuple(tuple(positions) for positions in units.values())
