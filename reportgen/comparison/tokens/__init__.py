"""What changed in the effects of tokens."""

from typing import TYPE_CHECKING

from reportgen.exports import exported

if TYPE_CHECKING:
    from reportgen.comparison.tokens.effects import effect_changes, token_changes
    from reportgen.comparison.tokens.units import contrasts, unit_pairs
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
