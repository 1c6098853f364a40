"""Finds which tokens count more or less from model to model, each compared with the first model."""

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.comparison.change import Change
from reportgen.comparison.tokens.effects import TokenChange, Turn


@dataclass(frozen=True, slots=True)
class TokenTrend:
    """One token in every model after the first."""

    token: str
    changes: tuple[TokenChange | None, ...]  # from the first model; None: not compared there

    @property
    def last(self) -> TokenChange:
        """The change up to the last model in which it could be compared."""
        return next(own for own in reversed(self.changes) if own is not None)

    @property
    def turn(self) -> Turn:
        """Whether the token counts more or less in the last model; "noise" if that is unclear or
        could not be compared."""
        own = self.changes[-1]
        return "noise" if own is None else own.turn

    @property
    def first_clear(self) -> int | None:
        """The place of the first model in which the change is larger than noise."""
        clear = (i for i, own in enumerate(self.changes, 1) if own and own.turn != "noise")
        return next(clear, None)

    @property
    def figures(self) -> tuple[Change | None, ...]:
        """`[model after the first]`: the change of the token's effect on the output; None if it was
        not compared. If the last change has no effect, it is the change of how much the model looks
        at the token."""
        return tuple(
            None if own is None else own.effect if self.has_effect else own.looks
            for own in self.changes
        )

    @property
    def has_effect(self) -> bool:
        """Whether `figures` are changes of the token's effect on the output."""
        return self.last.effect is not None


def token_trends(by_model: Sequence[Sequence[TokenChange]]) -> tuple[TokenTrend, ...]:
    """The trend of every token, from the changes `[model after the first]` of all of them.

    Those that count more in the last model come first, then those that count less, then the others;
    in each group the largest change first.
    """
    own = [{change.token: change for change in changes} for changes in by_model]
    names = dict.fromkeys(name for changes in reversed(own) for name in changes)
    trends = (TokenTrend(name, tuple(each.get(name) for each in own)) for name in names)
    order = ("more", "less", "noise")
    return tuple(sorted(trends, key=lambda trend: order.index(trend.turn)))
