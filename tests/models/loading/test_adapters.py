"""Adapters of peft: read with their base model, merged, with the head that was saved with them."""

import json
from pathlib import Path
from threading import RLock
from typing import Any

import peft
import pytest
import torch
from helpers.real.adapters import lora, save_adapter
from helpers.real.models import save_model, tiny_model, tiny_tokenizer
from helpers.real.sentence_folders import save_sentence_encoder
from safetensors.torch import load_file, save_file
from tqdm import tqdm
from transformers import AutoModelForSequenceClassification, PreTrainedModel
from transformers.utils import hub

import reportgen
from reportgen.errors import ModelError, UsageError
from reportgen.models import ModelSpec, check_spec, load_model
from reportgen.models.loading import adapters

TEXTS = ["the cat sat on the mat", "a very good film"]


def classifier(base: Path, n_labels: int = 3) -> PreTrainedModel:
    torch.manual_seed(7)
    return AutoModelForSequenceClassification.from_pretrained(
        base, num_labels=n_labels, ignore_mismatched_sizes=True
    )


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("base") / "bert", "bert")


@pytest.fixture(scope="module")
def folder(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA of three classes on a model without a head."""
    place = tmp_path_factory.mktemp("lora") / "topics"
    return save_adapter(place, classifier(base), lora("SEQ_CLS", "query", "value"))


def copied(folder: Path, place: Path, **settings: Any) -> Path:
    """A copy of an adapter with other settings."""
    place.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        (place / file.name).write_bytes(file.read_bytes())
    config = json.loads((folder / "adapter_config.json").read_text())
    (place / "adapter_config.json").write_text(json.dumps(config | settings))
    return place


def refusal(folder: Path | str, **options: Any) -> str:
    with pytest.raises((ModelError, UsageError)) as caught:
        load_model(ModelSpec(model=str(folder), **options))
    assert "\n" not in str(caught.value)
    return str(caught.value)


CASES = {
    "LoRA": ("bert", "sequence", lora("SEQ_CLS", "query", "value"), {"num_labels": 1}),
    "a head of two layers": ("roberta", "sequence", lora("SEQ_CLS", "query"), {"num_labels": 4}),
    "DoRA of a decoder": ("llama", "causal", lora("CAUSAL_LM", "q_proj", use_dora=True), {}),
    "LoRA of GPT-2": ("gpt2", "causal", lora("CAUSAL_LM", "c_attn", fan_in_fan_out=True), {}),
    "tags": ("distilbert", "token", lora("TOKEN_CLS", "q_lin", "v_lin"), {"num_labels": 5}),
    "IA3": (
        *("bert", "sequence"),
        peft.IA3Config("SEQ_CLS", target_modules=["key", "value"], feedforward_modules=[]),
        {"num_labels": 2},
    ),
    "no task": ("bert", "sequence", lora(None, "query", modules_to_save=["classifier"]), {}),
    "embedding": ("modernbert", "base", lora("FEATURE_EXTRACTION", "Wqkv"), {}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_folder_is_the_model_that_peft_makes(case: str, tmp_path: Path) -> None:
    architecture, task, config, changes = CASES[case]
    place = save_model(tmp_path / "base", architecture, task, **changes)
    model = tiny_model(architecture, task, **changes)
    model.name_or_path = str(place)
    save_adapter(tmp_path / "adapter", model, config)
    plain = peft.PeftModel.from_pretrained(
        tiny_model(architecture, task, attn_implementation="eager", **changes), tmp_path / "adapter"
    ).eval()
    loaded = load_model(ModelSpec(model=str(tmp_path / "adapter")))
    inputs = dict(loaded.tokenizer(TEXTS[0], return_tensors="pt"))
    with torch.no_grad():
        expected, found = (
            made(**inputs, output_attentions=True) for made in (plain, loaded.module)
        )
        unchanged = tiny_model(architecture, task, attn_implementation="eager", **changes)(
            **inputs, output_attentions=True
        )
    assert type(loaded.module) is type(model)
    # Of a decoder only the row that the prediction is read from is computed.
    read = expected[0] if found[0].ndim == 2 else expected[0][:, -found[0].shape[1] :]
    torch.testing.assert_close(found[0], read, atol=2e-5, rtol=1e-4)
    torch.testing.assert_close(found.attentions, expected.attentions, atol=1e-5, rtol=1e-4)
    assert (found.attentions[-1] - unchanged.attentions[-1]).abs().max() > 1e-2
    assert f"is an adapter ({config.peft_type.value})" in loaded.remarks[0]


def test_a_report_is_of_the_adapted_model_merged_or_not(
    base: Path, folder: Path, tmp_path: Path
) -> None:
    unmerged = peft.PeftModel.from_pretrained(classifier(base), folder).eval()
    merged = reportgen.analyze(TEXTS, str(folder), evidence="basic")
    handed = reportgen.analyze(TEXTS, unmerged, tiny_tokenizer("wordpiece"), evidence="basic")
    names = ["received_all", "received_norm_last", "deletion"]
    for name in names:
        pair = [report.tokens[name].fillna(0).to_numpy() for report in (merged, handed)]
        assert pair[0].any()
        assert pair[0] == pytest.approx(pair[1], abs=1e-4), name
    assert merged.predictions["predicted"].tolist() == handed.predictions["predicted"].tolist()
    assert merged.results.info.model.name == "topics"
    assert handed.results.info.model.name == "bert + adapter"
    other = save_adapter(tmp_path, classifier(base), lora("SEQ_CLS", "query"), seed=1)
    digests = {
        report.results.info.model.weights_sha256
        for report in (merged, handed, reportgen.analyze(TEXTS, str(other), evidence="none"))
    }
    assert len(digests) == 3


@pytest.mark.parametrize("n_labels", [1, 2, 5])
def test_a_head_has_as_many_labels_as_were_saved(base: Path, tmp_path: Path, n_labels: int) -> None:
    trained = classifier(base, n_labels)
    save_adapter(tmp_path, trained, lora("SEQ_CLS", "query"))
    saved = load_file(tmp_path / "adapter_model.safetensors")
    loaded = load_model(ModelSpec(model=str(tmp_path)))
    weight = loaded.module.classifier.weight
    assert torch.equal(weight, saved["base_model.model.classifier.weight"])
    assert loaded.output.kind == ("number" if n_labels == 1 else "class")


def test_a_head_of_the_base_gives_way_to_that_of_the_adapter(tmp_path: Path) -> None:
    place = save_model(tmp_path / "base", "bert", "sequence", num_labels=2)
    save_adapter(tmp_path / "adapter", classifier(place), lora("SEQ_CLS", "query"))
    loaded = load_model(ModelSpec(model=str(tmp_path / "adapter")))
    assert loaded.module.classifier.weight.shape[0] == 3


def test_a_head_that_nobody_saved_is_refused(base: Path, folder: Path, tmp_path: Path) -> None:
    """It would be random, and differ from run to run."""
    place = copied(folder, tmp_path, modules_to_save=None, task_type=None)
    weights = load_file(place / "adapter_model.safetensors")
    headless = {key: value for key, value in weights.items() if "classifier" not in key}
    save_file(headless, place / "adapter_model.safetensors")
    copied(place, place, auto_mapping={"base_model_class": "BertForSequenceClassification"})
    said = refusal(place)
    assert "neither the adapter nor its base model has classifier.bias, classifier.weight" in said
    assert "modules_to_save" in said
    copied(place, place, task_type="SEQ_CLS", modules_to_save=["classifier"])
    assert "classifier" in refusal(place)


def test_tokens_added_in_training_are_kept(tmp_path: Path) -> None:
    place = save_model(tmp_path / "base", "llama", "causal")
    model = tiny_model("llama", "causal")
    model.name_or_path = str(place)
    tokenizer = tiny_tokenizer("unigram_bos")
    tokenizer.add_tokens(["<added>"])
    model.resize_token_embeddings(len(tokenizer))
    config = lora("CAUSAL_LM", "q_proj", modules_to_save=["embed_tokens", "lm_head"])
    save_adapter(tmp_path / "adapter", model, config)
    tokenizer.save_pretrained(tmp_path / "adapter")
    loaded = load_model(ModelSpec(model=str(tmp_path / "adapter")))
    assert len(loaded.tokenizer) == len(tokenizer) == loaded.module.lm_head.weight.shape[0]


def test_a_base_that_is_elsewhere_is_named_with_an_option(
    base: Path, folder: Path, tmp_path: Path
) -> None:
    gone = copied(folder, tmp_path / "gone", base_model_name_or_path="/models/gone/bert")
    said = refusal(gone)
    assert "an adapter of the model /models/gone/bert, which is not here" in said
    assert "--base-model" in said
    loaded = load_model(ModelSpec(model=str(gone), base_model=str(base)))
    expected = load_model(ModelSpec(model=str(folder)))
    assert loaded.info.weights_sha256 == expected.info.weights_sha256
    unsaid = copied(folder, tmp_path / "unsaid", base_model_name_or_path=None)
    assert "does not say of which model; name that with --base-model" in refusal(unsaid)
    on_hub = copied(folder, tmp_path / "hub", base_model_name_or_path="somebody/bert")
    assert "somebody/bert, which is not here (and cannot be fetched)" in refusal(on_hub)
    assert "no such folder" in refusal(gone, base_model="./none")


def test_a_base_of_another_kind_is_refused(folder: Path, tmp_path: Path) -> None:
    other = save_model(tmp_path / "distilbert", "distilbert")
    assert "--base-model" in refusal(folder, base_model=str(other))
    deeper = save_model(tmp_path / "small", "bert", num_hidden_layers=2)
    assert "weights of the adapter have no place in" in refusal(folder, base_model=str(deeper))
    wider = save_model(tmp_path / "wide", "bert", hidden_size=64)
    assert "does not fit" in refusal(folder, base_model=str(wider))
    assert "an adapter itself" in refusal(folder, base_model=str(folder))


def test_what_peft_cannot_merge_is_handed_over_in_python(
    base: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Any, **options: Any) -> None:
        raise AttributeError("no weight")

    monkeypatch.setattr(peft.LoraModel, "merge_and_unload", fail)
    said = refusal(folder)
    assert "peft cannot merge the adapter (LORA)" in said
    assert "PeftModel.from_pretrained(base, adapter)" in said


def test_an_adapter_that_changes_nothing_is_told(base: Path, folder: Path) -> None:
    """Older versions of transformers passed over its weights in silence."""
    tokenizer = tiny_tokenizer("wordpiece")
    idle = peft.get_peft_model(classifier(base), lora("SEQ_CLS", "query"))
    told = reportgen.analyze(TEXTS, idle, tokenizer, evidence="none").results.info.remarks
    assert any(remark.startswith("the adapter changes nothing") for remark in told)
    trained = peft.PeftModel.from_pretrained(classifier(base), folder)
    told = reportgen.analyze(TEXTS, trained, tokenizer, evidence="none").results.info.remarks
    assert not any("adapter" in remark for remark in told)


def test_merging_leaves_no_lock_of_processes_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With several workers each would leave one, of which Python complains at the end."""
    locks = []
    merge = peft.LoraModel.merge_and_unload

    def looked_at(self: Any) -> Any:
        locks.append(tqdm.get_lock())
        return merge(self)

    monkeypatch.setattr(peft.LoraModel, "merge_and_unload", looked_at)
    before = vars(tqdm).get("_lock")
    load_model(ModelSpec(model=str(folder)))
    assert [type(lock) for lock in locks] == [type(RLock())]
    assert vars(tqdm).get("_lock") is before


def test_a_base_goes_with_an_adapter_alone(base: Path) -> None:
    assert "is a whole model, not an adapter" in refusal(base, base_model=str(base))
    with pytest.raises(UsageError, match="--base-model needs --model"):
        check_spec(ModelSpec(base_model=str(base)))


def test_learned_vectors_beside_the_tokens_are_refused(base: Path, tmp_path: Path) -> None:
    config = peft.PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=3)
    place = save_adapter(tmp_path, classifier(base), config)
    assert "PROMPT_TUNING puts learned vectors beside the tokens" in refusal(place)
    handed = peft.PeftModel.from_pretrained(classifier(base), place)
    with pytest.raises(ModelError, match="learned vectors beside the tokens"):
        reportgen.analyze(TEXTS, handed, tiny_tokenizer("wordpiece"))


