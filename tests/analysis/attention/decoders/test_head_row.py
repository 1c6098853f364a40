"""Attention of decoders that a head reads, held against the library's own."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from helpers.calling import call
from helpers.real.models import tiny_tokenizer
from helpers.real.writers import PAIRS, tiny_decoder_head, writer_tokenizer
from helpers.rounding import assert_near
from torch import Tensor, nn
from transformers import (
    BartForQuestionAnswering,
    BartModel,
    PreTrainedModel,
    T5ForQuestionAnswering,
    T5GemmaConfig,
    T5GemmaForSequenceClassification,
)

from reportgen.analysis import find_decoder, sample_text
from reportgen.analysis.attention import (
    BatchParts,
    Capture,
    HeadRow,
    find_head_row,
    probe,
    reads_the_same_row,
)
from reportgen.api import check_model
from reportgen.models import EncodedText, LoadedModel, ModelSpec, load_module
from reportgen.models.tokens import encode
from reportgen.results import (
    DECODER_PARTS,
    MAX_ERROR,
    Results,
    open_results,
    part_maps,
    read_labels,
    row_units,
    target_units,
    text_units,
    written_units,
)

HEADS = ("Bart", "MBart", "PLBart", "Mvp", "T5", "MT5", "UMT5")
TEXTS = tuple(text for pair in PAIRS for text in pair)


def tokenizer_of(name: str):
    return writer_tokenizer("bart" if name == "Bart" else "t5")


def tiny_t5gemma() -> PreTrainedModel:
    """Its head reads the last token of all, and the texts have no token at their end."""
    tokenizer = tiny_tokenizer("unigram")
    sizes = {"vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 64}
    sizes |= {"num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1}
    sizes |= {"head_dim": 16, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    config = T5GemmaConfig(encoder=sizes, decoder=sizes, num_labels=3, vocab_size=len(tokenizer))
    torch.manual_seed(0)
    return T5GemmaForSequenceClassification(config).eval()


def load(name: str) -> LoadedModel:
    if name == "T5Gemma":
        return load_module(tiny_t5gemma(), tiny_tokenizer("unigram"), ModelSpec())
    return load_module(tiny_decoder_head(name), tokenizer_of(name), ModelSpec())


def encoded(model: LoadedModel, text: str) -> EncodedText:
    return encode(model.tokenizer, text, None, model.info.max_tokens)


def plain_maps(model: LoadedModel, text: EncodedText) -> dict[str, np.ndarray]:
    """By part, `[layer, head, query, key]` of the text alone, as the library returns them."""
    model.module.set_attn_implementation("eager")
    ids = torch.tensor([text.ids])
    given = {"input_ids": ids, "output_attentions": True}
    if hasattr(model.module, "score"):  # T5Gemma's class leaves cross-attention out
        given["decoder_input_ids"] = model.module._shift_right(ids)
    inner = model.module.model if hasattr(model.module, "score") else model.module
    with torch.no_grad():
        returned = inner(**given)
    eos = model.tokenizer.eos_token_id
    row = max((i for i, own in enumerate(text.ids) if own == eos), default=len(text.ids) - 1)
    decoder, cross = (
        torch.stack([layer[0] for layer in maps]).numpy()
        for maps in (returned.decoder_attentions, returned.cross_attentions)
    )
    return {
        "decoder": decoder[:, :, : row + 1, : row + 1],
        "cross": cross[:, :, row : row + 1],
    }


@pytest.mark.parametrize("name", [*HEADS, "T5Gemma"])
def test_maps_of_the_row_that_is_read_are_the_librarys_own(name: str) -> None:
    model = load(name)
    texts = [encoded(model, text) for text in TEXTS]
    capture = Capture(model.module, model.encoder)
    decoder, remark = find_decoder(model, capture, texts[3])
    assert remark is None
    for text in texts:
        parts = BatchParts([text], [decoder.tokens(text)], [True])
        taken = {part: [] for part in DECODER_PARTS}

        def take(part, maps, parts=parts, taken=taken):
            parts.take(part, maps)
            taken[part].append(maps[0])

        with decoder.hooked(take):
            capture.run(model.inputs([text]), lambda *_: None)
        plain, (found,) = plain_maps(model, text), parts.texts()
        for part in DECODER_PARTS:
            own = torch.stack(taken[part]).numpy()
            n_read = plain["decoder"].shape[2]
            own = own[:, :, n_read - 1 : n_read] if part == "cross" else own[:, :, :n_read, :n_read]
            assert_near(own, plain[part])
            received = plain[part].mean(axis=(1, 2))
            assert_near(found[part].received, received)
            assert found[part].row_sum_error < 1e-5


@pytest.mark.parametrize("name", ["Bart", "T5", "T5Gemma"])
def test_no_other_row_changes_the_output(name: str) -> None:
    """The decoder's last hidden states are kept in that row alone, and the output stays."""
    model = load(name)
    text = encoded(model, TEXTS[2])
    whole, head = find_head_row(model, text)
    at = len(head.tokens(text).read) - 1

    def only(module: nn.Module, args: object, output: object) -> object:
        hidden = output[0].clone()
        hidden[:, :at] = 0
        hidden[:, at + 1 :] = 0
        output["last_hidden_state"] = hidden
        return output

    inputs = model.inputs([text])
    with torch.no_grad():
        before = model.module(**inputs).logits
        handle = whole.get_decoder().register_forward_hook(only)
        after = model.module(**inputs).logits
        handle.remove()
    torch.testing.assert_close(after, before)


