"""A model that is ready to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from reportgen.models.architecture import accepted_arguments
from reportgen.models.readers.completion import completion_reader
from reportgen.models.readers.next_token import NextTokenReader
from reportgen.models.readers.reader import OutputReader
from reportgen.models.tokens import EncodedText, pad
from reportgen.results.info import ModelInfo, OutputInfo


@dataclass(frozen=True)
class LoadedModel:
    """A model that is ready to run on batches padded on the right."""

    module: nn.Module  # is called with the inputs that its forward declares
    encoder: PreTrainedModel  # whose attention is read
    encoder_name: str  # its dotted name inside the module, "" for the module itself
    tokenizer: PreTrainedTokenizerBase
    pad_token_id: int  # fills the end of shorter texts in a batch
    device: torch.device
    info: ModelInfo  # `is_causal` is only set by an analysis, which measures it
    output: OutputInfo
    reader: OutputReader  # reads predictions from what the module returns
    remarks: tuple[str, ...] = ()  # what a user should know about how it was loaded
    # The options that load it, for the command that a report prints.
    shown: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    def inputs(self, texts: Sequence[EncodedText]) -> dict[str, Tensor]:
        """The inputs of the module for one batch of texts, padded on the right."""
        given = pad(texts, self.pad_token_id, accepted_arguments(self.module), self.device)
        beside = {name: value.to(self.device) for name, value in self.reader.beside(texts).items()}
        return given | beside


def with_completions(model: LoadedModel) -> LoadedModel:
    """A causal language `model`, to read the log-probabilities of completions in place of next
    tokens."""
    assert isinstance(model.reader, NextTokenReader)
    reader = completion_reader(model.reader)
    return replace(model, reader=reader, output=reader.info(None))
