"""Reads how similar a sentence encoder finds the two texts of a pair."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from reportgen.models.readers.reader import OutputReader, Prediction
from reportgen.models.tasks.sentence_encoder import Similarity
from reportgen.models.tokens.encoded import EncodedText
from reportgen.results.info import OutputInfo

_NAMES: Mapping[Similarity, str] = {
    "cosine": "cosine similarity",
    "dot": "dot product",
    "euclidean": "negative distance",
    "manhattan": "negative Manhattan distance",
}


@dataclass(frozen=True, slots=True)
class SimilarityReader(OutputReader):
    """Reads how similar the two texts of a pair are."""

    kind = "number"
    scalar = "number"
    described = "the similarity of two texts"
    similarity: Similarity

    @property
    def n_figures(self) -> int:
        """Figures per text."""
        return 1

    def values(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> Tensor:
        """The similarity, `[text, 1]`."""
        vectors: Tensor = returned.float()
        return compared(vectors[:, 0], vectors[:, 1], self.similarity)[:, None]

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[Prediction]:
        """One prediction per text."""
        values = self.values(returned, inputs).detach()
        finite = values.isfinite().all(dim=1).tolist()
        return [
            Prediction(value, None, (value,), (), is_finite)
            for (value,), is_finite in zip(values.tolist(), finite, strict=True)
        ]

    def info(self, name: str | None) -> OutputInfo:
        """The description of the output for the report."""
        return OutputInfo("number", name or _NAMES[self.similarity], similarity=self.similarity)


def compared(one: Tensor, other: Tensor, similarity: Similarity) -> Tensor:
    """The similarity of vectors `[text, figure]`, `[text]`."""
    if similarity == "cosine":
        return functional.cosine_similarity(one, other, dim=1, eps=0)
    if similarity == "dot":
        return (one * other).sum(dim=1)
    order = 2 if similarity == "euclidean" else 1
    distance: Tensor = torch.linalg.vector_norm(one - other, ord=order, dim=1)
    return -distance
