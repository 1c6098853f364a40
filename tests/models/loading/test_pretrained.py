"""Folders of transformers: which class they load as, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.cases import some_of
from helpers.real.models import ARCHITECTURES, save_model, tiny_model
from transformers import BertModel
from transformers.utils import hub

from reportgen.errors import ModelError
from reportgen.models import ModelSpec
from reportgen.models.loading import (
    Pretrained,
    folder_max_tokens,
    folder_pooling,
    held_files,
    load_pretrained,
)

TASKS = ("base", "sequence", "masked", "causal", "token", "question")
ABSENT = {
    *((family, "causal") for family in ("albert", "distilbert", "deberta_v2", "modernbert", "t5")),
    *((family, "masked") for family in ("gpt2", "llama", "t5")),
}
FAMILIES = [(a, task) for a in ARCHITECTURES for task in TASKS if (a, task) not in ABSENT]
REMOTE = """
from torch import nn
from transformers import BertConfig, BertModel, PreTrainedModel

class MyConfig(BertConfig):
    model_type = "mine"

class MyModel(PreTrainedModel):
    config_class = MyConfig

    def __init__(self, config):
        super().__init__(config)
        self.bert = BertModel(config)
        self.classifier = nn.Linear(config.hidden_size, 1)
        self.post_init()

    def forward(self, input_ids, attention_mask=None):
        return {"score": self.classifier(self.bert(input_ids, attention_mask).pooler_output)}
