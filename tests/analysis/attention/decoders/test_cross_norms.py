"""Norm-weighted cross-attention against vectors that are added up one by one."""

import json
import re
import shutil
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from helpers.made_up.unlisted import without_manifest
from helpers.real.writers import (
    PAIRS,
    WRITERS,
    analysed_writer,
    loaded_writer,
    tiny_decoder_head,
    with_target,
    writer_tokenizer,
)
from helpers.rounding import assert_near
from torch import nn

from reportgen import Report
from reportgen.analysis import find_decoder, sample_text
from reportgen.analysis.attention import BatchParts, Capture, CrossNorms, CrossTextNorms
from reportgen.errors import ResultsError, UsageError
from reportgen.models import LoadedModel, ModelSpec, load_module
from reportgen.models.tokens import encode
from reportgen.report.html import Block, Level, environment
from reportgen.results import MAX_ERROR, Results, open_results

# The names of the modules that a layer's cross-attention is made of: itself, values, output.
_NAMES = {"t5": ("EncDecAttention", "v", "o"), "": ("encoder_attn", "v_proj", "out_proj")}


@pytest.fixture(scope="module", params=WRITERS)
def model(request: pytest.FixtureRequest) -> LoadedModel:
    return loaded_writer(request.param)


def cross_modules(decoder: nn.Module) -> list[tuple[nn.Module, nn.Module]]:
    found = []
    for own, value, output in _NAMES.values():
        for path, module in decoder.named_modules():
            if path.endswith(own):
                found.append((getattr(module, value), getattr(module, output)))
    return found


def plain(
    model: LoadedModel, ids: Sequence[int], read: Sequence[int], first: int
) -> tuple[np.ndarray, ...]:
    """The library's cross maps `[layer, head, query, key]`, and the lengths of what the query gets
    from the key: from each head, of the same shape, and from all together `[layer, query, key]`."""
    module = model.module
    module.set_attn_implementation("eager")
    inputs = {"input_ids": torch.tensor([list(ids)]), "output_attentions": True}
    if not model.output.labels:  # a classifier gives its decoder the text itself
        inputs["decoder_input_ids"] = torch.tensor([list(read)])
    with torch.no_grad():
        returned = module(**inputs)
        states = returned.encoder_last_hidden_state[0]
        layers = [
            _lengths(maps[0, :, first : len(read)], states, *modules)
            for maps, modules in zip(
                returned.cross_attentions, cross_modules(module.get_decoder()), strict=True
            )
        ]
    return tuple(np.stack(own) for own in zip(*layers, strict=True))


def _lengths(
    maps: torch.Tensor, states: torch.Tensor, value: nn.Module, output: nn.Module
) -> tuple[np.ndarray, ...]:
    n_heads, n_queries, n_keys = maps.shape
    size = output.weight.shape[1] // n_heads
    single, every = np.zeros(maps.shape), np.zeros(maps.shape[1:])
    for query, key in np.ndindex(n_queries, n_keys):
        whole = torch.zeros(output.weight.shape[0])
        for head in range(n_heads):
            own = slice(head * size, (head + 1) * size)
            passed = output.weight[:, own] @ value(states[key])[own]
            vector = maps[head, query, key] * passed
            single[head, query, key] = vector.norm()
            whole += vector
        every[query, key] = whole.norm()
    return maps.numpy(), single, every


def measured(model: LoadedModel, *pairs: tuple[str, str]) -> list[CrossTextNorms]:
    capture = Capture(model.module, model.encoder)
    decoder, remark = find_decoder(model, capture, sample_text(model), with_values=True)
    assert remark is None
    assert isinstance(decoder.norms, CrossNorms)
    assert decoder.norms.error < 1e-5
    texts = [with_target(model, *pair) for pair in pairs]
    parts = BatchParts(texts, [text.target for text in texts], [True] * len(texts), decoder.norms)
    with parts.hooked(), decoder.hooked(parts.take):
        capture.run(model.inputs(texts), lambda *_: None)
    return [found["cross"].norms for found in parts.texts()]


def test_norms_are_the_lengths_of_vectors_added_up_one_by_one(model: LoadedModel) -> None:
    for pair, found in zip(PAIRS, measured(model, *PAIRS), strict=True):
        text = with_target(model, *pair)
        maps, single, every = plain(model, text.ids, text.target.read, text.target.n_given - 1)
        rows = every / every.sum(-1, keepdims=True)
        assert_near(found.received, rows.mean(1))
        assert_near(found.received.sum(-1), 1)
        lengths = maps * found.sizes[:, :, None]
        np.testing.assert_allclose(lengths, single, atol=1e-5 * max(1, single.max()))
        assert found.is_proven
        assert found.error < 1e-5


