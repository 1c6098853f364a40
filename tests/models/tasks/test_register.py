"""A task that is measured is one module: a reader, and the classes whose models it reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.real.explaining import one
from helpers.real.models import SENTENCES, save_model
from helpers.real.runs import text_set
from helpers.rounding import near
from torch import Tensor

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.models import ModelSpec, load_model
from reportgen.models.tasks import register
from reportgen.models.tasks.model_task import ModelTask, TriedModule
from reportgen.models.tasks.reader import TextPrediction, places
from reportgen.models.tasks.tags import TagReader, WordReader
from reportgen.models.tasks.target import StepTarget
from reportgen.models.tokens.encoded import EncodedText
from reportgen.results.info import OutputInfo


@dataclass(frozen=True, slots=True)
class NumberReader(WordReader):
    """Reads a number for each word. Results have no such kind, so that it goes by another."""

    kind = "tags"
    target = StepTarget("tags")
    described = "a number for each word"

    def scored(self, logits: Tensor) -> Tensor:
        return logits

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[TextPrediction]:
        predictions = []
        for row, text in zip(self.rows(returned, texts), texts, strict=True):
            numbers, at = tuple(row[:, 0].tolist()), tuple(places(text))
            predictions.append(TextPrediction(None, None, numbers, ("",) * len(at), steps=at))
        return predictions

    def info(self, name: str | None) -> OutputInfo:
        return OutputInfo("tags", "number", ("",))


def read_numbers(tried: TriedModule) -> NumberReader | None:
    return NumberReader() if tried.figures_by_token == 1 else None


NUMBERS = ModelTask(endings=("ForTokenClassification",), reader=read_numbers)


def test_a_new_task_is_measured_with_nothing_but_its_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "TASKS", (NUMBERS, *register.TASKS))
    folder = save_model(tmp_path / "model", "bert", "token", num_labels=1)
    model = load_model(ModelSpec(model=str(folder)))
    assert isinstance(model.reader, NumberReader)
    made = tmp_path / "made"
    made.mkdir()
    options = AnalysisOptions(evidence="full", evidence_texts="all", units="word")
    results = analyze(text_set(SENTENCES[2:4]), model, made, options)
    for row in (0, 1):  # plainly, of the first token of each word
        tokens = results.tokens[results.tokens["text"] == row]
        with torch.no_grad():
            logits = model.module(**one(tokens["token_id"].tolist())).logits[0, :, 0]
        words = tokens[tokens["role"].isna()].groupby("unit")["position"].min()
        plain = [float(logits[position]) for position in words]
        assert results.texts["scores"].iloc[row] == near(plain)
        assert results.evidence["explained"].iloc[row] == near(sum(plain))
    effects = results.effects[results.effects["deletion"].notna()]
    assert effects[["mask", "gradient", "ig", "attention_gradient"]].notna().all(axis=None)


def test_of_two_tasks_of_one_class_the_first_that_can_read_a_module_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "TASKS", (NUMBERS, *register.TASKS))
    folder = save_model(tmp_path / "model", "bert", "token", num_labels=3)
    assert isinstance(load_model(ModelSpec(model=str(folder))).reader, TagReader)
