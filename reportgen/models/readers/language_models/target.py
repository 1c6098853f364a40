"""Reads the log-probabilities of targets from an encoder-decoder."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from reportgen.errors import UsageError
from reportgen.models.loaded import LoadedModel, encoder_remark, with_whole
from reportgen.models.readers.language_models.completion import (
    CompletionReader,
    Prompt,
    WrittenTokens,
    up_to,
    with_completions,
)
from reportgen.models.readers.language_models.next_token import NextTokenReader
from reportgen.models.tokens.encoded import EncodedText, encode
from reportgen.models.tokens.target_tokens import TargetTokens
from reportgen.models.tokens.targets import (
    Writer,
    encode_target,
    encode_with_target,
    language_options,
    lead_of,
    start_token,
)
from reportgen.models.trial_run import entries
from reportgen.texts import TextInput, TextSet


@dataclass(frozen=True, slots=True)
class TargetReader(CompletionReader):
    """Reads the log-probability of each token of a target, given the text and all tokens before
    it."""

    writer: Writer = field(kw_only=True)

    def encode_completed(
        self, model: LoadedModel, source: TextInput, completion: str
    ) -> EncodedText:
        """Tokenise a text for the encoder, and its `completion` for the decoder."""
        most, ids = model.info.max_tokens, source.completion_ids
        return encode_with_target(model.tokenizer, self.writer, source.text, completion, most, ids)

    def encode_sample(self, model: LoadedModel, text: str) -> EncodedText:
        """Tokenise a `text`, with itself as its target."""
        encoded = encode(model.tokenizer, text, None, model.info.max_tokens)
        return replace(encoded, target=encode_target(model.tokenizer, self.writer, text))

    def prompt(self, model: LoadedModel, text: str) -> Prompt:
        """What `model` is given to write a target for a `text`: all of it."""
        whole = encode(model.tokenizer, text, None, model.info.max_tokens)
        return Prompt(whole.ids, self.writer.max_tokens)

    def written(
        self, prompt: Prompt, ids: Sequence[int], ends: Collection[int | None]
    ) -> WrittenTokens:
        """The target that a model wrote, in the `ids` that begin with the token that every target
        starts with; what `ends` a target is one of its tokens."""
        first = 1 + lead_of(self.tokenizer, ids[1:])
        content = up_to(ids, first, ends)
        return WrittenTokens(content, tuple(ids[: first + len(content) + 1]))

    def generation_options(self) -> Mapping[str, int]:
        """The language that targets are in."""
        return language_options(self.tokenizer, self.writer.module)

    def beside(self, texts: Sequence[EncodedText]) -> dict[str, Tensor]:
        """What the decoder reads of the targets of `texts`, padded on the right."""
        rows = [torch.tensor(_target(text).read) for text in texts]
        # Every token is read after what stands before it alone, so that any token may fill a row.
        ids = pad_sequence(rows, batch_first=True)
        mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
        return {"decoder_input_ids": ids, "decoder_attention_mask": mask}

    def _ids(self, text: EncodedText) -> tuple[int, ...]:
        return _target(text).written

    def _rows(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText]
    ) -> list[Tensor]:
        found = []
        for own, text in zip(entries(returned)["logits"], texts, strict=True):
            target = _target(text)
            written = own[target.n_given - 1 : len(target.read)]
            found.append(written.float().log_softmax(dim=-1))
        return found


def _target(text: EncodedText) -> TargetTokens:
    assert text.target is not None
    return text.target


def with_targets(model: LoadedModel) -> LoadedModel:
    """The encoder of an encoder-decoder as that whole `model`, to read the log-probabilities of
    the targets that it writes."""
    assert model.writer is not None
    module = model.writer.module
    reader = TargetReader(model.tokenizer, writer=model.writer)
    return with_whole(model, module, reader, encoder_remark(type(module).__name__))


def ready_for_completions(
    model: LoadedModel, texts: TextSet, n_generated: int | None
) -> LoadedModel:
    """`model`, prepared to read completions if the texts have some or get some. A model that cannot
    write reads only the texts, with a remark.

    Raises:
        UsageError: it is to generate, and writes nothing.
        ModelError: it is an encoder-decoder that does not say what a target starts with.
    """
    if n_generated is None and not any(text.completion for text in texts.texts):
        return model
    if isinstance(model.reader, NextTokenReader):
        return with_completions(model)
    if model.writer is not None:
        # Fails before anything is run. Some read the first token off the labels, without padding.
        start_token(model.writer.module, (int(model.pad_token_id == 0),))
        return with_targets(model)
    kind = model.output.kind.replace("_", " ")
    if n_generated is not None:
        raise UsageError(
            "--generate: only causal language models and encoder-decoders write; this model's "
            f"output is {kind}"
        )
    remark = f"completions of the texts are not used: the model's output is {kind}"
    return replace(model, remarks=(*model.remarks, remark))
