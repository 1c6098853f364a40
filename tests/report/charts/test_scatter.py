"""Names beside the points of a scatter."""

import re

import numpy as np

from reportgen.report.charts.scatter import scatter


def test_names_of_points_that_lie_together_stand_below_each_other() -> None:
    across, up = np.array([0.0, 1.0, 1.001, 1.002, 0.5]), np.array([1.0, 0.5, 0.501, 0.499, 0.5])
    marks = [(i, name) for i, name in enumerate(("far", "abcdefghijkl", "b", "<c>", "d"))]
    drawing, _ = scatter(across=across, up=up, marks=marks, axis=("x", "y"), sentence="")
    found = re.findall(
        r'<text x="([\d.]+)" y="([\d.]+)" dy="4"( text-anchor="end")?>([^<]+)<', drawing.shapes
    )
    places = {
        name: (float(x), float(y), bool(end))
        for x, y, end, name in found
        if name in ["far", "abcdefghijkl", "b", "&lt;c&gt;", "d"]
    }
    assert len(places) == len(marks)
    ends = [places[name][2] for name in ("far", "abcdefghijkl")]
    assert ends == [False, True]  # no room on the right
    heights = sorted(places[name][1] for name in ("abcdefghijkl", "b", "&lt;c&gt;"))
    assert min(np.diff(heights)) >= 13
    assert max(heights) - min(heights) < 40
    dots = re.search(r'class="dots" d="(.+?)"', drawing.shapes)[1]
    own = [float(y) for _, y in re.findall(r"M([\d.]+) ([\d.]+)h0", dots)]
    for name, place in (("far", 0), ("d", 4), ("b", 2)):  # the topmost stands at its point
        assert places[name][1] == own[place]
