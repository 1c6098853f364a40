"""Results that hold the maps of a long text pooled: pages, pictures, arrays and comparisons."""

import io

import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers.letters import from_letters
from helpers.made_up.factories import make_results
from helpers.made_up.packed_maps import pooled_plainly, unpack, with_pooled_maps

from reportgen.comparison import Runs
from reportgen.comparison.attention import head_changes
from reportgen.comparison.pairing import pair
from reportgen.findings import Findings
from reportgen.report import RenderOptions, render
from reportgen.report.charts import (
    SIDE,
    _png,
    _tiled,
    dots_of,
    head_picture,
    head_steps,
    text_map,
)
from reportgen.report.format_register import output_at
from reportgen.report.html import Block, Level, environment
from reportgen.report.maps_npz import write
from reportgen.results import (
    MAX_ERROR,
    Results,
    attention_maps,
    even_map,
    stored_pooling,
    text_units,
)

LAYERS, HEADS = 2, 2


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("whole")
    return make_results(
        folder, ("ab" * 300, "cd ef"), n_layers=LAYERS, n_heads=HEADS, sink=0.5, seed=3
    )


@pytest.fixture(scope="module")
def read(whole: Results) -> Results:
    return with_pooled_maps(whole, 0)


def test_a_folder_says_over_which_tokens_maps_are_pooled(whole: Results, read: Results) -> None:
    how = stored_pooling(read, 0)
    assert how is not None
    assert how.starts == (0, *range(1, 301, 3), 301)
    assert how.of_unit == (0, *(1 + i // 3 for i in range(300)), 101)
    assert how.factor == 3
    for results, text in ((read, 1), (whole, 0)):
        assert stored_pooling(results, text) is None


def test_arrays_have_a_row_a_cell_and_say_which(whole: Results, read: Results) -> None:
    maps = attention_maps(read, "1", None, None)
    how = stored_pooling(read, 0)
    assert how is not None
    assert maps.cells == how.starts
    tokens = read.tokens_of(0)["token"]
    assert maps.tokens == maps.queries == tuple(tokens.iloc[list(how.starts)])
    packed = whole.packed_maps(0)
    assert packed is not None
    expected = pooled_plainly(unpack(packed, LAYERS, HEADS), how)
    assert np.abs(maps.values - expected).max() <= MAX_ERROR
    assert attention_maps(whole, "1").cells is None
    written = write(Runs(Findings(read)), RenderOptions(), output_at("maps.npz")).content
    arrays = np.load(io.BytesIO(written))
    assert np.array_equal(arrays["maps_1"], maps.values)
    assert arrays["tokens_1"].tolist() == list(maps.tokens)
    assert arrays["cells_1"].tolist() == list(how.starts)
    assert "cells_2" not in arrays


@pytest.mark.parametrize("above", [None, 400])
def test_a_page_carries_them_as_they_are(whole: Results, read: Results, above: int | None) -> None:
    own = Block(read, 0, environment(), above)
    pooled_now = Block(whole, 0, environment(), 256)
    assert own.pooling == pooled_now.pooling == stored_pooling(read, 0)
    assert own.heads_size() == len(own.at(Level.HEADS).encode())
    data = [BeautifulSoup(block.at(Level.HEADS), "html.parser") for block in (own, pooled_now)]
    assert data[0].find(id="data-1").string == data[1].find(id="data-1").string
    assert from_letters(data[0].find(id="maps-1").string) == read.packed_maps(0)
    means = BeautifulSoup(own.at(Level.LAYERS), "html.parser").find(id="maps-1").string
    heads = attention_maps(read, "1", None, None).values
    found = unpack(from_letters(means), LAYERS, 1)[:, 0]
    assert np.abs(found - heads.mean(axis=1)).max() <= MAX_ERROR


def test_a_page_says_why_no_option_brings_in_every_token(read: Results) -> None:
    for lang, said in (("en", "they are never whole"), ("ja", "全体のマップは作られません")):
        document = render(Runs(Findings(read)), RenderOptions(lang=lang, pool_above=400))  # type: ignore[arg-type]
        assert said in document.text
        assert "--pool-above none" not in document.text
        assert len(document.reduced) == 1


def test_drawn_cells_share_out_those_that_lie_in_several(read: Results) -> None:
    units, how = text_units(read, 0), stored_pooling(read, 0)
    labels = [f"{i}" for i in range(len(units.units))]
    drawn = text_map(read, 0, units, labels)
    assert how is not None
    assert drawn is not None
    each = -(-302 // SIDE)
    assert drawn.pooled == each == 5
    assert drawn.labels == tuple(labels[::each])
    stored = attention_maps(read, "1").values.astype(float)
    cell = [how.of_unit[unit] for unit in units.unit_of]
    weights = np.array([[stored[q, k] / how.sizes[k] for k in cell] for q in cell])  # evenly
    for row in range(61):
        for column in range(61):
            own = weights[row * each : (row + 1) * each, column * each : (column + 1) * each]
            assert drawn.cells[row, column] == pytest.approx(own.sum(1).mean(), rel=1e-5)
    assert 0.5 < np.median(drawn.times[:, 1:]) < 2  # a sink does not take the colours


def test_the_picture_of_all_heads_shows_the_cells(read: Results) -> None:
    picture = head_picture(read, 0)
    assert picture is not None
    maps = attention_maps(read, "1", None, None).values
    how = stored_pooling(read, 0)
    assert how is not None
    starts = range(0, 102, 5)  # 102 cells in at most 24 dots
    sizes = np.array(how.sizes)
    tokens = np.array([sizes[at : at + 5].sum() for at in starts])
    assert picture.tokens == tokens.max()
    content = np.array([not {0, 101} & set(range(at, at + 5)) for at in starts])
    even = even_map(tokens, is_causal=False)
    steps = [
        [head_steps(dots_of(head, sizes), even, content) for head in (own.mean(axis=0), *own)]
        for own in maps
    ]
    assert picture.png == _png(_tiled(list(zip(*steps, strict=True))))
    row = slice(5, 10)
    shares = maps[0][0][row, row].astype(float).sum(axis=1) @ sizes[row] / sizes[row].sum()
    assert dots_of(maps[0][0], sizes)[1, 1] == pytest.approx(shares)


def test_heads_are_compared_on_whole_maps_alone(whole: Results, read: Results) -> None:
    found = head_changes(whole, read, pair(Findings(whole), Findings(read)))
    assert found is not None
    assert found.texts.tolist() == [1]
