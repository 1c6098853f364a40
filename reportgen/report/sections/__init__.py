"""Sections of the page of one run."""

from typing import TYPE_CHECKING

from reportgen.exports import exported

if TYPE_CHECKING:
    from reportgen.report.sections.answers import make_answers
    from reportgen.report.sections.context import Context, short_name
    from reportgen.report.sections.errors import ErrorWords, make_errors, told_errors
    from reportgen.report.sections.method import make_method
    from reportgen.report.sections.notable import make_notable, with_first
    from reportgen.report.sections.outputs.cross_attention import make_cross
    from reportgen.report.sections.outputs.prediction_answer import predicted
    from reportgen.report.sections.outputs.predictions import make_quality
    from reportgen.report.sections.overview import make_overview
    from reportgen.report.sections.section_register import SECTIONS, make_page, with_texts
    from reportgen.report.sections.sinks import make_sinks
    from reportgen.report.sections.texts import make_text_list
    from reportgen.report.sections.tokens import Across, make_across
    from reportgen.report.sections.trust import chosen, make_trust, shapley, shuffled
    from reportgen.report.sections.verdict import verdict_of
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
