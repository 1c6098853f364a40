"""A report at each evaluation of a real `Trainer`, which trains as if there were none."""

import gc
import json
import logging
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from bs4 import BeautifulSoup
from helpers.real.models import SENTENCES, tiny_model, tiny_tokenizer
from transformers import Trainer, TrainerControl, TrainerState, TrainingArguments

import reportgen
from reportgen import Report, ReportCallback
from reportgen.api.callback import _Evaluation
from reportgen.errors import InputError, UsageError

TEXTS = [*SENTENCES, "one more line"]


class Batches(torch.utils.data.Dataset):
    """The sentences over and over, each with a number to learn."""

    def __init__(self, tokenizer: Any) -> None:
        self._rows = [tokenizer(text, padding="max_length", max_length=24) for text in TEXTS]

    def __len__(self) -> int:
        return 16

    def __getitem__(self, i: int) -> dict[str, Any]:
        return {**self._rows[i % len(self._rows)], "labels": float(i)}


def train(
    folder: Path, *callbacks: Any, log: list[dict[str, Any]] | None = None
) -> tuple[dict[str, torch.Tensor], list[float]]:
    """The weights after eight steps with dropout, and the losses of the evaluations; the Trainer's
    history is added to `log`."""
    tokenizer = tiny_tokenizer("wordpiece")
    model = tiny_model(
        "bert", "sequence", num_labels=1, problem_type="regression", hidden_dropout_prob=0.3
    )
    model.set_attn_implementation("sdpa")
    arguments = TrainingArguments(
        output_dir=str(folder), max_steps=8, per_device_train_batch_size=4, eval_strategy="steps",
        eval_steps=4, logging_steps=2, save_strategy="no", report_to=[], use_cpu=True, seed=3,
        disable_tqdm=True, learning_rate=1e-3,
    )  # fmt: skip
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=Batches(tokenizer),
        eval_dataset=Batches(tokenizer),
        processing_class=tokenizer,
        callbacks=list(callbacks),
    )
    trainer.train()
    assert model.config._attn_implementation == "sdpa"
    log is None or log.extend(trainer.state.log_history)
    losses = [row["eval_loss"] for row in trainer.state.log_history if "eval_loss" in row]
    return {name: value.clone() for name, value in model.state_dict().items()}, losses


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> tuple[dict[str, torch.Tensor], list[float]]:
    return train(tmp_path_factory.mktemp("alone"))


def same(found: Any, expected: Any) -> bool:
    (weights, losses), (others, other_losses) = found, expected
    return losses == other_losses and all(torch.equal(weights[n], others[n]) for n in others)


def test_training_goes_on_as_if_there_were_no_report(tmp_path: Path, alone: Any) -> None:
    callback = ReportCallback(
        TEXTS,
        tmp_path / "reports",
        keep_results=True,
        labels=range(7),
        evidence_texts=2,
        save={"lang": "ja"},
    )
    log: list[dict[str, Any]] = []
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="reportgen")
        found = train(tmp_path, callback, log=log)
    assert len(found[1]) == 2
    assert same(found, alone)
    require_figures_in_the_log(log, tmp_path / "reports")
    names = {path.name for path in (tmp_path / "reports").iterdir()}
    assert names == {
        *("report-step4.html", "report-step8.html", "summary-step4.json", "summary-step8.json"),
        *("results-step4", "results-step8", "compare-step8.html"),
    }
    assert callback.reports == [tmp_path / "reports" / f"report-step{n}.html" for n in (4, 8)]
    assert '<html lang="ja">' in callback.reports[0].read_text("utf-8")
    early, late = (reportgen.open_report(tmp_path / f"reports/results-step{n}") for n in (4, 8))
    assert early.results.info.model.weights_sha256 != late.results.info.model.weights_sha256
    assert early.results.effects["gradient"].notna().any()
    summary = json.loads((tmp_path / "reports/summary-step8.json").read_text("utf-8"))
    assert summary["title"] == "step 8"
    # What was reported on is the model as it is after the last step.
    last = tiny_model("bert", "sequence", num_labels=1, problem_type="regression")
    last.load_state_dict(found[0])
    again = reportgen.analyze(TEXTS, last, tiny_tokenizer("wordpiece"), evidence="none")
    assert again.results.texts["prediction"].tolist() == pytest.approx(
        late.results.texts["prediction"].tolist(), abs=1e-6
    )


