"""What runs on a device: nothing is asked of it before a batch is read, and halves
of a batch give the same figures.

torch's "meta" device stands in for a GPU: it computes shapes but no values, so that whatever asks
for a value, which would make a GPU wait, raises an error.
"""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from helpers.cases import some_of
from helpers.real.explaining import NUMBER, encoded, load
from helpers.real.families import proven
from helpers.real.few_steps import take_few_steps
from helpers.real.writers import loaded_writer, with_target
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from reportgen.analysis import AnalysisOptions, Job, Progress, WorkItem, analyze, find_decoder
from reportgen.analysis.attention import Capture, KeptMaps, Runner, lay_out, levels_of, probe
from reportgen.analysis.device import DeviceFigures, limits, limits_of
from reportgen.analysis.work import Measured, WorkResult
from reportgen.models import LoadedModel
from reportgen.results import InputInfo, quantise
from reportgen.texts import TextInput, TextSet

META = torch.device("meta")
TEXTS = ("the cat " * 5, "the cat " * 4 + "sat", "dog " + "the cat " * 4)


@pytest.fixture(autouse=True)
def _no_question_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """transformers asks once a batch whether there is padding at all."""
    never = "transformers.masking_utils._ignore_bidirectional_mask_sdpa"
    monkeypatch.setattr(never, lambda *_, **__: False)


class OneDevice(TorchDispatchMode):
    """Raises an error for an operation on tensors of several devices, which "meta" lets pass."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        given = (one for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor))
        devices = {tensor.device for tensor in given if tensor.ndim}
        assert len(devices) < 2 or "copy" in func.name(), f"{func.name()} on {devices}"
        return func(*args, **(kwargs or {}))


def runner_of(model: LoadedModel, texts, **kinds) -> Runner:
    capture, norms = (Capture(model.module, model.encoder), None) if kinds else proven(model)
    probed = probe(model, capture, texts)
    kinds = {"norms": norms, "activations": True, **kinds}
    return Runner(model, capture, probed, ("cls", "sep"), 1024, **kinds)


def moved_to_meta(runner: Runner, model: LoadedModel) -> None:
    model.module.to(META)
    runner._model = replace(model, device=META)


@pytest.mark.parametrize(
    "architecture", some_of(["bert", "gpt2", "modernbert", "deberta_v2"], "bert", "gpt2")
)
def test_a_batch_is_launched_without_waiting_for_the_device(
    tmp_path: Path, architecture: str
) -> None:
    model = load(tmp_path, architecture)
    texts = encoded(model, *TEXTS)
    runner = runner_of(model, texts)
    moved_to_meta(runner, model)
    with OneDevice():
        finish = runner._launch(texts, [True, False, True])
    with pytest.raises(NotImplementedError, match="no data"):
        finish()


def test_a_decoders_maps_are_read_without_waiting_for_the_device() -> None:
    model = loaded_writer("t5")
    texts = [with_target(model, text, "the cat") for text in TEXTS]
    capture = Capture(model.module, model.encoder)
    decoder, _ = find_decoder(model, capture, texts[0], with_values=True)
    assert decoder is not None
    runner = runner_of(model, texts[1:], decoder=decoder)
    moved_to_meta(runner, model)
    with OneDevice():
        finish = runner._launch(texts, [True, False, True])
    with pytest.raises(NotImplementedError, match="no data"):
        finish()


def test_layers_are_summed_up_where_they_are(tmp_path: Path) -> None:
    """The last layer is on another device; mixing the two would raise an error."""
    model = load(tmp_path, "bert", **NUMBER)
    texts = encoded(model, *TEXTS)
    runner = runner_of(model, texts)
    last = model.encoder.encoder.layer[2].to(META)

    def move(module: nn.Module, args, kwargs):
        there = [one.to(META) if isinstance(one, torch.Tensor) else one for one in args]
        return tuple(there), {
            name: one.to(META) if isinstance(one, torch.Tensor) else one
            for name, one in kwargs.items()
        }

    last.register_forward_pre_hook(move, with_kwargs=True)
    for rest in (model.encoder.pooler, model.module.classifier):
        rest.to(META)
    with OneDevice():
        assert runner._launch(texts, [True] * 3)


def test_figures_of_several_devices_are_put_together_in_the_order_of_layers() -> None:
    figures = DeviceFigures()
    layers = torch.arange(24.0).reshape(4, 2, 3)  # [layer, text, key]
    for layer in layers:
        figures.add({"received": layer})
    whole = figures.read()["received"]
    np.testing.assert_array_equal(whole, layers.transpose(0, 1))
    figures = DeviceFigures()
    for layer, device in zip(layers, ("cpu", "meta", "meta", "cpu"), strict=True):
        figures.add({"received": layer.to(device)})
    figures.fetch()
    assert figures._coming is not None
    assert len(figures._coming["received"]) == 3


def test_a_layout_is_moved_to_each_device_once(tmp_path: Path) -> None:
    texts = encoded(load(tmp_path, "bert"), *TEXTS)
    layout = lay_out(texts, ("cls",), is_causal=False, device=torch.device("cpu"), least=40)
    assert layout.on(torch.device("cpu")) is layout
    assert layout.on(META) is layout.on(META)
    assert layout.on(META).columns.device == META
    assert layout.real.shape == (3, 40)
    assert layout.real.sum() == sum(len(text.ids) for text in texts)


def test_weights_become_the_same_bytes_on_a_device() -> None:
    maps = torch.rand(2, 3, 7, 7).softmax(-1).half().float()
    maps[0, 0, 0] = torch.tensor([0, 1, 0.5, 1e-6, (0.5 / 255) ** 2, 2e-45, 1 - 2**-24])
    np.testing.assert_array_equal(levels_of(maps).numpy(), quantise(maps.numpy()))
    kept = KeptMaps([7, 5], [False, True])
    kept.add(maps)
    straight = kept.packed()
    late = KeptMaps([7, 5], [False, True])
    packer = late._packers[1]
    assert packer is not None
    late._coming.append((packer, levels_of(maps[1, :, :5, :5]).numpy))
    assert late.packed() == straight
    assert straight[0] is None


def test_batches_go_by_the_memory_of_the_smallest_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load(tmp_path, "bert", **NUMBER)
    usual = limits_of(model, None)
    assert (usual.tokens, limits_of(model, 77).tokens) == (1024, 77)
    free = 100_000_000
    weights = sum(weight.nbytes for weight in model.module.parameters())
    monkeypatch.setattr(limits, "total_bytes", lambda device: free + weights)
    own = limits_of(model, None)
    assert own.tokens == free // 4 // (4 * 40 * 32)
    assert (own.layer_bytes, own.graph_bytes) == (usual.layer_bytes, usual.graph_bytes)
    monkeypatch.setattr(limits, "total_bytes", lambda device: 80_000_000_000)
    large = limits_of(model, None)
    assert (large.tokens, large.layer_bytes) == (65_536, 1_000_000_000)
    assert limits_of(model, 77).tokens == 77
    model.encoder.pooler.to(META)  # a second card, which is full
    monkeypatch.setattr(limits, "total_bytes", {"cpu": 80_000_000_000, "meta": 0}.get)
    monkeypatch.setattr(
        limits, "total_bytes", lambda device: 0 if device == META else 80_000_000_000
    )
    assert limits_of(model, None).tokens == 1


class Told(Progress):
    """Notes what was said of memory."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str]] = []

    def halved(self, n_texts: int, device: str) -> None:
        self.lines.append((n_texts, device))


