"""Texts that got worse, for code scanners and pull requests."""

from typing import TYPE_CHECKING

from reportgen.exports import exported

if TYPE_CHECKING:
    from reportgen.report.worse_texts.found import regressions
    from reportgen.report.worse_texts.places import place_of
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
