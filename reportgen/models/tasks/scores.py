"""Reads a number, numbers, a class or labels: one row of figures per text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, TypeAlias

from torch import Tensor
from transformers import PreTrainedConfig

from reportgen.models.tasks.model_task import ModelTask, TriedModule
from reportgen.models.tasks.reader import OutputReader, TextPrediction
from reportgen.models.tasks.target import EntryTarget, MarginTarget, ModelTarget, NumberTarget
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.trial_run import Entry, entries
from reportgen.results.info import OutputInfo

ScoreKind: TypeAlias = Literal["number", "numbers", "class", "labels"]
_NAMES: Mapping[ScoreKind, str] = {
    "number": "score",
    "numbers": "scores",
    "class": "class",
    "labels": "labels",
}


@dataclass(frozen=True, slots=True)
class ScoreReader(OutputReader):
    """Reads one or more figures per text."""

    kind: ScoreKind
    entry: Entry  # the part of what is returned
    width: int  # figures per text
    labels: tuple[str, ...] = ()

    @property
    def target(self) -> ModelTarget:
        """The number, the first of several numbers, the margin of a class, or a label's logit."""
        if self.kind == "class":
            return MarginTarget(n_classes=len(self.labels))
        return EntryTarget("logit", is_stored=True) if self.kind == "labels" else NumberTarget()

    def head_rows(self, text: EncodedText) -> tuple[int, ...] | None:
        """One row of a decoder, wherever that is."""
        return ()

    def values(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> Tensor:
        """The number(s) or logits, `[text, figure]`."""
        tensor: Tensor = entries(returned)[self.entry]
        return tensor.reshape(inputs["input_ids"].shape[0], self.width).float()

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[TextPrediction]:
        """One prediction per text."""
        values = self.values(returned, inputs).detach()
        finite = values.isfinite().all(dim=1).tolist()
        return [self._scored(*pair) for pair in zip(values.tolist(), finite, strict=True)]

    def info(self, name: str | None) -> OutputInfo:
        """The description of the output for the report."""
        if self.kind == "number":
            # A regression that names its one output, such as id2label {0: "stars"}.
            own = next((label for label in self.labels if not label.startswith("LABEL_")), None)
            return OutputInfo("number", name or own or _NAMES["number"])
        return OutputInfo(self.kind, name or _NAMES[self.kind], self.labels)

    @property
    def described(self) -> str:
        """What the output of the model is, for an error message."""
        if self.kind == "labels":
            return "labels, of which several may hold"
        return f"{self.width} for each text"

    def entry_name(self, index: int) -> str | None:
        """The name of a figure of the output; None where it has only one."""
        return None if self.kind == "number" else self.labels[index]

    def with_class_names(self, names: Sequence[str]) -> Self:
        """The reader for a model whose outputs are classes called `names`."""
        if self.kind not in ("numbers", "class") or self.width != len(names):
            return super(ScoreReader, self).with_class_names(names)
        return replace(self, kind="class", labels=tuple(names))

    def _scored(self, scores: list[float], is_finite: bool) -> TextPrediction:
        value = scores[0] if self.kind == "number" else None
        label = None
        if is_finite and self.kind == "class":
            label = self.labels[scores.index(max(scores))]
        elif is_finite and self.kind == "labels":
            label = ", ".join(n for n, logit in zip(self.labels, scores, strict=True) if logit > 0)
        return TextPrediction(value, label, tuple(scores), (), is_finite)


def numbers_reader(entry: Entry, width: int) -> ScoreReader:
    """The reader of one or more numbers without names."""
    if width == 1:
        return ScoreReader("number", entry, 1)
    return ScoreReader("numbers", entry, width, tuple(str(i + 1) for i in range(width)))


def sequence_reader(config: PreTrainedConfig) -> ScoreReader:
    """The reader for a `...ForSequenceClassification`: a number, numbers, a class or labels."""
    id2label: dict[Any, str] = dict(config.id2label or {})
    names = tuple(str(id2label.get(i, f"LABEL_{i}")) for i in range(config.num_labels or 1))
    problem = config.problem_type
    if problem == "multi_label_classification":
        return ScoreReader("labels", "logits", len(names), names)
    if len(names) == 1:
        # Without a problem type, transformers trains a single output as a regression.
        return ScoreReader("number", "logits", 1, names)
    kind: ScoreKind = "numbers" if problem == "regression" else "class"
    return ScoreReader(kind, "logits", len(names), names)


def _reader(tried: TriedModule) -> ScoreReader | None:
    return sequence_reader(tried.module.config) if tried.returns("logits") else None


TASK = ModelTask(endings=("ForSequenceClassification",), reader=_reader, finds_padding=True)
