"""A small encoder-decoder that was trained to write words in reverse order.

What it has to look at is known: while it writes a word, that same word of the text, as its one head
of cross-attention is the only way from there. Training takes some 1.5 seconds of one core; the same
seed gives the same weights.
"""

from pathlib import Path

import torch
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import WordLevel
from tokenizers.processors import TemplateProcessing
from torch.nn import functional
from transformers import BartConfig, BartForConditionalGeneration, PreTrainedTokenizerFast

WORDS = ("apple", "bread", "cloud", "door", "eagle", "flute", "grape", "house", "iron", "juice")
_SPECIAL = ("<pad>", "</s>", "<unk>")
_PAD, _END = 0, 1
_STEPS, _BATCH, _MOST = 150, 24, 5
_RATE = 5e-3  # of learning, after its rise and before its fall


def reversing_tokenizer() -> PreTrainedTokenizerFast:
    """A token a word, `text </s>`."""
    vocabulary = {token: i for i, token in enumerate((*_SPECIAL, *WORDS))}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", _END)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=32,
        model_input_names=["input_ids", "attention_mask"],
    )


def reversing_model(n_steps: int = _STEPS) -> BartForConditionalGeneration:
    """The trained model; different words in each text, so that each word has one place."""
    torch.manual_seed(0)
    sizes = {
        "d_model": 64,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 1,
        "encoder_ffn_dim": 128,
        "decoder_ffn_dim": 128,
        "max_position_embeddings": 32,
    }
    ids = {"pad_token_id": _PAD, "eos_token_id": _END, "decoder_start_token_id": _PAD}
    off = {"bos_token_id": None, "forced_eos_token_id": None, "dropout": 0.0, "init_std": 0.05}
    size = len(_SPECIAL) + len(WORDS)
    model = BartForConditionalGeneration(BartConfig(vocab_size=size, **sizes, **ids, **off))
    adam = torch.optim.AdamW(model.parameters(), lr=_RATE)
    random = torch.Generator().manual_seed(0)
    for step in range(n_steps):
        for group in adam.param_groups:
            group["lr"] = _RATE * min(1.0, (step + 1) / 50, 2 * (n_steps - step) / n_steps)
        texts, targets = _examples(random)
        loss = functional.cross_entropy(
            model(
                input_ids=texts, attention_mask=(texts != _PAD).long(), labels=targets
            ).logits.flatten(0, 1),
            targets.flatten(),
            ignore_index=_PAD,
        )
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
    return model.eval()


def save_reversing(folder: Path) -> Path:
    """The trained model and its tokenizer as a folder."""
    reversing_model().save_pretrained(folder)
    reversing_tokenizer().save_pretrained(folder)
    return folder


def _examples(random: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Texts of different words and the same in reverse, `[text, token]`."""
    texts = torch.full((_BATCH, _MOST + 1), _PAD)
    targets = texts.clone()
    for row in range(_BATCH):
        size = int(torch.randint(3, _MOST + 1, (1,), generator=random))
        words = torch.randperm(len(WORDS), generator=random)[:size] + len(_SPECIAL)
        texts[row, :size], targets[row, :size] = words, words.flip(0)
        texts[row, size] = targets[row, size] = _END
    return texts, targets
