"""The panel of one text."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.report.panel.colours import make_colours, strip_marks
    from reportgen.report.panel.evidence_scope import make_scope
    from reportgen.report.panel.figures import make_figures, unit_table
    from reportgen.report.panel.highlighted_text import Mark, UnitPart, paragraphs, runs_left, twin
    from reportgen.report.panel.influence import BAR, WIDTH, Explained, JointName, bars, looks_of
    from reportgen.report.panel.marked_units import marked_text, shortened, text_measures
    from reportgen.report.panel.occurrences import ordinals, places, told_apart
    from reportgen.report.panel.panel import make_panel
    from reportgen.report.panel.prediction import Prediction
    from reportgen.report.panel.steps import StepRow, Steps, make_steps
    from reportgen.report.panel.unit_measures import (
        TextEffects,
        TextMeasure,
        about,
        measures,
        printed,
        text_effects,
        times_average_token,
    )
    from reportgen.report.panel.used_units import make_used_units
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
