"""What an opened folder must hold."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.results.checks.columns import FILLED
    from reportgen.results.checks.footer import chunks
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
