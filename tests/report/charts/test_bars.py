"""Bars by layer, read back from their SVG."""

import pytest
from bs4 import BeautifulSoup

from reportgen.report.charts import stacked_bars


def test_bars_are_as_high_as_the_shares():
    svg = BeautifulSoup(
        stacked_bars(
            series=[("[CLS]", [0.5, 0.1]), ("[SEP]", [0.25, 0.2])],
            expected=[0.1, 0.1],
            axis=("share", "layer"),
            sentence="What it shows.",
        ).on_page(),
        "html.parser",
    ).svg
    heights = [float(rect["height"]) / 220 for rect in svg.find_all("rect")]
    assert heights == pytest.approx([0.5, 0.25, 0.1, 0.2], abs=1e-3)
    assert svg["aria-label"] == "What it shows."
    assert svg["role"] == "img"
