"""Sentence encoders: vectors and similarities are those of sentence-transformers, and each text of
a pair is read as it is alone."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers.cases import some_of
from helpers.real.models import save_model
from helpers.real.sentence_folders import dense, save_sentence_encoder
from helpers.rounding import near

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.api import check_model
from reportgen.errors import ModelError, UsageError
from reportgen.models import LoadedModel, ModelSpec, check_spec, content_units, load_model, without
from reportgen.models.tasks import ready_for_pairs
from reportgen.models.tokens import encode, encode_apart, encode_prompted
from reportgen.results import EvidenceLevel, Results, attention_maps
from reportgen.texts import TextSet, texts_in_memory

PAIRS = (
    ("the cat sat on the mat with the dog", "a very good film"),
    ("Free coffee for every new member", "free coffee, today only"),
    ("年会費無料、最大3,000円割引", "これ一つ"),
    ("x", "the dog"),
)


def loaded(folder: Path, **options: Any) -> LoadedModel:
    return load_model(ModelSpec(model=str(folder), **options))


def reference(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu")


def texts(labels: list[float] | None = None) -> TextSet:
    one, other = zip(*PAIRS, strict=True)
    return texts_in_memory(list(one), None, {"pair": list(other), "label": labels})


def similarities(model: LoadedModel) -> list[float]:
    found = []
    for one, other in PAIRS:
        text = encode_apart(model.tokenizer, (one, other), model.info.max_tokens, model.prompts)
        inputs = model.inputs([text])
        with torch.no_grad():
            (prediction,) = model.reader.read(model.module(**inputs), inputs, [text])
        assert prediction.value is not None
        found.append(prediction.value)
    return found


@pytest.mark.parametrize(
    ("architecture", "poolings"),
    [
        ("bert", ["mean"]),
        ("bert", ["cls", "max"]),
        ("roberta", ["cls"]),
        ("albert", ["mean_sqrt_len_tokens"]),
        ("distilbert", ["weightedmean"]),
        ("modernbert", ["mean"]),  # whose layers look through windows of eight tokens
        ("t5", ["mean"]),
        ("llama", ["lasttoken"]),
    ],
)
def test_vectors_and_similarities_are_those_of_sentence_transformers(
    tmp_path: Path, architecture: str, poolings: list[str]
) -> None:
    folder = save_sentence_encoder(tmp_path, architecture, poolings, [("Normalize", {}, {})])
    library = reference(folder)
    vectors = [library.encode(list(own)) for own in zip(*PAIRS, strict=True)]
    model = loaded(folder)
    paired = ready_for_pairs(model, texts())
    assert paired.output.kind == "number"
    assert paired.output.name == "cosine similarity"
    expected = np.diagonal(library.similarity(*vectors).numpy())
    assert similarities(paired) == near(expected)
    for (text, _), vector in zip(PAIRS, vectors[0], strict=True):
        own = encode(model.tokenizer, text, None, model.info.max_tokens)
        inputs = model.inputs([own])
        with torch.no_grad():
            (found,) = model.reader.values(model.module(**inputs), inputs, [own])
        length = found.norm()  # a plain pooling is reported as it is, not of length 1
        assert (found / length).numpy() == near(vector)


@pytest.mark.parametrize("similarity", ["cosine", "dot", "euclidean", "manhattan"])
def test_layers_after_the_pooling_and_the_way_to_compare_are_read(
    tmp_path: Path, similarity: str
) -> None:
    norm = {"norm.weight": torch.linspace(0.5, 2, 8), "norm.bias": torch.linspace(-1, 1, 8)}
    layers = [dense(8), ("LayerNorm", {"dimension": 8}, norm), ("Dropout", {"dropout": 0.1}, {})]
    folder = save_sentence_encoder(tmp_path, "bert", layers=layers, similarity_fn_name=similarity)
    library = reference(folder)
    vectors = [library.encode(list(own)) for own in zip(*PAIRS, strict=True)]
    model = loaded(folder)
    assert (model.output.kind, model.output.pooling) == ("embedding", "mean")
    assert model.reader.target.n_figures == 8
    paired = ready_for_pairs(model, texts())
    assert paired.output.similarity == similarity
    expected = np.diagonal(library.similarity(*vectors).numpy())
    assert similarities(paired) == near(expected)


def analysed(folder: Path, results: Path, evidence: EvidenceLevel) -> Results:
    results.mkdir()
    chosen = AnalysisOptions(units="token", evidence=evidence)
    return analyze(texts(), loaded(folder), results, chosen)


@pytest.mark.parametrize(
    "architecture", some_of(["bert", "modernbert", "t5", "llama"], "modernbert", "t5")
)
def test_maps_and_effects_of_a_pair_are_those_of_its_texts_alone(
    tmp_path: Path, architecture: str
) -> None:
    pooling = "lasttoken" if architecture == "llama" else "mean"
    folder = save_sentence_encoder(tmp_path / "model", architecture, [pooling])
    model = loaded(folder)
    results = analysed(folder, tmp_path / "results", "basic")
    assert set(results.texts["status"]) == {"ok"}
    for row, pair in enumerate(PAIRS):
        alone = [encode(model.tokenizer, own, None, 64) for own in pair]
        maps, vectors = zip(*(plain_run(model, text.ids) for text in alone), strict=True)
        size = len(alone[0].ids)
        whole = attention_maps(results, row + 1, layer=None, head=None).values
        assert whole[:, :, :size, :size] == pytest.approx(maps[0], abs=5e-3)
        assert whole[:, :, size:, size:] == pytest.approx(maps[1], abs=5e-3)
        assert not whole[:, :, :size, size:].any()
        assert not whole[:, :, size:, :size].any()
        effects = results.effects_of(row)
        assert effects is not None
        value = float(torch.cosine_similarity(*vectors, dim=0))
        assert results.texts["prediction"].iloc[row] == near(value)
        units = content_units(alone[0])
        if len(units) == 1:
            continue  # with nothing but special tokens left, or nothing at all
        for unit in units:
            ids = [own for i, own in enumerate(alone[0].ids) if i not in unit]
            left = float(torch.cosine_similarity(plain_run(model, ids)[1], vectors[1], dim=0))
            assert effects["deletion"].iloc[unit[0]] == near(value - left)


def plain_run(model: LoadedModel, ids: Any) -> tuple[np.ndarray[Any, Any], torch.Tensor]:
    """The maps `[layer, head, query, key]` and the pooled vector of one text, by the library."""
    with torch.no_grad():
        found = model.encoder(torch.tensor([list(ids)]), output_attentions=True)
    hidden = found.last_hidden_state[0]
    causal = type(model.encoder).__name__.startswith("Llama")
    pooled = hidden[-1] if causal else hidden.mean(0)
    return torch.cat(list(found.attentions)).numpy(), pooled


def test_even_shares_count_the_tokens_of_the_same_text(tmp_path: Path) -> None:
    folder = save_sentence_encoder(tmp_path / "model", "bert")
    results = analysed(folder, tmp_path / "results", "none")
    tokens = results.tokens_of(0)
    model = loaded(folder)
    sizes = [len(encode(model.tokenizer, own, None, 64).ids) for own in PAIRS[0]]
    # A token is looked at by its own text alone, as one of `size` keys.
    expected = [1 / sum(sizes)] * sum(sizes)
    assert tokens["expected"].tolist() == near(expected)
    assert tokens["received_all"].sum() == near(1)
    halves = tokens["cls_row_all"].to_numpy()
    assert halves[: sizes[0]].sum() == near(0.5)


def test_a_text_without_a_pair_fails_alone(tmp_path: Path) -> None:
    folder = save_sentence_encoder(tmp_path / "model", "bert")
    given = texts_in_memory(["a film", "the dog", " "], None, {"pair": ["a good film", None, None]})
    (tmp_path / "results").mkdir()
    results = analyze(given, loaded(folder), tmp_path / "results", AnalysisOptions(evidence="none"))
    assert results.texts["status"].tolist() == ["ok", "failed", "empty"]
    assert "it has no pair; a sentence encoder compares it with one" in results.texts["message"][1]


def test_check_says_what_pairs_are_explained_by(tmp_path: Path) -> None:
    folder = save_sentence_encoder(tmp_path, "bert", similarity_fn_name="dot")
    lines = check_model(ModelSpec(model=str(folder)))
    assert any(line.endswith("of pairs of texts, how alike they are (dot)") for line in lines)


def test_without_pairs_nothing_changes(tmp_path: Path) -> None:
    model = loaded(save_sentence_encoder(tmp_path, "bert"))
    given = texts_in_memory(["one", "two"], None, {})
    assert ready_for_pairs(model, given) is model


def test_classes_about_two_texts_ask_for_the_second(tmp_path: Path) -> None:
    names = {0: "entailment", 1: "neutral", 2: "contradiction"}
    folder = save_model(tmp_path / "model", "bert", "sequence", num_labels=3, id2label=names)
    model = loaded(folder)
    (remark,) = ready_for_pairs(model, texts_in_memory(["a premise"], None, {})).remarks
    assert remark.startswith("the model's classes (entailment, neutral, contradiction) are about")
    assert ready_for_pairs(model, texts()) is model
    model = loaded(save_model(tmp_path / "other", "bert", "sequence", num_labels=3))
    assert ready_for_pairs(model, texts_in_memory(["a text"], None, {})) is model


def test_a_pooling_that_is_asked_for_comes_first(tmp_path: Path) -> None:
    model = loaded(save_sentence_encoder(tmp_path, "bert", layers=[dense(8)]), pooling="cls")
    assert model.output.pooling == "cls"
    assert model.reader.target.n_figures == 32
    assert ready_for_pairs(model, texts()) is model


PROMPTS = {"query": "the dog: ", "document": "free: ", "none": ""}


def test_prompts_of_the_folder_are_named_where_none_is_used(tmp_path: Path) -> None:
    folder = save_sentence_encoder(tmp_path, "bert", prompts=PROMPTS)
    assert any("(query 'the dog: ', " in remark for remark in loaded(folder).remarks)
    for names in (("query",), ("",)):
        assert not any(
            "prompts" in remark for remark in loaded(folder, prompts=",".join(names)).remarks
        )


@pytest.mark.parametrize(
    ("architecture", "names", "expected"),
    [
        ("bert", ("query", "document"), ("query", "document")),
        ("roberta", ("document",), ("document", "document")),
        ("t5", ("none", "query"), ("none", "query")),
        ("bert", ("", "query"), (None, "query")),
    ],
)
def test_prompts_stand_in_front_as_in_sentence_transformers(
    tmp_path: Path, architecture: str, names: Any, expected: Any
) -> None:
    folder = save_sentence_encoder(tmp_path, architecture, prompts=PROMPTS)
    library = reference(folder)
    vectors = [
        library.encode(list(own), prompt=PROMPTS.get(name or "", ""))
        for own, name in zip(zip(*PAIRS, strict=True), expected, strict=True)
    ]
    model = ready_for_pairs(loaded(folder, prompts=",".join(names)), texts())
    plain = np.diagonal(library.similarity(*vectors).numpy())
    assert similarities(model) == near(plain)


def test_the_default_prompt_of_the_folder_is_used_for_single_texts_too(tmp_path: Path) -> None:
    settings = {"prompts": PROMPTS, "default_prompt_name": "query"}
    folder = save_sentence_encoder(tmp_path / "model", "bert", **settings)
    vector = reference(folder).encode("the cat")
    model = loaded(folder)
    (given,) = texts_in_memory(["the cat"], None, {}).texts
    text = model.reader.encode(model, given)
    inputs = model.inputs([text])
    with torch.no_grad():
        (found,) = model.reader.values(model.module(**inputs), inputs, [text])
    assert found.numpy() == near(vector)
    assert [token for token, role in zip(text.tokens, text.roles, strict=True) if not role] == [
        "the",
        "cat",
    ]
    assert text.roles.count("prompt") == 3
    assert text.spans[-2] is not None
    assert "the cat"[text.spans[-2].start : text.spans[-2].end] == "cat"
    results = analysed(folder, tmp_path / "results", "basic")
    tokens = results.tokens_of(0)
    assert tokens["is_special"].sum() == 2 * (2 + 3)
    assert set(results.texts["status"]) == {"ok"}


def test_a_text_behind_a_prompt_is_cut_where_it_would_be(tmp_path: Path) -> None:
    model = loaded(save_sentence_encoder(tmp_path, "bert", prompts=PROMPTS))
    text = encode_prompted(model.tokenizer, PROMPTS["query"], "the cat sat on the mat", 8)
    assert (text.n_truncated, text.cuts) == (3, (len("the cat sat"), None))
    with pytest.raises(ModelError, match="leaves no room"):
        encode_prompted(model.tokenizer, "the dog " * 9, "the cat", 8)


@pytest.mark.parametrize(
    ("options", "settings", "problem"),
    [
        ({"prompts": "title"}, {"prompts": PROMPTS}, "--prompts title: .* it has query, doc"),
        ({"prompts": "title"}, {}, "--prompts title: .* it names none"),
    ],
)
def test_a_prompt_that_is_not_there_is_refused(
    tmp_path: Path, options: Any, settings: Any, problem: str
) -> None:
    folder = save_sentence_encoder(tmp_path, "bert", **settings)
    with pytest.raises(ModelError, match=problem):
        loaded(folder, **options)


@pytest.mark.parametrize(
    ("architecture", "poolings", "layers"),
    [
        ("bert", ["mean"], [("Normalize", {}, {})]),
        ("bert", ["cls"], []),
        ("albert", ["max"], [dense(8)]),
        ("roberta", ["mean_sqrt_len_tokens"], []),
        ("distilbert", ["weightedmean"], [dense(8)]),
        ("t5", ["mean"], []),
        ("llama", ["lasttoken"], [("Normalize", {}, {})]),
    ],
)
def test_tokens_of_prompts_can_be_left_out_of_the_pooling(
    tmp_path: Path, architecture: str, poolings: list[str], layers: Any
) -> None:
    folder = save_sentence_encoder(tmp_path, architecture, poolings, layers, prompts=PROMPTS)
    leave_prompts_out(folder)
    library, names = reference(folder), ("query", "document")
    vectors = [
        library.encode(list(own), prompt=PROMPTS[name])
        for own, name in zip(zip(*PAIRS, strict=True), names, strict=True)
    ]
    model = ready_for_pairs(loaded(folder, prompts=",".join(names)), texts())
    plain = np.diagonal(library.similarity(*vectors).numpy())
    assert similarities(model) == near(plain)


def leave_prompts_out(folder: Path) -> None:
    path = folder / "1_Pooling" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"include_prompt": False}))


def test_single_texts_are_pooled_without_their_prompts_by_a_plain_loop_too(tmp_path: Path) -> None:
    folder = save_sentence_encoder(tmp_path, "bert", prompts=PROMPTS)
    leave_prompts_out(folder)
    assert loaded(folder).prompts == ("", "")
    model = loaded(folder, prompts="query")
    given = texts_in_memory(["the cat", "a very good film with a dog"], None, {}).texts
    encoded = [model.reader.encode(model, one) for one in given]
    inputs = model.inputs(encoded)
    with torch.no_grad():
        found = model.reader.values(model.module(**inputs), inputs, encoded)
        for text, own in zip(encoded, found, strict=True):
            hidden = model.encoder(input_ids=torch.tensor([text.ids]))[0][0]
            counted = [
                hidden[i]
                for i, role in enumerate(text.roles)
                if role is None or i == len(text.ids) - 1  # [SEP], not [CLS] and the prompt
            ]
            plain = sum(counted) / len(counted)
            assert own.numpy() == near(plain.numpy())
    vectors = reference(folder).encode([one.text for one in given], prompt=PROMPTS["query"])
    assert found.numpy() == near(vectors)


@pytest.mark.parametrize("options", [{"prompts": "a,b,c"}, {"prompts": "a", "pooling": "mean"}])
def test_prompts_that_cannot_be_meant_are_refused_before_loading(options: Any) -> None:
    with pytest.raises(UsageError, match="--prompts"):
        check_spec(ModelSpec(**options))


@pytest.mark.parametrize(
    ("layers", "problem"),
    [
        ([("CNN", {}, {})], "modules.json lists CNN"),
        ([("Dense", {"in_features": -1}, {})], "in_features .* is -1"),
        ([("Dense", {"in_features": 10**12}, {})], "in_features .* is no width"),
        ([("Dense", {**dense(8)[1], "activation_function": "os.system"}, {})], "activation os"),
        ([("Dense", {**dense(8)[1], "use_residual": True}, {})], "a form that is not known"),
        ([("Dense", dense(8)[1], {})], "2_Dense has no weights"),
        ([("Dense", dense(8)[1], dense(9)[2])], "linear.weight"),
    ],
)
def test_a_module_that_cannot_be_read_is_refused_in_one_line(
    tmp_path: Path, layers: Any, problem: str
) -> None:
    folder = save_sentence_encoder(tmp_path, "bert", layers=layers)
    with pytest.raises(ModelError, match=problem) as caught:
        loaded(folder)
    assert "\n" not in str(caught.value)
    assert loaded(folder, pooling="mean").output.kind == "embedding"


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("modules.json", [{}, "x"], "an entry that is no object"),
        ("1_Pooling/config.json", {"pooling_mode": "median"}, "names the pooling median"),
        ("1_Pooling/config.json", {}, r"names the pooling \(none\)"),
        ("config_sentence_transformers.json", {"similarity_fn_name": "angle"}, "is 'angle'"),
    ],
)
def test_settings_that_are_unknown_are_refused_in_one_line(
    tmp_path: Path, file: str, content: Any, problem: str
) -> None:
    folder = save_sentence_encoder(tmp_path, "bert")
    (folder / file).write_text(json.dumps(content))
    with pytest.raises(ModelError, match=problem):
        loaded(folder)


def test_what_is_left_out_takes_its_mark_along(tmp_path: Path) -> None:
    model = loaded(save_sentence_encoder(tmp_path, "bert", prompts=PROMPTS))
    text = encode_prompted(model.tokenizer, PROMPTS["query"], "the cat sat", 64)
    assert text.prompted == (*[True] * 4, *[False] * 4)  # [CLS] the dog : the cat sat [SEP]
    assert without(text, {1, 5}).prompted == (*[True] * 3, *[False] * 3)
