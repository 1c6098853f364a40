"""What is proven before norm-weighted attention is shown: values, and where the residual joins."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from helpers.real.explaining import encoded
from helpers.real.families import SITES, load_family, proven
from torch import nn

from reportgen.analysis.attention import Capture, Norms, find_norms
from reportgen.models import LoadedModel, architecture
from reportgen.models.architecture import FAMILIES
from reportgen.results import Reason


def found(model: LoadedModel) -> Norms | Reason:
    capture = Capture(model.module, model.encoder)
    return find_norms(model, capture, encoded(model, "the cat sat on the mat")[0])


def n_hooks(model: LoadedModel) -> int:
    modules = model.module.modules()
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in modules)


@pytest.mark.parametrize("family", SITES)
def test_values_and_residual_are_proven(folder: Path, family: str) -> None:
    model, sites = load_family(folder, family), SITES[family]
    before = n_hooks(model)
    _, norms = proven(model)
    assert n_hooks(model) == before
    assert norms.tolerance == 1e-4
    if sites.after is None and sites.before is None:
        assert norms.residual is None
    else:
        assert norms.residual is not None
        assert norms.residual.place == ("after" if sites.after else "before")
        assert len(norms.residual.norms) == (1 if family == "albert" else 3)
    if sites.after is not None:
        assert norms.residual.norms[-1] is model.encoder.get_submodule(sites.after.format(2))


@pytest.mark.parametrize(
    ("family", "reason"),
    [
        ("xlnet", "values_unreadable"),  # its values are made by no module
        ("deberta", "values_unproven"),  # adds a bias to them afterwards
        ("codegen", "values_unproven"),  # fuses them in an order of its own
        ("convbert", "values_unproven"),  # half of what it gathers is a convolution
    ],
)
def test_what_cannot_be_read_is_withheld_with_the_reason(
    folder: Path, family: str, reason: str
) -> None:
    model = load_family(folder, family)
    before = n_hooks(model)
    assert found(model) == reason
    assert n_hooks(model) == before


@pytest.mark.parametrize("family", ["gptj", "falcon", "gemma2", "mobilebert"])
def test_a_residual_that_joins_elsewhere_is_not_known(folder: Path, family: str) -> None:
    """Parallel blocks, a norm between block and residual, a norm that does not divide."""
    _, norms = proven(load_family(folder, family))
    assert norms.residual is None


class Scaled(nn.Linear):
    def forward(self, x):
        return 1.001 * super().forward(x)


def replaced(model: LoadedModel, path: str, kind: type[nn.Linear]) -> None:
    """Put a module of `kind` with the same weights in the place of a Linear."""
    old = model.encoder.get_submodule(path)
    new = kind(old.in_features, old.out_features)
    new.load_state_dict(old.state_dict())
    model.encoder.set_submodule(path, new)


@pytest.mark.parametrize("layer", [0, 2])
def test_one_layer_whose_output_is_not_rebuilt_is_enough(folder: Path, layer: int) -> None:
    model = load_family(folder, "bert")
    path = SITES["bert"].output.format(layer)
    replaced(model, path, nn.Linear)
    assert isinstance(found(model), Norms)
    replaced(model, path, Scaled)
    assert found(model) == "values_unproven"


def test_values_changed_after_they_were_read_are_not_proven(folder: Path) -> None:
    model = load_family(folder, "bert")
    attention = model.encoder.encoder.layer[1].attention

    def drop_a_head(module, args):
        return (args[0] * (torch.arange(32) >= 8),)

    attention.output.dense.register_forward_pre_hook(drop_a_head)
    assert found(model) == "values_unproven"


@pytest.mark.parametrize("n_more", [1, -1])
def test_hooks_that_run_more_or_less_often_than_layers_prove_nothing(
    folder: Path, n_more: int
) -> None:
    model = load_family(folder, "bert")
    layer = model.encoder.encoder.layer[2].attention

    def run_again(module, args, output):
        layer.self.value(args[0])

    if n_more > 0:
        layer.register_forward_hook(run_again)
    else:
        value = layer.self.value
        layer.self.value = nn.Sequential(value)  # no longer known, though it still runs
    assert found(model) == "values_unproven"


def test_values_behind_each_query_and_key_are_told_from_those_behind_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for family, name, layout in (
        ("gpt2", "c_attn", "behind all"),
        ("gpt_neox", "query_key_value", "behind each"),
    ):
        wrong = {"behind all": "behind each", "behind each": "behind all"}[layout]
        families = [replace(row, layout=wrong) if row.value == name else row for row in FAMILIES]
        monkeypatch.setattr(architecture, "FAMILIES", tuple(families))
        _, norms = proven(load_family(folder, family))
        assert {projection.layout for projection in norms.projections} == {layout}


@pytest.mark.parametrize(("dtype", "tolerance"), [("float16", 1e-2), ("bfloat16", 5e-2)])
@pytest.mark.parametrize("family", ["bert", "gpt2", "llama", "modernbert"])
def test_half_precision_is_proven_within_its_own(
    folder: Path, family: str, dtype: str, tolerance: float
) -> None:
    _, norms = proven(load_family(folder, family, dtype))
    assert norms.tolerance == tolerance
    assert norms.residual is not None


class WithoutBias(nn.Module):
    """An attention output that adds its residual after a LayerNorm of its own."""

    def __init__(self, old: nn.Module) -> None:
        super().__init__()
        self.dense, self.LayerNorm = old.dense, old.LayerNorm

    def forward(self, gathered, x):
        return self.LayerNorm(self.dense(gathered)) + x


class Doubled(WithoutBias):
    """One that adds its residual twice."""

    def forward(self, gathered, x):
        return self.LayerNorm(self.dense(gathered) + 2 * x)


@pytest.mark.parametrize("kind", [WithoutBias, Doubled])
def test_another_sum_in_one_layer_is_no_known_residual(folder: Path, kind) -> None:
    model = load_family(folder, "bert")
    attention = model.encoder.encoder.layer[1].attention
    attention.output = kind(attention.output)
    _, norms = proven(model)
    assert norms.residual is None


def test_a_norm_that_runs_elsewhere_too_is_not_taken_for_the_blocks(folder: Path) -> None:
    model = load_family(folder, "bert")
    layer = model.encoder.encoder.layer[1]
    layer.output.LayerNorm = layer.attention.output.LayerNorm
    _, norms = proven(model)
    assert norms.residual is None


def test_a_norm_of_queries_alone_is_not_one_before_the_block(folder: Path) -> None:
    model = load_family(folder, "bert")
    for layer in model.encoder.encoder.layer:
        own = layer.attention.self
        own.query = nn.Sequential(nn.LayerNorm(32), own.query)
    _, norms = proven(model)
    assert norms.residual is not None
    assert norms.residual.place == "after"


def test_a_norm_that_is_no_layer_norm_is_not_taken_for_one(folder: Path) -> None:
    model = load_family(folder, "bert")
    for layer in model.encoder.encoder.layer:
        layer.attention.output.LayerNorm = nn.RMSNorm(32)
    _, norms = proven(model)
    assert norms.residual is None
