"""Reads a number, numbers, a class or labels: one row of figures per text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from torch import Tensor
from transformers import PreTrainedConfig

from reportgen.models.tasks.model_task import ModelTask, TriedModule
from reportgen.models.tasks.reader import OutputReader, TextPrediction
from reportgen.models.tasks.target import EntryTarget, MarginTarget, ModelTarget, NumberTarget
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.trial_run import Entry, entries
from reportgen.results import OutputInfo


@dataclass(frozen=True, slots=True)
class ScoreReader(OutputReader):
    """Reads one or more figures per text."""

    name: ClassVar[str]  # of the output
    takes_names: ClassVar[bool] = False  # its figures may be the logits of classes
    entry: Entry  # the part of what is returned
    width: int  # figures per text
    labels: tuple[str, ...] = ()

    def predicted(self, scores: Sequence[float]) -> str | None:
        """What is predicted by the finite figures of a text; None where that is a number."""
        return None

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
        return [
            TextPrediction(
                None, self.predicted(row) if is_finite else None, tuple(row), (), is_finite
            )
            for row, is_finite in zip(values.tolist(), finite, strict=True)
        ]

    def info(self, name: str | None) -> OutputInfo:
        """The description of the output for the report."""
        return OutputInfo(self.kind, name or self.name, self.labels)

    @property
    def described(self) -> str:
        """What the output of the model is, for an error message."""
        return f"{self.width} for each text"

    def entry_name(self, index: int) -> str | None:
        """The name of a figure of the output."""
        return self.labels[index]

    def with_class_names(self, names: Sequence[str]) -> OutputReader:
        """The reader for a model whose figures are the logits of classes called `names`."""
        if not self.takes_names or self.width != len(names):
            return super(ScoreReader, self).with_class_names(names)
        return ClassReader(self.entry, self.width, tuple(names))


@dataclass(frozen=True, slots=True)
class NumberReader(ScoreReader):
    """Reads a number."""

    kind = "number"
    name = "score"
    target = NumberTarget()

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[TextPrediction]:
        """One prediction per text, with its number."""
        scored = super(NumberReader, self).read(returned, inputs)
        return [replace(prediction, value=prediction.scores[0]) for prediction in scored]

    def info(self, name: str | None) -> OutputInfo:
        """The description of the output, which a model may name: id2label {0: "stars"}."""
        named = next((label for label in self.labels if not label.startswith("LABEL_")), None)
        return OutputInfo(self.kind, name or named or self.name)

    def entry_name(self, index: int) -> str | None:
        """None: it is the only figure."""
        return None


@dataclass(frozen=True, slots=True)
class NumbersReader(ScoreReader):
    """Reads several numbers."""

    kind = "numbers"
    name = "scores"
    target = NumberTarget()
    takes_names = True


@dataclass(frozen=True, slots=True)
class ClassReader(ScoreReader):
    """Reads a class: the one with the largest logit."""

    kind = "class"
    name = "class"
    takes_names = True

    @property
    def target(self) -> ModelTarget:
        """The margin of a class."""
        return MarginTarget(n_classes=len(self.labels))

    def predicted(self, scores: Sequence[float]) -> str:
        """The class with the largest logit."""
        return self.labels[scores.index(max(scores))]


@dataclass(frozen=True, slots=True)
class LabelsReader(ScoreReader):
    """Reads which of several labels hold: those with positive logits."""

    kind = "labels"
    name = "labels"
    target = EntryTarget("logit", is_stored=True)
    described = "labels, of which several may hold"

    def predicted(self, scores: Sequence[float]) -> str:
        """The labels with positive logits."""
        pairs = zip(self.labels, scores, strict=True)
        return ", ".join(label for label, logit in pairs if logit > 0)


def numbers_reader(entry: Entry, width: int) -> ScoreReader:
    """The reader of one or more numbers without names."""
    if width == 1:
        return NumberReader(entry, 1)
    return NumbersReader(entry, width, tuple(str(i + 1) for i in range(width)))


def sequence_reader(config: PreTrainedConfig) -> ScoreReader:
    """The reader for a `...ForSequenceClassification`: a number, numbers, a class or labels."""
    id2label: dict[Any, str] = dict(config.id2label or {})
    names = tuple(str(id2label.get(i, f"LABEL_{i}")) for i in range(config.num_labels or 1))
    problem = config.problem_type
    if problem == "multi_label_classification":
        return LabelsReader("logits", len(names), names)
    if len(names) == 1:
        # Without a problem type, transformers trains a single output as a regression.
        return NumberReader("logits", 1, names)
    kind = NumbersReader if problem == "regression" else ClassReader
    return kind("logits", len(names), names)


def _reader(tried: TriedModule) -> ScoreReader | None:
    return sequence_reader(tried.module.config) if tried.returns("logits") else None


TASK = ModelTask(endings=("ForSequenceClassification",), reader=_reader, finds_padding=True)