"""


def load(folder: Path | str, **options: Any) -> Pretrained:
    spec = ModelSpec(model=str(folder), **options)
    return load_pretrained(spec, str(folder), torch.float32)


def edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    config = json.loads((folder / "config.json").read_text())
    change(config)
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize(("architecture", "task"), some_of(FAMILIES, *FAMILIES[::3]))
def test_every_family_and_head_loads_the_weights_it_was_saved_with(
    tmp_path: Path, architecture: str, task: str
) -> None:
    made = tiny_model(architecture, task)
    loaded = load(save_model(tmp_path, architecture, task))
    assert loaded.architecture == type(made).__name__
    keeps_head = task in ("base", "sequence", "causal", "token", "question")
    is_whole = keeps_head and (architecture, task) != ("t5", "base")
    assert (type(loaded.module) is type(made)) == is_whole
    assert (loaded.remark is None) == keeps_head
    weights = made.state_dict()
    for key, tensor in loaded.module.state_dict().items():
        matches = [value for name, value in weights.items() if name.endswith(key)]
        assert any(torch.equal(tensor, value) for value in matches), key


def test_the_encoder_of_a_translation_model_is_kept(tmp_path: Path) -> None:
    loaded = load(save_model(tmp_path, "t5", "seq2seq"))
    assert type(loaded.module).__name__ == "T5Stack"
    assert loaded.architecture == "T5ForConditionalGeneration"
    assert "the embedding of its encoder" in (loaded.remark or "")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_files_are_run_in_float32(tmp_path: Path, dtype: torch.dtype) -> None:
    loaded = load(save_model(tmp_path, "bert", dtype=dtype))
    parameter = loaded.module.embeddings.word_embeddings.weight
    assert parameter.dtype == torch.float32
    expected = tiny_model("bert").embeddings.word_embeddings.weight.to(dtype).float()
    assert torch.equal(parameter, expected)


def test_a_folder_loads_ready_to_show_its_attention(tmp_path: Path) -> None:
    module = load(save_model(tmp_path, "bert")).module
    assert module.config._attn_implementation == "eager"
    assert not module.training


def test_a_head_without_weights_is_refused_unless_it_is_not_used(tmp_path: Path) -> None:
    folder = save_model(tmp_path, "bert")
    edit(folder, lambda c: c.update(architectures=["BertForSequenceClassification"]))
    with pytest.raises(ModelError, match=r"head are missing \(classifier.bias, classifier.weight"):
        load(folder)
    loaded = load(folder, pooling="mean")
    assert isinstance(loaded.module, BertModel)
    assert "--pooling" in (loaded.remark or "")


def test_missing_weights_of_the_encoder_are_counted(tmp_path: Path) -> None:
    folder = edit(save_model(tmp_path, "bert"), lambda c: c.update(num_hidden_layers=4))
    with pytest.raises(ModelError, match=r"weights of BertModel are missing: 16 \(.*, \.\.\."):
        load(folder)


def test_a_missing_pooler_of_a_bare_encoder_is_left_out(tmp_path: Path) -> None:
    folder = save_model(tmp_path, "bert", "masked")
    edit(folder, lambda c: c.update(architectures=["BertModel"]))
    module = load(folder).module
    assert module.pooler is None
    ids = torch.tensor([[5, 6, 7]])
    expected = tiny_model("bert", "masked").bert(ids).last_hidden_state
    torch.testing.assert_close(module(ids).last_hidden_state, expected)


def test_a_configuration_without_class_names_a_bare_encoder_or_nothing(tmp_path: Path) -> None:
    bare = edit(save_model(tmp_path / "bare", "bert"), lambda c: c.pop("architectures"))
    assert isinstance(load(bare).module, BertModel)
    head = edit(save_model(tmp_path / "h", "bert", "sequence"), lambda c: c.pop("architectures"))
    with pytest.raises(ModelError, match=r"have a head \(classifier.bias, classifier.weight\)"):
        load(head)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update(architectures=["BertForFun"]), "no class BertForFun"),
        (lambda c: c.update(hidden_size=64), "other shapes"),
        (lambda c: c.update(model_type="unheard-of"), "cannot be loaded"),
        (lambda c: c.pop("model_type"), "cannot be loaded"),
    ],
)
def test_a_configuration_that_does_not_fit_is_one_line(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], words: str
) -> None:
    folder = edit(save_model(tmp_path, "bert"), change)
    with pytest.raises(ModelError, match=words) as caught:
        load(folder)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_a_damaged_file_is_one_line(tmp_path: Path, file: str) -> None:
    folder = save_model(tmp_path, "bert")
    (folder / file).write_bytes(b"{")
    with pytest.raises(ModelError, match="copy or download") as caught:
        load(folder)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


def test_code_in_a_folder_runs_only_when_trusted(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "mine", "bert", "sequence", num_labels=1)
    auto_map = {"AutoConfig": "my_model.MyConfig", "AutoModel": "my_model.MyModel"}
    edit(
        folder, lambda c: c.update(architectures=["MyModel"], auto_map=auto_map, model_type="mine")
    )
    (folder / "my_model.py").write_text(REMOTE)
    with pytest.raises(ModelError, match="--trust-remote-code"):
        load(folder)
    loaded = load(folder, trust_remote_code=True)
    assert loaded.architecture == "MyModel"


@pytest.mark.parametrize(
    ("setting", "pooling"),
    [
        ({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}, "mean"),
        ({"pooling_mode_cls_token": True}, "cls"),
        ({"pooling_mode_lasttoken": True, "pooling_mode_mean_tokens": False}, "last"),
        ({"pooling_mode": "cls"}, "cls"),
        ({"pooling_mode": ["mean", "max"]}, None),
        ({"pooling_mode": "max"}, None),
        ({"pooling_mode_max_tokens": True}, None),
        ({}, None),
        ([], None),
    ],
)
def test_pooling_is_what_sentence_transformers_set(
    tmp_path: Path, setting: Any, pooling: str | None
) -> None:
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps(setting))
    assert folder_pooling(str(tmp_path), None) == pooling


def test_settings_of_a_real_model_are_read(minilm_folder: Path, tmp_path: Path) -> None:
    assert folder_pooling(str(minilm_folder), None) == "mean"
    assert folder_max_tokens(str(minilm_folder), None) == 256
    assert folder_pooling(str(tmp_path), None) is None
    assert folder_max_tokens(str(tmp_path), None) is None


def test_an_id_on_the_hub_is_loaded_from_the_cache_or_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = "0" * 40
    snapshot = tmp_path / "models--somebody--tiny" / "snapshots" / commit
    save_model(snapshot, "bert")
    (snapshot / "1_Pooling").mkdir()
    (snapshot / "1_Pooling" / "config.json").write_text('{"pooling_mode": "cls"}')
    (tmp_path / "models--somebody--tiny" / "refs").mkdir()
    (tmp_path / "models--somebody--tiny" / "refs" / "main").write_text(commit)
    monkeypatch.setattr(hub.constants, "HF_HUB_CACHE", str(tmp_path))
    assert isinstance(load("somebody/tiny").module, BertModel)
    assert isinstance(load("somebody/tiny", revision=commit).module, BertModel)
    assert folder_pooling("somebody/tiny", None) == "cls"
    assert folder_max_tokens("somebody/tiny", None) is None
    with pytest.raises(ModelError, match="somebody/else: neither a folder here nor") as caught:
        load("somebody/else")
    assert "\n" not in str(caught.value)
    files = ["README.md", "onnx/model.onnx"]
    monkeypatch.setattr(held_files, "list_repo_files", lambda name, revision: files)
    with pytest.raises(ModelError, match=r"somebody/else: model.onnx holds an ONNX graph"):
        load("somebody/else")
    files.append("model.safetensors")
    with pytest.raises(ModelError, match="neither a folder here nor"):
        load("somebody/else")
    path = snapshot / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"num_labels": 10**9}))
    with pytest.raises(ModelError, match=r"num_labels is 1,000,000,000, and no model has more"):
        load("somebody/tiny")
