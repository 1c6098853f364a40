"""The chart of what is looked at and used: dots where their figures say, names beside them."""

from collections.abc import Sequence
from math import log2, sqrt

import pytest
from bs4 import BeautifulSoup
from bs4.element import Tag

from reportgen.report.charts import DotWords, UnitDot, draw_unit_scatter

WORDS = DotWords("both <b>", "used", "looked at", "neither", "across & up")


def chart(dots: Sequence[UnitDot], least: float = 0.1, *, has_sign: bool = True) -> Tag:
    drawing = draw_unit_scatter(dots, least, has_sign, WORDS, "What it shows.")
    svg = BeautifulSoup(drawing.on_page(), "html.parser").svg
    assert svg is not None
    return svg


def boxes_of_names(svg: Tag) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of each name of eleven pixels."""
    boxes = []
    for text in svg.find("g", {"font-size": "11"}).find_all("text"):
        wide, x, y = 6 * len(text.get_text()), float(text["x"]), float(text["y"])
        left = x - {"end": wide, "middle": wide / 2}.get(text.get("text-anchor"), 0)
        boxes.append((left, y - 8, left + wide, y + 2))
    return boxes


def dots_of(svg: Tag) -> list[tuple[float, float, str]]:
    return [
        (float(dot["cx"]), float(dot["cy"]), dot.parent["class"][0])
        for dot in sorted(svg.find_all("circle"), key=lambda dot: int(dot.get("data-u", 99)))
    ]


def test_each_dot_stands_where_its_figures_say() -> None:
    values = [(0.01, 0.0), (0.25, -0.02), (1.0, 0.1), (4.0, 0.4), (16.0, -0.9), (99.0, 0.3)]
    dots = [UnitDot(f"w{i}", times, change, i) for i, (times, change) in enumerate(values)]
    svg = chart(dots)
    (left, low, _), *_ = found = dots_of(svg)
    right = found[4][0]
    high = found[4][1]  # the largest change of all
    for (times, change), (x, y, kind) in zip(values, found, strict=True):
        share = (min(4, max(-4, log2(times))) + 4) / 8
        assert x == pytest.approx(left + share * (right - left), abs=0.1)
        assert y == pytest.approx(low - sqrt(abs(change) / 0.9) * (low - high), abs=0.1)
        assert kind == ("dn" if change < 0 else "up")
    assert sorted(int(dot["data-u"]) for dot in svg.find_all("circle")) == list(range(6))
    # The lines stand at the average and at the least change that counts, as the third dot does.
    rules = svg.find("path", class_="rule")["d"]
    assert rules.startswith(f"M{found[2][0]:g} ")
    assert f" {found[2][1]:g}H" in rules


def test_no_name_covers_a_dot_or_another_name() -> None:
    dots = [UnitDot(f"word {i}", 2 ** (i % 5 - 2), 0.1 * (i % 4), i) for i in range(30)]
    svg = chart(dots)
    boxes = boxes_of_names(svg)
    assert 8 <= len(boxes) < 30
    for i, (left, top, right, bottom) in enumerate(boxes):
        for x, y, _ in dots_of(svg):
            assert not (left < x < right and top < y < bottom)
        for other in boxes[:i]:
            assert left >= other[2] or other[0] >= right or top >= other[3] or other[1] >= bottom


def test_of_many_units_only_those_that_are_used_have_names() -> None:
    dots = [UnitDot(f"w{i}", 1 + i / 10, 0.9 if i == 7 else 0.01, i) for i in range(50)]
    svg = chart(dots)
    names = [text.get_text() for text in svg.find("g", {"font-size": "11"}).find_all("text")]
    assert names == ["w7"]


def test_what_is_neither_looked_at_nor_used_has_no_name() -> None:
    dots = [UnitDot("a", 0.5, 0.05, 0), UnitDot("b", 2.0, 0.05, 1), UnitDot("c", 0.5, 0.2, 2)]
    names = chart(dots).find("g", {"font-size": "11"}).find_all("text")
    assert [name.get_text() for name in names] == ["c", "b"]


def test_what_counts_as_a_whole_is_hollow_and_sizes_have_one_colour() -> None:
    dots = [UnitDot("① a b", 2.0, 0.5), UnitDot("c", 1.0, 0.2, 0)]
    svg = chart(dots)
    whole, single = svg.find_all("circle")
    assert whole["class"] == ["whole"]
    assert "data-u" not in whole.attrs
    assert whole["fill"] == "#ffffff"
    assert "fill" not in single.attrs  # it has that of its group
    svg = chart(dots, has_sign=False)
    assert [kind for *_, kind in dots_of(svg)] == ["r0", "r0"]


def test_names_are_text_and_never_markup() -> None:
    svg = chart([UnitDot("<s>&amp;", 2.0, 0.5, 0)])
    texts = [text.get_text() for text in svg.find_all("text")]
    assert "<s>&amp;" in texts
    assert "both <b>" in texts
    assert not svg.find_all(["s", "b"])


def test_nothing_that_changes_leaves_all_dots_on_the_ground() -> None:
    svg = chart([UnitDot("a", 2.0, 0.0, 0), UnitDot("b", 0.5, 0.0, 1)], least=0.0)
    assert len({y for _, y, _ in dots_of(svg)}) == 1


def test_the_name_of_a_corner_gives_way_to_dots() -> None:
    free = chart([UnitDot("a", 2.0, 0.5, 0)])
    taken = chart([UnitDot("a", 2.0, 0.5, 0), UnitDot("b", 0.0, 0.0, 1)])
    at = [float(svg.find(string="neither").parent["x"]) for svg in (free, taken)]
    (x,) = (x for x, y, _ in dots_of(taken) if y == max(up for _, up, _ in dots_of(taken)))
    assert at[0] < x < at[1] - 6
