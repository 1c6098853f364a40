"""The figures that gates and lists name."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.findings.figures.figure_register import COMPARE_FIGURES, RUN_FIGURES
    from reportgen.findings.figures.flat import Figure, FigureList, Key, measure
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
