"""Outputs that quote no text."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.report.redact.masked_tables import DOT, NumberedNames
    from reportgen.report.redact.rounding import coarse, round_column, to_levels, to_step
    from reportgen.report.redact.rules import (
        HIDDEN_OPTIONS,
        SHOWN_OPTIONS,
        Rule,
        rule_of,
    )
    from reportgen.report.redact.run import long_texts
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
