"""Attention maps and their packed bytes."""

import zlib

import numpy as np
import pytest
from helpers.made_up.packed_maps import pack, unpack
from hypothesis import given
from hypothesis import strategies as st

from reportgen.results import MAX_ERROR, quantise


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 40), st.integers(0, 1000))
def test_what_is_packed_comes_back_within_the_stated_error(layers, heads, side, seed) -> None:
    random = np.random.default_rng(seed)
    maps = random.dirichlet(np.full(side, 0.3), (layers, heads, side)).astype(np.float32)
    back = unpack(pack(maps), layers, heads)
    assert back.shape == maps.shape
    assert np.abs(back - maps).max() <= MAX_ERROR + 1e-6


def test_the_error_is_what_it_is_said_to_be() -> None:
    every = np.linspace(0, 1, 100_001, dtype=np.float32).reshape(1, 1, 1, -1)
    error = np.abs((quantise(every) / 255.0) ** 2 - every)
    assert error.max() == pytest.approx(MAX_ERROR, abs=1e-5)
    assert error.max() < 0.004


def test_exact_weights_come_back_exactly() -> None:
    maps = np.array([[[[0.0, 1.0], [1.0, 0.0]]]], np.float32)
    np.testing.assert_array_equal(unpack(pack(maps), 1, 1), maps)


def test_an_even_row_of_a_long_text_survives() -> None:
    maps = np.full((1, 1, 512, 512), 1 / 512, np.float32)
    assert unpack(pack(maps), 1, 1).sum(-1).mean() == pytest.approx(1, abs=0.1)


def test_layers_are_one_stream_as_small_as_a_search_makes_it() -> None:
    random = np.random.default_rng(0)
    noise = random.dirichlet(np.full(60, 0.3), (4, 60)).astype(np.float32)
    alike = np.repeat(noise[:, :1], 60, axis=1)  # every query looks at the same keys
    packed, content = pack(np.stack([noise, alike])), quantise(np.stack([noise, alike])).tobytes()
    assert zlib.decompress(packed) == content
    assert len(packed) < 1.02 * len(zlib.compress(content, 4))
    assert len(pack(alike[None])) < len(alike.tobytes()) / 4 / 20


def test_damage_is_noticed() -> None:
    packed = pack(np.full((1, 1, 4, 4), 0.25, np.float32))
    with pytest.raises(ValueError, match="damaged"):
        unpack(packed[:-6], 1, 1)
    with pytest.raises(ValueError, match="not 1 x 3 square"):
        unpack(packed, 1, 3)
    with pytest.raises(ValueError, match="not 1 x 1 square"):
        unpack(zlib.compress(b"\0" * 15), 1, 1)
