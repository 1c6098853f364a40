"""Reads the tag of each word from a model that classifies tokens, or its number from one with a
single output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor
from transformers import PreTrainedConfig, PreTrainedTokenizerBase

from reportgen.errors import UsageError
from reportgen.models.tasks.model_task import ModelTask, TriedModule
from reportgen.models.tasks.reader import OutputReader, StepReader, TextPrediction, places
from reportgen.models.tasks.target import StepTarget
from reportgen.models.tokens.encoded import EncodedText, TokenStep
from reportgen.models.tokens.join_words import Marks, joined_to_words, marks_of
from reportgen.results import OutputInfo, tag_list
from reportgen.texts import TextInput, WordSplitter, between_spaces


class WordReader(StepReader):
    """Reads something at the first token of each word (Devlin et al. 2019)."""

    place = "its word {}"
    needs_words = True
    entry = "logits"

    def marked(self, text: EncodedText, words: Sequence[int]) -> EncodedText:
        """`text` with a step at the first token of each of its words; `words` `[token]` are their
        numbers, -1 for none."""
        first: dict[int, int] = {}
        for position, (word, role) in enumerate(zip(words, text.roles, strict=True)):
            if role is None and word >= 0:
                first.setdefault(word, position)
        return replace(text, steps=tuple(TokenStep(position) for position in first.values()))

    def marks(self, tokenizer: PreTrainedTokenizerBase) -> Marks:
        """What a space alone is part of, as in data for taggers."""
        return marks_of(tokenizer)

    def in_words(
        self, text: EncodedText, source: TextInput, splitter: WordSplitter, marks: Marks
    ) -> EncodedText:
        """`text` with a step at each of its words."""
        return self.marked(text, _tagged_words(text, source, splitter, marks))

    def sample(self, text: EncodedText) -> EncodedText:
        """`text` as trial runs need it: each of its units is a word."""
        return self.marked(text, text.units)


@dataclass(frozen=True, slots=True)
class TagReader(WordReader):
    """Reads the tag of each word."""

    kind = "tags"
    target = StepTarget("tags")
    labels: tuple[str, ...]

    def class_index(self, name: str) -> int:
        """No tag can be asked for."""
        raise UsageError(
            f"--explain-class {name}: each word's own tag is explained, for the model's output "
            "is tags; leave the option out and choose a word in the report"
        )

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[TextPrediction]:
        """One prediction per text, with the tag of each word and its log-probability."""
        predictions = []
        for row, text in zip(self.rows(returned, texts), texts, strict=True):
            best = row.detach().max(dim=1)
            names = tuple(self.labels[i] for i in best.indices.tolist())
            is_finite = bool(row.isfinite().all())
            label = " ".join(names) if is_finite else None
            scores = tuple(best.values.tolist())
            predictions.append(
                TextPrediction(None, label, scores, names, is_finite, tuple(places(text)))
            )
        return predictions

    def info(self, name: str | None) -> OutputInfo:
        """The description of the output for the report."""
        return OutputInfo("tags", name or "tags", self.labels)

    @property
    def described(self) -> str:
        """What the output of the model is, for an error message."""
        return f"one of {len(self.labels)} tags for each word"

    def with_class_names(self, names: Sequence[str]) -> OutputReader:
        """The reader for a model whose tags are called `names`."""
        if len(self.labels) != len(names):
            return super(TagReader, self).with_class_names(names)
        return replace(self, labels=tuple(names))


@dataclass(frozen=True, slots=True)
class WordNumberReader(WordReader):
    """Reads a number for each word."""

    kind = "word_numbers"
    target = StepTarget("word_sum")
    described = "a number for each word"
    name: str

    def scored(self, logits: Tensor) -> Tensor:
        """The numbers as they are, `[step, 1]`."""
        return logits

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[TextPrediction]:
        """One prediction per text, with the number of each word."""
        predictions = []
        for row, text in zip(self.rows(returned, texts), texts, strict=True):
            numbers, is_finite = tuple(row[:, 0].tolist()), bool(row.isfinite().all())
            predictions.append(
                TextPrediction(None, None, numbers, (), is_finite, tuple(places(text)))
            )
        return predictions

    def info(self, name: str | None) -> OutputInfo:
        """The description of the output, which a model may name: id2label {0: "reading_time"}."""
        return OutputInfo(self.kind, name or self.name)


def _tagged_words(
    text: EncodedText, source: TextInput, splitter: WordSplitter, marks: Marks
) -> tuple[int, ...]:
    """The number of the word of each token, as a tagger's data has words: units that were given;
    what stands between spaces, where the label has as many tags; else those of the `splitter`. It
    is -1 for spaces that are part of no word.
    """
    segments, given = (source.text, source.pair), source.units or ((), ())
    places = between_spaces(source.text)
    if not any(given) and source.label and len(tag_list(source.label)) == len(places):
        given = (places, ())
    words = joined_to_words(text, segments, splitter, given, marks=marks).units
    is_blank = [
        span is not None and not (segments[span.segment] or "")[span.start : span.end].strip()
        for span in text.spans
    ]
    known = {word for word, blank in zip(words, is_blank, strict=True) if not blank}
    return tuple(word if word in known else -1 for word in words)


def tag_reader(config: PreTrainedConfig, width: int) -> TagReader:
    """The reader for a `...ForTokenClassification` with `width` tags."""
    id2label: dict[Any, str] = dict(config.id2label or {})
    return TagReader(tuple(str(id2label.get(i, f"LABEL_{i}")) for i in range(width)))


def _reader(tried: TriedModule) -> WordReader | None:
    width = tried.figures_by_token if tried.returns("logits") else None
    if width is None:
        return None
    reader = tag_reader(tried.module.config, width)
    if width == 1 and tried.module.config.problem_type in (None, "regression"):
        (label,) = reader.labels
        return WordNumberReader("number" if label.startswith("LABEL_") else label)
    return reader


TASK = ModelTask(endings=("ForTokenClassification",), reader=_reader)
