"""Pages: their templates, data and size."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.report.html.assets import (
        COMPARE_SCRIPTS,
        COMPARE_STYLE_SHEETS,
        NOTEBOOK_STYLE_SHEETS,
        REPORT_SCRIPTS,
        STYLE_SHEETS,
        Assets,
        environment,
        joined,
        report_scripts,
        sentence,
        short_script,
        short_style,
    )
    from reportgen.report.html.left_out import (
        Given,
        Sizes,
        carries,
        megabytes,
        reduced_sentences,
    )
    from reportgen.report.html.map_blocks import Block
    from reportgen.report.html.packing import (
        compressed,
        in_letters,
        packed_lengths,
        plotly_source,
        pool_maps,
    )
    from reportgen.report.html.page import write
    from reportgen.report.html.script_data import (
        head_figures,
        measure_data,
        page_data,
        reading,
        shared_lines,
        step_data,
        text_data,
    )
    from reportgen.report.html.size_plan import Level, plan
    from reportgen.report.html.templates import PAPER_ROWS, WHOLE_UP_TO
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
