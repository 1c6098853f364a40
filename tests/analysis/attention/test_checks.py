"""The trial run: what is refused, and how texts may run together."""

from types import SimpleNamespace

import pytest
import torch
from helpers.real.models import tiny_model, tiny_tokenizer
from torch import nn
from transformers import AutoConfig, AutoModel

from reportgen.analysis.attention import Capture, Probe, probe
from reportgen.errors import CaptureError, ModelError
from reportgen.models.architecture import accepted_arguments
from reportgen.models.tokens import encode, pad

TOKENIZER = tiny_tokenizer("wordpiece")
TEXTS = [encode(TOKENIZER, text, None, 64) for text in ("the cat", "the cat sat on the mat")]


class Reader:
    """Reads one number a text out of the first token."""

    def read(self, returned, inputs, texts):
        rows = returned.last_hidden_state[:, 0, :1].float()
        return [SimpleNamespace(scores=tuple(row.tolist())) for row in rows]


def trial(module: nn.Module, encoder=None, *, n_layers: int = 3, reader=None) -> Probe:
    encoder = encoder or module
    model = SimpleNamespace(
        module=module,
        encoder=encoder,
        pad_token_id=0,
        device=torch.device("cpu"),
        reader=reader or Reader(),
        info=SimpleNamespace(name="made", dtype="float32", n_layers=n_layers),
        inputs=lambda texts: pad(texts, 0, accepted_arguments(module), torch.device("cpu")),
    )
    return probe(model, Capture(module, encoder), TEXTS)


def altered(change) -> nn.Module:
    """A BERT whose attention modules give `change(maps, layer)` in place of their maps."""
    model = tiny_model("bert")
    for number, layer in enumerate(model.encoder.layer):

        def hook(module, args, output, number=number):
            return (output[0], change(output[1].clone(), number), *output[2:])

        layer.attention.self.register_forward_hook(hook)
    return model


def test_an_ordinary_encoder_passes() -> None:
    found = trial(tiny_model("bert"))
    assert (found.n_layers, found.n_heads, found.is_causal) == (3, 4, False)
    assert found.batching == "padded"
    assert found.row_sum_error < 1e-5
    assert found.padded_difference < 1e-5


def test_a_causal_model_is_known_by_its_maps() -> None:
    assert trial(tiny_model("gpt2", vocab_size=len(TOKENIZER))).is_causal


@pytest.mark.parametrize("layer", [0, 2])
def test_a_weight_that_is_not_a_number_is_refused_in_any_layer(layer: int) -> None:
    def spoil(maps, number):
        if number == layer:
            maps[0, 0, 1, 1] = float("nan")
        return maps

    with pytest.raises(
        CaptureError, match=rf"maps that are NaN in layer {layer + 1}; the model runs in float32"
    ):
        trial(altered(spoil))


def test_rows_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(
        CaptureError, match=r"do not sum to 1 \(off by 0\.5, where float32 may be off by 0\.001\)"
    ):
        trial(altered(lambda maps, number: maps * (0.5 if number == 1 else 1)))


def test_squeezebert_gives_scores_and_is_refused() -> None:
    torch.manual_seed(0)
    config = AutoConfig.for_model(
        "squeezebert",
        vocab_size=len(TOKENIZER),
        hidden_size=32,
        embedding_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=32,
    )
    with pytest.raises(CaptureError, match="do not sum to 1"):
        trial(AutoModel.from_config(config).eval(), n_layers=2)


def test_layers_of_different_heads_are_refused() -> None:
    with pytest.raises(CaptureError, match="different numbers of heads"):
        trial(altered(lambda maps, number: maps[:, : 2 if number == 1 else 4]))


def test_maps_of_another_size_than_the_text_are_refused() -> None:
    def shrink(maps, number):
        small = maps[:, :, :3, :3]
        return small / small.sum(-1, keepdim=True)

    with pytest.raises(CaptureError, match=r"maps of 3 positions for a text of 8 tokens"):
        trial(altered(shrink))


