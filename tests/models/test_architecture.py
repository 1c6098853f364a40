"""Finding the transformer inside a module and reading off what it is made of."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from helpers.real.albert_for_regression import AlbertForRegression
from helpers.real.families import SITES, load_family
from helpers.real.models import ARCHITECTURES, save_model, tiny_config, tiny_model
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, BertConfig, BertModel, PreTrainedModel
from transformers.pytorch_utils import Conv1D

from reportgen.errors import CaptureError, ModelError
from reportgen.models import Projection, architecture, find_encoder, find_projections, other_layouts
from reportgen.models.architecture import (
    FAMILIES,
    Family,
    accepted_arguments,
    embedding_rows,
    read_facts,
)


class Wrapper(nn.Module):
    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)


class Shell(PreTrainedModel):
    """A user's own transformers class, which does not say what its base model is."""

    config_class = BertConfig

    def __init__(self, config: BertConfig, n_encoders: int = 1) -> None:
        super().__init__(config)
        self.encoders = nn.ModuleList(BertModel(config) for _ in range(n_encoders))

    def forward(self, input_ids: Tensor) -> Any:
        return self.encoders[0](input_ids)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_bare_model_is_its_own_encoder(architecture: str) -> None:
    model = tiny_model(architecture)
    name, encoder = find_encoder(model)
    if architecture == "t5":
        assert (name, encoder) == ("encoder", model.encoder)
    else:
        assert (name, encoder) == ("", model)


@pytest.mark.parametrize(
    ("architecture", "task", "name"),
    [
        ("albert", "sequence", "albert"),
        ("deberta_v2", "sequence", "deberta"),
        ("gpt2", "causal", "transformer"),
        ("llama", "causal", "model"),
        ("t5", "sequence", "transformer.encoder"),
        ("t5", "seq2seq", "encoder"),
    ],
)
def test_the_head_is_left_out(architecture: str, task: str, name: str) -> None:
    model = tiny_model(architecture, task)
    found, encoder = find_encoder(model)
    assert found == name
    assert encoder is model.get_submodule(name)


def test_the_encoder_of_the_users_own_class_is_found(tmp_path) -> None:
    module = AlbertForRegression(str(save_model(tmp_path, "albert")))
    assert find_encoder(module) == ("albert", module.albert)


def test_a_model_with_a_head_inside_a_module_is_one_transformer() -> None:
    module = Wrapper(net=Wrapper(inner=tiny_model("bert", "sequence")))
    assert find_encoder(module)[0] == "net.inner.bert"


def test_a_shell_of_a_users_own_is_looked_into() -> None:
    config = tiny_config("bert")
    assert find_encoder(Shell(config))[0] == "encoders.0"
    assert find_encoder(Wrapper(a=Shell(config)))[0] == "a.encoders.0"
    with pytest.raises(ModelError, match=r"encoders\.0 \(BertModel\), encoders\.1 \(BertModel\)"):
        find_encoder(Shell(config, n_encoders=2))


def test_several_transformers_are_listed_and_one_can_be_named() -> None:
    module = Wrapper(query=tiny_model("bert"), document=tiny_model("albert", "sequence"))
    with pytest.raises(ModelError) as caught:
        find_encoder(module)
    message = str(caught.value)
    assert "query (BertModel), document (AlbertForSequenceClassification)" in message
    assert "--encoder NAME" in message
    assert find_encoder(module, "query") == ("query", module.query)
    assert find_encoder(module, "document") == ("document.albert", module.document.albert)


def test_a_transformer_that_stands_under_two_names_is_one() -> None:
    model = tiny_model("bert")
    assert find_encoder(Wrapper(a=model, b=model))[1] is model


def test_a_name_that_is_no_transformer_lists_those_there_are() -> None:
    module = Wrapper(head=nn.Linear(2, 2), bert=tiny_model("bert"))
    for name in ("head", "nothing"):
        with pytest.raises(ModelError, match=f"--encoder {name}: .*it has bert"):
            find_encoder(module, name)


