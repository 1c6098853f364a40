"""Reports in notebooks."""

from typing import TYPE_CHECKING

from reportgen.exports import exported

if TYPE_CHECKING:
    from reportgen.report.notebook.shown import LIMIT
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