def test_missing_weights_of_an_adapter_are_refused(folder: Path, tmp_path: Path) -> None:
    place = copied(folder, tmp_path)
    weights = load_file(place / "adapter_model.safetensors")
    first = next(key for key in weights if "lora_B" in key)
    save_file({k: v for k, v in weights.items() if k != first}, place / "adapter_model.safetensors")
    assert "weights of the adapter are missing: 1" in refusal(place)
    (place / "adapter_model.safetensors").unlink()
    assert "no weights of the adapter" in refusal(place)


def test_what_is_no_setting_of_an_adapter_is_one_line(folder: Path, tmp_path: Path) -> None:
    place = copied(folder, tmp_path)
    (place / "adapter_config.json").write_text("{")
    assert "adapter_config.json: damaged" in refusal(place)
    (place / "adapter_config.json").write_text("[]")
    assert "says no peft_type" in refusal(place)
    copied(folder, place, peft_type="NEWER")
    assert "NEWER" in refusal(place)


def test_a_whole_model_and_an_adapter_in_one_folder_are_refused(
    base: Path, folder: Path, tmp_path: Path
) -> None:
    place = copied(folder, tmp_path)
    (place / "model.safetensors").write_bytes((base / "model.safetensors").read_bytes())
    assert "a whole model and an adapter in one folder" in refusal(place)


