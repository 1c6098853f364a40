"""How figures, sinks, texts and tokens went over many models."""

from typing import TYPE_CHECKING

from reportgen.exports import exported

if TYPE_CHECKING:
    from reportgen.comparison.trend.texts import text_trends
    from reportgen.comparison.trend.tokens import token_trends
    from reportgen.comparison.trend.trend import Checkpoint, checkpoints, quality_trend
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