def test_a_module_without_transformer_is_refused() -> None:
    with pytest.raises(ModelError, match="no transformer inside Wrapper"):
        find_encoder(Wrapper(layer=nn.TransformerEncoderLayer(8, 2)))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_layers_heads_and_widths_are_those_of_the_attention(architecture: str) -> None:
    _, encoder = find_encoder(tiny_model(architecture))
    facts = read_facts(encoder)
    encoder.set_attn_implementation("eager")
    ids = torch.arange(5, 12)[None]
    maps = encoder(input_ids=ids, output_attentions=True).attentions
    assert (facts.n_layers, facts.n_heads) == (len(maps), maps[0].shape[1])
    assert facts.head_size == 8
    assert facts.hidden_size == encoder(input_ids=ids)[0].shape[-1]
    assert facts.shares_layers == (architecture == "albert")


def test_albert_with_several_groups_or_one_layer_does_not_share_one_set() -> None:
    assert not read_facts(tiny_model("albert", num_hidden_groups=3)).shares_layers
    assert not read_facts(tiny_model("albert", num_hidden_layers=1)).shares_layers


@pytest.mark.parametrize("architecture", ["albert", "bert", "roberta", "distilbert", "gpt2"])
def test_as_many_positions_fit_as_the_facts_say(architecture: str) -> None:
    model = tiny_model(architecture)
    limit = read_facts(model).max_positions
    assert limit == 128
    model(input_ids=torch.full((1, limit), 5))
    with pytest.raises((RuntimeError, IndexError)):
        model(input_ids=torch.full((1, limit + 1), 5))


@pytest.mark.parametrize(("model_type", "limit"), [("bart", 60), ("opt", 60), ("mpnet", 58)])
def test_positions_that_start_at_an_offset_are_not_counted(model_type: str, limit: int) -> None:
    config = AutoConfig.for_model(
        model_type,
        vocab_size=50,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=60,
    )
    _, encoder = find_encoder(AutoModel.from_config(config).eval())
    assert read_facts(encoder).max_positions == limit
    encoder(input_ids=torch.full((1, limit), 5))
    with pytest.raises((RuntimeError, IndexError)):
        encoder(input_ids=torch.full((1, limit + 1), 5))


def test_relative_positions_set_no_limit() -> None:
    assert read_facts(tiny_model("t5").encoder).max_positions is None


def test_a_model_without_heads_gives_no_attention() -> None:
    config = AutoConfig.for_model("mamba", hidden_size=16, num_hidden_layers=1, vocab_size=50)
    with pytest.raises(CaptureError, match="MambaModel has no attention"):
        read_facts(AutoModel.from_config(config))


def test_rows_of_the_embedding_are_the_ids_it_knows() -> None:
    model = tiny_model("bert")
    assert embedding_rows(model) == model.config.vocab_size
    assert embedding_rows(tiny_model("t5").encoder) == tiny_model("t5").config.vocab_size
    config = AutoConfig.for_model(
        "canine", hidden_size=16, num_hidden_layers=1, num_attention_heads=2
    )
    assert embedding_rows(AutoModel.from_config(config)) is None


