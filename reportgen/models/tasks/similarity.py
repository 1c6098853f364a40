"""How similar a sentence encoder finds the two texts of a pair, which it reads each by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from reportgen.errors import ModelError
from reportgen.models.device import tolerances
from reportgen.models.loaded import LoadedModel
from reportgen.models.tasks.model_task import ModelTask
from reportgen.models.tasks.reader import OutputReader, TextPrediction
from reportgen.models.tasks.sentence_encoder import SentenceEncoder, Similarity
from reportgen.models.tasks.target import NumberTarget
from reportgen.models.tokens.encoded import EncodedText, encode
from reportgen.models.tokens.separate_pairs import encode_apart
from reportgen.results import OutputInfo
from reportgen.texts import TextInput, TextSet

# Two texts that are compared alone and as a pair; longer than the windows of most models.
_SAMPLES = ("one two three four five " * 40, "six seven")
# In a name of a class of natural language inference: that the first text implies the second.
_FOLLOWS = "entail"
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
    target = NumberTarget()
    reads_apart = True
    described = "the similarity of two texts"
    similarity: Similarity

    def encode(self, model: LoadedModel, source: TextInput) -> EncodedText:
        """Tokenise the two texts of a pair, each by itself.

        Raises:
            ModelError: there is no pair.
        """
        most = model.info.max_tokens
        if source.is_blank:  # it is not analysed
            return encode(model.tokenizer, source.text, None, most)
        if source.pair is None:
            raise ModelError("it has no pair; a sentence encoder compares it with one")
        return encode_apart(model.tokenizer, (source.text, source.pair), most, model.prompts)

    def encode_sample(self, model: LoadedModel, text: str) -> EncodedText:
        """Tokenise a `text` and a short one, to try `model` on."""
        return encode_apart(model.tokenizer, (text, "one"), model.info.max_tokens)

    def values(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> Tensor:
        """The similarity, `[text, 1]`."""
        vectors: Tensor = returned.float()
        return compared(vectors[:, 0], vectors[:, 1], self.similarity)[:, None]

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[TextPrediction]:
        """One prediction per text."""
        values = self.values(returned, inputs).detach()
        finite = values.isfinite().all(dim=1).tolist()
        return [
            TextPrediction(value, None, (value,), (), is_finite)
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


def ready_for_pairs(model: LoadedModel, texts: TextSet) -> LoadedModel:
    """`model`, prepared to read the similarity of two texts if it is a sentence encoder and the
    texts are pairs; with a remark if its classes are about pairs and the texts are none.

    Raises:
        ModelError: the two texts of a pair would not be read as they are alone.
    """
    if model.sentence is None:
        return _asking_for_pairs(model, texts)
    if all(text.pair is None for text in texts.texts):
        return model
    module = model.module
    if not isinstance(module, SentenceEncoder):
        module = SentenceEncoder(model.encoder, model.sentence).eval()
    reader = SimilarityReader(model.sentence.similarity)
    output = reader.info(model.output_name)
    model = replace(model, module=module, encoder_name="transformer", reader=reader, output=output)
    _require_apart(model, module)
    return model


def _asking_for_pairs(model: LoadedModel, texts: TextSet) -> LoadedModel:
    """`model`, with a remark where its classes are about two texts and no second one is given."""
    is_about_pairs = any(_FOLLOWS in label.lower() for label in model.output.labels)
    if not is_about_pairs or any(text.pair is not None for text in texts.texts):
        return model
    named = ", ".join(model.output.labels)
    remark = (
        f"the model's classes ({named}) are about two texts, but the texts have no second one: "
        "give a column pair, or name its column with --pair-column"
    )
    return replace(model, remarks=(*model.remarks, remark))


def _require_apart(model: LoadedModel, module: SentenceEncoder) -> None:
    """Check that the vectors of two texts are the same in a pair as alone.

    Raises:
        ModelError: they are not.
    """
    most = model.info.max_tokens
    alone = [_vectors(model, encode(model.tokenizer, sample, None, most))[0] for sample in _SAMPLES]
    whole = torch.stack(alone)
    pair = encode_apart(model.tokenizer, _SAMPLES, most)
    gaps = []
    for is_causal in (False, True) if module.can_tell_parts_apart() else ():
        module.is_causal = is_causal
        gap = float((_vectors(model, pair) - whole).abs().max() / whole.abs().max())
        if gap <= tolerances(model.info.dtype).together:
            return
        gaps.append(gap)
    detail = f" (their vectors differ by {min(gaps):.2g})" if gaps else ""
    raise ModelError(
        f"{model.info.encoder} cannot read the two texts of a pair apart in one run{detail}; "
        "leave the pairs out (--pair-column '') for a report on embeddings"
    )


def _vectors(model: LoadedModel, text: EncodedText) -> torch.Tensor:
    """The vectors of one text, `[part, figure]`."""
    with torch.no_grad():
        vectors: torch.Tensor = model.module(**model.inputs([text]))[0].float()
    return vectors


TASK = ModelTask(ready=ready_for_pairs)
