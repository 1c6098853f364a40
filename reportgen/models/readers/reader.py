"""Readers of predictions: the base class, and what all readers share. Each task has its own reader
in this package."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from reportgen.errors import ModelError
from reportgen.models.tokens.encoded import EncodedText
from reportgen.results.info import OutputInfo, OutputKind, Scalar


@dataclass(frozen=True, slots=True)
class TextPrediction:
    """The output of the model for one text."""

    value: float | None  # the number, or log-probability of the completion; None otherwise
    # Class, labels joined by ", ", the likeliest next token, tags joined by spaces, or the
    # answer; None otherwise.
    label: str | None
    # Number(s); logits; log-probabilities of next tokens, of the completion's tokens, or of tags;
    # no embedding.
    scores: tuple[float, ...]
    # Next tokens; the likeliest in place of each of the completion's, "" where that is the same;
    # tags; empty otherwise.
    score_names: tuple[str, ...]
    is_finite: bool = True  # False if a figure is infinite or NaN; then there is no label
    # Positions of words that have a tag, of masks, or of both ends of the answer; else empty.
    steps: tuple[int, ...] = ()
    held: tuple[int, ...] = ()  # positions that stay when others are left out, see `EncodedText`
    is_quoted: bool = False  # the label is what the tokens `held` are in the text


class OutputReader(ABC):
    """Reads predictions from what a module returned for a batch padded on the right."""

    kind: OutputKind

    @property
    @abstractmethod
    def scalar(self) -> Scalar:
        """The figure of the output that evidence explains."""

    @property
    @abstractmethod
    def described(self) -> str:
        """What the output is, for an error message."""

    @property
    def n_figures(self) -> int:
        """The number of figures per text; 0 if that depends on the text."""
        return 0

    @abstractmethod
    def values(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> Tensor:
        """The output as float32 `[text, figure]`.

        Args:
            inputs: those of the call; without an attention mask no token is padding.
            texts: those of the batch; readers of a figure per text do not need them.
        """

    @abstractmethod
    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[TextPrediction]:
        """One prediction per text; one that is not finite keeps its scores but has no label."""

    @abstractmethod
    def info(self, name: str | None) -> OutputInfo:
        """The description of the output for the report; `name` replaces the model's own name for
        it."""

    def aimed(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText]
    ) -> list[EncodedText]:
        """`texts` with their predictions, which stay the explained ones when the texts are changed.
        Unchanged if a single entry of the output is explained."""
        return list(texts)

    def sample(self, text: EncodedText) -> EncodedText:
        """`text` in the form that trial runs need."""
        return text

    def beside(self, texts: Sequence[EncodedText]) -> dict[str, Tensor]:
        """The inputs that the reader needs beside the tokens of a batch of `texts`."""
        return {}

    def entry_name(self, index: int) -> str | None:
        """The name of a figure of the output; None where it has only one."""
        return None

    def with_class_names(self, names: Sequence[str]) -> Self:
        """The reader for a model whose outputs are classes called `names`.

        Raises:
            ModelError: the model has another number of outputs per text.
        """
        raise ModelError(
            f"--class-names {','.join(names)}: {len(names)} names, but the model's output is "
            f"{self.described}; give a name to each of its classes"
        )


def last_tokens(mask: Tensor) -> Tensor:
    """Position of each text's last real token, `[text]`, by its attention mask."""
    return mask.sum(dim=1) - 1


def distinct(positions: Tensor) -> Tensor:
    """`positions` without repetitions, in order."""
    found: Tensor = torch.unique(positions)
    return found


def spell(tokenizer: PreTrainedTokenizerBase, token_id: int) -> str:
    """The text of one token; if it has none, the token as the tokenizer writes it."""
    text = tokenizer.decode([token_id], clean_up_tokenization_spaces=False)
    if isinstance(text, str) and text.strip() and "\ufffd" not in text:
        return text
    return str(tokenizer.convert_ids_to_tokens(token_id))
