"""The map of a text: its cells against plain sums and means."""

from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.factories import make_results
from helpers.made_up.packed_maps import unpack

from reportgen.report.charts import SIDE, colour_top, text_map, unit_map
from reportgen.results import text_units

TEXT = "abcdefgh <s>"


def drawn(results, text=0):
    units = text_units(results, text)
    labels = [unit.label for unit in units.units]
    return units, labels, text_map(results, text, units, labels)


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
    units, _, made = drawn(results)
    cells = plain_cells(results, units)
    own = sorted(cells[:, units.content].flatten())
    top = own[min(len(own) - 1, int(0.995 * len(own)))]
    assert colour_top(cells, units.content) == pytest.approx(top)
    assert made.top == pytest.approx(top)
    expected = [[round(15 * min(1, cell / top)) for cell in row] for row in cells]
    assert made.steps == expected
    assert len({step for row in expected for step in row}) > 3
    assert made.n_above == sum(cell > top for row in cells for cell in row)


def test_tokens_of_one_unit_share_a_row_and_a_column() -> None:
    weights = np.array([[0.2, 0.3, 0.5], [0.4, 0.4, 0.2], [0.0, 0.1, 0.9]], dtype=np.float32)
    found = unit_map(weights, (0, 1, 1), (0, 1, 1))
    np.testing.assert_allclose(found, [[0.2, 0.8], [0.2, 0.8]], atol=1e-7)


def test_the_largest_cell_is_found(tmp_path: Path) -> None:
    results = make_results(tmp_path, (TEXT,), n_layers=2, n_heads=2, sink=0.5)
    units, labels, made = drawn(results)
    cells = plain_cells(results, units)
    assert made.largest == np.unravel_index(cells.argmax(), cells.shape)
    assert made.labels == tuple(labels)


def test_a_long_text_shares_cells(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("ab" * 150,), n_layers=2, n_heads=2)
    _, labels, made = drawn(results)
    assert len(labels) > 2 * SIDE
    assert made.pooled == 3
    assert made.labels == tuple(labels[::3])


def test_a_sink_in_a_shared_cell_does_not_take_the_colours(tmp_path: Path) -> None:
    """They end where the cells without a special token do."""
    results = make_results(tmp_path, ("ab" * 150,), n_layers=2, n_heads=2, sink=0.8)
    units, _, made = drawn(results)
    size, special = made.pooled, [at for at, own in enumerate(units.content) if not own]
    own = [
        at for at in range(len(made.cells)) if not {at * size + i for i in range(size)} & {*special}
    ]
    assert 0 < len(own) < len(made.cells)
    values = sorted(made.cells[:, own].flatten())
    assert made.top == pytest.approx(values[int(0.995 * len(values))])
    assert made.top < made.cells.max() / 4


def test_without_maps_there_is_no_figure(tmp_path: Path) -> None:
    results = make_results(tmp_path, (TEXT,), n_layers=2, n_heads=2)
    results.texts["map_offset"] = None
    units = text_units(results, 0)
    assert text_map(results, 0, units, ["x"] * len(units.units)) is None