def full_above(model: LoadedModel, tokens: int) -> list[int]:
    """Make `model` fail on more tokens than this at once, as a full GPU does; the sizes that
    failed."""
    failed: list[int] = []

    def hook(module: nn.Module, args, kwargs) -> None:
        size = kwargs["input_ids"].numel()
        if size > tokens:
            failed.append(size)
            raise torch.cuda.OutOfMemoryError(
                "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 1 GiB. Of these, none."
            )

    model.module.register_forward_pre_hook(hook, with_kwargs=True)
    return failed


def results_of(folder: Path, model: LoadedModel, texts, progress: Progress, evidence: str):
    folder.mkdir()
    inputs = tuple(TextInput(f"t{i}", text, f"x:{i}") for i, text in enumerate(texts))
    given = TextSet(inputs, (InputInfo("x", "", 1),))
    return analyze(
        given,
        model,
        folder,
        AnalysisOptions(units="token", evidence=evidence, evidence_texts="3"),
        progress,
    )


def test_halves_give_the_same_results_and_are_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the last digit: the library sums a head's output in another order for other numbers
    of texts."""
    take_few_steps(monkeypatch)
    texts = [" ".join(["the cat sat"] * 2 + ["on a dog"] * (i % 2)) for i in range(4)]
    told = Told()
    whole = results_of(tmp_path / "whole", load(tmp_path, "bert", **NUMBER), texts, told, "full")
    assert not told.lines
    model = load(tmp_path, "bert", **NUMBER)
    failed = full_above(model, 50)
    halved = results_of(tmp_path / "halved", model, texts, told, "full")
    assert len(failed) > 4  # the attention, changed texts, gradients and their steps
    assert told.lines == [(4, "cpu")]
    for name in ("texts", "tokens", "heads", "layers", "roles", "effects", "agreement", "sinks"):
        pd.testing.assert_frame_equal(getattr(halved, name), getattr(whole, name), atol=1e-5)
    assert whole.info == replace(halved.info, evidence=whole.info.evidence)


def test_a_text_that_does_not_fit_fails_alone_and_says_what_to_do(tmp_path: Path) -> None:
    model = load(tmp_path, "bert", **NUMBER)
    full_above(model, 40)
    texts = ["the cat", "the cat sat on a mat " * 8, "a dog"]
    results = results_of(tmp_path / "r", model, texts, Told(), "basic")
    assert results.texts["status"].tolist() == ["ok", "failed", "ok"]
    assert results.texts["message"][1] == (
        "too large even by itself: CUDA out of memory. Tried to allocate 2.00 GiB; "
        "try --dtype bfloat16, a smaller --max-length, or a --device with more memory"
    )


def test_what_a_worker_had_no_room_for_is_told_once() -> None:
    told = Told()
    worker, engine = SimpleNamespace(stages=lambda item: {}), SimpleNamespace(is_alone=False)
    start = SimpleNamespace(info=SimpleNamespace(evidence=SimpleNamespace(asked="all")))
    job = Job(TextSet((), ()), lambda: worker, start, None, told, engine=engine)
    for halved in (None, 8, 4):
        job._report(Measured(WorkItem("attention", (0,)), WorkResult({}), halved=halved))
    assert told.lines == [(8, "a worker")]


def test_reading_ahead_changes_nothing(tmp_path: Path) -> None:
    model = load(tmp_path, "bert", **NUMBER)
    texts = encoded(model, *TEXTS, "a dog", "the mat")
    runner = runner_of(model, texts)
    found = []
    for ahead in (False, True):
        runner._ahead = ahead
        packed: dict[int, dict] = {}
        outcomes = runner.run(texts, [True] * 5, packed.__setitem__, lambda rows: None)
        found.append(([outcome.prediction for outcome in outcomes], packed))
    assert found[0] == found[1]
    assert len(found[0][1]) == 5
