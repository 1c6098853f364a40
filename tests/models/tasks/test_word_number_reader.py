"""The number of each word of a model with one output for each token, against plain transformers."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.real.explaining import one
from helpers.real.models import SENTENCES, save_model
from helpers.real.runs import text_set
from helpers.rounding import near

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.errors import UsageError
from reportgen.findings import Findings
from reportgen.models import LoadedModel, ModelSpec, load_model
from reportgen.models.tasks import TagReader, WordNumberReader
from reportgen.results import Results

TEXTS = SENTENCES[2:4]


def number_model(folder: Path, **config: object) -> LoadedModel:
    saved = save_model(folder, "bert", "token", **{"num_labels": 1, **config})
    return load_model(ModelSpec(model=str(saved)))


def numbers_of(model: LoadedModel, ids: list[int]) -> list[float]:
    """`[token]`, what the module returns."""
    with torch.no_grad():
        return [float(own) for own in model.module(**one(ids)).logits[0, :, 0]]


def plain(model: LoadedModel, results: Results, row: int) -> list[float]:
    """`[word]`: the number at the first token of each word of a text."""
    tokens = results.tokens[results.tokens["text"] == row]
    words = tokens[tokens["role"].isna()].groupby("unit")["position"].min()
    numbers = numbers_of(model, tokens["token_id"].tolist())
    return [numbers[position] for position in words]


def test_each_word_has_the_number_of_its_first_token(tmp_path: Path) -> None:
    model = number_model(tmp_path / "model")
    assert isinstance(model.reader, WordNumberReader)
    (tmp_path / "made").mkdir()
    options = AnalysisOptions(evidence="full", evidence_texts="all", units="word")
    results = analyze(text_set(TEXTS), model, tmp_path / "made", options)
    assert (results.info.output.kind, results.info.output.labels) == ("word_numbers", ())
    for row in range(len(TEXTS)):
        wanted = plain(model, results, row)
        assert results.texts["scores"].iloc[row] == near(wanted)
        assert results.evidence["explained"].iloc[row] == near(sum(wanted))
        items = results.predictions[results.predictions["text"] == row]
        assert items["value"].tolist() == near(wanted)
    effects = results.effects[results.effects["deletion"].notna()]
    assert effects[["mask", "gradient", "ig", "attention_gradient"]].notna().all(axis=None)
    assert effects["shapley"].isna().all()  # no word has a number in an empty text


def test_leaving_a_word_out_changes_the_numbers_of_the_others(tmp_path: Path) -> None:
    model = number_model(tmp_path / "model")
    (tmp_path / "made").mkdir()
    options = AnalysisOptions(evidence="basic", evidence_texts="all", units="word")
    results = analyze(text_set(TEXTS), model, tmp_path / "made", options)
    tokens = results.tokens[results.tokens["text"] == 0].reset_index(drop=True)
    effects = results.effects[results.effects["text"] == 0].reset_index(drop=True)
    ids = tokens["token_id"].tolist()
    words = tokens[tokens["role"].isna()].groupby("unit")["position"].agg(list)
    whole = numbers_of(model, ids)
    for own in words:
        left = [place for place in range(len(ids)) if place not in own]
        changed = numbers_of(model, [ids[place] for place in left])
        others = [other[0] for other in words if other is not own and other != own]
        wanted = sum(whole[place] - changed[left.index(place)] for place in others)
        assert effects["deletion"].iloc[own[0]] == near(wanted, size=sum(map(abs, whole)))


def test_labels_are_lists_of_numbers_for_words(tmp_path: Path) -> None:
    """Between spaces where the text is split between them; words without a number have null."""
    model = number_model(tmp_path / "model", id2label={0: "reading_time"})
    assert model.output.name == "reading_time"
    made = text_set(("the cat sat on the mat", "a dog, today only", "a plain line"))
    numbers = [[1.0, None, 3.0, 4.5, -100, 2.0], [0.5, None, 2.5, 3.5], [1.0, 2.0]]
    labels = [json.dumps(numbers[0]), "0.5 nan 2.5 3.5", json.dumps(numbers[2])]
    texts = [replace(own, label=label) for own, label in zip(made.texts, labels, strict=True)]
    (tmp_path / "made").mkdir()
    results = analyze(
        replace(made, texts=tuple(texts)), model, tmp_path / "made", AnalysisOptions(units="token")
    )
    found = Findings(results)
    use = found.label_use
    assert use is not None
    assert (use.n_labelled, use.n_used, len(use.misfits)) == (3, 2, 1)
    given = (*numbers[0], *numbers[1])
    right = [np.nan if own in (None, -100) else own for own in given]
    items = found.items[found.items["text"] < 2]
    assert items["label_value"].tolist() == pytest.approx(right, nan_ok=True)
    off = abs(items["value"].to_numpy(np.float64) - np.array(right))
    assert found.figures["word_mae"] == pytest.approx(np.nanmean(off), rel=1e-5)
    assert found.words[:6] == ["the", "cat", "sat", "on", "the", "mat"]
    assert found.words[6:10] == ["a", "dog,", "today", "only"]


def test_a_model_that_classifies_has_tags(tmp_path: Path) -> None:
    tagger = number_model(tmp_path / "one", problem_type="multi_label_classification")
    assert isinstance(tagger.reader, TagReader)


def test_words_have_no_classes_to_choose_from(tmp_path: Path) -> None:
    model = number_model(tmp_path / "model")
    with pytest.raises(UsageError, match="output is word numbers, which has no classes"):
        model.reader.class_index("0")
