"""The largest hidden value of each token over the median of its text, against plain loops."""

from pathlib import Path
from statistics import median_low

import numpy as np
import pytest
import torch
from helpers.real.explaining import encoded
from helpers.real.families import SITES, load_family

from reportgen.analysis.attention import BatchActivations, Capture, lay_out, recorded_modules
from reportgen.models import EncodedText, LoadedModel
from reportgen.models.architecture import accepted_arguments
from reportgen.models.tokens import pad

TEXTS = ("the cat sat on the mat", ("the cat", "sat on a log"), "dog")


def measured(model: LoadedModel, texts: list[EncodedText], n_layers: int = 3):
    capture = Capture(model.module, model.encoder)
    modules = tuple(recorded_modules(model.encoder, "hidden_states", 0))
    layout = lay_out(texts, (), is_causal=False, device=model.device)
    batch = BatchActivations(layout, modules, n_layers)
    inputs = pad(texts, model.pad_token_id, accepted_arguments(model.module), model.device)
    with batch.hooked():
        capture.run(inputs, lambda layer, maps: None)
    return batch.texts()


@pytest.mark.parametrize("family", ["albert", "bert", "distilbert", "gpt2", "llama", "modernbert"])
def test_figures_are_those_of_the_models_hidden_states(folder: Path, family: str) -> None:
    model = load_family(folder, family)
    texts = encoded(model, *TEXTS)
    blocks: list[torch.Tensor] = []
    modules = [module for module, _ in recorded_modules(model.encoder, "hidden_states", 0)]
    handles = [
        module.register_forward_hook(
            lambda _, args, made: blocks.append(made[0] if isinstance(made, tuple) else made)
        )
        for module in modules
    ]
    found = measured(model, texts)
    blocks.clear()
    for text, own in zip(texts, found, strict=True):
        ids = torch.tensor([text.ids])
        types = {"token_type_ids": torch.tensor([text.type_ids])}
        given = types if "token_type_ids" in accepted_arguments(model.encoder) else {}
        with torch.no_grad():
            hidden = model.encoder(ids, output_hidden_states=True, **given).hidden_states
        # The last one may have been normalised after its layer.
        states = [*hidden[1:-1], blocks[-1]]
        assert len(states) == 3
        for layer, state in enumerate(states):
            tokens = [
                [abs(float(value)) for value in token]
                for token in state.reshape(-1, state.shape[-1])
            ]
            middle = median_low([value for token in tokens for value in token])
            np.testing.assert_allclose(own[layer], [max(t) / middle for t in tokens], rtol=1e-4)
    for handle in handles:
        handle.remove()


def test_a_model_that_puts_out_another_number_of_hidden_states_has_no_figures(folder: Path) -> None:
    model = load_family(folder, "bert")
    assert measured(model, encoded(model, *TEXTS), n_layers=4) == [None] * 3
    assert SITES["bert"].is_causal is False
