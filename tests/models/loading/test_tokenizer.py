"""Tokenizers that fit their model, and those that are refused."""

import json
import shutil
from pathlib import Path

import pytest
from helpers.real.models import ARCHITECTURES, TOKENIZERS, save_model, tiny_model, tiny_tokenizer
from transformers import AutoConfig, AutoModel, AutoTokenizer

from reportgen.errors import ModelError
from reportgen.models import find_encoder
from reportgen.models.loading import (
    cut_at_the_end,
    load_tokenizer,
    padding_id,
    require_fit,
    require_vocabulary,
)


@pytest.mark.parametrize("kind", sorted(set(TOKENIZERS.values())))
def test_a_saved_tokenizer_loads_as_it_was(tmp_path: Path, kind: str) -> None:
    made = tiny_tokenizer(kind)
    made.save_pretrained(tmp_path)
    loaded = load_tokenizer(str(tmp_path))
    text = "The cat [CLS] ポイント😀"
    assert loaded(text, "pair") == made(text, "pair")
    assert loaded.pad_token_id == made.pad_token_id


def test_a_folder_without_tokenizer_files_is_refused(tmp_path: Path) -> None:
    save_model(tmp_path, "albert", tokenizer=False)
    assert len(AutoTokenizer.from_pretrained(tmp_path)) <= 5  # made up, without a word
    with pytest.raises(ModelError, match=r"no tokenizer.*--tokenizer"):
        load_tokenizer(str(tmp_path))


def test_a_tokenizer_of_special_tokens_only_is_refused(tmp_path: Path) -> None:
    save_model(tmp_path, "albert")
    (tmp_path / "tokenizer.json").unlink()
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    config["tokenizer_class"] = "AlbertTokenizer"
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"knows only \d special tokens.*--tokenizer"):
        load_tokenizer(str(tmp_path))
    require_vocabulary(tiny_tokenizer("unigram"), "made")


def test_a_broken_tokenizer_file_is_one_line(tmp_path: Path) -> None:
    save_model(tmp_path, "bert")
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ModelError, match="its tokenizer cannot be loaded") as caught:
        load_tokenizer(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_an_id_that_cannot_be_fetched_is_one_line() -> None:
    with pytest.raises(ModelError, match="nobody/nothing") as caught:
        load_tokenizer("nobody/nothing")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_each_family_fits_its_own_tokenizer(architecture: str) -> None:
    _, encoder = find_encoder(tiny_model(architecture))
    require_fit(tiny_tokenizer(TOKENIZERS[architecture]), encoder)


def test_ids_beyond_the_embedding_do_not_fit() -> None:
    encoder = tiny_model("albert")
    tokenizer = tiny_tokenizer("wordpiece")
    rows, tokens = encoder.config.vocab_size, len(tokenizer)
    assert tokens > rows
    with pytest.raises(ModelError, match=rf"up to {tokens - 1} \({tokens} tokens\).*{rows}"):
        require_fit(tokenizer, encoder)


def test_the_last_row_still_fits() -> None:
    tokenizer = tiny_tokenizer("wordpiece")
    require_fit(tokenizer, tiny_model("bert", vocab_size=len(tokenizer)))
    with pytest.raises(ModelError):
        require_fit(tokenizer, tiny_model("bert", vocab_size=len(tokenizer) - 1))


def test_a_model_without_table_of_ids_fits_any_tokenizer() -> None:
    config = AutoConfig.for_model(
        "canine", hidden_size=16, num_hidden_layers=1, num_attention_heads=2
    )
    require_fit(tiny_tokenizer("wordpiece"), AutoModel.from_config(config))


def test_batches_are_filled_with_the_models_own_padding() -> None:
    assert padding_id(tiny_tokenizer("bytes"), tiny_model("roberta")) == 1
    # The model says nothing: the tokenizer's, else its end token, else 0.
    silent = tiny_model("llama", pad_token_id=None)
    assert padding_id(tiny_tokenizer("unigram"), silent) == tiny_tokenizer("unigram").pad_token_id
    assert padding_id(tiny_tokenizer("unigram_bos"), silent) == 2
    assert tiny_tokenizer("unigram_bos").pad_token_id is None
    outside = tiny_model("gpt2")
    outside.config.pad_token_id = 100_000
    assert padding_id(tiny_tokenizer("bytes_plain"), outside) == 0
    outside.config.pad_token_id = -1
    assert padding_id(tiny_tokenizer("bytes_plain"), outside) == 0


def test_a_tokenizer_that_cuts_the_start_is_set_to_cut_the_end() -> None:
    tokenizer = tiny_tokenizer("wordpiece")
    assert cut_at_the_end(tokenizer) is None
    tokenizer.truncation_side = "left"
    assert "cut at their end" in (cut_at_the_end(tokenizer) or "")
    ids = tokenizer("the cat sat on the mat", truncation=True, max_length=4)["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids) == ["[CLS]", "the", "cat", "[SEP]"]
    assert cut_at_the_end(tokenizer) is None


def test_a_tokenizer_from_another_folder_is_the_one_used(tmp_path: Path) -> None:
    save_model(tmp_path / "model", "bert")
    shutil.copytree(tmp_path / "model", tmp_path / "other")
    assert len(load_tokenizer(str(tmp_path / "other"))) == len(tiny_tokenizer("wordpiece"))
