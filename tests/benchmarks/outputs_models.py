"""Small random models of each kind of output, for `outputs.py`; the same at every run."""

from collections import Counter
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import WordPiece
from tokenizers.processors import TemplateProcessing
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    BertConfig,
    GPT2Config,
    PreTrainedTokenizerFast,
)

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
# A wide range of weights makes attention far from even.
BERT = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 160,
    "initializer_range": 0.3,
}
GPT2 = {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 160, "initializer_range": 0.3}
CLASSES = dict(enumerate(("same", "contradiction", "neutral")))
LABELS = dict(enumerate(("battery", "price", "service", "taste")))


def save_models(folder: Path, texts: list[Path]) -> None:
    """Save two models of each kind of output to `folder`; `texts` are files of the words that
    their tokenizers know."""
    words = "\n".join(path.read_text("utf-8") for path in texts)
    for seed, prefix in enumerate(("", "other_")):
        for name, (make, config) in _kinds(words).items():
            torch.manual_seed(seed)
            model = make.from_config(config)
            model.save_pretrained(folder / f"{prefix}{name}")
            tokenizer(words, causal=name == "next_token").save_pretrained(
                folder / f"{prefix}{name}"
            )


def _kinds(words: str) -> dict[str, tuple[type, BertConfig | GPT2Config]]:
    size = {"vocab_size": len(vocabulary(words))}
    several = {"problem_type": "multi_label_classification", "id2label": LABELS}
    numbers = {"problem_type": "regression", "num_labels": 2}
    sequence = AutoModelForSequenceClassification
    return {
        "classes": (sequence, BertConfig(**BERT, **size, id2label=CLASSES)),
        "labels": (sequence, BertConfig(**BERT, **size, **several)),
        "numbers": (sequence, BertConfig(**BERT, **size, **numbers)),
        "embedding": (AutoModel, BertConfig(**BERT, **size)),
        "next_token": (
            AutoModelForCausalLM,
            GPT2Config(**GPT2, **size, bos_token_id=3, eos_token_id=3),
        ),
    }


def vocabulary(words: str) -> dict[str, int]:
    """Token ids: the special tokens, every character, and the words that come more than once."""
    characters = sorted(set(words.lower()) - set(" \n"))
    counts = Counter(word for word in words.lower().split() if word.isalpha())
    common = sorted(word for word, count in counts.items() if count > 1)
    pieces = [*SPECIAL, *characters, *(f"##{c}" for c in characters), *common]
    return {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}


def tokenizer(words: str, *, causal: bool) -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer; a causal model's puts no special tokens around a text."""
    made = Tokenizer(WordPiece(vocabulary(words), unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    if causal:
        return PreTrainedTokenizerFast(
            tokenizer_object=made,
            unk_token="[UNK]",
            eos_token="[SEP]",
            model_input_names=["input_ids", "attention_mask"],
        )
    made.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, made.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )
    names = ("pad", "unk", "cls", "sep", "mask")
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        **{f"{name}_token": token for name, token in zip(names, SPECIAL, strict=True)},
    )
