"""The maps of a decoder in the data of a page: as they are stored, or the mean over heads."""

import json
import re
import zlib
from base64 import b85decode

import numpy as np
import pytest
from helpers.calling import call
from helpers.real.writers import PAIRS, save_writer

from reportgen.report.html.assets import environment
from reportgen.report.html.blocks import Block
from reportgen.report.html.data import in_letters
from reportgen.report.html.size_plan import Level
from reportgen.results.info import DECODER_PARTS
from reportgen.results.maps.packed import Packer, quantise, unpack_levels
from reportgen.results.store import Results, open_results
from reportgen.results.targets import packed_part, part_maps


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("decoded")
    save_writer(folder / "model", "marian")
    lines = [json.dumps({"text": text, "completion": target}) for text, target in PAIRS]
    (folder / "texts.jsonl").write_text("\n".join(lines), "utf-8")
    given = ("-m", folder / "model", "--evidence", "none", "-o", folder / "made")
    done = call("analyze", folder / "texts.jsonl", *given)
    assert done.exit_code == 0, done.stderr
    return open_results(folder / "made")


def carried(block: str, part: str) -> bytes:
    letters = re.search(f'id="{part}-1">([^<]*)</script>', block)[1]
    return b85decode(letters.translate(str.maketrans(",.:", "<>&")))


@pytest.mark.parametrize("part", DECODER_PARTS)
def test_with_every_head_they_are_the_stored_ones(results: Results, part: str) -> None:
    block = Block(results, 0, environment())
    assert carried(str(block.at(Level.HEADS)), part) == packed_part(results, 0, part)


@pytest.mark.parametrize("part", DECODER_PARTS)
def test_with_layers_alone_they_are_means_over_heads(results: Results, part: str) -> None:
    packed = carried(str(Block(results, 0, environment()).at(Level.LAYERS)), part)
    whole = (part_maps(results, 0, part) / 255.0) ** 2
    levels = unpack_levels(packed, 2, 1, whole.shape[2])
    np.testing.assert_allclose((levels[:, 0] / 255.0) ** 2, whole.mean(axis=1), atol=0.004)
    assert len(zlib.decompress(packed)) == whole[:, 0].size


@pytest.mark.parametrize("text", range(len(PAIRS)))
def test_their_bytes_count(results: Results, text: int) -> None:
    block = Block(results, text, environment())
    assert block.heads_size() == pytest.approx(len(block.at(Level.HEADS).encode()), abs=4)
    assert block.layers_size() == len(block.at(Level.LAYERS).encode())


def test_where_maps_of_a_long_text_are_pooled_they_are_left_out(results: Results) -> None:
    block = Block(results, 1, environment(), pool_above=2)
    assert 'id="cross-2"' not in str(block.at(Level.HEADS))


def test_a_pair_of_thirty_tokens_with_144_heads_takes_at_most_140_kilobytes() -> None:
    random = np.random.default_rng(0)
    for spread in (0.5, 1.0, 2.0, 4.0):
        scores = np.exp(random.normal(0, spread, (12, 12, 30, 30)))
        packer = Packer()
        for layer in (scores / scores.sum(-1, keepdims=True)).astype(np.float32):
            packer.add(quantise(layer))
        assert len(in_letters(packer.finish())) <= 140_000
