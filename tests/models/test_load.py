"""From what the command line names to a model that can be analysed."""

import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.places import ROOT
from helpers.real.albert_for_regression import AlbertForRegression
from helpers.real.models import ARCHITECTURES, SENTENCES, save_model, spread_weights, tiny_model
from helpers.rounding import near
from torch import Tensor
from transformers import AlbertModel, AutoConfig, AutoModel
from transformers.utils import logging as transformers_logging

from reportgen.errors import CaptureError, ModelError, UsageError
from reportgen.models import LoadedModel, ModelSpec, TextPrediction, load_model
from reportgen.models.architecture import accepted_arguments
from reportgen.models.tokens import encode
from reportgen.results import OutputInfo

USER_FILE = ROOT / "tests" / "helpers" / "real" / "albert_for_regression.py"


def predict(model: LoadedModel, *texts: str) -> list[TextPrediction]:
    """Predictions of one batch, padded on the right by hand."""
    rows = [model.tokenizer(text)["input_ids"] for text in texts]
    size = max(len(row) for row in rows)
    fill = model.pad_token_id
    inputs = {
        "input_ids": torch.tensor([row + [fill] * (size - len(row)) for row in rows]),
        "attention_mask": torch.tensor([[1] * len(r) + [0] * (size - len(r)) for r in rows]),
        "token_type_ids": torch.zeros(len(rows), size, dtype=torch.long),
    }
    accepted = accepted_arguments(model.module)
    given = {key: value for key, value in inputs.items() if key in accepted}
    with torch.inference_mode():
        return model.reader.read(model.module(**given), given)


@pytest.fixture
def origin(tmp_path: Path) -> tuple[ModelSpec, AlbertForRegression]:
    """A user's fine-tuned checkpoint, and the module it was saved from."""
    folder = str(save_model(tmp_path / "albert", "albert"))
    module = AlbertForRegression(folder).eval()
    spread_weights(module, seed=3)
    torch.save(module.state_dict(), tmp_path / "model.pt")
    spec = ModelSpec(
        factory=f"{USER_FILE}:AlbertForRegression",
        factory_args=json.dumps({"pretrained_model_name": folder}),
        checkpoint=tmp_path / "model.pt",
        tokenizer=folder,
    )
    return spec, module


def test_the_users_own_checkpoint_predicts_what_their_class_predicts(
    origin: tuple[ModelSpec, AlbertForRegression],
) -> None:
    spec, module = origin
    model = load_model(spec)
    found = predict(model, *SENTENCES)
    for text, prediction in zip(SENTENCES, found, strict=True):
        with torch.no_grad():
            _, expected, attentions = module(**model.tokenizer(text, return_tensors="pt"))
        assert attentions is None  # left to itself, the class gives no attention maps
        assert prediction.value == near(expected.item())
    assert model.output == OutputInfo("number", "score")
    assert (model.encoder_name, model.encoder) == ("albert", model.module.albert)
    assert model.info.name == model.info.architecture == "AlbertForRegression"
    assert (model.info.source, model.info.encoder) == ("factory", "AlbertModel")
    assert (model.info.n_layers, model.info.n_heads, model.info.head_size) == (3, 4, 8)
    assert model.info.shares_layers
    assert model.info.n_parameters == sum(p.numel() for p in module.parameters())
    assert not model.module.training
    assert model.remarks == ()


def test_a_factory_without_tokenizer_or_checkpoint(
    origin: tuple[ModelSpec, AlbertForRegression],
) -> None:
    spec, _ = origin
    bare = ModelSpec(factory=spec.factory, factory_args=spec.factory_args)
    with pytest.raises(ModelError, match=r"no tokenizer of its own.*--tokenizer"):
        load_model(bare)
    model = load_model(
        ModelSpec(factory=spec.factory, factory_args=spec.factory_args, tokenizer=spec.tokenizer)
    )
    assert "no --checkpoint" in model.remarks[0]


