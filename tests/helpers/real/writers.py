"""Tiny random encoder-decoders, each with a decoder of its own number of layers and heads."""

import json
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    M2M100Config,
    M2M100ForConditionalGeneration,
    MarianConfig,
    MarianMTModel,
    MBartConfig,
    MBartForConditionalGeneration,
    PegasusConfig,
    PegasusForConditionalGeneration,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from helpers.calling import call
from helpers.real.models import tiny_tokenizer
from reportgen.models import EncodedText, LoadedModel, ModelSpec, load_module
from reportgen.models.tasks import encode_with_target, with_targets
from reportgen.results import Results, open_results

_CLASSES: dict[str, tuple[type, type]] = {
    "t5": (T5Config, T5ForConditionalGeneration),
    "bart": (BartConfig, BartForConditionalGeneration),
    "marian": (MarianConfig, MarianMTModel),
    "mbart": (MBartConfig, MBartForConditionalGeneration),
    "pegasus": (PegasusConfig, PegasusForConditionalGeneration),
    "m2m_100": (M2M100Config, M2M100ForConditionalGeneration),
}
WRITERS = tuple(_CLASSES)
PAIRS = (
    ("the cat sat", "on the mat"),
    ("a very good film with a very bad ending", "Free coffee for every new member"),
    ("年会費無料、週末限定", "割引"),
)


def writer_tokenizer(name: str) -> PreTrainedTokenizerFast:
    """`<s> text </s>` for BART, `text </s>` for the others."""
    return tiny_tokenizer("bytes" if name == "bart" else "unigram_eos")


def tiny_writer(name: str, **changes: Any) -> PreTrainedModel:
    """A random encoder-decoder of the family `name`; `changes` override its configuration."""
    return _made(*_CLASSES[name], _settings(name, **changes))


def tiny_decoder_head(name: str, **changes: Any) -> PreTrainedModel:
    """A random classifier of the family `name`, such as "Bart" or "MT5", that reads its decoder."""
    config, kind = (
        getattr(transformers, f"{name}{own}") for own in ("Config", "ForSequenceClassification")
    )
    labels = {"id2label": {0: "bad", 1: "fair", 2: "good"}}
    family = "t5" if name.endswith("T5") else name.lower()
    return _made(config, kind, _settings(family, **labels, **changes))


def _settings(name: str, **changes: Any) -> dict[str, Any]:
    tokenizer = writer_tokenizer(name)
    starts = dict.fromkeys(("bart", "mbart", "plbart", "mvp"), tokenizer.eos_token_id)
    shared = {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "decoder_start_token_id": starts.get(name, tokenizer.pad_token_id),
        "forced_eos_token_id": None,
    }
    sizes = (
        {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 3, "num_heads": 4}
        | {"num_decoder_layers": 2}
        if name == "t5"
        else {"d_model": 32, "encoder_layers": 3, "decoder_layers": 2}
        | {"encoder_attention_heads": 4, "decoder_attention_heads": 2}
        | {"encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": 64}
    )
    return {**shared, **sizes, **changes}


def _made(config: type, kind: type, settings: dict[str, Any]) -> PreTrainedModel:
    torch.manual_seed(0)
    model = kind(config(**settings))
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim > 1:
                weight.normal_(0, 0.3)
    model.tie_weights()
    made: PreTrainedModel = model.eval()
    return made


def save_writer(folder: Path, name: str, **changes: Any) -> Path:
    """The same as a folder, with its tokenizer."""
    tiny_writer(name, **changes).save_pretrained(folder)
    writer_tokenizer(name).save_pretrained(folder)
    return folder


def analysed_writer(folder: Path, name: str, *given: str) -> Results:
    """The results of `reportgen analyze` for `PAIRS` by the writer `name`, with options `given`."""
    save_writer(folder / "model", name)
    lines = [json.dumps({"text": text, "completion": target}) for text, target in PAIRS]
    (folder / "texts.jsonl").write_text("\n".join(lines), "utf-8")
    where = ("-m", folder / "model", "-o", folder / "made")
    done = call("analyze", folder / "texts.jsonl", *where, *given)
    assert done.exit_code == 0, done.stderr
    return open_results(folder / "made")


def loaded_writer(name: str, **changes: Any) -> LoadedModel:
    """The same, ready to read targets."""
    module = tiny_writer(name, **changes)
    return with_targets(load_module(module, writer_tokenizer(name), ModelSpec()))


def with_target(model: LoadedModel, text: str, completion: str, ids=None) -> EncodedText:
    """A text with its target for `model`."""
    assert model.writer is not None
    most = model.info.max_tokens
    return encode_with_target(model.tokenizer, model.writer, text, completion, most, ids)
