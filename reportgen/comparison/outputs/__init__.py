"""What changed in predictions and their quality."""

from typing import TYPE_CHECKING

from reportgen.exports import exported

if TYPE_CHECKING:
    from reportgen.comparison.outputs.fit import FitFigure, metric_fits
    from reportgen.comparison.outputs.quality import Outputs, holm, judged, p_value
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