MODULES = """
import warnings

from torch import nn
from transformers import AlbertModel, AutoTokenizer

class Own(nn.Module):
    def __init__(self, folder):
        super().__init__()
        print("building")
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.encoder = AlbertModel.from_pretrained(folder)
        self.head = nn.Linear(32, 2)

    def forward(self, input_ids, attention_mask, labels):
        print("running")
        assert labels is None
        return self.head(self.encoder(input_ids, attention_mask).pooler_output)

class Squeezes(Own):
    def forward(self, input_ids, attention_mask):
        hidden = self.encoder(input_ids, attention_mask).last_hidden_state
        return None, hidden[:, 0].sum(-1, keepdim=True).squeeze()

class Several(Own):
    def forward(self, input_ids, attention_mask):
        output = self.encoder(input_ids, attention_mask)
        first = output.last_hidden_state[:, 0, :1]
        return output.last_hidden_state, first, -first

class Encodes(Own):
    def forward(self, input_ids, attention_mask):
        return self.encoder(input_ids, attention_mask)

class Warns(Own):
    def __init__(self, folder):
        super().__init__(folder)
        warnings.warn("an old checkpoint")

class Two(Own):
    def __init__(self, folder):
        super().__init__(folder)
        self.other = AlbertModel.from_pretrained(folder)
"""


@pytest.fixture
def users_file(tmp_path: Path) -> Path:
    save_model(tmp_path / "albert", "albert")
    (tmp_path / "modules.py").write_text(MODULES)
    return tmp_path / "modules.py"


def from_file(file: Path, name: str, **options: Any) -> LoadedModel:
    arguments = json.dumps({"folder": str(file.parent / "albert")})
    return load_model(ModelSpec(factory=f"{file}:{name}", factory_args=arguments, **options))


def test_a_module_with_a_tokenizer_needs_no_other(users_file: Path, capfd) -> None:
    model = from_file(users_file, "Own")
    assert model.output == OutputInfo("numbers", "scores", ("1", "2"))
    printed = capfd.readouterr()
    assert printed.out == ""  # the report itself may go there
    assert "building" in printed.err
    assert "running" in printed.err


def test_the_outputs_of_a_users_class_can_be_named_as_classes(users_file: Path, capfd) -> None:
    model = from_file(users_file, "Own", class_names="bad,good")
    assert model.output == OutputInfo("class", "class", ("bad", "good"))
    (found,) = predict(model, "the cat")
    assert found.label == ("bad", "good")[found.scores.index(max(found.scores))]
    with pytest.raises(ModelError, match="3 names, but the model's output is 2 for each text"):
        from_file(users_file, "Own", class_names="a,b,c")


def test_a_prediction_squeezed_to_a_scalar_is_read(users_file: Path) -> None:
    model = from_file(users_file, "Squeezes", output_name="clicks")
    assert model.output == OutputInfo("number", "clicks")
    alone = predict(model, "the cat")[0].value
    together = predict(model, "the cat", "the cat sat on the mat")
    assert together[0].value == near(alone)


def test_an_entry_can_be_chosen(users_file: Path) -> None:
    first = predict(from_file(users_file, "Several"), "the cat")[0].value
    other = predict(from_file(users_file, "Several", prediction_index=2), "the cat")[0].value
    assert first == pytest.approx(-other)
    with pytest.raises(ModelError, match="--prediction-index 0"):
        from_file(users_file, "Several", prediction_index=0)


def test_a_module_that_gives_hidden_states_is_an_embedding(users_file: Path) -> None:
    assert from_file(users_file, "Encodes").output.pooling == "mean"
    assert from_file(users_file, "Encodes", pooling="cls").output.pooling == "cls"
    assert from_file(users_file, "Several", pooling="last").output.kind == "embedding"


def test_one_of_several_transformers_is_chosen_by_name(users_file: Path) -> None:
    with pytest.raises(ModelError, match=r"encoder \(AlbertModel\), other \(AlbertModel\)"):
        from_file(users_file, "Two")
    model = from_file(users_file, "Two", encoder="other")
    assert model.encoder is model.module.other


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_family_loads_with_a_regression_head(tmp_path: Path, architecture: str) -> None:
    folder = save_model(tmp_path / "fine-tuned", architecture, "sequence", num_labels=1)
    model = load_model(ModelSpec(model=str(folder)))
    assert model.info.name == "fine-tuned"
    assert model.info.source == "folder"
    assert model.output == OutputInfo("number", "score")
    # One batch of texts of different lengths says the same as each text alone.
    together = predict(model, *SENTENCES[2:4])
    for text, prediction in zip(SENTENCES[2:4], together, strict=True):
        assert prediction.value == near(predict(model, text)[0].value)


