"""Findings as JSON."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.report.json.comparison import text_records, write
    from reportgen.report.json.records import to_json
    from reportgen.report.json.run import render
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
