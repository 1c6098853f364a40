"""A text's data block holds what its level promises, at the size that was planned."""

import json

import pytest
from bs4 import BeautifulSoup
from helpers.letters import from_letters
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.packed_maps import unpack

from reportgen.report.html import Block, Level, environment


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("results"), HEADLINES[:2], keep=1)


def maps(markup):
    return from_letters(BeautifulSoup(markup, "html.parser").find(id="maps-1").string)


def test_heads_are_the_packed_maps_themselves(results):
    block = Block(results, 0, environment())
    assert maps(block.at(Level.HEADS)) == results.packed_maps(0)


def test_layer_means_are_one_head_a_layer(results):
    n = len(results.tokens_of(0))
    packed = maps(Block(results, 0, environment()).at(Level.LAYERS))
    assert unpack(packed, 4, 1).shape == (4, 1, n, n)


def test_sizes_are_known_before_anything_is_written(results):
    block = Block(results, 0, environment())
    assert block.heads_size() == len(block.at(Level.HEADS).encode())
    assert block.layers_size() == len(block.at(Level.LAYERS).encode())
    assert block.layers_size() < block.heads_size()


def test_a_long_text_carries_pooled_maps_and_every_label(tmp_path):
    made = make_results(tmp_path, ("ab" * 40, "ab" * 41), n_layers=4, n_heads=3)
    env = environment()
    short, long = (Block(made, i, env, pool_above=42) for i in range(2))
    assert short.pooling is None
    assert maps(short.at(Level.HEADS)) == made.packed_maps(0)
    data = BeautifulSoup(long.at(Level.HEADS), "html.parser")
    told = json.loads(data.find(id="data-2").string)
    side = max(told["cells"]) + 1
    assert len(told["labels"]) == len(told["cells"]) == 43
    assert told["pool"] == long.pooling.factor
    packed = from_letters(data.find(id="maps-2").string)
    assert unpack(packed, 4, 3).shape == (4, 3, side, side)
    assert long.heads_size() == len(long.at(Level.HEADS).encode())
    assert long.layers_size() == len(long.at(Level.LAYERS).encode())
    assert Block(made, 1, env, pool_above=None).pooling is None


def test_a_text_without_maps_has_no_block(results):
    block = Block(results, 1, environment())
    assert block.heads_size() is None
    assert {block.at(level) for level in Level} == {""}
    assert Block(results, 0, environment()).at(Level.FIGURES) == ""