def test_a_number_is_what_transformers_computes(tmp_path: Path) -> None:
    folder = save_model(tmp_path, "bert", "sequence", num_labels=1, problem_type="regression")
    model = load_model(ModelSpec(model=str(folder)))
    made = tiny_model("bert", "sequence", num_labels=1)
    for text in SENTENCES:
        with torch.no_grad():
            expected = made(**model.tokenizer(text, return_tensors="pt")).logits
        assert predict(model, text)[0].value == near(expected.item())


@pytest.mark.parametrize(
    ("config", "output"),
    [
        ({"id2label": {0: "bad", 1: "good"}}, OutputInfo("class", "class", ("bad", "good"))),
        (
            {"num_labels": 2, "problem_type": "multi_label_classification"},
            OutputInfo("labels", "labels", ("LABEL_0", "LABEL_1")),
        ),
        (
            {"id2label": {0: "clicks", 1: "cost"}, "problem_type": "regression"},
            OutputInfo("numbers", "scores", ("clicks", "cost")),
        ),
    ],
)
def test_the_kind_of_output_is_the_configurations(
    tmp_path: Path, config: dict[str, Any], output: OutputInfo
) -> None:
    folder = save_model(tmp_path, "bert", "sequence", **config)
    assert load_model(ModelSpec(model=str(folder))).output == output


def test_causal_language_models_foretell_the_next_token(tmp_path: Path) -> None:
    model = load_model(ModelSpec(model=str(save_model(tmp_path, "gpt2", "causal"))))
    assert model.output == OutputInfo("next_token", "next token")
    assert len(predict(model, "the cat")[0].score_names) == 5
    assert model.reader.is_narrowed  # only the last token's logits are computed
    embedding = load_model(ModelSpec(model=str(tmp_path), pooling="last"))
    assert embedding.output == OutputInfo("embedding", "embedding", (), "last")


def test_a_language_model_that_reads_both_ways_foretells_nothing(tmp_path: Path) -> None:
    folder = save_model(tmp_path, "bert", "causal")
    with pytest.raises(ModelError, match="both directions"):
        load_model(ModelSpec(model=str(folder)))


def test_a_masked_language_model_gives_its_embedding(tmp_path: Path) -> None:
    model = load_model(ModelSpec(model=str(save_model(tmp_path, "albert", "masked"))))
    assert model.output.kind == "embedding"
    assert isinstance(model.module, AlbertModel)
    assert model.info.architecture == "AlbertForMaskedLM"
    assert "embedding of its encoder" in model.remarks[0]


def test_a_folders_own_pooling_is_the_default(tmp_path: Path) -> None:
    folder = save_model(tmp_path, "bert")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    assert load_model(ModelSpec(model=str(folder))).output.pooling == "cls"
    assert load_model(ModelSpec(model=str(folder), pooling="mean")).output.pooling == "mean"


def test_texts_are_cut_where_sentence_transformers_cuts_them(tmp_path: Path) -> None:
    save_model(tmp_path, "bert")
    settings = tmp_path / "sentence_bert_config.json"
    settings.write_text(json.dumps({"max_seq_length": 50}))
    assert load_model(ModelSpec(model=str(tmp_path))).info.max_tokens == 50


def test_a_real_encoder_loads(minilm_folder: Path) -> None:
    model = load_model(ModelSpec(model=str(minilm_folder)))
    info = model.info
    assert (info.n_layers, info.n_heads, info.head_size) == (6, 12, 32)
    assert info.n_parameters == 22_713_216
    assert info.vocabulary_size == 30_522
    assert info.max_tokens == 256  # where sentence-transformers cuts
    assert model.output == OutputInfo("embedding", "embedding", (), "mean")
    (one, other, same) = (embed(model, text) for text in ("a good film", "tax law", "a fine movie"))
    assert torch.cosine_similarity(one, same, dim=0) > 0.7
    assert torch.cosine_similarity(one, other, dim=0) < 0.3


