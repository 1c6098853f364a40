"""Where one value stands between two others: a line with a dot, for a row of a list.

The value stands beside it as a number.
"""

from markupsafe import Markup

from reportgen.report.charts.svg import px

_WIDTH, _HEIGHT, _DOT = 44, 8, 3.5


def place(value: float, low: float, high: float) -> Markup:
    """A dot for `value` on a line from `low` to `high`; in its middle where they are the same."""
    share = (value - low) / (high - low) if high > low else 0.5
    at = _DOT + (_WIDTH - 2 * _DOT) * min(1.0, max(0.0, share))
    middle = px(_HEIGHT / 2)
    return Markup(
        '<svg class="place" aria-hidden="true" width="%s" height="%s">'
        '<path d="M0 %sH%s" stroke="currentColor" opacity=".4"/>'
        '<circle cx="%s" cy="%s" r="%s" fill="currentColor"/></svg>'
    ) % (_WIDTH, _HEIGHT, middle, _WIDTH, px(at), middle, _DOT)
