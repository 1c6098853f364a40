"""Charts as SVG, and figures for plotly."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.report.charts.attention_map import (
        SIDE,
        difference_map,
        text_map,
        three_maps,
        unit_map,
    )
    from reportgen.report.charts.attention_scale import (
        MAP_COLOURS,
        SCALE_DARK,
        SCALE_LIGHT,
        SCALE_PLACES,
        scale_colour,
        times_places,
        times_steps,
    )
    from reportgen.report.charts.axes import round_values, ticks
    from reportgen.report.charts.bars import stacked_bars
    from reportgen.report.charts.cell_tracks import (
        axis,
        bar,
        correlation_scale,
        dot,
        interval_text,
        log_scale,
    )
    from reportgen.report.charts.colours import (
        LOWERS,
        RAISES,
        RECEIVED,
        RULE,
        STEPS,
        count_colour,
        difference_colour,
        effect_colour,
        heat_colour,
        heat_step,
        signed_step,
        size_colour,
    )
    from reportgen.report.charts.cross_attention_map import aligned, cross_figure
    from reportgen.report.charts.head_pictures import (
        DOTS,
        GAP,
        _png,
        _tiled,
        dots_of,
        head_picture,
        head_steps,
        heads_class,
    )
    from reportgen.report.charts.map_geometry import geometry
    from reportgen.report.charts.picture_files import (
        MOST_BYTES,
        make_pictures,
        picture_paths,
        rasterise,
    )
    from reportgen.report.charts.plotly_map import lines_figure, map_figure
    from reportgen.report.charts.small_charts import (
        HEIGHT,
        Bar,
        Dot,
        columns_of_dots,
        dots_with_intervals,
        named_bars,
        plane,
        shares_by_layer,
        sink_drawing,
    )
    from reportgen.report.charts.svg import Drawing
    from reportgen.report.charts.text_figure import make_text_figure
    from reportgen.report.charts.text_lines import Segments, TextColumns, TextLines, draw_lines
    from reportgen.report.charts.trend_charts import Axis, DashedLine, trend_chart
    from reportgen.report.charts.unit_scatter import DotWords, UnitDot, draw_unit_scatter
    from reportgen.report.language.sentences import Weights
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
