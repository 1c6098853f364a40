"""A model that is ready to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from reportgen.models.architecture import accepted_arguments
from reportgen.models.configuration import looks_through_window, pads_to
from reportgen.models.device import LoadedState, moved
from reportgen.models.encoder import find_encoder
from reportgen.models.loading.checkpoint import weights_sha256
from reportgen.models.tasks.reader import OutputReader
from reportgen.models.tasks.sentence_encoder import SentenceModules
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.tokens.padding import pad
from reportgen.results import ModelInfo, OutputInfo, OutputKind


@dataclass(frozen=True, slots=True)
class Writer:
    """A whole encoder-decoder, which writes a target for each text."""

    module: PreTrainedModel
    max_tokens: int  # that its decoder reads


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
    output_name: str | None = None  # what the user calls the output
    sentence: SentenceModules | None = None  # of a sentence encoder: what comes after `encoder`
    prompts: tuple[str, str] = ("", "")  # what a text and its pair are put behind
    remarks: tuple[str, ...] = ()  # what a user should know about how it was loaded
    # The encoder-decoder that the module is the encoder of; None for other models.
    writer: Writer | None = None
    # The model for masks or multiple choice that the module is the encoder of; None for others.
    whole: PreTrainedModel | None = None
    # What `whole` or `writer` puts out for texts that have what it needs; None without them.
    whole_kind: OutputKind | None = None
    # The options that load it, for the command that a report prints.
    shown: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    @property
    def reads_apart(self) -> bool:
        """Whether the model reads the two texts of a pair separately, and compares them."""
        return self.reader.reads_apart

    @property
    def has_window(self) -> bool:
        """Whether tokens can see only some of the keys: nearby ones, or those of the same text."""
        return self.reads_apart or looks_through_window(self.encoder)

    def run_lengths(self, texts: Sequence[EncodedText], *, can_pad: bool) -> list[int]:
        """How many tokens are run for each text: where the model pads texts by itself and
        `can_pad`, which is where texts of different length run together, with that padding."""
        multiple = pads_to(self.encoder) if can_pad else 1
        return [-(-text.n_run // multiple) * multiple for text in texts]

    def inputs(self, texts: Sequence[EncodedText], least: int = 0) -> dict[str, Tensor]:
        """The inputs of the module for one batch of texts, padded on the right to their longest or
        to the `least` number of tokens."""
        accepted = accepted_arguments(self.module)
        given = pad(texts, self.pad_token_id, accepted, self.device, least)
        beside = {
            name: moved(value, self.device) for name, value in self.reader.beside(texts).items()
        }
        return given | beside


def with_whole(
    model: LoadedModel, module: PreTrainedModel, reader: OutputReader, remark: str
) -> LoadedModel:
    """The encoder `model` as the whole `module` that it is of, read by `reader`; without the
    `remark` that only the encoder is reported."""
    module.config.use_cache = False
    info = replace(
        model.info,
        architecture=type(module).__name__,
        n_parameters=sum(parameter.numel() for parameter in module.parameters()),
        weights_sha256=weights_sha256(LoadedState(module)),
    )
    return replace(
        model,
        module=module,
        encoder_name=find_encoder(module)[0],
        info=info,
        output=reader.info(model.output_name),
        reader=reader,
        remarks=tuple(other for other in model.remarks if other != remark),
    )
