"""What all measures that go back through a model promise: which texts have no figure and why, the
same figures in other batches, and a module that is left as it was."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.real.explaining import NUMBER, Head, OwnTable, encoded, explain, load, with_module
from helpers.real.models import SENTENCES
from helpers.rounding import assert_near
from torch import Tensor, nn

from reportgen.analysis.attention import Capture
from reportgen.analysis.evidence import (
    Explainer,
    Missing,
    cp_lrp,
    integrated_gradients,
    jacobian_norms,
    text_gradients,
)
from reportgen.models import ExplainedText, LoadedModel

TEXTS = ("the cat sat on the mat", ("the cat", "sat on a log"), "dog")


@dataclass(frozen=True)
class Measure:
    """A measure of the tokens of texts.

    Attributes:
        run: measures what an explainer explains of texts.
        figures: of what was measured of a text, one number a token.
        width: how many numbers of an output it explains: 1, or those of an embedding.
        family: a model that it is tried on, and its head.
    """

    run: Callable[[Explainer, list[ExplainedText]], list[Any]]
    figures: Callable[[Any], Any]
    width: int = 1
    family: tuple[str, str, dict[str, Any]] = ("albert", "sequence", NUMBER)

    @property
    def kind(self) -> str:
        return "number" if self.width == 1 else "embedding"

    def of(self, model: LoadedModel, *texts: Any, batch_tokens: int = 1024) -> list[Any]:
        return self.run(*explain(model, encoded(model, *texts), batch_tokens))

    def headed(self, folder: Path, head: Callable[[Tensor, Tensor, Tensor], Tensor]) -> LoadedModel:
        """A BERT whose output `head` makes of the hidden states."""
        base = load(folder, "bert", "base")
        return with_module(base, Head(base.encoder, head), self.kind)


def gradients(explainer: Explainer, items: list[ExplainedText]) -> list[Any]:
    model = explainer.model
    return text_gradients(explainer, Capture(model.module, model.encoder), items)


MEASURES = {
    "gradient": Measure(gradients, lambda found: found.sizes),
    "ig": Measure(lambda *given: integrated_gradients(*given, 0.0), lambda found: found.scores),
    "jacobian": Measure(jacobian_norms, lambda found: found, 4, ("bert", "base", {})),
    "cp_lrp": Measure(lambda *given: cp_lrp(*given, 0.0), lambda found: found.scores),
}
every_measure = pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)


def reasons(found: list[Any]) -> list[str | None]:
    return [item.reason if hasattr(item, "reason") else None for item in found]


@every_measure
@pytest.mark.parametrize("kind", ["integer", "detached", "constant"])
def test_an_output_outside_the_graph_has_no_gradient(
    folder: Path, measure: Measure, kind: str
) -> None:
    def head(hidden: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        read = hidden[:, 0, : measure.width]
        if kind == "constant":
            return torch.full_like(read, 0.5, requires_grad=False)
        return read.mul(9).long() if kind == "integer" else read.detach()

    found = measure.of(measure.headed(folder, head), *TEXTS)
    assert found == [Missing("no_gradient")] * len(TEXTS)


@every_measure
def test_a_gradient_of_0_everywhere_is_said(folder: Path, measure: Measure) -> None:
    def rounded(hidden: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        return (hidden[:, 0, : measure.width] * 1000).round()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = measure.of(measure.headed(folder, rounded), *TEXTS)
    assert set(reasons(found)) == {"zero_gradient"}


@every_measure
@pytest.mark.parametrize("how", ["own table", "none", "raises", "unused"])
def test_without_the_embeddings_of_the_tokens_there_is_no_figure(
    folder: Path, monkeypatch: pytest.MonkeyPatch, measure: Measure, how: str
) -> None:
    model = measure.headed(folder, lambda hidden, ids, mask: hidden[:, 0, : measure.width])

    def get_input_embeddings() -> nn.Module | None:
        if how == "raises":
            raise NotImplementedError
        return None if how == "none" else nn.Embedding(5, 5)

    if how == "own table":
        model = with_module(model, OwnTable(model.encoder, measure.width), measure.kind)
    else:
        monkeypatch.setattr(model.encoder, "get_input_embeddings", get_input_embeddings)
    assert measure.of(model, *TEXTS) == [Missing("no_embeddings")] * len(TEXTS)


def state(module: nn.Module) -> dict[str, object]:
    """What measuring might leave behind in a module: what needs gradients, gradients, hooks."""
    parameters = {name: (p.requires_grad, p.grad) for name, p in module.named_parameters()}
    hooks = {
        name: (len(part._forward_hooks), len(part._forward_pre_hooks), len(part._backward_hooks))
        for name, part in module.named_modules()
    }
    return parameters | hooks


def frozen_in_part(model: LoadedModel) -> dict[str, object]:
    """Freeze one parameter of a model; its state before anything is measured."""
    # The library leaves hooks of its own where it is first asked for hidden states.
    model.encoder(torch.ones(1, 3).long(), output_hidden_states=True)
    next(model.encoder.parameters()).requires_grad_(False)
    return state(model.module)


@every_measure
def test_a_text_that_fails_is_marked_alone_and_the_module_is_left_as_it_was(
    folder: Path, measure: Measure
) -> None:
    _, dog, mat = (text.ids[2] for text in encoded(load(folder, "bert", "base"), *ANIMALS))

    def head(hidden: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        if (ids == dog).any() and hidden.requires_grad:
            raise ValueError("no way back")
        read = hidden[:, 0, : measure.width]
        is_mat = (ids == mat).any(1, keepdim=True)
        return read + (read * ~is_mat).abs().sqrt()  # the root of 0 has no slope

    model = measure.headed(folder, head)
    before = frozen_in_part(model)
    cat, dog_found, mat_found = measure.of(model, *ANIMALS)
    assert not isinstance(cat, Missing)
    assert dog_found.reason == "failed"
    assert "no way back" in dog_found.message
    if measure is not MEASURES["cp_lrp"]:  # to which a root is a number
        assert mat_found == Missing("failed", "the gradient is not a finite number")
    assert state(model.module) == before


ANIMALS = ("the cat", "the dog", "the mat")


@every_measure
def test_other_batches_give_the_same_and_leave_the_module_as_it_was(
    folder: Path, measure: Measure
) -> None:
    architecture, task, changes = measure.family
    model = load(folder, architecture, task, **changes)
    before = frozen_in_part(model)
    alone, together = (
        measure.of(model, *TEXTS, *SENTENCES[:2], batch_tokens=size) for size in (1, 4096)
    )
    for one, other in zip(alone, together, strict=True):
        assert_near(measure.figures(one), measure.figures(other))
    assert state(model.module) == before
