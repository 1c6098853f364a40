"""Tiny random transformers and small tokenizers, made in a moment, with nothing downloaded.

`tiny_model("bert", "sequence")` is a model in memory, `tiny_tokenizer("wordpiece")` a tokenizer and
`save_model(folder, "bert", "sequence")` a folder with both. The weights are spread wide, so
attention maps are far from even, and the same seed gives the same weights.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers import models as vocabularies
from tokenizers.processors import ByteLevel, Sequence, TemplateProcessing
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForMultipleChoice,
    AutoModelForQuestionAnswering,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from helpers.made_up.shared import shared_folder

SENTENCES = (
    "[無料]今すぐ申し込みで最大50,000ポイントもらえる[munaitaカード]",
    "これ一つで大丈夫!munaitaカードで贅沢三昧",
    "Free coffee for every new member, today only",
    "the cat sat on the mat and the dog sat on the log",
    "年会費無料、週末限定で最大3,000円割引",
    "a very good film with a very bad ending",
)
# What each family's tokenizer is like, and the configuration that makes it tiny.
TOKENIZERS = {
    "albert": "unigram",
    "bert": "wordpiece",
    "roberta": "bytes",
    "distilbert": "wordpiece",
    "electra": "wordpiece",
    "deberta_v2": "unigram",
    "modernbert": "bytes",
    "gpt2": "bytes_plain",
    "t5": "unigram_eos",
    "llama": "unigram_bos",
}
ARCHITECTURES = tuple(name for name in TOKENIZERS if name != "electra")  # as BERT but for its heads

_BERT = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 128,
}
_CONFIGS: dict[str, dict[str, Any]] = {
    "albert": {**_BERT, "embedding_size": 16},
    "bert": _BERT,
    "roberta": {**_BERT, "max_position_embeddings": 130, "type_vocab_size": 1},
    "electra": {**_BERT, "embedding_size": 16},
    "distilbert": {
        "dim": 32,
        "n_layers": 3,
        "n_heads": 4,
        "hidden_dim": 64,
        "max_position_embeddings": 128,
    },
    "deberta_v2": {
        **_BERT,
        "relative_attention": True,
        "pos_att_type": ["c2p", "p2c"],
        "position_biased_input": False,
    },
    "modernbert": {**_BERT, "local_attention": 8, "global_attn_every_n_layers": 3},
    "gpt2": {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 128},
    "t5": {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 3, "num_heads": 4},
    "llama": {**_BERT, "num_key_value_heads": 2},
}
_TASKS = {
    "base": AutoModel,
    "sequence": AutoModelForSequenceClassification,
    "masked": AutoModelForMaskedLM,
    "causal": AutoModelForCausalLM,
    "seq2seq": AutoModelForSeq2SeqLM,
    "token": AutoModelForTokenClassification,
    "question": AutoModelForQuestionAnswering,
    "choice": AutoModelForMultipleChoice,
}
_WORDPIECE = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
_ROBERTA = {
    "cls": "<s>",
    "bos": "<s>",
    "pad": "<pad>",
    "sep": "</s>",
    "eos": "</s>",
    "unk": "<unk>",
    "mask": "<mask>",
}
_ALBERT = {"pad": "<pad>", "unk": "<unk>", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
_KINDS: dict[str, tuple[dict[str, str], str | None, str | None]] = {
    # names of special tokens in the order of their ids; template of one text, of a pair
    "wordpiece": (_WORDPIECE, "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1"),
    "bytes": (_ROBERTA, "<s> $A </s>", "<s> $A </s> </s> $B </s>"),
    "bytes_plain": ({"eos": "<|endoftext|>"}, None, None),
    "unigram": (_ALBERT, "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1"),
    "unigram_eos": ({"pad": "<pad>", "eos": "</s>", "unk": "<unk>"}, "$A </s>", "$A </s> $B </s>"),
    "unigram_bos": ({"unk": "<unk>", "bos": "<s>", "eos": "</s>"}, "<s> $A", "<s> $A <s> $B"),
}


def tiny_tokenizer(kind: str, max_length: int | None = None) -> PreTrainedTokenizerFast:
    """A small fast tokenizer that covers ASCII, kana and `SENTENCES`.

    `kind` is one of
    - "wordpiece": BERT's, lower-casing, `[CLS] text [SEP]`;
    - "bytes": RoBERTa's byte-level BPE, `<s> text </s>`; "bytes_plain": GPT-2's, no special token
      around a text and none for padding;
    - "unigram": ALBERT's SentencePiece with `▁`, `[CLS] text [SEP]`; "unigram_eos": T5's,
      `text </s>`; "unigram_bos": Llama's, `<s> text`, none for padding.
    """
    names, single, pair = _KINDS[kind]
    special = list(dict.fromkeys(names.values()))
    make = {"wordpiece": _wordpiece, "bytes": _bytes, "unigram": _unigram}[kind.split("_")[0]]
    tokenizer = make(special)
    steps: list[Any] = [ByteLevel(trim_offsets=False)] if kind.startswith("bytes") else []
    if single and pair:
        ids = [(token, tokenizer.token_to_id(token)) for token in special]
        steps.append(TemplateProcessing(single=single, pair=pair, special_tokens=ids))
    if steps:
        tokenizer.post_processor = Sequence(steps)
    given = {f"{name}_token": token for name, token in names.items()}
    limit = {} if max_length is None else {"model_max_length": max_length}
    inputs = ["input_ids", "attention_mask"]
    if kind in ("wordpiece", "unigram"):
        inputs.insert(1, "token_type_ids")
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_input_names=inputs, **given, **limit
    )


def tiny_config(architecture: str, **changes: Any) -> PreTrainedConfig:
    """A configuration of three layers and four heads; `changes` override its fields."""
    tokenizer = tiny_tokenizer(TOKENIZERS[architecture])
    ids = {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "cls_token_id": tokenizer.cls_token_id,
        "sep_token_id": tokenizer.sep_token_id,
    }
    if architecture == "t5":
        ids["decoder_start_token_id"] = tokenizer.pad_token_id
    model_type = architecture.replace("_v2", "-v2")
    return AutoConfig.for_model(model_type, **{**ids, **_CONFIGS[architecture], **changes})


def tiny_model(
    architecture: str, task: str = "base", seed: int = 0, **changes: Any
) -> PreTrainedModel:
    """A random model in evaluation mode.

    `architecture` is one of `ARCHITECTURES`; `task` is "base" (no head), "sequence", "masked",
    "causal", "seq2seq", "token", "question" or "choice"; `changes` go into the configuration,
    such as `num_labels=1, problem_type="regression"`, `num_hidden_layers=2` or
    `id2label={0: "bad"}`.
    """
    config = tiny_config(architecture, **changes)
    model = _TASKS[task].from_config(config)
    spread_weights(model, seed)
    return model.eval()


def spread_weights(module: torch.nn.Module, seed: int = 0) -> None:
    """Draw every matrix of `module` wide enough that attention is far from even."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0.0, 0.3, generator=random)
            elif parameter.numel() and (parameter == 0).all():
                parameter.normal_(0.0, 0.1, generator=random)


