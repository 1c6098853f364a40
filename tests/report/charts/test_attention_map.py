"""The map of a text: its cells against plain sums and means."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup, Tag
from helpers.drawings import painted
from helpers.made_up.factories import changed, make_results
from helpers.made_up.packed_maps import unpack
from helpers.plain.plain_multiples import plain_even, plain_multiples, plain_step

from reportgen.report.charts import (
    MAP_COLOURS,
    SIDE,
    Drawing,
    difference_map,
    text_map,
    three_maps,
    unit_map,
)
from reportgen.results import even_map, rows_times_average, text_units

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


def test_each_cell_has_the_colour_of_its_multiple(tmp_path: Path) -> None:
    results = make_results(tmp_path, (TEXT,), n_layers=2, n_heads=2, sink=0.5)
    units, _, made = drawn(results)
    cells = plain_cells(results, units)
    times = plain_multiples(cells, plain_even(units.unit_of, is_causal=False), units.content)
    np.testing.assert_allclose(made.times, times, rtol=1e-5)
    expected = [[plain_step(cell) for cell in row] for row in times]
    assert made.steps == expected
    assert len({step for row in expected for step in row}) > 3
    assert made.n_above == (times > 16).sum()


@pytest.mark.parametrize("is_causal", [False, True])
def test_the_row_of_all_rows_is_the_mean_over_tokens_of_what_units_receive(
    tmp_path: Path, is_causal: bool
) -> None:
    results = make_results(tmp_path, (TEXT,), n_layers=2, n_heads=2, sink=0.5)
    tokens = results.tokens.copy()
    tokens["unit"] = np.maximum(0, np.arange(len(tokens)) - 2)  # the first three are one
    model = replace(results.info.model, is_causal=is_causal)
    results = changed(results, replace(results.info, model=model), tokens=tokens)
    units, _, made = drawn(results)
    assert units.n_tokens.tolist()[:2] == [3, 1]
    maps = unpack(results.packed_maps(0), 2, 2)[-1].astype(float).mean(0)
    even = plain_even(range(len(maps)), is_causal=is_causal)
    received, share = (
        np.bincount(units.unit_of, each.mean(0))[None] for each in (maps, even)
    )  # of each token the mean over rows, of a unit their sum
    times = plain_multiples(received, share, units.content)[0]
    np.testing.assert_allclose(made.received_times, times, rtol=1e-5)
    assert len({plain_step(value) for value in times}) > 2


@pytest.mark.parametrize("is_causal", [False, True])
def test_an_even_map_is_one_everywhere_whatever_takes_the_rest(is_causal: bool) -> None:
    unit_of = (0, 1, 1, 2, 3, 3, 3, 4)
    content = np.array([False, True, True, True, False])
    even = plain_even(unit_of, is_causal=is_causal)
    made = even_map(np.bincount(unit_of), is_causal=is_causal)
    np.testing.assert_allclose(made, even, atol=1e-12)
    seen = even > 0
    np.testing.assert_allclose(rows_times_average(even, made, content)[seen], 1)
    # A sink that takes nine tenths of each row leaves the others as they are to one another.
    sunk = even * 0.1
    sunk[:, 0] += 0.9
    times = rows_times_average(sunk, made, content)
    assert times[:, 1:][seen[:, 1:]] == pytest.approx(1)
    assert (times[1:, 0] > 10).all()


def test_a_row_that_gives_text_next_to_nothing_stays_pale() -> None:
    """What is left there is mostly lost in the bytes of a map."""
    content = np.array([False, True, True])
    even = even_map(np.ones(3, np.intp), is_causal=False)
    cells = np.array([[0.9995, 0.0005, 0.0], [0.9, 0.1, 0.0], [1.0, 0.0, 0.0]])
    times = rows_times_average(cells, even, content)
    np.testing.assert_allclose(times, plain_multiples(cells, even, content.tolist()))
    assert times[0, 1] == pytest.approx(0.15)
    assert times[1, 1] == pytest.approx(2)
    assert times[2].tolist() == [300, 0, 0]


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
    """What an average text token gets is measured in the cells without a special token."""
    results = make_results(tmp_path, ("ab" * 150,), n_layers=2, n_heads=2, sink=0.8)
    units, _, made = drawn(results)
    size, special = made.pooled, [at for at, own in enumerate(units.content) if not own]
    content = [
        not {at * size + i for i in range(size)} & {*special} for at in range(len(made.cells))
    ]
    assert 0 < sum(content) < len(content)
    even = plain_even([unit // size for unit in units.unit_of], is_causal=False)
    np.testing.assert_allclose(made.times, plain_multiples(made.cells, even, content), rtol=1e-6)
    assert 0.5 < np.median(made.times[:, content]) < 2


def test_without_maps_there_is_no_figure(tmp_path: Path) -> None:
    results = make_results(tmp_path, (TEXT,), n_layers=2, n_heads=2)
    results.texts["map_offset"] = None
    units = text_units(results, 0)
    assert text_map(results, 0, units, ["x"] * len(units.units)) is None


def two_maps(tmp_path: Path, text: str):
    base, head = (
        make_results(tmp_path / f"{seed}", (text,), n_layers=1, n_heads=2, sink=0.4, seed=seed)
        for seed in (0, 1)
    )
    return drawn(base)[2], drawn(head)[2]


def svg_of(drawing: Drawing) -> Tag:
    svg = BeautifulSoup(drawing.on_page(), "html.parser").svg
    assert svg is not None
    return svg


def cells_of(svg: Tag, kind: str, n: int, bare: str) -> list[list[str]]:
    return painted(svg.select_one(f"g.{kind} g[transform]:has(> path)"), n, n, bare).tolist()


def test_the_difference_stands_where_the_maps_of_both_models_can_be_shown(tmp_path: Path) -> None:
    base, head = two_maps(tmp_path, "abcdef")
    svg = BeautifulSoup(
        three_maps(base, head, "d1", "It.", ("to", "from")).on_page(), "html.parser"
    ).svg
    n = len(base.labels)
    for kind, each in (("of-base", base), ("of-head", head)):
        assert svg.select_one(f"g.{kind}")["display"] == "none"
        wanted = [[MAP_COLOURS[plain_step(value)] for value in row] for row in each.times]
        assert cells_of(svg, kind, n, MAP_COLOURS[0]) == wanted
    assert "display" not in svg.select_one("g.changes").attrs
    points = 100 * (head.cells - base.cells)
    printed = [float(text.get_text().replace("−", "-")) for text in svg.select("g.changes text")]
    shown = [value for row in points for value in row if abs(value) >= 0.5]
    assert printed == pytest.approx(shown, abs=0.5)
    # The cells that changed most, but none by less than half of where the colours end, are framed.
    sizes = np.sort(np.abs(points), axis=None)
    top = sizes[min(len(sizes) - 1, int(0.995 * len(sizes)))]
    n_framed = min(5, int((sizes >= top / 2).sum()))
    frames = re.findall(r"M([\d.]+) ([\d.]+)h", svg.select_one("path.ink")["d"])
    assert len(frames) == n_framed > 0
    at = [(round((float(y) - 6) / 30), round((float(x) - 106) / 30)) for x, y in frames]
    order = np.argsort(-np.abs(points), axis=None, kind="stable")[:n_framed]
    assert at == [divmod(int(place), n) for place in order]


def test_the_changes_of_a_longer_text_are_not_printed(tmp_path: Path) -> None:
    base, head = two_maps(tmp_path, "abcdefghijklmnopqrst")
    svg = BeautifulSoup(
        difference_map(base, head, "d1", "It.", ("to", "from")).on_page(), "html.parser"
    )
    assert len(base.labels) > 10
    assert not svg.select("g.changes text")
    assert not svg.select("g.of-base, g.of-head")
