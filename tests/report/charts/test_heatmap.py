"""The map that stands without scripts: its cells against plain sums and means."""

from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from drawings import painted
from factories import make_results
from packed_maps import unpack

from reportgen.report.charts.colours import heat_colour
from reportgen.report.charts.heatmap import SIDE, colour_top, make_static_map, unit_map
from reportgen.report.language.strings import load_language
from reportgen.results.units import text_units

EN = load_language("en")
TEXT = "abcdefgh <s>"


def drawn(results, text=0):
    units = text_units(results, text)
    labels = [unit.label for unit in units.units]
    made = BeautifulSoup(make_static_map(results, text, units, labels, EN), "html.parser")
    return units, labels, made


def plain_cells(results, units, text=0):
    """Mean over heads of the last layer; to a unit the sum of its tokens, from it the mean."""
    maps = unpack(results.packed_maps(text), 2, 2)[-1]
    n = len(units.units)
    cells = np.zeros((n, n))
    for q in range(n):
        queries = [t for t, unit in enumerate(units.unit_of) if unit == q]
        for k in range(n):
            keys = [t for t, unit in enumerate(units.unit_of) if unit == k]
            cells[q, k] = np.mean([maps[:, t, keys].sum(-1).mean() for t in queries])
    return cells


def test_each_cell_has_the_colour_of_its_weight(tmp_path: Path) -> None:
    results = make_results(tmp_path, (TEXT,), n_layers=2, n_heads=2, sink=0.5)
    units, labels, made = drawn(results)
    cells = plain_cells(results, units)
    own = sorted(cells[:, units.content].flatten())
    top = own[min(len(own) - 1, int(0.995 * len(own)))]
    assert colour_top(cells, units.content) == pytest.approx(top)
    shades = (0, 2, 4, 6, 8, 9, 11, 13, 15)  # steps of the ramp, of nine cells of equal range
    expected = [
        [heat_colour(shades[round(8 * min(1, cell / top))]) for cell in row] for row in cells
    ]
    found = painted(made.find(class_="ramp"), len(labels), len(labels), heat_colour(0))
    assert found.tolist() == expected
    assert len({colour for row in expected for colour in row}) > 3


def test_tokens_of_one_unit_share_a_row_and_a_column() -> None:
    weights = np.array([[0.2, 0.3, 0.5], [0.4, 0.4, 0.2], [0.0, 0.1, 0.9]], dtype=np.float32)
    found = unit_map(weights, (0, 1, 1))
    np.testing.assert_allclose(found, [[0.2, 0.8], [0.2, 0.8]], atol=1e-7)


def test_the_sentence_names_the_largest_cell(tmp_path: Path) -> None:
    results = make_results(tmp_path, (TEXT,), n_layers=2, n_heads=2, sink=0.5)
    units, labels, made = drawn(results)
    cells = plain_cells(results, units)
    q, k = np.unravel_index(cells.argmax(), cells.shape)
    said = f"from “{labels[q]}” to “{labels[k]}”, ≈ {100 * cells[q, k]:.0f}\u00a0%."
    assert said in made.find(id=made.svg["aria-labelledby"]).text
    names = made.find(id=made.use["href"].removeprefix("#"))  # once more along the other side
    assert [text.text for text in names("text")] == labels


def test_a_long_text_shares_cells_and_says_so(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("ab" * 150,), n_layers=2, n_heads=2)
    _, labels, made = drawn(results)
    assert len(labels) > 2 * SIDE
    assert "A cell stands for up to 3 tokens." in made.find(class_="legend").text
    names = made.find(id=made.use["href"].removeprefix("#"))
    assert len(names("text")) == len(labels[::3])


def test_without_maps_there_is_no_figure(tmp_path: Path) -> None:
    results = make_results(tmp_path, (TEXT,), n_layers=2, n_heads=2)
    results.texts["map_offset"] = None
    units = text_units(results, 0)
    assert make_static_map(results, 0, units, ["x"] * len(units.units), EN) == ""
