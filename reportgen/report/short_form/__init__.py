"""Markdown and Confluence pages."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.report.short_form.escaping import escape, escape_spans
    from reportgen.report.short_form.limits import FLAVORS, LEAST, LengthLimit, marker
    from reportgen.report.short_form.markdown import write
    from reportgen.report.short_form.short_form import make_brief
    from reportgen.report.short_form.short_sections import short_across
    from reportgen.report.short_form.tables import NAME_LENGTH, TEXT_LENGTH, cut
    from reportgen.report.short_form.verdicts import report_headline
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