def test_an_encoder_that_runs_twice_is_refused() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = tiny_model("bert")

        def forward(self, input_ids, attention_mask=None):
            self.bert(input_ids, attention_mask)
            return self.bert(input_ids, attention_mask)

    twice = Twice().eval()
    with pytest.raises(CaptureError, match="Twice runs its encoder more than once"):
        trial(twice, twice.bert)


def test_an_encoder_that_loops_over_its_layers_is_one_of_more_layers() -> None:
    model = tiny_model("bert")
    model.encoder.layer.append(model.encoder.layer[0])
    assert trial(model).n_layers == 4


def test_sinks_that_work_behind_the_maps_are_no_key() -> None:
    model = tiny_model("bert")
    for layer in model.encoder.layer:
        layer.attention.self.sinks = nn.Parameter(torch.zeros(4))
    (said,) = trial(model).remarks
    assert said.startswith("BertModel has learned sinks, but rows of its maps sum to 1")


def test_sinks_in_some_layers_only_are_refused() -> None:
    model = altered(lambda maps, number: maps * (0.5 if number == 1 else 1))
    model.encoder.layer[1].attention.self.sinks = nn.Parameter(torch.zeros(4))
    with pytest.raises(CaptureError, match="learned sinks in some of its layers only"):
        trial(model)


def test_any_attention_on_padding_keeps_lengths_apart() -> None:
    def leak(maps, number):
        if maps.shape[0] == 2:
            maps[1, :, 0, -1] = 1e-9
        return maps

    found = trial(altered(leak))
    assert found.batching == "equal lengths"
    assert found.padded_difference >= 9e-10  # 1e-9 in single precision


def test_a_module_that_ignores_the_mask_runs_texts_of_one_length() -> None:
    class Maskless(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = tiny_model("bert")

        def forward(self, input_ids):
            return self.bert(input_ids)

    module = Maskless().eval()
    found = trial(module, module.bert)
    assert found.batching == "equal lengths"
    assert found.padded_difference > 0.01


def test_a_head_that_refuses_two_texts_runs_them_one_by_one() -> None:
    class Single(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = tiny_model("bert")

        def forward(self, input_ids, attention_mask=None):
            if len(input_ids) > 1:
                raise ValueError("Cannot handle batch sizes > 1 if no padding token is defined.")
            return self.bert(input_ids, attention_mask)

    module = Single().eval()
    found = trial(module, module.bert)
    assert found.batching == "one by one"
    assert found.padded_difference is None


def test_a_module_that_runs_its_encoder_for_each_text_runs_them_one_by_one() -> None:
    class EachAlone(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = tiny_model("bert")

        def forward(self, input_ids, attention_mask=None):
            texts = zip(input_ids, attention_mask, strict=True)
            hidden = [self.bert(ids[None], mask[None]).last_hidden_state for ids, mask in texts]
            return SimpleNamespace(last_hidden_state=torch.cat(hidden))

    module = EachAlone().eval()
    assert trial(module, module.bert).batching == "one by one"


def test_a_model_that_scores_one_text_differently_each_time_is_refused() -> None:
    class DropsOut(Reader):
        def read(self, returned, inputs, texts):
            rows = nn.functional.dropout(returned.last_hidden_state[:, 0], 0.5).float()
            return [SimpleNamespace(scores=tuple(row.tolist())) for row in rows]

    with pytest.raises(ModelError, match="made gives one text another output each time"):
        trial(tiny_model("bert"), reader=DropsOut())


def test_a_prediction_that_padding_changes_keeps_lengths_apart() -> None:
    class SeesPadding(Reader):
        def read(self, returned, inputs, texts):
            width = inputs["input_ids"].shape[1]
            return [SimpleNamespace(scores=(float(width),)) for _ in inputs["input_ids"]]

    assert trial(tiny_model("bert"), reader=SeesPadding()).batching == "equal lengths"


def test_a_module_that_fails_on_one_text_is_named_with_its_line() -> None:
    class Fails(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = tiny_model("bert")

        def forward(self, input_ids):
            return self.bert(input_ids).last_hidden_state.squeeze(0)[7][100]

    module = Fails().eval()
    with pytest.raises(ModelError, match=r"made fails on one text: IndexError at .*test_checks"):
        trial(module, module.bert)