def test_an_adapter_on_the_hub_is_read_from_the_cache(
    base: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, held in (("base", base), ("lora", folder)):
        place = tmp_path / f"models--somebody--{name}"
        (place / "refs").mkdir(parents=True)
        (place / "refs" / "main").write_text("0" * 40)
        (place / "snapshots").mkdir()
        (place / "snapshots" / ("0" * 40)).symlink_to(held)
    monkeypatch.setattr(hub.constants, "HF_HUB_CACHE", str(tmp_path))
    loaded = load_model(ModelSpec(model="somebody/lora", base_model="somebody/base"))
    expected = load_model(ModelSpec(model=str(folder)))
    assert loaded.info.weights_sha256 == expected.info.weights_sha256
    assert loaded.remarks == (
        "somebody/lora is an adapter (LORA) of the base model somebody/base; it was merged into "
        "its weights",
    )


def test_a_sentence_encoder_is_pooled_as_the_folder_of_its_adapter_says(tmp_path: Path) -> None:
    place = save_sentence_encoder(tmp_path / "adapter", "bert", ("cls",))
    whole = save_model(tmp_path / "base", "bert")
    for name in ("config.json", "model.safetensors"):
        (place / name).unlink()
    model = tiny_model("bert")
    model.name_or_path = str(whole)
    save_adapter(place, model, lora("FEATURE_EXTRACTION", "query"))
    loaded = load_model(ModelSpec(model=str(place)))
    assert loaded.sentence is not None
    assert loaded.sentence.poolings == ("cls",)
    assert loaded.output.kind == "embedding"


def test_without_peft_its_extra_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters, "find_spec", lambda name: None)
    assert refusal(folder).endswith(
        "an adapter, and peft is not installed; pip install 'attention-reportgen[peft]'"
    )