def test_a_module_accepts_the_names_it_declares() -> None:
    class Some(nn.Module):
        def forward(self, input_ids: Tensor, *, attention_mask: Tensor, **others: Any) -> None: ...

    class All(nn.Module):
        def forward(self, **inputs: Tensor) -> None: ...

    class Static(nn.Module):
        @staticmethod
        def forward(input_ids: Tensor, attention_mask: Tensor) -> None: ...

    replaced = All()
    replaced.forward = Static.forward
    for odd in (Static(), replaced):
        assert accepted_arguments(odd) == {"input_ids", "attention_mask"}
    assert accepted_arguments(Some()) == {"input_ids", "attention_mask"}
    assert accepted_arguments(All()) == {"input_ids", "attention_mask", "token_type_ids"}
    assert "token_type_ids" in accepted_arguments(tiny_model("bert"))
    assert "token_type_ids" not in accepted_arguments(tiny_model("distilbert"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.mark.parametrize("family", SITES)
def test_projections_are_the_familys_own_in_order(folder: Path, family: str) -> None:
    encoder, sites = load_family(folder, family).encoder, SITES[family]
    found = find_projections(encoder)
    assert len(found) == (1 if family == "albert" else 3)
    for layer, projection in enumerate(found):
        assert projection.value is encoder.get_submodule(sites.value.format(layer))
        assert projection.output is encoder.get_submodule(sites.output.format(layer))
        assert (projection.n_heads, projection.size) == (4, 8)
        assert projection.n_value_heads == sites.n_value_heads


@pytest.mark.parametrize("family", SITES)
def test_values_are_those_that_each_head_reads(folder: Path, family: str) -> None:
    """Each entry of what a module returned says its own column."""
    sites = SITES[family]
    projection = find_projections(load_family(folder, family).encoder)[0]
    weight = projection.value.weight
    width = weight.shape[1 if isinstance(projection.value, Conv1D) else 0]
    made = torch.arange(width).expand(2, 3, -1)  # [text, key, column]
    read = projection.per_head(projection.values(made))
    assert read.shape == (2, 3, 4, 8)
    for head in range(4):
        start = sites.start(head, 4, sites.n_value_heads, 8)
        assert read[1, 2, head].tolist() == list(range(start, start + 8))


@pytest.mark.parametrize("layout", ["alone", "behind all", "behind each"])
def test_values_are_a_view_to_write_into(layout: str) -> None:
    projection = Projection(nn.Identity(), nn.Linear(8, 8), 4, 2, 2, layout)
    made = torch.zeros(1, 3, 4 if layout == "alone" else 16)
    projection.values(made)[0, 1] = 1
    assert made[0].sum(-1).tolist() == [0, 4, 0]


@pytest.mark.parametrize("output", [nn.Linear(8, 6), nn.Linear(8, 6, bias=False), Conv1D(6, 8)])
def test_weight_and_bias_are_those_of_the_output_projection(output: nn.Module) -> None:
    projection = Projection(nn.Identity(), output, 4, 4, 2, "alone")
    gathered = torch.randn(5, 4, 2)
    made = torch.zeros(5, 6)
    for head in range(4):
        made += gathered[:, head] @ projection.weight()[head]
    if projection.bias() is not None:
        made += projection.bias()
    assert (projection.bias() is None) == (output.bias is None)
    torch.testing.assert_close(made, output(gathered.flatten(1)))


def encoder_of(**modules: nn.Module):
    """An encoder of four heads with one attention module."""
    encoder = nn.Module()
    encoder.attention = nn.ModuleDict(modules)
    facts = SimpleNamespace(num_hidden_layers=1, num_attention_heads=4, hidden_size=8)
    encoder.config = SimpleNamespace(get_text_config=lambda: facts)
    return encoder


def test_only_modules_that_can_be_projections_are_taken() -> None:
    def found(**modules: nn.Module) -> int:
        return len(find_projections(encoder_of(**modules)))

    def linear(made: int = 8, given: int = 8) -> nn.Linear:
        return nn.Linear(given, made)

    assert found(value=linear(), dense=linear()) == 1
    assert found(value=linear(4), dense=linear()) == 1  # two value heads
    assert found(other=linear(), dense=linear()) == 0
    assert found(value=linear()) == 0  # no output projection
    assert found(value=nn.Identity(), dense=linear()) == 0  # of no known width
    assert found(value=linear(), dense=nn.Identity()) == 0
    assert found(value=linear(4), dense=linear(8, 6)) == 0  # no whole number for each head
    assert found(value=linear(5), dense=linear()) == 0
    assert found(value=linear(6), dense=linear()) == 0  # 3 value heads do not divide 4
    assert found(c_attn=linear(), dense=linear()) == 0  # fused, but no room for values


def test_only_fused_values_may_lie_another_way(folder: Path) -> None:
    alone = find_projections(load_family(folder, "bert").encoder)
    assert other_layouts(alone) == ()
    fused = find_projections(load_family(folder, "gpt2").encoder)
    ((first, *_),) = other_layouts(fused)
    assert (fused[0].layout, first.layout) == ("behind all", "behind each")
    assert (first.value, first.output) == (fused[0].value, fused[0].output)
    assert other_layouts(other_layouts(fused)[0])[0][0].layout == "behind all"


def test_a_family_of_other_names_takes_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipe for an architecture: a row in FAMILIES is all that it takes."""
    encoder = encoder_of(my_values=nn.Linear(8, 24), my_output=nn.Linear(8, 8))
    encoder.my_positions = nn.Embedding(17, 8)
    assert find_projections(encoder) == ()
    assert read_facts(encoder).max_positions is None
    row = Family("Mine", "my_values", "my_output", "behind all", positions="my_positions")
    monkeypatch.setattr(architecture, "FAMILIES", (*FAMILIES, row))
    (found,) = find_projections(encoder)
    assert (found.value, found.output) == (encoder.attention.my_values, encoder.attention.my_output)
    assert (found.n_value_heads, found.size, found.layout) == (4, 2, "behind all")
    assert read_facts(encoder).max_positions == 17
