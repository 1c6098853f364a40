"""Sections on two runs and more."""

from typing import TYPE_CHECKING

from reportgen.exports import exported

if TYPE_CHECKING:
    from reportgen.report.compare_sections.all_models import (
        changed,
        drift,
        make_all_models,
        model_names,
    )
    from reportgen.report.compare_sections.answers import make_answers
    from reportgen.report.compare_sections.maps import make_explorer
    from reportgen.report.compare_sections.models import make_models
    from reportgen.report.compare_sections.overview import limits
    from reportgen.report.compare_sections.predictions import (
        MOST,
        make_predictions,
        make_tokens,
        verdict,
    )
    from reportgen.report.compare_sections.texts import TEXTS, make_pairs, shown_for, shown_texts
    from reportgen.report.compare_sections.trend import make_charts, make_trend
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
