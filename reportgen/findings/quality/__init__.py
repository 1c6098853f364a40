"""Figures of what was predicted, and where it is wrong."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.findings.quality.fits import rank_correlation
    from reportgen.findings.quality.multiple_choice import chances_of
    from reportgen.findings.quality.scored import Scored
    from reportgen.findings.quality.where_wrong import (
        Aspect,
        adjusted_p,
        compared,
        difference,
        main_script,
    )
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
