"""What a module shows of itself on a few words."""

import pytest
import torch
from helpers.real.models import TOKENIZERS, tiny_model, tiny_tokenizer
from torch import Tensor, nn

from reportgen.errors import ModelError
from reportgen.models.trial_run import reads_ahead, try_module

CPU = torch.device("cpu")


class Echo(nn.Module):
    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        return input_ids, attention_mask


class OneByOne(nn.Module):
    def forward(self, input_ids: Tensor) -> Tensor:
        if len(input_ids) > 1:
            raise ValueError("one text at a time")
        return input_ids.float().mean()


class Broken(nn.Module):
    def forward(self, input_ids: Tensor) -> Tensor:
        raise KeyError("score")


class Pixels(nn.Module):
    def forward(self, pixel_values: Tensor, mask: Tensor) -> Tensor:
        return pixel_values


def test_the_two_trials_differ_in_texts_and_tokens() -> None:
    first, second = try_module(Echo(), tiny_tokenizer("wordpiece"), 7, CPU)
    assert first.n_texts != second.n_texts
    assert first.n_tokens != second.n_tokens
    for trial in (first, second):
        ids, mask = trial.returned
        assert ids.shape == (trial.n_texts, trial.n_tokens)
        assert (ids[mask == 0] == 7).all()
        assert mask.sum(1)[0] == trial.n_tokens
        assert (mask.diff(dim=1) <= 0).all()  # padded on the right
        assert len(set(mask.sum(1).tolist())) == trial.n_texts


def test_a_module_that_takes_one_text_is_tried_with_one() -> None:
    trials = try_module(OneByOne(), tiny_tokenizer("wordpiece"), 0, CPU)
    assert [trial.n_texts for trial in trials] == [1, 1]
    assert trials[0].n_tokens != trials[1].n_tokens


def test_an_error_in_forward_names_the_line() -> None:
    with pytest.raises(ModelError, match=r"Broken cannot be run: KeyError at .*trial_run.py:\d+"):
        try_module(Broken(), tiny_tokenizer("wordpiece"), 0, CPU)


def test_a_module_that_reads_no_token_ids_is_refused() -> None:
    with pytest.raises(ModelError, match=r"takes \(mask, pixel_values\), no input_ids"):
        try_module(Pixels(), tiny_tokenizer("wordpiece"), 0, CPU)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    ("architecture", "config", "expected"),
    [
        ("gpt2", {}, False),
        ("llama", {}, False),
        ("bert", {"is_decoder": True}, False),
        ("bert", {}, True),
        ("roberta", {}, True),
    ],
)
def test_a_language_model_that_reads_ahead_is_told_from_others(
    architecture: str, config: dict, expected: bool, dtype: torch.dtype
) -> None:
    tokenizer = tiny_tokenizer(TOKENIZERS[architecture])
    model = tiny_model(architecture, "causal", **config).to(dtype)
    assert reads_ahead(try_module(model, tokenizer, 0, CPU)) == expected


def test_one_token_at_the_beginning_is_enough_to_see_that_a_model_reads_ahead() -> None:
    class Sums(nn.Module):
        def forward(self, input_ids: Tensor) -> dict[str, Tensor]:
            if len(input_ids) > 1:
                raise ValueError("one text at a time")
            sums = input_ids.flip(1).cumsum(1).flip(1) if self.ahead else input_ids.cumsum(1)
            return {"logits": sums[..., None].float()}

    module = Sums()
    for module.ahead in (True, False):
        trials = try_module(module, tiny_tokenizer("wordpiece"), 0, CPU)
        assert reads_ahead(trials) == module.ahead


def test_what_a_module_keeps_can_carry_gradients_later() -> None:
    class Keeps(nn.Module):
        def forward(self, input_ids: Tensor) -> Tensor:
            self.kept = torch.ones(3)
            return input_ids.float().mean(1)

    module = Keeps()
    try_module(module, tiny_tokenizer("wordpiece"), 0, CPU)
    weight = torch.ones(3, requires_grad=True)
    (module.kept * weight).sum().backward()
    assert weight.grad is not None
