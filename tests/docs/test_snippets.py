"""The Python examples of the README and of `docs/`, run as they stand."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.pages import blocks
from helpers.real.models import SENTENCES, save_model, tiny_model, tiny_tokenizer
from torch import nn
from transformers import AlbertModel

import reportgen


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small model in the folder `checkpoint` of the current one."""
    monkeypatch.chdir(tmp_path)
    options = {"num_labels": 1, "problem_type": "regression"}
    return save_model(tmp_path / "checkpoint", "bert", "sequence", **options)


# The models of each task that the page on Python names, by their folder.
TASKS = {
    "decoder": ("gpt2", "causal"),
    "reader": ("bert", "question"),
    "chooser": ("bert", "choice"),
}


def test_the_python_page_runs(checkpoint: Path) -> None:
    for name, (architecture, task) in TASKS.items():
        save_model(checkpoint.parent / name, architecture, task, num_hidden_layers=1)
    seen: dict[str, Any] = {}
    names: dict[str, Any] = {
        "texts": SENTENCES,
        "labels": None,
        "model": tiny_model("bert", "sequence", num_labels=1, problem_type="regression"),
        "tokenizer": tiny_tokenizer("wordpiece"),
        "trainer": SimpleNamespace(add_callback=lambda callback: seen.update(callback=callback)),
        "mlflow": SimpleNamespace(
            log_metrics=lambda figures: seen.update(figures=figures),
            log_artifact=lambda path: seen.update(artifact=Path(path).read_bytes()),
        ),
        "wandb": SimpleNamespace(
            Html=lambda path, inject: (path, inject), log=lambda row: seen.update(row=row)
        ),
    }
    examples = blocks("python", "docs/python.md")
    assert len(examples) == 11
    for example in examples:
        if "base_results/" in example:
            shutil.copytree("results", "base_results")
            shutil.copytree("results", "head_results")
            shutil.copytree("results", "baseline")
        exec(example, names)
    kinds = {name: names[name].results.info.output.kind for name in ("answers", "picked")}
    assert kinds == {"answers": "answer", "picked": "choice"}
    assert (names["decoder"].results.texts["completion"] == " the mat").all()
    assert names["written"].results.info.output.kind == "completion"
    assert {path.name for path in checkpoint.parent.iterdir()} - {*TASKS} == {
        *("checkpoint", "report.html", "report.md", "summary.json", "img"),
        *("results", "base_results", "head_results", "baseline"),
        *("compare.html", "compare.json", "compare.md"),
    }
    assert isinstance(seen["callback"], reportgen.ReportCallback)
    assert seen["artifact"].startswith(b"<!doctype html>")
    assert seen["row"]["report"] == ("report.html", False)
    assert all(type(value) in (int, float) for value in seen["figures"].values())
    assert seen["figures"]["n_texts"] == seen["row"]["n_texts"] == len(SENTENCES)


def test_the_python_of_the_readme_runs(checkpoint: Path) -> None:
    (example,) = blocks("python", "README.md")
    exec(example, {})
    assert (checkpoint.parent / "report.html").exists()


def test_the_class_that_the_page_on_models_shows_is_one_that_is_read(tmp_path: Path) -> None:
    (example,) = blocks("python", "docs/models.md")
    names: dict[str, Any] = {"nn": nn, "AlbertModel": AlbertModel}
    exec(example, names)
    encoder = save_model(tmp_path / "albert", "albert", "base")
    model = names["AlbertForRegression"](encoder)
    report = reportgen.analyze(SENTENCES, model, str(encoder), evidence="none")
    assert report.results.info.output.kind == "number"
