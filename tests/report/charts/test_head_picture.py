"""All heads of a text as one picture: its dots against a plain computation, read back by Pillow."""

import io
from base64 import b64decode
from math import ceil

import numpy as np
import pytest
from helpers.made_up.factories import HEADLINES, make_results
from helpers.plain.plain_multiples import plain_even, plain_multiples, plain_step
from PIL import Image

from reportgen.report.charts import (
    DOTS,
    GAP,
    MAP_COLOURS,
    RULE,
    head_picture,
    head_steps,
    heads_class,
)
from reportgen.results import even_map
from reportgen.results.maps import unpack_levels

LAYERS, HEADS = 2, 3


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("heads")
    texts = (HEADLINES[0], "ab cd " * 20)
    return make_results(folder, texts, n_layers=LAYERS, n_heads=HEADS, sink=0.3)


def plain_steps(weights, special):
    """The steps of a head's dots, one dot at a time: what goes to several tokens is added up, what
    comes from them is averaged, as in the map of a long text."""
    pool = ceil(len(weights) / DOTS)
    starts = range(0, len(weights), pool)
    unit_of = [token // pool for token in range(len(weights))]
    dots = [[weights[q : q + pool, k : k + pool].sum(1).mean() for k in starts] for q in starts]
    content = [not any(special[k : k + pool]) for k in starts]
    even = plain_even(unit_of, is_causal=False)
    times = plain_multiples(np.array(dots, float), even, content)
    return [[plain_step(value) for value in row] for row in times]


@pytest.mark.parametrize("text", [0, 1])
def test_the_picture_shows_every_head_and_the_mean_of_each_layer(results, text):
    found = head_picture(results, text)
    image = Image.open(io.BytesIO(found.png))
    special = results.tokens_of(text)["is_special"].tolist()
    levels = unpack_levels(results.packed_maps(text), LAYERS, HEADS)
    side = ceil(len(special) / ceil(len(special) / DOTS))
    assert image.size == (LAYERS * (side + GAP) - GAP, (HEADS + 1) * (side + GAP) - GAP)
    size = [round(27 / side * n) for n in image.size]  # a head is as large as scripts draw it
    assert [found.width, found.height] == size
    assert found.tokens == ceil(len(special) / DOTS)
    dots = np.array(image)
    for layer in range(LAYERS):
        weights = np.square(levels[layer].astype(np.float32) / 255)
        for row, own in enumerate((weights.mean(axis=0), *weights)):
            y, x = row * (side + GAP), layer * (side + GAP)
            assert dots[y : y + side, x : x + side].tolist() == plain_steps(own, special)
    assert set(dots[side : side + GAP].ravel().tolist()) == {16}  # between two rows


def test_pictures_are_as_large_as_the_room_beside_a_map_allows():
    for layers, heads, name in (
        (1, 1, "heads-27"),
        (4, 12, "heads-27"),
        (4, 16, "heads-17"),
        (6, 12, "heads-17"),
        (12, 12, "heads-12"),
        (24, 16, "heads-below"),
        (48, 25, "heads-below"),
    ):
        assert heads_class(layers, heads) == name


def test_its_colours_are_those_of_maps(results):
    found = head_picture(results, 0)
    assert found.address.startswith("data:image/png;base64,")
    assert b64decode(found.address.partition(",")[2]) == found.png
    image = Image.open(io.BytesIO(found.png))
    colours = np.array(image.getpalette()[: 3 * 17], np.uint8).reshape(17, 3)
    assert ["#" + bytes(colour).hex() for colour in colours] == [*MAP_COLOURS, RULE]


def test_a_head_that_looks_at_special_tokens_alone_has_colours_all_the_same():
    weights = np.array([[1.0, 0.0], [1.0, 0.0]])
    even = even_map(np.ones(2, np.intp), is_causal=False)
    assert head_steps(weights, even, np.array([False, True])).tolist() == [[15, 0], [15, 0]]


def test_without_maps_there_is_none(tmp_path):
    results = make_results(tmp_path, HEADLINES)
    results.texts["map_offset"] = None
    assert head_picture(results, 0) is None