def embed(model: LoadedModel, text: str) -> Tensor:
    inputs = dict(model.tokenizer(text, return_tensors="pt"))
    with torch.inference_mode():
        return model.reader.values(model.module(**inputs), inputs)[0]


def test_the_bundled_model_knows_its_headlines() -> None:
    model = load_model(ModelSpec())
    assert (model.info.name, model.info.source) == ("reportgen demo", "demo")
    assert model.output.kind == "number"
    rich, plain = predict(model, SENTENCES[0], SENTENCES[1])
    assert rich.value is not None
    assert plain.value is not None
    assert rich.value > plain.value


@pytest.mark.parametrize(
    ("architecture", "config", "tokenizer_limit", "asked", "expected"),
    [
        ("bert", {}, None, None, 128),
        ("bert", {}, 64, None, 64),
        ("bert", {}, 64, 100, 100),
        ("bert", {}, None, 20, 20),
        ("roberta", {}, None, None, 128),
        ("t5", {}, None, None, 512),
        ("t5", {}, 2000, None, 2000),
        ("t5", {}, None, 4000, 4000),
    ],
)
def test_the_longest_text_is_what_model_and_tokenizer_take(
    tmp_path: Path,
    architecture: str,
    config: dict[str, Any],
    tokenizer_limit: int | None,
    asked: int | None,
    expected: int,
) -> None:
    folder = save_model(tmp_path, architecture, **config)
    if tokenizer_limit is not None:
        settings = json.loads((folder / "tokenizer_config.json").read_text())
        settings["model_max_length"] = tokenizer_limit
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    model = load_model(ModelSpec(model=str(folder), max_length=asked))
    assert model.info.max_tokens == expected


def test_more_tokens_than_positions_cannot_be_asked_for(tmp_path: Path) -> None:
    folder = save_model(tmp_path, "roberta")
    with pytest.raises(ModelError, match="--max-length 129: the model takes at most 128"):
        load_model(ModelSpec(model=str(folder), max_length=129))


@pytest.mark.parametrize(
    ("architecture", "least"), [("bert", 3), ("t5", 2), ("gpt2", 1), ("llama", 2)]
)
def test_special_tokens_alone_are_no_length(tmp_path: Path, architecture: str, least: int) -> None:
    folder = str(save_model(tmp_path, architecture))
    assert load_model(ModelSpec(model=folder, max_length=least)).info.max_tokens == least
    for too_few in range(least):
        with pytest.raises(ModelError, match=f"give --max-length {least} or more") as caught:
            load_model(ModelSpec(model=folder, max_length=too_few))
        assert "\n" not in str(caught.value)


def test_a_tokenizer_that_cuts_the_start_is_told_of(tmp_path: Path) -> None:
    folder = save_model(tmp_path, "bert")
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["truncation_side"] = "left"
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    model = load_model(ModelSpec(model=str(folder)))
    assert any("cut at their end" in remark for remark in model.remarks)
    text = "the cat sat on the mat"
    encoded = encode(model.tokenizer, text, None, 5)
    assert encoded.tokens == ("[CLS]", "the", "cat", "sat", "[SEP]")
    assert encoded.cuts == (len("the cat sat"), None)


