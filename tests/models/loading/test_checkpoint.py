"""Weights from files into modules: every way they are saved, and every way they do not fit."""

import argparse
from pathlib import Path

import pytest
import torch
from helpers.real.albert_for_regression import AlbertForRegression
from helpers.real.models import save_model, spread_weights
from safetensors.torch import save_file
from torch import Tensor, nn

from reportgen.errors import ModelError
from reportgen.models.loading import load_checkpoint, read_state_dict, weights_sha256


@pytest.fixture(scope="module")
def albert(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_model(tmp_path_factory.mktemp("checkpoint"), "albert"))


@pytest.fixture
def trained(albert: str) -> AlbertForRegression:
    module = AlbertForRegression(albert)
    spread_weights(module, seed=1)
    return module


@pytest.fixture
def fresh(albert: str) -> AlbertForRegression:
    return AlbertForRegression(albert)


def saved(tmp_path: Path, state: object) -> Path:
    torch.save(state, tmp_path / "model.pt")
    return tmp_path / "model.pt"


def same(one: nn.Module, other: nn.Module) -> bool:
    mine, theirs = one.state_dict(), other.state_dict()
    return all(torch.equal(mine[key], theirs[key]) for key in theirs)


def prefixed(prefix: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + key: tensor for key, tensor in state.items()}


def test_a_loss_beside_the_weights_is_passed_over(tmp_path, trained, fresh) -> None:
    record = {"epoch": 3, "model_state_dict": trained.state_dict(), "loss": torch.tensor(0.1)}
    load_checkpoint(fresh, saved(tmp_path, record))
    assert same(fresh, trained)


@pytest.mark.parametrize("prefix", ["", "module.", "model.", "_orig_mod.", "module.model.", "net."])
@pytest.mark.parametrize("nested", [None, "model_state_dict", "state_dict", "model", "module"])
def test_wrapped_and_nested_weights_are_found(
    trained: nn.Module, fresh: nn.Module, tmp_path: Path, prefix: str, nested: str | None
) -> None:
    state: dict = prefixed(prefix, trained.state_dict())
    if nested:
        optimizer = {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 1e-3}]}
        state = {"epoch": 3, "optimizer": optimizer, nested: state}
    assert not same(fresh, trained)
    load_checkpoint(fresh, saved(tmp_path, state))
    assert same(fresh, trained)


def test_a_compiled_part_inside_a_module_is_found(
    trained: nn.Module, fresh: nn.Module, tmp_path: Path
) -> None:
    state = {
        key.replace("albert.", "albert._orig_mod.", 1): tensor
        for key, tensor in trained.state_dict().items()
    }
    load_checkpoint(fresh, saved(tmp_path, state))
    assert same(fresh, trained)


def test_buffers_that_old_versions_saved_are_passed_over(
    trained: nn.Module, fresh: nn.Module, tmp_path: Path
) -> None:
    state = trained.state_dict() | {
        "albert.embeddings.position_ids": torch.arange(128)[None],
        "albert.embeddings.token_type_ids": torch.zeros(1, 128, dtype=torch.long),
    }
    load_checkpoint(fresh, saved(tmp_path, state))
    assert same(fresh, trained)


def test_a_checkpoint_saved_on_a_gpu_loads_without_one(
    trained: nn.Module, fresh: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
    path = saved(tmp_path, trained.state_dict())
    monkeypatch.undo()
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="CUDA"):
            torch.load(path, weights_only=True)
    load_checkpoint(fresh, path)
    assert same(fresh, trained)


def test_safetensors_and_half_precision_load(
    trained: nn.Module, fresh: nn.Module, tmp_path: Path
) -> None:
    half = {key: tensor.half() for key, tensor in trained.state_dict().items()}
    save_file(half, tmp_path / "model.safetensors")
    load_checkpoint(fresh, tmp_path / "model.safetensors")
    assert same(fresh.half(), trained.half())


def test_one_name_of_tied_weights_is_enough(tmp_path: Path) -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inside = nn.Linear(3, 3, bias=False)
            self.outside = nn.Linear(3, 3, bias=False)
            self.outside.weight = self.inside.weight

    module = Tied()
    load_checkpoint(module, saved(tmp_path, {"inside.weight": torch.eye(3)}))
    assert torch.equal(module.outside.weight, torch.eye(3))


