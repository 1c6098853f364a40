"""Reads an embedding: one vector per text, or the vectors of its tokens pooled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from reportgen.models.spec import Pooling
from reportgen.models.tasks.reader import OutputReader, TextPrediction, last_tokens
from reportgen.models.tasks.target import CosineTarget
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.trial_run import Entry, entries
from reportgen.results import OutputInfo


@dataclass(frozen=True, slots=True)
class EmbeddingReader(OutputReader):
    """Reads one vector per text."""

    kind = "embedding"
    is_cut_as_pooled = True
    described = "an embedding"
    entry: Entry  # the part of what is returned
    width: int  # of the vector
    pooling: Pooling | None = None  # None: there is one row per text already
    made_by: str | None = None  # how the module itself pooled tokens; None where not known

    @property
    def target(self) -> CosineTarget:
        """How far the embedding turns."""
        return CosineTarget(n_figures=self.width)

    def values(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> Tensor:
        """The embedding, `[text, figure]`."""
        tensor: Tensor = entries(returned)[self.entry]
        ids = inputs["input_ids"]
        if self.pooling is not None:
            return _pool(tensor, inputs.get("attention_mask", torch.ones_like(ids)), self.pooling)
        return tensor.reshape(ids.shape[0], self.width).float()

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[TextPrediction]:
        """One prediction per text, without figures; they say only whether all are finite."""
        finite = self.values(returned, inputs).detach().isfinite().all(dim=1).tolist()
        return [TextPrediction(None, None, (), (), is_finite) for is_finite in finite]

    def info(self, name: str | None) -> OutputInfo:
        """The description of the output for the report."""
        return OutputInfo("embedding", name or "embedding", (), self.pooling or self.made_by)


def _pool(hidden: Tensor, mask: Tensor, pooling: Pooling) -> Tensor:
    """Pool `hidden` `[text, token, width]` over all but padding tokens to `[text, width]`."""
    hidden = hidden.float()
    if pooling == "mean":
        real = mask[..., None] > 0
        # Not multiplied by the mask, because the values on padding may be NaN.
        return hidden.where(real, 0.0).sum(dim=1) / real.sum(dim=1)
    rows = torch.arange(len(hidden), device=hidden.device)
    return hidden[rows, last_tokens(mask) if pooling == "last" else torch.zeros_like(rows)]
