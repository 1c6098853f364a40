"""Finding the transformer inside a module and reading off what it is made of."""

from typing import Any

import pytest
import torch
from albert_for_regression import AlbertForRegression
from models import ARCHITECTURES, save_model, tiny_config, tiny_model
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, BertConfig, BertModel, PreTrainedModel

from reportgen.errors import CaptureError, ModelError
from reportgen.models.architecture import (
    accepted_arguments,
    embedding_rows,
    find_encoder,
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

    assert accepted_arguments(Some()) == {"input_ids", "attention_mask"}
    assert accepted_arguments(All()) == {"input_ids", "attention_mask", "token_type_ids"}
    assert "token_type_ids" in accepted_arguments(tiny_model("bert"))
    assert "token_type_ids" not in accepted_arguments(tiny_model("distilbert"))
