"""Decides what each text carries on the page, so that the page stays within a number of bytes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

_LINES_KEPT = 300  # texts that have a line even in a page above its limit
_LINES_SHARE = 1 / 3  # of the room, at most for lines, before any text gets figures;
_SOME_LINES_SHARE = 1 / 6  # the same where a third has no room for all lines
_WHOLE_SHARE = 0.4  # of the rest, for the first texts with everything, before others get figures
_START = 8  # texts that come before all others: those to start with
_MISSES = 12  # texts in a row that do not fit, after which no more are tried


class Level(IntEnum):
    """How much a text carries; each level has everything of the levels below it."""

    ABSENT = -2  # it counts in the figures over all texts, and is not listed
    LINE = -1  # its row in the list, and its text
    COLOURS = 0  # the coloured text, and the tokens that matter in it, without scripts
    FIGURES = 1  # chart and figures, without scripts
    LAYERS = 2  # attention maps of every layer, the mean over its heads
    HEADS = 3  # attention maps of every layer and head

    @property
    def parts(self) -> "tuple[Level, ...]":
        """The levels whose bytes add up to this one; heads take the place of layer means."""
        replaced = Level.LAYERS if self is Level.HEADS else Level.ABSENT
        return tuple(p for p in Level if Level.LINE <= p <= self and p is not replaced)


# The bytes that one of the `parts` of a level adds to the page for a text (row of `texts`); None
# where the text was not analysed, or its maps were not kept.
Cost = Callable[[int, Level], int | None]


def plan(cost: Cost, order: Sequence[int], room: int) -> dict[int, Level]:
    """The level of each text that is not absent, so that all of them stay within `room` bytes.

    `order` are the texts, those that deserve the room first. First come lines, up to a third of the
    room, or a sixth where a third cannot hold them all; then the texts to start with, whole, up to
    two fifths of what is left; then the colours of those with a line; then again the first texts,
    whole, up to two fifths of what is left; then the colours of the others, and figures, layer
    means and heads, each as long as there is room; then what lines are missing. The first 300 lines
    are never left out.
    """
    draft = _Draft(cost, room)
    n_lines = draft.add_lines(order[:_LINES_KEPT], room, _LINES_KEPT)
    for_all = draft.spent / max(1, n_lines) * len(order)
    share = _LINES_SHARE if for_all <= room * _LINES_SHARE else _SOME_LINES_SHARE
    n_lines += draft.add_lines(order[_LINES_KEPT:], room * share, 0)
    draft.lift(order[:_START], Level.HEADS, draft.share(_WHOLE_SHARE))
    draft.lift(order[:n_lines], Level.COLOURS, room)
    draft.lift(order, Level.HEADS, draft.share(_WHOLE_SHARE))
    draft.lift(order, Level.COLOURS, room)
    draft.lift(order, Level.FIGURES, room)
    if not draft.lift_together(order, Level.HEADS):
        draft.lift(order, Level.LAYERS, room)
        draft.lift(order, Level.HEADS, room)
    draft.add_lines(order[n_lines:], room, 0)
    return draft.levels


@dataclass
class _Draft:
    """A plan under way."""

    cost: Cost
    room: int
    levels: dict[int, Level] = field(default_factory=dict)
    spent: int = 0

    def add_lines(self, texts: Sequence[int], limit: float, n_kept: int) -> int:
        """Give texts their line, in order, up to the first that does not fit; the first `n_kept`
        get it in any case. Returns how many texts were tried."""
        for count, text in enumerate(texts):
            if text in self.levels:
                continue
            cost = self.cost(text, Level.LINE) or 0
            if count >= n_kept and self.spent + cost > limit:
                return count
            self._set(text, Level.LINE, cost)
        return len(texts)

    def lift(self, texts: Sequence[int], level: Level, limit: float) -> None:
        """Give texts `level`, in order, as long as what is spent stays within `limit`.

        Layer means are for those that have figures, heads also for those that have not.
        """
        misses = 0
        for text in texts:
            extra = self._extra(text, level)
            if extra is None:
                continue
            if self.spent + extra <= limit:
                self._set(text, level, extra)
                misses = 0
            else:
                misses += 1
                if misses == _MISSES:
                    return

    def share(self, part: float) -> float:
        """What may be spent in all where `part` of what is left is spent."""
        return self.spent + (self.room - self.spent) * part

    def lift_together(self, texts: Sequence[int], level: Level) -> bool:
        """Give `level` to every text that can have it, if there is room for all of them."""
        extras = {}
        left = self.room - self.spent
        for text in texts:
            extra = self._extra(text, level)
            if extra is None:
                continue
            left -= extra
            if left < 0:
                return False
            extras[text] = extra
        for text, extra in extras.items():
            self._set(text, level, extra)
        return True

    def _set(self, text: int, level: Level, extra: int) -> None:
        self.levels[text] = level
        self.spent += extra

    def _extra(self, text: int, level: Level) -> int | None:
        """The bytes it takes to lift a text to `level`; None where it cannot be, or is there."""
        have = self.levels.get(text, Level.ABSENT)
        if have >= level or (level is Level.LAYERS and have < Level.FIGURES):
            return None
        added = 0
        # From the top: where a text has no maps, nothing below is made to be weighed.
        for part in reversed([part for part in level.parts if part not in have.parts]):
            cost = self.cost(text, part)
            if cost is None:
                return None
            added += cost
        spared = (self.cost(text, part) or 0 for part in have.parts if part not in level.parts)
        return added - sum(spared)
