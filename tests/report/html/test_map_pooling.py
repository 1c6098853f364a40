"""Pooled maps against a plain computation, over the whole length of a text."""

import numpy as np
import pytest
from helpers.made_up.factories import make_results
from helpers.made_up.packed_maps import unpack
from hypothesis import given
from hypothesis import strategies as st

from reportgen.report.html import pool_maps
from reportgen.results import MAX_ERROR, Unit, pool, pooling, text_units
from reportgen.results.maps import SIDE, unpack_layers

LAYERS, HEADS = 2, 3


def unit(segment):
    return Unit("x", segment is None, segment, None, None, False)


def plainly(maps, cell_of):
    """Sum over the keys of a cell, mean over its queries; loops."""
    n_cells = max(cell_of) + 1
    pooled = np.zeros((*maps.shape[:-2], n_cells, n_cells))
    sizes = [cell_of.count(cell) for cell in range(n_cells)]
    for q, row in enumerate(cell_of):
        for k, column in enumerate(cell_of):
            pooled[..., row, column] += maps[..., q, k] / sizes[row]
    return pooled


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    return make_results(folder, ("ab" * 290,), n_layers=LAYERS, n_heads=HEADS, sink=0.3)


def test_a_cell_is_a_sum_to_and_a_mean_from_and_rows_still_sum_to_one(long):
    units = text_units(long, 0)
    how = pooling(units.units, units.unit_of)
    cell_of = [how.of_unit[u] for u in units.unit_of]
    packed = long.packed_maps(0)
    maps = unpack(packed, LAYERS, HEADS).astype(np.float64)
    assert maps.shape[-1] == 292
    layers = list(unpack_layers(packed, LAYERS, HEADS))
    pooled = unpack(pool_maps(layers, how, how, mean_over_heads=False), LAYERS, HEADS)
    expected = plainly(maps, cell_of)
    assert pooled.shape == expected.shape
    assert np.abs(pooled - expected).max() <= MAX_ERROR
    assert np.abs(expected.sum(-1) - 1).max() < 0.02  # of packed weights
    means = unpack(pool_maps(layers, how, how, mean_over_heads=True), LAYERS, 1)
    assert np.abs(means[:, 0] - expected.mean(axis=1)).max() <= MAX_ERROR


def test_the_whole_length_is_kept_and_special_tokens_stay_alone(long):
    units = text_units(long, 0)
    how = pooling(units.units, units.unit_of)
    assert how.of_unit == (0, *(1 + i // 3 for i in range(290)), 98)
    assert how.factor == 3
    assert how.starts[0] == 0
    assert how.starts[-1] == 291


def test_a_sink_is_as_strong_as_before(long):
    units = text_units(long, 0)
    how = pooling(units.units, units.unit_of)
    maps = unpack(long.packed_maps(0), LAYERS, HEADS)[0]
    sizes = np.diff((*how.starts, 292))
    pooled = pool(maps, how, how)[..., 0]
    before, after = maps[..., 0].mean(), np.average(pooled, weights=sizes, axis=1)
    assert after.mean() == pytest.approx(before, rel=1e-4)
    assert before > 0.3


def test_layer_means_of_a_short_text_are_means_over_the_heads(tmp_path):
    made = make_results(tmp_path, ("abcdef",), n_layers=LAYERS, n_heads=HEADS)
    packed = made.packed_maps(0)
    layers = unpack_layers(packed, LAYERS, HEADS)
    means = unpack(pool_maps(layers, None, None, mean_over_heads=True), LAYERS, 1)
    heads = unpack(packed, LAYERS, HEADS)
    assert np.abs(means[:, 0] - heads.mean(axis=1)).max() <= MAX_ERROR


@given(
    st.lists(
        st.tuples(st.none() | st.sampled_from([0, 1]), st.integers(1, 4)), min_size=1, max_size=900
    )
)
def test_cells_are_whole_units_of_one_kind_in_order(made):
    units = [unit(segment) for segment, _ in made]
    unit_of = [index for index, (_, size) in enumerate(made) for _ in range(size)]
    how = pooling(units, unit_of)
    most = -(-len(unit_of) // SIDE)
    assert list(how.of_unit) == sorted(how.of_unit)
    assert set(how.of_unit) == set(range(len(how.starts)))
    for cell, start in enumerate(how.starts):
        inside = [i for i, of in enumerate(how.of_unit) if of == cell]
        assert unit_of[start] == inside[0]
        assert len({made[i][0] for i in inside}) == 1
        size = sum(made[i][1] for i in inside)
        assert len(inside) == 1 or (made[inside[0]][0] is not None and size <= most)
        assert size <= how.factor