def test_the_row_that_a_head_reads_has_norms_too() -> None:
    module = tiny_decoder_head("Bart")
    model = load_module(module, writer_tokenizer("bart"), ModelSpec())
    capture = Capture(model.module, model.encoder)
    decoder, _ = find_decoder(model, capture, sample_text(model), with_values=True)
    text = encode(model.tokenizer, "a very good film", None, 64)
    target = decoder.tokens(text)
    parts = BatchParts([text], [target], [False], decoder.norms)
    with parts.hooked(), decoder.hooked(parts.take):
        capture.run(model.inputs([text]), lambda *_: None)
    (found,) = parts.texts()
    _, _, every = plain(model, text.ids, target.read, target.n_given - 1)
    assert every.shape[1] == 1
    row = every[:, 0] / every[:, 0].sum(-1, keepdims=True)
    assert_near(found["cross"].norms.received, row)


def test_values_that_do_not_give_the_output_are_not_used(monkeypatch) -> None:
    model = loaded_writer("marian")
    capture = Capture(model.module, model.encoder)
    name = "reportgen.analysis.attention.decoders.cross_norms.find_cross_projections"
    monkeypatch.setattr(name, lambda decoder, n_heads: ())
    decoder, _ = find_decoder(model, capture, sample_text(model), with_values=True)
    assert decoder.norms == decoder.why_no_norms(0) == "values_unreadable"
    monkeypatch.undo()
    for _, output in cross_modules(model.writer.module.get_decoder()):
        output.register_forward_hook(lambda module, args, made: 2 * made)
    decoder, _ = find_decoder(model, capture, sample_text(model), with_values=True)
    assert decoder.norms == decoder.why_no_norms(0) == "values_unproven"
    assert find_decoder(model, capture, sample_text(model))[0].norms is None


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return analysed_writer(
        tmp_path_factory.mktemp("weighted"), "t5", "--keep-maps", "2", "--evidence-texts", "1"
    )


def test_results_have_them_by_token_and_by_head(results: Results, tmp_path: Path) -> None:
    model = loaded_writer("t5")
    report = Report(results)
    for row, pair in enumerate(PAIRS):
        text = with_target(model, *pair)
        _, by_head, every = plain(model, text.ids, text.target.read, text.target.n_given - 1)
        received = (every / every.sum(-1, keepdims=True)).mean(1)
        tokens = results.tokens_of(row)
        own = np.stack(tokens["cross_received_norm_layers"])
        assert_near(own, received.T)
        assert_near(tokens["cross_received_norm"].to_numpy(float), received.mean(0))
        if row == 2:  # --keep-maps 2
            assert tokens["cross_value_sizes"].isna().all()
            continue
        found = report.maps(str(row + 1), None, None, "cross", values=True).values
        sizes = np.stack(tokens["cross_value_sizes"]).T.reshape(2, 4, 1, -1)
        assert (np.abs(found - by_head) <= MAX_ERROR * sizes + 1e-5).all()
        mean = report.maps(str(row + 1), 1, "mean", "cross", values=True).values
        assert_near(mean, found[0].mean(0))
    with pytest.raises(UsageError, match="only maps of part=\"cross\" have values, not 'encoder'"):
        report.maps("1", values=True)
    report.save(tmp_path / "maps.npz", tmp_path / "tokens.csv")
    kept = np.load(tmp_path / "maps.npz", allow_pickle=False)
    assert kept["cross_values_2"].shape == (2, 4, len(results.tokens_of(1)))
    table = pd.read_csv(tmp_path / "tokens.csv")["cross_received_norm"]
    assert_near(table, results.tokens["cross_received_norm"])


def test_a_page_has_lengths_only_beside_the_maps_of_every_head(results: Results) -> None:
    block = Block(results, 0, environment())
    whole, means = str(block.at(Level.HEADS)), str(block.at(Level.LAYERS))
    (letters,) = re.findall(r'"lengths": ?"([^"]*)"', whole)
    (longest,) = re.findall(r'"longest": ?(\[[^]]*\])', whole)
    stored = np.stack(results.tokens_of(0)["cross_value_sizes"]).T
    levels = np.frombuffer(b64decode(letters), np.uint8).reshape(stored.shape)
    sizes = levels / 255 * np.array(json.loads(longest))[:, None]
    np.testing.assert_allclose(sizes, stored, atol=0.0026 * stored.max())
    assert '"lengths"' not in means
    assert '"longest"' not in means
    assert block.heads_size() == pytest.approx(len(whole.encode()), abs=4)
    assert block.layers_size() == len(means.encode())


def test_lengths_of_another_size_are_damage(results: Results, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(results.folder, tmp_path / "copy"))
    table = pq.read_table(folder / "tokens.parquet")
    at = table.column_names.index("cross_value_sizes")
    short = [None if own is None else own[:-1] for own in table.column(at).to_pylist()]
    field = table.schema.field(at)
    shorter = table.set_column(at, field, pa.array(short, field.type))
    pq.write_table(shorter, folder / "tokens.parquet")
    without_manifest(folder)
    with pytest.raises(ResultsError, match="cross_value_sizes"):
        open_results(folder).stored("tokens")
