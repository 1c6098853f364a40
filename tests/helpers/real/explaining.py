"""Tiny models loaded and ready to be explained, for the tests of evidence."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from helpers.real.models import save_model
from reportgen.analysis.evidence import Explainer, ExplainOptions
from reportgen.models import EncodedText, ExplainedText, LoadedModel, ModelSpec, load_model
from reportgen.models.tasks import EmbeddingReader, NumberReader, NumbersReader
from reportgen.models.tokens import encode

NUMBER = {"num_labels": 1, "problem_type": "regression"}
CLASSES = {"id2label": {0: "bad", 1: "fair", 2: "good"}}


_LOADED: dict[str, LoadedModel] = {}  # by what was asked for


def load(folder: Path, architecture: str, task: str = "sequence", **changes) -> LoadedModel:
    """A tiny random model, out of a folder of its own in `folder`.

    It is read once for all tests that ask for the same: each gets a copy, which it may change.
    """
    name = "-".join([architecture, task, *map(str, changes.values())])
    path = folder / "".join(c for c in name if c.isalnum() or c == "-")
    if not path.exists():
        save_model(path, architecture, task, **changes)
    asked = repr((architecture, task, sorted(changes.items())))
    if asked not in _LOADED:
        _LOADED[asked] = load_model(ModelSpec(model=str(path)))
    found = _LOADED[asked]
    return deepcopy(found, {id(found.tokenizer): found.tokenizer})


def with_module(model: LoadedModel, module: nn.Module, kind: str = "number") -> LoadedModel:
    """`model` with `module`, which holds its encoder and returns one tensor, in its place."""
    width = 1 if kind == "number" else 4
    readers = {"number": NumberReader, "numbers": NumbersReader, "embedding": EmbeddingReader}
    reader = readers[kind](None, width)
    return replace(model, module=module.eval(), reader=reader)


class Head(nn.Module):
    """A module of one's own: `head` makes its output of the encoder's last hidden states."""

    def __init__(
        self, encoder: nn.Module, head: Callable[[Tensor, Tensor, Tensor], Tensor]
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head

    def forward(self, input_ids, attention_mask):
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask)[0]
        return self.head(hidden, input_ids, attention_mask)


class OwnTable(nn.Module):
    """A module that looks tokens up in a table of its own: its encoder is given vectors alone."""

    def __init__(self, encoder: nn.Module, width: int = 1) -> None:
        super().__init__()
        self.encoder = encoder
        self.width = width
        table = encoder.get_input_embeddings().weight
        self.table = nn.Embedding.from_pretrained(table.detach().flip(0))

    def forward(self, input_ids, attention_mask):
        given = {"inputs_embeds": self.table(input_ids), "attention_mask": attention_mask}
        return self.encoder(**given)[0][:, 0, : self.width]


def encoded(model: LoadedModel, *texts: str | tuple[str, str]) -> list[EncodedText]:
    """`texts`, and pairs of them, tokenised."""
    pairs = [(text, None) if isinstance(text, str) else text for text in texts]
    return [encode(model.tokenizer, text, pair, model.info.max_tokens) for text, pair in pairs]


def explain(
    model: LoadedModel,
    texts: Sequence[EncodedText],
    batch_tokens: int = 1024,
    explain_class: str | None = None,
) -> tuple[Explainer, list[ExplainedText]]:
    """An explainer of `model` and what it explains of `texts`, all of which can be."""
    explainer = Explainer(model, "padded", batch_tokens, ExplainOptions(explain_class))
    explained = explainer.explain(texts)
    assert all(isinstance(item, ExplainedText) for item in explained), explained
    return explainer, [item for item in explained if isinstance(item, ExplainedText)]


def one(ids: Sequence[int]) -> dict[str, Tensor]:
    """The plainest inputs of one text."""
    return {"input_ids": torch.tensor([ids]), "attention_mask": torch.ones(1, len(ids)).long()}
