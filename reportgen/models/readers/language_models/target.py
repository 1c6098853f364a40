"""Reads the log-probabilities of targets from an encoder-decoder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from reportgen.models.readers.language_models.completion import CompletionReader
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.tokens.target_tokens import TargetTokens
from reportgen.models.tokens.targets import Writer
from reportgen.models.trial_run import entries


@dataclass(frozen=True, slots=True)
class TargetReader(CompletionReader):
    """Reads the log-probability of each token of a target, given the text and all tokens before
    it."""

    writer: Writer = field(kw_only=True)

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