def test_the_head_reads_where_its_token_stands_last() -> None:
    """The first mBART puts the language behind the end."""
    model = load("MBart")
    text = encoded(model, "the cat </s> sat")
    eos, start = model.tokenizer.eos_token_id, model.tokenizer.pad_token_id
    places = [i for i, own in enumerate(text.ids) if own == eos]
    assert len(places) == 2
    found = HeadRow(model.tokenizer, start, eos).tokens(text)
    assert found.read == (start, *text.ids[:-1])
    assert found.written == (eos,)
    behind = EncodedText(
        **{name: getattr(text, name) for name in text.__slots__}
        | {
            "ids": (*text.ids, 7),
            "roles": (*text.roles, "sep"),
        }
    )
    assert HeadRow(model.tokenizer, start, eos).tokens(behind) == found
    assert HeadRow(model.tokenizer, start, None).tokens(behind).read == (start, *text.ids)


class Pooled(nn.Module):
    """A user's own head, on the mean of all rows or on one of them."""

    def __init__(self, bart: BartModel, row: int | None) -> None:
        super().__init__()
        self.bart, self.row, self.score = bart, row, nn.Linear(32, 1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        hidden = self.bart(input_ids, attention_mask=attention_mask)[0]
        return self.score(hidden.mean(1) if self.row is None else hidden[:, self.row])


@pytest.mark.parametrize(
    ("row", "remark"),
    [
        (-1, None),
        (None, "the output is read from 11 of its rows"),
        (3, "the output is read from a row in the middle of the text"),
    ],
)
def test_a_users_own_head(row: int | None, remark: str | None) -> None:
    module = Pooled(tiny_decoder_head("Bart").model, row).eval()
    model = load_module(module, writer_tokenizer("bart"), ModelSpec())
    text = encoded(model, TEXTS[0] + " on")
    assert len(text.ids) == 11
    decoder, found = find_decoder(model, Capture(model.module, model.encoder), text)
    assert (decoder is None) == (remark is not None)
    told = "attention of the decoder is not reported: "
    assert found == (None if remark is None else told + remark)


def test_a_head_that_reads_the_encoder_has_no_such_row() -> None:
    model = load_module(
        tiny_decoder_head("Bart").model.encoder, writer_tokenizer("bart"), ModelSpec()
    )
    assert find_head_row(model, encoded(model, TEXTS[0])) is None


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("headed")
    tiny_decoder_head("Bart").save_pretrained(folder / "model")
    writer_tokenizer("bart").save_pretrained(folder / "model")
    lines = [json.dumps({"text": text, "label": "good"}) for text in TEXTS]
    (folder / "texts.jsonl").write_text("\n".join(lines), "utf-8")
    given = ("-m", folder / "model", "-o", f"{folder}/made/", "-o", folder / "tokens.csv")
    done = call("run", folder / "texts.jsonl", *given, "-o", folder / "page.html")
    assert done.exit_code == 0, done.stderr
    return open_results(folder / "made")


def test_results_hold_what_the_row_looks_at(results: Results) -> None:
    model = load("Bart")
    assert results.info.head_reads_decoder
    for row, source in enumerate(TEXTS):
        plain = plain_maps(model, encoded(model, source))
        cross = np.stack(results.tokens_of(row)["cross_received_layers"])
        assert_near(cross, plain["cross"].mean(axis=(1, 2)).T)
        for part in DECODER_PARTS:
            found = part_maps(results, row, part)
            np.testing.assert_allclose((found / 255.0) ** 2, plain[part], atol=MAX_ERROR)
        assert target_units(results, row) == ()  # nothing is written
    table = pd.read_csv(results.folder.parent / "tokens.csv")
    assert_near(table["cross_received"], results.tokens["cross_received"].to_numpy(float))
    agreement = results.stored("agreement")
    assert "cross_received" in set(agreement["view"])


def test_what_the_decoder_reads_is_named_as_in_the_text(results: Results) -> None:
    assert read_labels(results, 0) == ["</s>", "<s>", "t", "he", "␣", "c", "at", "sat"]


def test_the_page_says_that_the_prediction_is_read_there(results: Results) -> None:
    page = (results.folder.parent / "page.html").read_text("utf-8")
    assert "The row is the place in the decoder that the prediction is read from" in page
    assert "Where the prediction is read, the decoder looks across at the text." in page
    assert "A row is a token of the completion" not in page


def test_a_check_says_that_the_decoder_is_read(results: Results) -> None:
    told = "\n".join(check_model(ModelSpec(model=str(results.folder.parent / "model"))))
    assert (
        "the encoder, the decoder, which the output is read from, and its cross-attention" in told
    )


def test_texts_whose_row_moves_beside_padding_run_at_equal_lengths() -> None:
    """T5Gemma's head reads one row further where padding follows, however little that changes."""
    model = load("T5Gemma")
    with torch.no_grad():
        model.module.score.out_proj.weight.mul_(1e-6)
    texts = [encoded(model, text) for text in TEXTS]
    assert not reads_the_same_row(model, texts[3], texts[0])
    found = probe(model, Capture(model.module, model.encoder), texts)
    assert found.padded_difference < 1e-6
    assert found.batching == "equal lengths"
    bart = load("Bart")
    texts = [encoded(bart, text) for text in TEXTS]
    assert reads_the_same_row(bart, texts[3], texts[0])
    assert probe(bart, Capture(bart.module, bart.encoder), texts).batching == "padded"


def answering(name: str) -> PreTrainedModel:
    config = tiny_decoder_head(name).config
    config.num_labels = 2
    torch.manual_seed(0)
    kind = {"Bart": BartForQuestionAnswering, "T5": T5ForQuestionAnswering}[name]
    return kind(config).eval()


@pytest.mark.parametrize("name", ["Bart", "T5"])
def test_an_answer_is_read_from_a_row_for_each_token_of_the_context(name: str) -> None:
    """The first of the two log-probabilities has a gradient at each of these rows, and no other."""
    model = load_module(answering(name), tokenizer_of(name), ModelSpec())
    text = sample_text(model)
    decoder, remark = find_decoder(model, Capture(model.module, model.encoder), text)
    assert remark is None
    context = [i for i, own in enumerate(text.segments) if own == 1]
    inputs, states = model.inputs([text]), []
    inner = model.module.get_decoder()
    handle = inner.register_forward_hook(lambda *own: states.append(own[2][0]) or None)
    returned = model.module(**inputs)
    handle.remove()
    (slope,) = torch.autograd.grad(model.reader.values(returned, inputs, [text])[0, 0], states[0])
    assert slope[0].abs().amax(-1).nonzero().flatten().tolist() == context
    target = decoder.tokens(text)
    assert target.read[1:] == text.ids[:-1]
    assert target.written == text.ids[context[0] :]


def test_answers_have_maps_with_a_row_for_each_token_of_the_context(tmp_path: Path) -> None:
    answering("Bart").save_pretrained(tmp_path / "model")
    writer_tokenizer("bart").save_pretrained(tmp_path / "model")
    lines = [json.dumps({"text": "who sat?", "pair": pair}) for pair in TEXTS[1:3]]
    (tmp_path / "texts.jsonl").write_text("\n".join(lines), "utf-8")
    given = ("-m", tmp_path / "model", "--evidence", "none", "-o", f"{tmp_path}/made/")
    done = call("run", tmp_path / "texts.jsonl", *given, "-o", tmp_path / "page.html")
    assert done.exit_code == 0, done.stderr
    results, module = open_results(tmp_path / "made"), answering("Bart")
    module.set_attn_implementation("eager")
    for row in range(2):
        tokens = results.tokens_of(row)
        ids = torch.tensor([tokens["token_id"].tolist()])
        with torch.no_grad():
            returned = module(input_ids=ids, output_attentions=True)
        first = int(tokens["segment"].eq(1).fillna(False).to_numpy(bool).argmax())
        cross = torch.stack([layer[0, :, first:] for layer in returned.cross_attentions]).numpy()
        found = part_maps(results, row, "cross")
        np.testing.assert_allclose((found / 255.0) ** 2, cross, atol=MAX_ERROR)
        received = np.stack(tokens["cross_received_layers"])
        assert_near(received, cross.mean(axis=(1, 2)).T)
        units = text_units(results, row).units
        assert row_units(results, row) == units[tokens["unit"][first] :]
        assert len(written_units(results, row)) == len(tokens) - first
        assert target_units(results, row) == ()
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "A row is a token of the context: where the decoder looks" in page
    assert "Where the ends of the answer are read, the decoder looks across at both texts." in page
    assert "of the completion" not in page.split("<script")[0]
