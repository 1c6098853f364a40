"""Two words that say the same to a model: an embedding, tags, and a score without special tokens.

The word "cat" or the word "dog" gives the output all that both give it. Each can be left out.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.real.explaining import NUMBER, load, with_module
from helpers.rounding import near
from tokenizers.processors import TemplateProcessing
from torch import Tensor, nn
from transformers.modeling_outputs import TokenClassifierOutput

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.findings import largest_changes
from reportgen.findings.evidence import has_joint
from reportgen.models import LoadedModel
from reportgen.results import JOINT, JOINT_EFFECT, InputInfo, Results
from reportgen.texts import TextInput, TextSet

TEXT = "the cat sat on a mat and the dog sat"
SAME = ("cat", "dog")


class Planted(nn.Module):
    """Holds its encoder; its output is made of how far a text has SAME, `[text]` from 0 to 1, and
    of the input embeddings of its tokens, `[text, position, width]`."""

    def __init__(self, model: LoadedModel, head: Callable[[Tensor, Tensor], object]) -> None:
        super().__init__()
        self.encoder = model.encoder
        self.head = head
        table = self.encoder.get_input_embeddings().weight
        with torch.no_grad():
            table[:, 0] = 0.0
            table[model.tokenizer.convert_tokens_to_ids(list(SAME)), 0] = 2.0

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **_: Tensor) -> object:
        self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        own = self.encoder.get_input_embeddings()(input_ids) * attention_mask[..., None]
        return self.head(torch.tanh(own[..., 0].sum(1)), own)


def embedding(has: Tensor, tokens: Tensor) -> Tensor:
    rest = 0.05 * tokens[..., 1:4].sum(1)
    return torch.cat([1.0 + has[:, None], rest - has[:, None]], dim=1)


def score(has: Tensor, tokens: Tensor) -> Tensor:
    return 2 * has[:, None] + 0.01 * tokens[..., 1:2].sum(1)


def tags(has: Tensor, tokens: Tensor) -> TokenClassifierOutput:
    one = 2 * has[:, None] + 0.05 * tokens[..., 1]
    return TokenClassifierOutput(logits=torch.stack([one, -one], dim=2))


@pytest.fixture(params=["embedding", "tags", "no special tokens"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LoadedModel]:
    if request.param == "tags":
        tagger = load(tmp_path, "bert", "token", id2label={0: "A", 1: "B"})
        yield replace(tagger, module=Planted(tagger, tags).eval())
    elif request.param == "embedding":
        base = load(tmp_path, "bert", "base")
        yield with_module(base, Planted(base, embedding), "embedding")
    else:
        base = load(tmp_path, "bert", **NUMBER)
        tokenizer = deepcopy(base.tokenizer)
        tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single="$A")
        yield replace(with_module(base, Planted(base, score)), tokenizer=tokenizer)


def run(model: LoadedModel, folder: Path) -> Results:
    folder.mkdir()
    texts = TextSet((TextInput("1", TEXT, source="t"),), (InputInfo("t", "0" * 64, 1),))
    return analyze(texts, model, folder, AnalysisOptions(units="token"))


def test_words_that_say_the_same_are_one_group(model: LoadedModel, tmp_path: Path) -> None:
    results = run(model, tmp_path / "results")
    assert has_joint(results)
    effects = results.effects
    tokens = results.token_columns("token")["token"].tolist()
    of_group = effects[effects[JOINT].notna()]
    assert [tokens[i] for i in of_group.index] == list(SAME)
    whole = float(of_group[JOINT_EFFECT].iloc[0])
    largest = effects["deletion"].abs().max()
    assert of_group["deletion"].abs().max() < 0.1 * whole
    assert largest < 0.5 * whole  # nothing else matters as much
    assert float(of_group["effect"].sum()) == near(whole)
    assert of_group["effect"].min() > 0.2 * whole  # both count
    assert largest_changes(results).tolist() == [whole]
    others = effects[effects[JOINT].isna()]
    np.testing.assert_array_equal(others["effect"], others["deletion"])
