"""Sections of one run, and of several on the same texts."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.report.sections.all_models import (
        changed,
        drift,
        make_all_models,
        model_names,
    )
    from reportgen.report.sections.answers import make_answers
    from reportgen.report.sections.answers_compared import make_compared_answers
    from reportgen.report.sections.answers_trend import make_several_answers
    from reportgen.report.sections.context import Context, short_name
    from reportgen.report.sections.cross_attention import make_cross
    from reportgen.report.sections.errors import ErrorWords, make_errors, told_errors
    from reportgen.report.sections.guide import make_guide
    from reportgen.report.sections.heads import make_heads, why_no_heads
    from reportgen.report.sections.maps_compared import make_explorer
    from reportgen.report.sections.method import make_method
    from reportgen.report.sections.models_compared import make_models
    from reportgen.report.sections.notable import make_notable, with_first
    from reportgen.report.sections.overview_compared import limits
    from reportgen.report.sections.prediction_answer import predicted
    from reportgen.report.sections.predictions import make_quality
    from reportgen.report.sections.predictions_compared import (
        MOST,
        make_predictions,
        verdict,
    )
    from reportgen.report.sections.section_register import SECTIONS, make_page, with_texts
    from reportgen.report.sections.sink_overview import make_overview
    from reportgen.report.sections.sinks import make_sinks
    from reportgen.report.sections.texts import make_text_list
    from reportgen.report.sections.texts_compared import TEXTS, make_pairs, shown_for, shown_texts
    from reportgen.report.sections.tokens import Across, make_across
    from reportgen.report.sections.tokens_compared import make_tokens
    from reportgen.report.sections.trend import make_charts, make_trend
    from reportgen.report.sections.trust import chosen, make_trust, shapley, shuffled
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
