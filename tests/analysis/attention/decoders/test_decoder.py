"""Attention of decoders, held against the library's own and against plain sums."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from helpers.made_up.factories import make_results
from helpers.real.writers import (
    PAIRS,
    WRITERS,
    analysed_writer,
    loaded_writer,
    tiny_writer,
    with_target,
    writer_tokenizer,
)
from helpers.rounding import assert_near, near
from transformers import (
    BertConfig,
    EncoderDecoderConfig,
    EncoderDecoderModel,
    T5GemmaConfig,
    T5GemmaForConditionalGeneration,
)

from reportgen import Report
from reportgen.analysis import find_decoder
from reportgen.analysis.attention import BatchParts, Capture, DecoderCapture
from reportgen.errors import CaptureError, ResultsError, UsageError
from reportgen.models import LoadedModel, ModelSpec, load_module
from reportgen.models.tasks import with_targets
from reportgen.results import (
    DECODER_PARTS,
    MAX_ERROR,
    DecoderInfo,
    Results,
    open_results,
    part_maps,
)
from reportgen.results.maps import unpack_layers

RETURNED = {"decoder": "decoder_attentions", "cross": "cross_attentions"}


@pytest.fixture(scope="module", params=WRITERS)
def model(request: pytest.FixtureRequest) -> LoadedModel:
    return loaded_writer(request.param)


def plain_maps(model: LoadedModel, text: str, completion: str) -> dict[str, np.ndarray]:
    """By part, `[layer, head, query, key]` of the text alone, as the library returns them."""
    target = with_target(model, text, completion).target
    model.module.set_attn_implementation("eager")
    with torch.no_grad():
        returned = model.module(
            input_ids=model.tokenizer(text, return_tensors="pt")["input_ids"],
            decoder_input_ids=torch.tensor([target.read]),
            output_attentions=True,
        )
    found = {
        part: torch.stack([layer[0] for layer in returned[name]]).numpy()
        for part, name in RETURNED.items()
    }
    found["cross"] = found["cross"][:, :, target.n_given - 1 :]
    return found


def relative_entropy(row: np.ndarray, part: str, number: int) -> np.ndarray:
    """`[layer, head]` of `row` `[layer, head, key]`, between 0 and that of an even row."""
    seen = row[..., : number + 1] if part == "decoder" else row
    known = np.maximum(seen.astype(float), 1e-300)
    return -(known * np.log(known)).sum(-1) / np.log(seen.shape[-1])


def run(model: LoadedModel, *pairs: tuple[str, str]) -> BatchParts:
    texts = [with_target(model, *pair) for pair in pairs]
    parts = BatchParts(texts, [text.target for text in texts], [True] * len(texts))
    with DecoderCapture(model.writer.module).hooked(parts.take):
        Capture(model.module, model.encoder).run(model.inputs(texts), lambda *_: None)
    return parts


def test_figures_are_those_of_the_librarys_maps(model: LoadedModel) -> None:
    for pair, found in zip(PAIRS, run(model, *PAIRS).texts(), strict=True):
        text = with_target(model, *pair)
        special = {
            "decoder": np.array(text.target.specials[:-1]),
            "cross": np.array([role is not None for role in text.roles]),
        }
        for part, maps in plain_maps(model, *pair).items():
            summary = found[part]
            assert_near(summary.received, maps.mean(axis=(1, 2)))
            shares = maps[..., special[part]].sum(-1).mean(-1)
            assert_near(summary.special_share, shares)
            rows = range(1, maps.shape[2]) if part == "decoder" else range(maps.shape[2])
            plain = [relative_entropy(maps[:, :, row], part, row) for row in rows]
            assert_near(summary.entropy, np.mean(plain, axis=0))
            assert summary.row_sum_error < 1e-5
        n_read = len(text.target.read)
        even = sum((np.arange(n_read) <= row) / (row + 1) for row in range(n_read))
        assert_near(found["decoder"].expected[0], even / n_read)
        assert_near(found["cross"].expected, 1 / len(text.ids))
        n_special = special["cross"].sum()
        even = near(np.full(2, n_special / len(text.ids)))
        assert found["cross"].special_even == even


def test_equal_shares_are_counted_over_the_mask_of_each_layer() -> None:
    """T5Gemma's first layer sees a window of what was read, its last all of it."""
    tokenizer = writer_tokenizer("t5")
    sizes = {"vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 64}
    sizes |= {"num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1}
    sizes |= {"head_dim": 16, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 1}
    sizes |= {"sliding_window": 3}
    torch.manual_seed(0)
    config = T5GemmaConfig(encoder=sizes, decoder=sizes, vocab_size=len(tokenizer))
    config.decoder_start_token_id = 0
    module = T5GemmaForConditionalGeneration(config).eval()
    model = with_targets(load_module(module, tokenizer, ModelSpec()))
    texts = [with_target(model, *pair) for pair in PAIRS]
    decoder = DecoderCapture(model.writer.module)
    assert decoder.has_window
    targets = [text.target for text in texts]
    parts = BatchParts(texts, targets, [False] * len(texts), has_window=True)
    with decoder.hooked(parts.take):
        Capture(model.module, model.encoder).run(model.inputs(texts), lambda *_: None)
    for text, pair, found in zip(texts, PAIRS, parts.texts(), strict=True):
        n_read = len(text.target.read)
        special = np.array(text.target.specials[:n_read])
        summary, plain = found["decoder"], plain_maps(model, *pair)["decoder"]
        for layer, window in enumerate((3, n_read)):
            expected, entropy = np.zeros(n_read), []
            for query in range(n_read):
                seen = [key for key in range(query + 1) if query - key < window]
                expected[seen] += 1 / len(seen) / n_read
                own = plain[layer][:, query][:, seen].astype(float)
                assert own.sum(-1) == near(np.ones(2))
                if len(seen) > 1:
                    entropy.append(-(own * np.log(own)).sum(-1) / np.log(len(seen)))
            assert_near(summary.expected[layer], expected)
            assert_near(summary.entropy[layer], np.mean(entropy, axis=0))
            assert summary.special_even[layer] == near(expected[special].sum())


def test_maps_are_the_librarys_own(model: LoadedModel) -> None:
    for pair, packed in zip(PAIRS, run(model, *PAIRS).packed(), strict=True):
        for part, maps in plain_maps(model, *pair).items():
            n_layers, n_heads, n_queries, _ = maps.shape
            own = np.stack(list(unpack_layers(packed[part], n_layers, n_heads, n_queries)))
            np.testing.assert_allclose(own, maps, atol=MAX_ERROR)


def test_hooks_take_the_same_values_as_the_output(model: LoadedModel) -> None:
    """To 1e-6, which the bytes of packed maps do not show."""
    pair = PAIRS[1]
    text = with_target(model, *pair)
    taken = {part: [] for part in DECODER_PARTS}
    with DecoderCapture(model.writer.module).hooked(lambda part, maps: taken[part].append(maps[0])):
        Capture(model.module, model.encoder).run(model.inputs([text]), lambda *_: None)
    for part, maps in plain_maps(model, *pair).items():
        own = torch.stack(taken[part]).numpy()
        own = own[:, :, text.target.n_given - 1 :] if part == "cross" else own
        assert_near(own, maps)


def test_a_class_that_declares_nothing_is_read_from_its_output() -> None:
    tokenizer = writer_tokenizer("t5")
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    one = BertConfig(vocab_size=len(tokenizer), intermediate_size=64, **sizes)
    config = EncoderDecoderConfig.from_encoder_decoder_configs(
        one, BertConfig(**one.to_diff_dict())
    )
    config.decoder_start_token_id, config.pad_token_id = 0, 0
    torch.manual_seed(0)
    module = EncoderDecoderModel(config=config).eval()
    model = with_targets(load_module(module, tokenizer, ModelSpec()))
    for pair, found in zip(PAIRS[:2], run(model, *PAIRS[:2]).texts(), strict=True):
        for part, maps in plain_maps(model, *pair).items():
            assert_near(found[part].received, maps.mean(axis=(1, 2)))


def test_a_decoder_without_such_maps_is_left_out_with_a_remark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = loaded_writer("marian")
    text = with_target(model, *PAIRS[0])
    capture = Capture(model.module, model.encoder)
    decoder, remark = find_decoder(model, capture, text)
    assert remark is None
    assert decoder.info == DecoderInfo("MarianDecoder", 2, 2)

    def fail(self: BatchParts, part: str, maps: torch.Tensor) -> None:
        raise CaptureError("the decoder gives banded attention")

    monkeypatch.setattr(BatchParts, "take", fail)
    decoder, remark = find_decoder(model, capture, text)
    assert decoder is None
    assert remark.startswith("attention of the decoder is not reported: the decoder gives banded")


def test_layers_that_do_not_fit_are_told() -> None:
    model = loaded_writer("bart")
    text = with_target(model, *PAIRS[0])
    n_read, n_keys = len(text.target.read), len(text.ids)
    parts = BatchParts([text], [text.target], [False])
    parts.take("cross", torch.full((1, 2, n_read, n_keys), 1 / n_keys))
    with pytest.raises(CaptureError, match="do not each give a map"):
        parts.texts()
    with pytest.raises(CaptureError, match="fewer than the text's tokens"):
        parts.take("cross", torch.zeros(1, 2, n_read, n_keys - 1))
    with pytest.raises(CaptureError, match="only one map"):
        parts.take("cross", torch.zeros(1, n_read, n_keys))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return analysed_writer(
        tmp_path_factory.mktemp("decoded"), "pegasus", "--evidence", "none", "--keep-maps", "2"
    )


def test_results_hold_the_decoders_figures_and_maps(results: Results) -> None:
    model = load_module(tiny_writer("pegasus"), writer_tokenizer("pegasus"), ModelSpec())
    model = with_targets(model)
    assert results.info.model.decoder == DecoderInfo("PegasusDecoder", 2, 2)
    heads = results.stored("decoder_heads")
    assert len(heads) == len(PAIRS) * 2 * 2 * 2
    for row, pair in enumerate(PAIRS):
        plain = plain_maps(model, *pair)
        cross = np.stack(results.tokens_of(row)["cross_received_layers"])
        assert_near(cross, plain["cross"].mean(axis=(1, 2)).T)
        means = results.tokens_of(row)["cross_received"].to_numpy(float)
        assert_near(means, cross.mean(axis=1))
        assert means.sum() == near(1)
        target = results.target_of(row)
        received = np.stack(target["received_layers"].iloc[:-1])
        assert_near(received, plain["decoder"].mean(axis=(1, 2)).T)
        assert target["received"].iloc[:-1].sum() == near(1)
        assert target[["received", "expected"]].iloc[-1].isna().all()
        for part in DECODER_PARTS:
            found = part_maps(results, row, part)
            if row == 2:
                assert found is None  # --keep-maps 2
            else:
                np.testing.assert_allclose((found / 255.0) ** 2, plain[part], atol=MAX_ERROR)


def test_a_damaged_table_of_the_decoders_heads_is_told(results: Results, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(results.folder, tmp_path / "copy"))
    (folder / "decoder_heads.parquet").unlink()
    with pytest.raises(ResultsError, match=r"decoder_heads\.parquet: is missing"):
        open_results(folder).stored("decoder_heads")


def test_maps_of_each_part_are_arrays_with_their_tokens(results: Results, tmp_path: Path) -> None:
    report = Report(results)
    tokens = tuple(results.tokens_of(1)["token"])
    target = results.target_of(1)
    written = tuple(target["token"][~target["is_given"].astype(bool)])
    cross = report.maps("2", layer=2, head=1, part="cross")
    assert (cross.queries, cross.tokens) == (written, tokens)
    assert_near(cross.values, (part_maps(results, 1, "cross")[1, 0] / 255.0) ** 2)
    decoder = report.maps("2", None, None, "decoder")
    assert decoder.queries == decoder.tokens == tuple(target["token"][:-1])
    assert decoder.values.shape == (2, 2, len(target) - 1, len(target) - 1)
    np.testing.assert_allclose(decoder.values.sum(-1), 1, atol=0.02)
    assert report.maps("2").queries == report.maps("2").tokens == tokens
    with pytest.raises(UsageError, match="layer=3: layers are 1 to 2"):
        report.maps("2", layer=3, part="cross")
    with pytest.raises(UsageError, match='part=\'self\': give "encoder", "decoder" or "cross"'):
        report.maps("2", part="self")
    with pytest.raises(UsageError, match="its maps were not kept"):
        report.maps("3", part="cross")
    report.save(tmp_path / "maps.npz")
    found = np.load(tmp_path / "maps.npz", allow_pickle=False)
    assert found["cross_2"].shape == (2, 2, len(written), len(tokens))
    assert tuple(found["written_2"]) == written
    assert np.array_equal(found["decoder_2"], decoder.values)
    assert tuple(found["read_2"]) == decoder.tokens


def test_a_model_without_a_decoder_has_one_part(tmp_path: Path) -> None:
    report = Report(make_results(tmp_path, ("ab cd", "ef gh")))
    with pytest.raises(UsageError, match='no decoder of its own, only "encoder"'):
        report.maps("1", part="cross")


def test_the_file_of_tokens_has_what_the_decoder_looks_at(results: Results, tmp_path: Path) -> None:
    Report(results).save(tmp_path / "tokens.csv")
    found = pd.read_csv(tmp_path / "tokens.csv")
    assert_near(found["cross_received"], results.tokens["cross_received"].to_numpy(float))
