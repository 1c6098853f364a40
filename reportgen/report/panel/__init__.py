"""The panel of one text."""

from typing import TYPE_CHECKING

from reportgen.exports import exported

if TYPE_CHECKING:
    from reportgen.report.panel.coloured.marked import marked_text, shortened, text_measures
    from reportgen.report.panel.coloured.measures import (
        TextEffects,
        TextMeasure,
        about,
        colour_scale,
        measures,
        printed,
        text_effects,
        times_average_token,
    )
    from reportgen.report.panel.coloured.occurrences import ordinals, places, told_apart
    from reportgen.report.panel.coloured.steps import StepRow, Steps, make_steps
    from reportgen.report.panel.coloured.strip import Mark, UnitPart, paragraphs, runs_left, twin
    from reportgen.report.panel.coloured.tagged import strip_marks
    from reportgen.report.panel.colours import make_colours
    from reportgen.report.panel.evidence import make_scope
    from reportgen.report.panel.figures import make_figures
    from reportgen.report.panel.influence import BAR, WIDTH, Explained, JointName, bars, looks_of
    from reportgen.report.panel.panel import make_panel
    from reportgen.report.panel.prediction import Prediction
    from reportgen.report.panel.table import unit_table
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
