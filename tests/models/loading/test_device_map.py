"""Models larger than one card: parts that wait on the disk stand in for a second card."""

import json
from pathlib import Path

import pandas as pd
import pytest
import torch
from helpers.real.few_steps import take_few_steps
from helpers.real.models import save_model

import reportgen
from reportgen import Report
from reportgen.analysis import sample_text, try_model
from reportgen.analysis.attention import Norms, find_norms
from reportgen.errors import ModelError, UsageError
from reportgen.models import ModelSpec, load_model
from reportgen.models.device import main_device
from reportgen.models.loading import placing, pretrained
from reportgen.models.spec import read_device_map

TEXTS = ["the cat sat on the mat", "a dog"]
# All but the embeddings is loaded from the disk just before it runs.
ON_DISK = {"bert.embeddings": "cpu", "bert.encoder": "disk", "bert.pooler": "cpu"}
HEAD = {"dropout": "cpu", "classifier": "disk"}
# CP-LRP needs the gradient of biases, which are loaded anew each time.
LEFT_OUT = ["cp_lrp"]
TABLES = ("texts", "tokens", "heads", "layers", "roles", "effects", "agreement")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("bert") / "model"
    return save_model(made, "bert", "sequence", num_labels=1, problem_type="regression")


def analysed(folder: Path, **options: object) -> Report:
    return reportgen.analyze(TEXTS, str(folder), evidence="full", **options)


def test_the_same_figures_come_out_of_a_model_that_waits_on_the_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_few_steps(monkeypatch)
    whole, placed = analysed(folder), analysed(folder, device_map={**ON_DISK, **HEAD})
    for name in TABLES:
        own, other = (getattr(one.results, name) for one in (placed, whole))
        if name == "agreement":
            other = other[other["view"] != "cp_lrp"].reset_index(drop=True)
        pd.testing.assert_frame_equal(
            own.drop(columns=LEFT_OUT, errors="ignore"),
            other.drop(columns=LEFT_OUT, errors="ignore"),
        )
    assert whole.results.effects["cp_lrp"].notna().all()
    assert placed.results.info.evidence.withheld == {"cp_lrp": "not_conserved"}
    assert placed.results.info.model == whole.results.info.model  # the hash of its weights too
    assert "device-map" in placed.results.info.settings.options


def test_a_map_of_one_device_is_that_device(folder: Path) -> None:
    model = load_model(ModelSpec(model=str(folder), device_map='{"": "cpu"}'))
    assert model.device == torch.device("cpu")


def test_an_encoder_gives_its_output_where_it_got_its_inputs(folder: Path) -> None:
    """As the whole model does, which is not run where an embedding is asked for."""
    places = json.dumps({**ON_DISK, **HEAD})
    model = load_model(ModelSpec(model=str(folder), device_map=places, pooling="mean"))
    assert model.encoder._hf_hook.io_same_device
    sample = sample_text(model)
    assert isinstance(find_norms(model, try_model(model, [sample])[0], sample), Norms)


def test_a_placed_module_is_analysed_where_it_is(folder: Path) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    module = AutoModelForSequenceClassification.from_pretrained(
        folder, device_map={**ON_DISK, **HEAD}
    )
    tokenizer = AutoTokenizer.from_pretrained(folder)
    report = reportgen.analyze(TEXTS, module, tokenizer, evidence="none")
    assert report.results.texts["status"].tolist() == ["ok", "ok"]
    assert {weight.device.type for weight in module.parameters()} == {"cpu", "meta"}


def test_without_accelerate_its_extra_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretrained, "find_spec", lambda name: None)
    with pytest.raises(ModelError) as told:
        load_model(ModelSpec(model=str(folder), device_map="auto"))
    assert str(told.value) == (
        "--device-map: accelerate is not installed; pip install 'attention-reportgen[accelerate]'"
    )


def test_weights_leave_room_on_each_card(monkeypatch: pytest.MonkeyPatch) -> None:
    free = {0: 1000, 1: 500, "cpu": 7}
    monkeypatch.setattr("accelerate.utils.get_max_memory", lambda: free)
    assert placing(ModelSpec(device_map="auto")) == {
        "device_map": "auto",
        "max_memory": {0: 700, 1: 350, "cpu": 7},
    }
    assert placing(ModelSpec()) == {}


def test_inputs_go_to_the_first_device_that_runs_anything() -> None:
    module = torch.nn.Linear(1, 1)
    for places, device in (
        ({"a": "cpu", "b": 1}, "cuda:1"),
        ({"a": "disk", "b": "cuda:0"}, "cuda:0"),
        ({"a": torch.device("xpu:0")}, "xpu:0"),
        ({"a": "disk", "b": "cpu"}, "cpu"),
    ):
        module.hf_device_map = places
        assert main_device(module) == torch.device(device)


@pytest.mark.parametrize("text", ["autos", "[]", "{}", '{"a": "gpu"}', '{"a": true}', '{"a": -1}'])
def test_a_map_that_is_none_is_told(text: str) -> None:
    with pytest.raises(UsageError, match=r"--device-map .*: takes auto, balanced, sequential, or"):
        read_device_map(text)


def test_a_map_goes_with_neither_a_device_nor_a_class_of_ones_own() -> None:
    for others, said in (
        ({"device": "cuda"}, "--device and --device-map exclude each other"),
        ({"factory": "a:B"}, "--device-map needs --model"),
    ):
        with pytest.raises(UsageError, match=said):
            load_model(ModelSpec(device_map="auto", **others))
