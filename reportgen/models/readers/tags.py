"""Reads the tag of each word from a model that classifies tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor
from transformers import PreTrainedConfig

from reportgen.models.readers.reader import TextPrediction
from reportgen.models.readers.steps import StepReader, places
from reportgen.models.tokens.encoded import EncodedText, TokenStep
from reportgen.results.info import OutputInfo


@dataclass(frozen=True, slots=True)
class TagReader(StepReader):
    """Reads the tag of the first token of each word (Devlin et al. 2019)."""

    kind = "tags"
    scalar = "tags"
    entry = "logits"
    labels: tuple[str, ...]

    def marked(self, text: EncodedText, words: Sequence[int]) -> EncodedText:
        """`text` with a step at the first token of each of its words; `words` `[token]` are their
        numbers, -1 for none."""
        first: dict[int, int] = {}
        for position, (word, role) in enumerate(zip(words, text.roles, strict=True)):
            if role is None and word >= 0:
                first.setdefault(word, position)
        return replace(text, steps=tuple(TokenStep(position) for position in first.values()))

    def sample(self, text: EncodedText) -> EncodedText:
        """`text` as trial runs need it: each of its units is a word."""
        return self.marked(text, text.units)

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[TextPrediction]:
        """One prediction per text, with the tag of each word and its log-probability."""
        found = []
        for row, text in zip(self._rows(returned, texts), texts, strict=True):
            best = row.detach().max(dim=1)
            names = tuple(self.labels[i] for i in best.indices.tolist())
            is_finite = bool(row.isfinite().all())
            label = " ".join(names) if is_finite else None
            scores = tuple(best.values.tolist())
            found.append(TextPrediction(None, label, scores, names, is_finite, tuple(places(text))))
        return found

    def info(self, name: str | None) -> OutputInfo:
        """The description of the output for the report."""
        return OutputInfo("tags", name or "tags", self.labels)

    @property
    def described(self) -> str:
        """What the output of the model is, for an error message."""
        return f"one of {len(self.labels)} tags for each word"

    def with_class_names(self, names: Sequence[str]) -> "TagReader":
        """The reader for a model whose tags are called `names`."""
        if len(self.labels) != len(names):
            return super(TagReader, self).with_class_names(names)
        return replace(self, labels=tuple(names))


def tag_reader(config: PreTrainedConfig, width: int) -> TagReader:
    """The reader for a `...ForTokenClassification` with `width` tags."""
    id2label: dict[Any, str] = dict(config.id2label or {})
    return TagReader(tuple(str(id2label.get(i, f"LABEL_{i}")) for i in range(width)))
