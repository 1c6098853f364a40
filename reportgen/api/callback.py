"""Write a report at each evaluation of a `transformers.Trainer`."""

import shutil
import warnings
from pathlib import Path
from typing import Any

from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from reportgen.api.analyze import analyze
from reportgen.api.compare import compare
from reportgen.api.report import Report
from reportgen.errors import first_line
from reportgen.files.temporary import make_scratch
from reportgen.results.store import open_results


class ReportCallback(TrainerCallback):
    """Analyse the same texts at each evaluation and write `report-step{N}.html` and
    `summary-step{N}.json` into a folder; from the second evaluation on also `compare-step{N}.html`
    with what changed since the one before.

    The model's mode, device, attention implementation, cache, gradients and random numbers are
    restored, so the training is the same as without the callback. Only the main process writes.

        trainer.add_callback(ReportCallback(texts, "reports"))
    """

    def __init__(
        self,
        texts: object,
        folder: str | Path = "reports",
        *,
        keep_results: bool = False,
        strict: bool = False,
        save: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Set up the callback; nothing is read or written before the first evaluation.

        Args:
            texts: As for `reportgen.analyze`.
            folder: Where the files go; it is created if needed.
            keep_results: Whether to keep each evaluation's results, in `results-step{N}/`.
            strict: Whether an error stops the training; by default it is only a warning.
            save: More arguments of `Report.save`, such as `{"lang": "ja"}`.
            **options: More arguments of `reportgen.analyze`, such as `labels` or
                `evidence="none"`, the fastest.
        """
        self.texts = texts
        self.folder = Path(folder)
        self.keep_results = keep_results
        self.strict = strict
        self.save = save or {}
        self.options = options
        self.reports: list[Path] = []  # pages written so far
        self._previous: Report | None = None

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Write a report on the current state of the model."""
        if not state.is_world_process_zero:
            return
        try:
            self._write(kwargs.get("model"), kwargs.get("processing_class"), state.global_step)
        except Exception as error:
            if self.strict:
                raise
            warnings.warn(
                f"reportgen: no report at step {state.global_step} "
                f"({type(error).__name__}: {first_line(error)}); training goes on",
                stacklevel=2,
            )

    def _write(self, model: nn.Module | None, tokenizer: Any, step: int) -> None:
        tokenizer = getattr(tokenizer, "tokenizer", tokenizer)  # of a processor
        given = {"tokenizer": tokenizer} | self.options
        kept = self.folder / f"results-step{step}" if self.keep_results else None
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._previous is not None and kept == self._previous.results.folder:
            self._previous = _set_aside(self._previous)  # a second evaluation at the same step
        report = analyze(self.texts, model, folder=kept, **given)
        page = self.folder / f"report-step{step}.html"
        named = {"title": f"step {step}"} | self.save
        report.save(page, self.folder / f"summary-step{step}.json", **named)
        self.reports.append(page)
        self._compare(report, step)
        if report.results.info.evidence.interrupted:
            raise KeyboardInterrupt  # it ended the analysis early; it is meant for the training too

    def _compare(self, report: Report, step: int) -> None:
        """Compare the report with that of the evaluation before, which is no longer needed."""
        previous, self._previous = self._previous, report
        if previous is not None:
            lang = {"lang": self.save["lang"]} if "lang" in self.save else {}
            page = self.folder / f"compare-step{step}.html"
            compare(previous, report).save(page, title=f"step {step}", **lang)


def _set_aside(report: Report) -> Report:
    """A report on a copy of the results, because their folder is about to be replaced."""
    copy = make_scratch()
    shutil.copytree(report.results.folder, copy.path, dirs_exist_ok=True)
    return Report(open_results(copy.path), copy)