def save_model(
    folder: Path,
    architecture: str,
    task: str = "base",
    seed: int = 0,
    *,
    tokenizer: bool = True,
    safetensors: bool = True,
    dtype: torch.dtype = torch.float32,
    **changes: Any,
) -> Path:
    """Save `tiny_model(...)`, and its tokenizer unless told not to, to `folder`.

    Without `safetensors` the weights are a `pytorch_model.bin`. Each model is made once in a run of
    pytest, and written from then on.
    """

    def save(path: Path) -> None:
        model = tiny_model(architecture, task, seed, **changes).to(dtype)
        model.save_pretrained(path)
        if not safetensors:
            (path / "model.safetensors").unlink()
            torch.save(model.state_dict(), path / "pytorch_model.bin")
        if tokenizer:
            tiny_tokenizer(TOKENIZERS[architecture]).save_pretrained(path)

    asked = (architecture, task, seed, tokenizer, safetensors, dtype, sorted(changes.items()))
    return shared_folder(folder, f"model {asked!r}", save)


def _words() -> list[str]:
    """The words of `SENTENCES` and some parts of the Japanese ones, the most frequent first."""
    words = Counter(word for sentence in SENTENCES for word in sentence.lower().split())
    parts = ("ポイント", "カード", "無料", "最大", "今すぐ", "申し込み", "もらえる", "000")
    return [*parts, *(word for word, _ in words.most_common() if word.isalpha())]


def _characters() -> list[str]:
    """ASCII, kana, and what `SENTENCES` hold."""
    plain = {chr(code) for code in (*range(0x21, 0x7F), *range(0x3041, 0x30FF))}
    return sorted((plain | {c for sentence in SENTENCES for c in sentence}) - {" "})


def _wordpiece(special: list[str]) -> Tokenizer:
    pieces = [*special, *_characters(), *(f"##{c}" for c in _characters()), *_words()]
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(vocabularies.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def _bytes(special: list[str]) -> Tokenizer:
    merges = [("Ġ", "t"), ("h", "e"), ("Ġt", "he"), ("a", "t"), ("s", "at"), ("Ġ", "sat")]
    pieces = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet()), *("".join(m) for m in merges)]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(vocabularies.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _unigram(special: list[str]) -> Tokenizer:
    pieces = [(piece, 0.0) for piece in special]
    pieces += [("▁", -3.0), *((f"▁{word}", -5.0) for word in _words())]
    pieces += [(word, -6.0) for word in _words()]
    known = {piece for piece, _ in pieces}
    pieces += [(c, -9.0) for c in _characters() if c not in known]
    pieces = list(dict(pieces).items())
    tokenizer = Tokenizer(vocabularies.Unigram(pieces, unk_id=special.index("<unk>")))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer
