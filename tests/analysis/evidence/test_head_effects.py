"""Effects of heads, against a plain loop over heads that rewrites the weights of the model."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.real.explaining import Head, encoded, explain, load, one, with_module
from helpers.real.families import SITES, load_family, proven
from helpers.real.runs import run
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from reportgen.analysis import Progress
from reportgen.analysis.evidence import HeadAblation, TextEvidence
from reportgen.findings import Findings
from reportgen.models import LoadedModel
from reportgen.results import Results, open_results

TEXTS = (
    "the cat sat on the mat and the dog sat on the log",
    "a very good film with a very bad ending",
    "Free coffee for every new member, today only",
    "a dog sat on the log",
    "a very bad film",
    "the very good dog sat on a bad log today",
)
N_LAYERS, N_HEADS = 3, 4  # of the families


class Told(Progress):
    def __init__(self) -> None:
        self.announced: dict[str, int] = {}
        self.passes: dict[str, int] = {}
        self.done = 0

    def begin(self, cost) -> None:
        self.announced = dict(cost.n_texts)
        self.passes = {stage: passes.forward for stage, passes in cost.passes.items()}

    def advance(self, stage: str, done: int, work: float = 0.0) -> None:
        self.done += done if stage == "heads" else 0


def mean_hidden(hidden: Tensor, input_ids: Tensor, mask: Tensor) -> Tensor:
    """One number of each text, which all of its tokens count for."""
    weights = torch.linspace(-1, 2, hidden.shape[-1])
    real = mask[..., None].to(hidden)
    return (((hidden * weights).tanh() * real).sum(1) / real.sum(1)).sum(-1, keepdim=True)


def output_of(model: LoadedModel, family: str, layer: int) -> nn.Module:
    return model.encoder.get_submodule(SITES[family].output.format(layer))


def plain_means(model: LoadedModel, family: str, ids: list[list[int]]) -> list[Tensor]:
    """`[layer][head, size]`: the mean of what goes into each layer's projection."""
    seen: dict[int, list[Tensor]] = {layer: [] for layer in range(N_LAYERS)}
    modules = list(dict.fromkeys(output_of(model, family, i) for i in range(N_LAYERS)))
    for text in ids:
        calls: list[Tensor] = []

        def see(_: nn.Module, args: tuple[Tensor], calls: list[Tensor] = calls) -> None:
            calls.append(args[0])

        hooks = [module.register_forward_pre_hook(see) for module in modules]
        with torch.no_grad():
            model.module(**one(text))
        for hook in hooks:
            hook.remove()
        assert len(calls) == N_LAYERS
        for layer, gathered in enumerate(calls):
            seen[layer].append(gathered[0])
    return [torch.cat(rows).double().mean(0).view(N_HEADS, -1) for rows in seen.values()]


@contextmanager
def head_put_out(
    model: LoadedModel, family: str, layer: int, head: int, mean: Tensor
) -> Iterator[None]:
    """The weights that read a head are 0, and what they make of its mean is in the bias."""
    module = output_of(model, family, layer)
    size = mean.numel()
    place = slice(head * size, (head + 1) * size)
    old_weight, old_bias = module.weight, module.bias
    weight = module.weight.detach().clone()
    rows = weight if isinstance(module, Conv1D) else weight.T  # [gathered, out]
    constant = mean.to(rows) @ rows[place]
    rows[place] = 0
    if SITES[family] is SITES["albert"]:  # one module for all layers: its call is counted
        before, calls = module.forward, []

        def forward(gathered: Tensor) -> Tensor:
            calls.append(gathered)
            if (len(calls) - 1) % N_LAYERS != layer:
                return before(gathered)
            return nn.functional.linear(gathered, weight, old_bias + constant)

        module.forward = forward  # type: ignore[method-assign]
        try:
            yield
        finally:
            del module.forward
        return
    module.weight = nn.Parameter(weight)
    module.bias = nn.Parameter(constant + (0 if old_bias is None else old_bias.detach()))
    try:
        yield
    finally:
        module.weight, module.bias = old_weight, old_bias


def plain_effects(model: LoadedModel, family: str, ids: list[list[int]]) -> np.ndarray:
    """`[text, layer, head]`, one run for each."""
    means = plain_means(model, family, ids)
    effects = np.zeros((len(ids), N_LAYERS, N_HEADS))
    with torch.no_grad():
        whole = [model.module(**one(text)).item() for text in ids]
        for layer, head in np.ndindex(N_LAYERS, N_HEADS):
            with head_put_out(model, family, layer, head, means[layer][head]):
                for i, text in enumerate(ids):
                    effects[i, layer, head] = whole[i] - model.module(**one(text)).item()
    return effects


@pytest.mark.parametrize(
    "family", ["bert", "albert", "gpt2", "llama", "grouped falcon", "modernbert", "t5", "bart"]
)
def test_effects_are_those_of_a_plain_loop(family: str, tmp_path: Path) -> None:
    model = load_family(tmp_path, family)
    model = with_module(model, Head(model.encoder, mean_hidden))
    _, norms = proven(model)
    texts = encoded(model, *TEXTS)
    # Small batches: the heads of one layer are in several of them, those of several in one.
    explainer, explained = explain(model, texts, batch_tokens=5 * max(len(t.ids) for t in texts))
    evidence = [
        TextEvidence(row, text, item)
        for row, (text, item) in enumerate(zip(texts, explained, strict=True))
    ]
    ablation = HeadAblation(explainer, norms.projections, N_LAYERS)
    results = dict(ablation.measure(evidence, range(1, len(TEXTS))))
    assert list(results) == [1, 2, 3, 4, 5]
    wanted = plain_effects(model, family, [list(text.ids) for text in texts])
    assert np.abs(wanted).max() > 0.01
    for text, result in results.items():
        rows = result.tables["head_effects"].to_pandas()
        assert rows["text"].eq(text).all()
        places = list(zip(rows["layer"], rows["head"], strict=True))
        assert places == [(i + 1, j + 1) for i, j in np.ndindex(N_LAYERS, N_HEADS)]
        np.testing.assert_allclose(rows["effect"], wanted[text].ravel(), atol=1e-5)


ONLY = (2, 3)  # the layer and the head, from 1, that alone writes anything


def only_head(model: LoadedModel, place: tuple[int, int] | None) -> LoadedModel:
    """No head of a BERT but that at `place` writes anything, and that one writes twice as much."""
    for number, layer in enumerate(model.encoder.encoder.layer, start=1):
        weight = layer.attention.output.dense.weight
        size = weight.shape[1] // layer.attention.self.num_attention_heads
        with torch.no_grad():
            factor = torch.zeros(weight.shape[1])
            if place is not None and number == place[0]:
                factor[(place[1] - 1) * size : place[1] * size] = 2
            weight *= factor
    return model


def measured(
    folder: Path, place: tuple[int, int] | None, told: Progress | None = None
) -> tuple[Results, tuple[int, int]]:
    """Full evidence of such a model, and its numbers of layers and heads."""
    model = load_family(folder, "bert")
    model = only_head(with_module(model, Head(model.encoder, mean_hidden)), place)
    results = run(folder / "r", model, TEXTS, told, evidence="full", evidence_texts="all")
    return results, (results.info.model.n_layers, results.info.model.n_heads)


def test_the_one_head_that_carries_all_is_named_and_all_others_do_exactly_nothing(
    tmp_path: Path,
) -> None:
    results, (n_layers, n_heads) = measured(tmp_path, ONLY, told := Told())
    rows = results.head_effects
    assert len(rows) == len(TEXTS) * n_layers * n_heads
    assert told.announced["heads"] == told.done == len(TEXTS)
    assert told.passes["heads"] == len(TEXTS) * (n_layers * n_heads + 1)
    is_only = (rows["layer"] == ONLY[0]) & (rows["head"] == ONLY[1])
    assert (rows.loc[is_only, "effect"] != 0).all()
    assert (rows.loc[~is_only, "effect"] == 0).all()
    effects = Findings(results).head_effects
    assert [(head.layer, head.head) for head in effects.named] == [ONLY]


def test_where_no_head_carries_anything_none_is_named(tmp_path: Path) -> None:
    effects = Findings(measured(tmp_path, None)[0]).head_effects
    assert open_results(tmp_path / "r").tokens["received_norm_all"].isna().all()
    assert effects.largest.mean == 0
    assert not effects.named


def test_basic_evidence_measures_no_heads(tmp_path: Path) -> None:
    model = load(tmp_path, "bert", "sequence", num_labels=1)
    told = Told()
    assert run(tmp_path / "r", model, TEXTS[:2], told).head_effects.empty
    assert "heads" not in told.announced


def test_where_outputs_of_heads_are_not_known_there_are_none(tmp_path: Path) -> None:
    model = load_family(tmp_path, "xlnet")
    results = run(tmp_path / "r", model, TEXTS[:2], told := Told(), evidence="full")
    assert results.head_effects.empty
    assert "heads" not in told.announced
    assert told.done == 0


def test_a_text_on_which_the_model_fails_has_none_and_the_others_have(tmp_path: Path) -> None:
    model, refused = load_family(tmp_path, "bert"), list[int]()

    def head(hidden: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        if refused and (ids == refused[0]).any():
            raise ValueError("refused")
        return mean_hidden(hidden, ids, mask)

    model = with_module(model, Head(model.encoder, head))
    _, norms = proven(model)
    texts = encoded(model, "a very good film", "the cat sat", "a good film")
    explainer, explained = explain(model, texts)
    evidence = [TextEvidence(i, item.text, item) for i, item in enumerate(explained)]
    evidence.append(TextEvidence(3, texts[0], None))
    refused.append(model.tokenizer.convert_tokens_to_ids("cat"))
    results = dict(HeadAblation(explainer, norms.projections, N_LAYERS).measure(evidence, range(4)))
    assert [len(r.tables["head_effects"]) for r in results.values()] == [12, 0, 12, 0]