@pytest.mark.parametrize("what", ["module", "namespace"])
def test_python_objects_are_refused_with_the_way_to_save(
    trained: nn.Module, fresh: nn.Module, tmp_path: Path, what: str
) -> None:
    state = {"args": argparse.Namespace(lr=1), "state_dict": trained.state_dict()}
    path = saved(tmp_path, trained if what == "module" else state)
    with pytest.raises(ModelError) as caught:
        load_checkpoint(fresh, path)
    message = str(caught.value)
    assert ("AlbertForRegression" if what == "module" else "argparse.Namespace") in message
    assert "torch.save(model.state_dict(), path)" in message
    assert "\n" not in message


@pytest.mark.filterwarnings("ignore")
def test_a_torchscript_program_is_refused(tmp_path: Path) -> None:
    torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.ones(1, 2)), tmp_path / "model.pt")
    with pytest.raises(ModelError, match="TorchScript"):
        read_state_dict(tmp_path / "model.pt")


@pytest.mark.parametrize("name", ["model.pt", "model.bin", "model.safetensors"])
@pytest.mark.parametrize("content", [b"", b"hello world", b"PK\x03\x04 cut short", b"\x80\x02}q"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_state_dict(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("state", "words"),
    [([1, 2], "holds a list"), ({"epoch": 3, "loss": 0.1}, "only epoch, loss"), ({}, "empty")],
)
def test_a_file_without_weights_is_refused(tmp_path: Path, state: object, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        read_state_dict(saved(tmp_path, state))


def test_keys_that_do_not_fit_are_counted_and_the_prefix_named(
    trained: AlbertForRegression, fresh: nn.Module, tmp_path: Path
) -> None:
    path = saved(tmp_path, trained.albert.state_dict())
    with pytest.raises(ModelError) as caught:
        load_checkpoint(fresh, path)
    message = str(caught.value)
    assert "27 missing (albert.embeddings.word_embeddings.weight, " in message
    assert "25 unexpected (embeddings.word_embeddings.weight, " in message
    assert message.count(", ...)") == 2
    assert 'with "albert." put before its keys, 25 of 27 would fit' in message


def test_a_prefix_that_not_all_keys_have_is_named(
    trained: nn.Module, fresh: nn.Module, tmp_path: Path
) -> None:
    state = prefixed("model.", trained.state_dict()) | {"loss.weight": torch.ones(2)}
    with pytest.raises(ModelError, match=r'"model\." taken from its keys, 27 of 27 would fit'):
        load_checkpoint(fresh, saved(tmp_path, state))


def test_a_missing_head_is_an_error_and_changes_nothing(
    trained: nn.Module, fresh: AlbertForRegression, tmp_path: Path
) -> None:
    before = weights_sha256(fresh.state_dict())
    state = trained.state_dict()
    del state["regressor.weight"]
    with pytest.raises(ModelError, match=r"1 missing \(regressor.weight\); build the module"):
        load_checkpoint(fresh, saved(tmp_path, state))
    assert weights_sha256(fresh.state_dict()) == before


def test_another_shape_is_an_error(trained: nn.Module, fresh: nn.Module, tmp_path: Path) -> None:
    state = trained.state_dict() | {"regressor.weight": torch.ones(2, 32)}
    with pytest.raises(ModelError, match=r"regressor.weight \[2, 32\] where .* \[1, 32\]"):
        load_checkpoint(fresh, saved(tmp_path, state))


def test_the_identity_follows_the_weights_and_not_the_file(tmp_path: Path) -> None:
    state = {"b": torch.tensor([[1.0, 2.0]]), "a": torch.arange(3)}
    identity = weights_sha256(state)
    save_file(state, tmp_path / "model.safetensors")
    assert weights_sha256(read_state_dict(tmp_path / "model.safetensors")) == identity
    assert weights_sha256(read_state_dict(saved(tmp_path, state))) == identity
    assert weights_sha256({"a": state["a"], "b": state["b"].t().contiguous().t()}) == identity
    changed = [
        {"b": torch.tensor([[1.0, 2.5]])},
        {"b": torch.tensor([[1.0], [2.0]])},
        {"b": torch.tensor([[1.0, 2.0]], dtype=torch.float64)},
        {"c": torch.tensor([[1.0, 2.0]])},
        {"b": torch.tensor([[1.0, 2.0]], dtype=torch.bfloat16)},
    ]
    others = {weights_sha256({"a": state["a"], **other}) for other in changed}
    assert len(others | {identity}) == 6
