"""Write a report at each evaluation of a `transformers.Trainer`."""

import shutil
import warnings
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from reportgen.api.analyze import analyze, check_keywords
from reportgen.api.comparing.compare import compare
from reportgen.api.comparing.sides import MAX_MODELS
from reportgen.api.report import Report
from reportgen.errors import ReportgenError, UsageError, first_line, some
from reportgen.files import make_scratch
from reportgen.report import watched

Against: TypeAlias = Literal["previous", "first"]
_FIGURE = "reportgen_"  # in front of the names of figures in the history of the Trainer


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """The results of one evaluation."""

    step: int
    folder: Path

    @property
    def name(self) -> str:
        """What it is called on pages."""
        return f"step {self.step}"


class ReportCallback(TrainerCallback):
    """Analyse the same texts at each evaluation and write `report-step{N}.html` and
    `summary-step{N}.json` into a folder; from the second evaluation on also `compare-step{N}.html`
    with what changed since the one before, or since the first. With `trend`, `trend.html` shows
    the whole trend so far. The figures that people watch stand in `trainer.state.log_history`.

    The model's mode, device, attention implementation, cache, gradients and random numbers are
    restored, so the training is the same as without the callback. Only the main process writes.

        trainer.add_callback(ReportCallback(texts, "reports", trend=True))
    """

    def __init__(
        self,
        texts: object,
        folder: str | Path = "reports",
        *,
        name: str | None = None,
        keep_results: bool = False,
        strict: bool = False,
        against: Against = "previous",
        trend: bool = False,
        save: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Set up the callback; nothing is read or written before the first evaluation.

        Args:
            texts: As for `reportgen.analyze`.
            folder: Where the files go; it is created if needed.
            name: What pages call the model, followed by the step. Default: the `run_name` of the
                training, else the name of its `output_dir`.
            keep_results: Whether to keep each evaluation's results, in `results-step{N}/`. A
                training that goes on later (`resume_from_checkpoint`) is compared with them.
            strict: Whether an error stops the training; by default it is only a warning.
            against: What an evaluation is compared with: the `"previous"` one, or the `"first"`.
            trend: Whether to write `trend.html`, anew at each evaluation from the second on. The
                results of all evaluations are kept until the training ends.
            save: More arguments of `Report.save`, such as `{"lang": "ja"}`.
            **options: More arguments of `reportgen.analyze`, such as `labels` or
                `evidence="none"`, the fastest.

        Raises:
            UsageError: `against` is neither of the two, or `analyze` has no such argument.
        """
        if against not in ("previous", "first"):
            raise UsageError(f'against={against!r}: takes "previous" or "first"')
        check_keywords(options)
        self.texts = texts
        self.folder = Path(folder)
        self.name = name
        self.keep_results = keep_results
        self.strict = strict
        self.against = against
        self.trend = trend
        self.save = save or {}
        self.options = options
        self.reports: list[Path] = []  # pages written so far
        self._done: list[_Evaluation] = []
        self._scratch: Path | None = None

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
            name = self.name or _name_of(args)
            self._write(kwargs.get("model"), kwargs.get("processing_class"), state, name)
        except Exception as error:
            if self.strict:
                raise
            warnings.warn(
                f"reportgen: no report at step {state.global_step} "
                f"({type(error).__name__}: {first_line(error)}); training goes on",
                stacklevel=2,
            )

    def _write(
        self, model: nn.Module | None, tokenizer: Any, state: TrainerState, name: str
    ) -> None:
        tokenizer = getattr(tokenizer, "tokenizer", tokenizer)  # of a processor
        given, step = {"tokenizer": tokenizer} | self.options, state.global_step
        given["name"] = f"{name}, step {step}"
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = self.folder if self.keep_results else self._own_folder()
        this = _Evaluation(step, kept / f"results-step{step}")
        earlier = self._earlier(this)
        report = analyze(self.texts, model, folder=this.folder, **given)
        if not self._done:
            self._done = self._resumed(this, state)
            earlier = self._earlier(this)
        state.log_history.append(_logged(report, state))
        page = self.folder / f"report-step{step}.html"
        named = {"title": this.name} | self.save
        report.save(page, self.folder / f"summary-step{step}.json", **named)
        self.reports.append(page)
        self._compare(this, earlier)
        if report.results.info.evidence.interrupted:
            raise KeyboardInterrupt  # it ended the analysis early; it is meant for the training too

    def _own_folder(self) -> Path:
        """A temporary folder, which is removed with the callback."""
        if self._scratch is None:
            scratch = make_scratch()
            weakref.finalize(self, scratch.remove)
            self._scratch = scratch.path
        return self._scratch

    def _resumed(self, this: _Evaluation, state: TrainerState) -> list[_Evaluation]:
        """The evaluations before `this`, the first one, where an interrupted training goes on:
        those whose results were kept and can be compared with it."""
        steps = {
            int(entry["step"])
            for entry in state.log_history
            if any(key.startswith(_FIGURE) for key in entry)
        }
        before = [
            _Evaluation(step, self.folder / f"results-step{step}")
            for step in sorted(steps)
            if step < this.step
        ]
        earlier = [
            evaluation
            for evaluation in before
            if self.keep_results and _is_comparable(evaluation, this)
        ]
        lost = [str(evaluation.step) for evaluation in before if evaluation not in earlier]
        if lost:
            warnings.warn(
                f"reportgen: nothing is compared with step {some(lost)} of this training, whose "
                f"results are not in {self.folder} or are of other texts; keep_results=True keeps "
                "them for a training that goes on later",
                stacklevel=2,
            )
        return earlier

    def _earlier(self, this: _Evaluation) -> _Evaluation | None:
        """The evaluation that the next one, `this`, is compared with; a copy of it where its folder
        is about to be replaced, at a second evaluation at the same step."""
        if not self._done:
            return None
        evaluation = self._done[0 if self.against == "first" else -1]
        if evaluation.folder != this.folder:
            return evaluation
        copy = self._own_folder() / "replaced"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(evaluation.folder, copy)
        return _Evaluation(evaluation.step, copy)

    def _compare(self, this: _Evaluation, earlier: _Evaluation | None) -> None:
        """Compare an evaluation with an earlier one, and with all of them."""
        named = {"lang": self.save["lang"]} if "lang" in self.save else {}
        if earlier is not None:
            page = self.folder / f"compare-step{this.step}.html"
            compare(earlier.folder, this.folder).save(page, title=this.name, **named)
        self._done = [evaluation for evaluation in self._done if evaluation.step != this.step] + [
            this
        ]
        if self.trend and len(self._done) > 1:
            self._thin_out()
            names = [evaluation.name for evaluation in self._done]
            trend = compare(*(evaluation.folder for evaluation in self._done), names=names)
            trend.save(self.folder / "trend.html", **named)
        elif not self.trend:  # what lies between is no longer needed
            self._forget(self._done[1:-1] if self.against == "first" else self._done[:-1])

    def _thin_out(self) -> None:
        """Leave out every second evaluation between the first and the last where there are more
        than a page takes."""
        if len(self._done) <= MAX_MODELS:
            return
        self._forget(self._done[1:-1:2])
        warnings.warn(
            f"reportgen: trend.html takes {MAX_MODELS} evaluations; from now on every second one "
            "so far is left out",
            stacklevel=2,
        )

    def _forget(self, evaluations: list[_Evaluation]) -> None:
        """Leave out some evaluations, and remove their results unless they are to be kept."""
        self._done = [evaluation for evaluation in self._done if evaluation not in evaluations]
        for evaluation in evaluations if not self.keep_results else ():
            shutil.rmtree(evaluation.folder, ignore_errors=True)


def _name_of(args: TrainingArguments) -> str:
    """What pages call a model: by the name of the training, else by where it writes."""
    names = (getattr(args, part, None) for part in ("run_name", "output_dir"))
    return next((Path(name).name for name in names if name), "model")


def _is_comparable(earlier: _Evaluation, this: _Evaluation) -> bool:
    """Whether the results of `earlier` can be read, and are of texts that `this` has too."""
    try:
        return len(compare(earlier.folder, this.folder).comparison.base.texts) > 0
    except ReportgenError:
        return False


def _logged(report: Report, state: TrainerState) -> dict[str, Any]:
    """The entry of an evaluation in the history of the Trainer: the figures that people watch."""
    figures = watched("run", report.figures)
    named = {f"{_FIGURE}{name}": value for name, value in figures.items()}
    return {**named, "epoch": state.epoch, "step": state.global_step}