def test_the_identity_of_weights_does_not_depend_on_how_they_came(
    origin: tuple[ModelSpec, AlbertForRegression], tmp_path: Path
) -> None:
    spec, module = origin
    first = load_model(spec).info.weights_sha256
    prefixed = {f"module.{key}": tensor for key, tensor in module.state_dict().items()}
    torch.save({"model_state_dict": prefixed}, tmp_path / "model.pt")
    assert load_model(spec).info.weights_sha256 == first
    spread_weights(module, seed=4)
    torch.save(module.state_dict(), tmp_path / "model.pt")
    assert load_model(spec).info.weights_sha256 != first
    one = save_model(tmp_path / "bin", "bert", "masked", safetensors=False)
    other = save_model(tmp_path / "safe", "bert", "masked")
    hashes = {load_model(ModelSpec(model=str(f))).info.weights_sha256 for f in (one, other)}
    assert len(hashes) == 1


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_another_precision_is_used_when_asked_for(
    origin: tuple[ModelSpec, AlbertForRegression], dtype: str
) -> None:
    spec, _ = origin
    folder = load_model(ModelSpec(model=spec.tokenizer, dtype=dtype))
    assert folder.info.dtype == dtype
    assert {str(p.dtype) for p in folder.module.parameters()} == {f"torch.{dtype}"}
    whole = predict(load_model(spec), "the cat")[0].value
    factory = {"factory": spec.factory, "factory_args": spec.factory_args}
    half = load_model(
        ModelSpec(**factory, checkpoint=spec.checkpoint, tokenizer=spec.tokenizer, dtype=dtype)
    )
    assert predict(half, "the cat")[0].value == pytest.approx(whole, rel=0.1, abs=0.1)


def test_a_half_precision_encoder_gets_the_checkpoints_whole_numbers(tmp_path: Path) -> None:
    folder = str(save_model(tmp_path / "albert", "albert", dtype=torch.float16))
    module = AlbertForRegression(folder).float()
    spread_weights(module, seed=5)
    torch.save(module.state_dict(), tmp_path / "model.pt")
    model = load_model(
        ModelSpec(
            factory=f"{USER_FILE}:AlbertForRegression",
            factory_args=json.dumps({"pretrained_model_name": folder}),
            checkpoint=tmp_path / "model.pt",
            tokenizer=folder,
        )
    )
    loaded = model.module.albert.embeddings.word_embeddings.weight
    assert torch.equal(loaded, module.albert.embeddings.word_embeddings.weight)


def test_errors_before_and_after_loading_are_of_their_kind(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        load_model(ModelSpec(model="a", factory="b:C"))
    with pytest.raises(ModelError, match="no such folder"):
        load_model(ModelSpec(model=str(tmp_path / "none")))
    save_model(tmp_path / "albert", "albert")
    save_model(tmp_path / "bert", "bert")
    with pytest.raises(ModelError, match="do not belong together"):
        load_model(ModelSpec(model=str(tmp_path / "albert"), tokenizer=str(tmp_path / "bert")))
    if not torch.cuda.is_available():
        with pytest.raises(ModelError, match="--device cuda: not on this machine"):
            load_model(ModelSpec(device="cuda"))
    assert load_model(ModelSpec(device="auto")).device.type in ("cpu", "cuda", "mps")


def test_a_model_without_attention_is_refused(tmp_path: Path) -> None:
    config = AutoConfig.for_model("mamba", hidden_size=16, num_hidden_layers=1, vocab_size=700)
    AutoModel.from_config(config).save_pretrained(tmp_path)
    tokenizer = save_model(tmp_path / "bert", "bert")
    with pytest.raises(CaptureError, match="MambaModel has no attention heads"):
        load_model(ModelSpec(model=str(tmp_path), tokenizer=str(tokenizer)))


def test_loading_is_quiet_and_leaves_the_libraries_as_they_were(tmp_path: Path, capfd) -> None:
    folder = save_model(tmp_path, "bert", "masked")
    capfd.readouterr()
    before = list(sys.path)
    transformers_logging.set_verbosity(logging.INFO)
    try:
        load_model(ModelSpec(model=str(folder)))
        assert transformers_logging.get_verbosity() == logging.INFO
        assert transformers_logging.is_progress_bar_enabled()
    finally:
        transformers_logging.set_verbosity(logging.WARNING)
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")
    assert sys.path == before


def test_the_libraries_are_heard_when_asked_for(users_file: Path, capfd) -> None:
    arguments = json.dumps({"folder": str(users_file.parent / "albert")})
    spec = ModelSpec(factory=f"{users_file}:Warns", factory_args=arguments)
    with pytest.warns(UserWarning, match="an old checkpoint"):
        load_model(spec, verbose=True)
    assert capfd.readouterr().out == ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_model(spec)