def require_figures_in_the_log(log: list[dict[str, Any]], folder: Path) -> None:
    """What people watch stands there as in the summary, after the evaluation that it is of."""
    rows = [row for row in log if "reportgen_label_mae" in row]
    assert [row["step"] for row in rows] == [4, 8]
    for row in rows:
        figures = json.loads((folder / f"summary-step{row['step']}.json").read_text("utf-8"))
        named = {name.removeprefix("reportgen_"): own for name, own in row.items()}
        assert {name: figures["figures"][name] for name in named.keys() - {"step", "epoch"}} == {
            name: own for name, own in named.items() if name not in ("step", "epoch")
        }
        assert len(named) > 8
        assert log.index(row) > next(
            i for i, own in enumerate(log) if "eval_loss" in own and own["step"] == row["step"]
        )
    assert json.loads(json.dumps(log)) == log  # it goes into trainer_state.json


def test_a_report_that_fails_is_a_warning_unless_strict(tmp_path: Path, alone: Any) -> None:
    with pytest.warns(UserWarning, match=r"no report at step 4 \(InputError: .*training goes on"):
        found = train(tmp_path, ReportCallback(["", " "], tmp_path / "reports"))
    assert same(found, alone)
    with pytest.raises(InputError):
        train(tmp_path, ReportCallback(["", " "], tmp_path / "reports", strict=True))


def test_only_the_main_process_writes(tmp_path: Path) -> None:
    callback = ReportCallback(TEXTS, tmp_path / "reports", strict=True)
    state = TrainerState(is_world_process_zero=False)
    callback.on_evaluate(None, state, None, model=None)  # would fail if it did anything
    assert not (tmp_path / "reports").exists()


def test_an_interrupt_ends_the_training_too(tmp_path: Path, monkeypatch) -> None:
    from reportgen.analysis import Job

    def interrupted(self: Any, *args: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Job, "begin", interrupted)
    logging.getLogger("transformers").setLevel(logging.ERROR)
    model = tiny_model("bert", "sequence", num_labels=1, problem_type="regression").train()
    callback = ReportCallback(TEXTS, tmp_path / "reports")
    state = TrainerState(global_step=1, is_world_process_zero=True)
    with pytest.raises(KeyboardInterrupt):
        callback.on_evaluate(
            None, state, None, model=model, processing_class=tiny_tokenizer("wordpiece")
        )
    assert model.training


def test_a_second_evaluation_at_one_step_is_held_against_the_first(tmp_path: Path) -> None:
    """As after the training, with the best model loaded; the first one's folder is replaced."""
    given = {"name": "headlines", "keep_results": True, "evidence": "none", "strict": True}
    callback = ReportCallback(TEXTS, tmp_path, **given)
    control, state = TrainerControl(), TrainerState(global_step=4, is_world_process_zero=True)
    for seed in (0, 1):
        model = tiny_model("bert", "sequence", seed, num_labels=1, problem_type="regression")
        tokenizer = tiny_tokenizer("wordpiece")
        callback.on_evaluate(None, state, control, model=model, processing_class=tokenizer)
    assert "changed their prediction" in (tmp_path / "compare-step4.html").read_text("utf-8")
    assert "headlines, step 4" in (tmp_path / "report-step4.html").read_text("utf-8")
    kept = reportgen.analyze(TEXTS, model, tokenizer, evidence="none")
    assert reportgen.compare(tmp_path / "results-step4", kept).comparison.is_same


