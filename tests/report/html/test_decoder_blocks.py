"""The maps of a decoder in the data of a page: as they are stored, or the mean over heads."""

import json
import re
import zlib
from itertools import product

import numpy as np
import pytest
from helpers.calling import call
from helpers.cases import some_of
from helpers.letters import from_letters
from helpers.made_up.cross_sizes import with_cross_sizes
from helpers.real.writers import PAIRS, analysed_writer, save_writer

from reportgen.report.html import Block, Level, environment, in_letters, packed_lengths
from reportgen.results import (
    DECODER_PARTS,
    Packer,
    Results,
    cross_sizes,
    open_results,
    packed_part,
    part_maps,
    quantise,
)
from reportgen.results.maps import unpack_levels


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return analysed_writer(tmp_path_factory.mktemp("decoded"), "marian", "--evidence", "none")


def carried(block: str, part: str, number: int = 1) -> bytes:
    letters = re.search(f'id="{part}-{number}">([^<]*)</script>', block)[1]
    return from_letters(letters)


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


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A long text with a long target, a long text with a short one, and the other way round."""
    folder = tmp_path_factory.mktemp("long")
    save_writer(folder / "model", "marian", max_position_embeddings=1024)
    words, few = "the cat sat on a very good film " * 20, "the cat sat"
    pairs = ((words, words), (words, few), (few, words))
    lines = [json.dumps({"text": text, "completion": target}) for text, target in pairs]
    (folder / "texts.jsonl").write_text("\n".join(lines), "utf-8")
    given = ("-m", folder / "model", "--units", "word", "--evidence", "none")
    done = call("analyze", folder / "texts.jsonl", *given, "-o", folder / "made")
    assert done.exit_code == 0, done.stderr
    return with_cross_sizes(open_results(folder / "made"))


def cells_of(known: list[int], how: dict | None) -> list[int]:
    """The cell of each token, from the unit of each; by token where nothing is pooled."""
    return list(range(len(known))) if how is None else [how["cells"][unit] for unit in known]


@pytest.mark.parametrize(
    ("row", "level"),
    some_of(
        product(range(3), [Level.HEADS, Level.LAYERS]),
        *((0, Level.HEADS), (1, Level.HEADS), (2, Level.LAYERS)),
    ),
)
def test_maps_of_long_texts_and_targets_are_pooled(long: Results, row: int, level: Level) -> None:
    block = str(Block(long, row, environment(), pool_above=130).at(level))
    data = json.loads(re.search(r'id="data-\d+">([^<]*)</script>', block)[1])
    assert ("cells" in data) is (row < 2)
    assert ("writtenCells" in data) is ("readCells" in data) is (row != 1)
    columns = cells_of(data["units"], data if row < 2 else None)
    written = cells_of(data["writes"], data.get("writtenCells"))
    read = cells_of(list(range(len(data["read"]))), data.get("readCells"))
    for part, rows, keys in (("cross", written, columns), ("decoder", read, read)):
        whole = (part_maps(long, row, part) / 255.0) ** 2
        if level is Level.LAYERS:
            whole = whole.mean(axis=1, keepdims=True)
        plain = np.zeros((*whole.shape[:2], max(rows) + 1, max(keys) + 1))
        for (query, into), (key, onto) in product(enumerate(rows), enumerate(keys)):
            plain[:, :, into, onto] += whole[:, :, query, key] / rows.count(into)
        packed = carried(block, part, row + 1)
        own = unpack_levels(packed, 2, whole.shape[1], max(rows) + 1)
        assert own.shape == plain.shape
        np.testing.assert_allclose((own / 255.0) ** 2, np.minimum(plain, 1), atol=0.004)
    if row < 2 and level is Level.HEADS:
        whole = (part_maps(long, row, "cross") / 255.0) ** 2 * cross_sizes(long, row)[:, :, None]
        plain = np.zeros((*whole.shape[:2], max(written) + 1, max(columns) + 1))
        for (query, into), (key, onto) in product(enumerate(written), enumerate(columns)):
            plain[:, :, into, onto] += whole[:, :, query, key] / written.count(into)
        own = unpack_levels(carried(block, "values", row + 1), 2, whole.shape[1], max(written) + 1)
        unit = np.reshape(data["longest"], (2, -1, 1, 1))
        np.testing.assert_allclose((own / 255.0) ** 2, plain / unit, atol=0.004)
    else:
        assert ("longest" in data) is (level is Level.HEADS)
        assert 'id="values-' not in block
    assert max(max(rows) for rows in (columns, written, read)) < 200
    for given in data["given"]:  # special tokens keep cells of their own
        assert read.count(read[given]) == 1


def test_a_pair_of_thirty_tokens_with_144_heads_takes_at_most_140_kilobytes() -> None:
    random = np.random.default_rng(0)
    for spread in (0.5, 1.0, 2.0, 4.0):
        scores = np.exp(random.normal(0, spread, (12, 12, 30, 30)))
        packer = Packer()
        for layer in (scores / scores.sum(-1, keepdims=True)).astype(np.float32):
            packer.add(quantise(layer))
        letters, longest = packed_lengths(random.uniform(1, 5, (12, 12, 30)).astype(np.float32))
        beside = len(letters) + len(json.dumps(longest))
        assert len(in_letters(packer.finish())) + beside <= 140_000
