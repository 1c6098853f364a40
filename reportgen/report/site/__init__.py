"""Sites of many reports."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.report.site.figures import figure_name
    from reportgen.report.site.series import all_series
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
