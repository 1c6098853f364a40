"""Which task reads a module: of those of its class the first that can."""

from pathlib import Path

import pytest
from helpers.real.models import save_model

from reportgen.models import ModelSpec, load_model
from reportgen.models.tasks import (
    ModelTask,
    TagReader,
    TriedModule,
    WordNumberReader,
    task_register,
)


def read_numbers(tried: TriedModule) -> WordNumberReader | None:
    return WordNumberReader("number") if tried.figures_by_token == 1 else None


NUMBERS = ModelTask(endings=("ForTokenClassification",), reader=read_numbers)


def test_of_two_tasks_of_one_class_the_first_that_can_read_a_module_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_register, "TASKS", (NUMBERS, *task_register.TASKS))
    folder = save_model(tmp_path / "model", "bert", "token", num_labels=3)
    assert isinstance(load_model(ModelSpec(model=str(folder))).reader, TagReader)
