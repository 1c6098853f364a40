"""Variants of a text: some of its tokens left out, or others put in their place."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from reportgen.model.tokens import EncodedText


def keep(text: EncodedText, positions: Sequence[int]) -> EncodedText:
    """`text` with the tokens at `positions` alone, in that order; those kept close up.

    Nothing is tokenised again, and what was truncated stays so.
    """
    return replace(
        text,
        ids=tuple(text.ids[i] for i in positions),
        type_ids=None if text.type_ids is None else tuple(text.type_ids[i] for i in positions),
        tokens=tuple(text.tokens[i] for i in positions),
        spans=tuple(text.spans[i] for i in positions),
        segments=tuple(text.segments[i] for i in positions),
        roles=tuple(text.roles[i] for i in positions),
        units=tuple(text.units[i] for i in positions),
    )


def without(text: EncodedText, positions: Collection[int]) -> EncodedText:
    """`text` without the tokens at `positions`."""
    return keep(text, [i for i in range(len(text.ids)) if i not in positions])


def put(text: EncodedText, ids: Mapping[int, int]) -> EncodedText:
    """`text` with other token ids, by their position; all else stays."""
    return replace(text, ids=tuple(ids.get(i, own) for i, own in enumerate(text.ids)))


def content_units(text: EncodedText) -> tuple[tuple[int, ...], ...]:
    """The positions of each display unit of content, in order."""
    units: dict[int, list[int]] = {}
    for position, (unit, role) in enumerate(zip(text.units, text.roles, strict=True)):
        if role is None:
            units.setdefault(unit, []).append(position)
    return tuple(tuple(positions) for positions in units.values())