def evaluated(
    callback: ReportCallback, *steps: int, log: list[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """The history, which begins with `log`, after evaluations at these steps, each of a model with
    another seed."""
    control = TrainerControl()
    state = TrainerState(is_world_process_zero=True, log_history=log or [])
    for seed, step in enumerate(steps):
        model = tiny_model("bert", "sequence", seed, num_labels=1, problem_type="regression")
        state.global_step = step
        tokenizer = tiny_tokenizer("wordpiece")
        callback.on_evaluate(None, state, control, model=model, processing_class=tokenizer)
    return state.log_history


def test_the_trend_is_renewed_and_results_go_with_the_callback(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(Report, "save", lambda *_, **__: [])  # other tests read those files
    callback = ReportCallback(
        TEXTS[:5], tmp_path, evidence="none", strict=True, trend=True, against="first",
        labels=range(5),
    )  # fmt: skip
    log = evaluated(callback, 4, 8, 8, 12)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"compare-step8.html", "compare-step12.html", "trend.html"}
    page = BeautifulSoup((tmp_path / "trend.html").read_text("utf-8"), "html.parser")
    chart = page.find(id="trend").find(class_="trend-cards").figure
    assert chart.b.get_text() == "mean absolute error (decides)"
    # The second evaluation at step 8 takes the place of the first; names of both ends come first.
    below = chart.svg.find_all("g")[-1].find_all("text")
    assert [text.get_text() for text in below] == ["4", "12", "8"]
    compared = BeautifulSoup((tmp_path / "compare-step12.html").read_text("utf-8"), "html.parser")
    heads = (head for head in compared.find_all("th") if "absolute error" in head.get_text())
    mae = next(heads).find_next_siblings("td")
    maes = [log[i]["reportgen_label_mae"] for i in (0, 3)]  # of steps 4 and 12
    assert [float(td.get_text()) for td in mae[:2]] == pytest.approx(maes, abs=0.006)
    scratch = callback._scratch
    assert scratch is not None
    assert {path.name for path in scratch.iterdir()} == {
        *(f"results-step{step}" for step in (4, 8, 12))
    }
    del callback
    gc.collect()
    assert not scratch.exists()


def test_a_training_that_goes_on_is_compared_with_what_was_kept(tmp_path, monkeypatch) -> None:
    """`resume_from_checkpoint` restores the history; the callback is another one."""
    monkeypatch.setattr(Report, "save", lambda *_, **__: [])
    options = {"evidence": "none", "strict": True, "trend": True, "keep_results": True}
    log = evaluated(ReportCallback(TEXTS[:5], tmp_path, **options), 4)
    log.append({"reportgen_n_texts": 5, "step": 2})  # whose results were taken away
    later = ReportCallback(TEXTS[:5], tmp_path, **options)
    with pytest.warns(UserWarning, match="nothing is compared with step 2 of this training"):
        evaluated(later, 8, log=log)
    assert [own.step for own in later._done] == [4, 8]
    assert {"compare-step8.html", "trend.html"} < {path.name for path in tmp_path.iterdir()}
    other = ReportCallback(["another text"], tmp_path, **options)
    with pytest.warns(UserWarning, match="with step 2, 4 of this training, whose results are"):
        evaluated(other, 6, log=log[:2])
    assert [own.step for own in other._done] == [6]


def test_of_too_many_evaluations_every_second_one_is_left_out(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("reportgen.api.callback.MAX_MODELS", 5)
    callback = ReportCallback(TEXTS, tmp_path, trend=True)
    callback._done = [_Evaluation(step, tmp_path / str(step)) for step in range(6)]
    for own in callback._done:
        own.folder.mkdir()
    with pytest.warns(UserWarning, match="takes 5 evaluations; from now on every second one"):
        callback._thin_out()
    assert [own.step for own in callback._done] == [0, 2, 4, 5]
    assert {path.name for path in tmp_path.iterdir()} == {"0", "2", "4", "5"}


def test_what_it_is_held_against_is_one_of_two(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='takes "previous" or "first"'):
        ReportCallback(TEXTS, tmp_path, against="last")
