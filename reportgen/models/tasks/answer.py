"""Reads the answer to a question: a stretch of the context, given by its first and its last
token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from reportgen.errors import ModelError
from reportgen.models.device import precise
from reportgen.models.tasks.model_task import ModelTask, TriedModule
from reportgen.models.tasks.reader import OutputReader, TextPrediction
from reportgen.models.tasks.target import LEFT_OUT, StepTarget
from reportgen.models.tokens.encoded import EncodedText, TokenStep
from reportgen.models.trial_run import entries
from reportgen.results import OutputInfo
from reportgen.texts import TextInput

if TYPE_CHECKING:
    from reportgen.models.loaded import LoadedModel


LONGEST = 30  # tokens of an answer, as BERT was run on SQuAD (Devlin et al. 2019)
CONTEXT = 1  # its segment: the question is the text, the context its pair


@dataclass(frozen=True, slots=True)
class AnswerReader(OutputReader):
    """Reads the log-probabilities of the answer's first and last token among all of the context."""

    kind = "answer"
    target = StepTarget("answer")
    described = "an answer out of a context"
    tokenizer: PreTrainedTokenizerBase

    def values(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> Tensor:
        """The log-probability of the first and of the last token of the answer that is explained,
        `[text, 2]`; of the best one where none is."""
        return torch.stack(
            [_of_span(*pair) for pair in zip(self._ends(returned, texts), texts, strict=True)]
        )

    def aimed(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText]
    ) -> list[EncodedText]:
        """`texts` that explain their best answer, whose tokens stay when others are left out."""
        aimed = []
        for ends, text in zip(self._ends(returned, texts), texts, strict=True):
            first, last = _best(ends, _places(text))
            held = tuple(range(first, last + 1))
            aimed.append(replace(text, steps=(TokenStep(first), TokenStep(last)), held=held))
        return aimed

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[TextPrediction]:
        """One prediction per text: the answer and the log-probabilities of both its ends."""
        aimed = self.aimed(returned, inputs, texts)
        values = self.values(returned, inputs, aimed).detach()
        predictions = []
        for text, scores in zip(aimed, precise(values).tolist(), strict=True):
            first, last = text.held[0], text.held[-1]
            is_finite = bool(torch.tensor(scores).isfinite().all())
            answer = str(self.tokenizer.decode([text.ids[i] for i in text.held])).strip()
            label = answer if is_finite else None
            prediction = TextPrediction(
                sum(scores), label, tuple(scores), (), is_finite, (first, last)
            )
            predictions.append(replace(prediction, held=text.held, is_quoted=True))
        return predictions

    def encode(self, model: "LoadedModel", source: TextInput) -> EncodedText:
        """Tokenise a question and its context.

        Raises:
            ModelError: there is no context.
        """
        text = super(AnswerReader, self).encode(model, source)
        if not source.is_blank and not _places(text):
            raise ModelError(
                "it has no context to find an answer in; give the question as text and the "
                "context in a column pair (--pair-column)"
            )
        return text

    def head_rows(self, text: EncodedText) -> tuple[int, ...] | None:
        """Both ends are looked for at each token of the context."""
        return tuple(_places(text))

    def sample(self, text: EncodedText) -> EncodedText:
        """`text` as trial runs need it: its first content token is the question, the rest the
        context."""
        content = [i for i, role in enumerate(text.roles) if role is None]
        context = set(content[1:] or content)
        segments = tuple(
            CONTEXT if i in context else segment for i, segment in enumerate(text.segments)
        )
        return replace(text, segments=segments)

    def info(self, name: str | None) -> OutputInfo:
        """The description of the output for the report."""
        return OutputInfo("answer", name or "answer")

    def _ends(self, returned: Any, texts: Sequence[EncodedText]) -> list[Tensor]:
        """`[2, context token]` for each text: log-probabilities to be the first and the last token
        of the answer, which add up to 1 over the context."""
        outputs = entries(returned)
        return [
            torch.stack([outputs[f"{end}_logits"][row, _places(text)] for end in ("start", "end")])
            .float()
            .log_softmax(dim=-1)
            for row, text in enumerate(texts)
        ]


def quoted_label(prediction: TextPrediction, text: EncodedText, context: str | None) -> str | None:
    """The label of a prediction for `text`; of an answer, as it stands in its `context`."""
    spans = [text.spans[i] for i in prediction.held if prediction.is_quoted]
    known = [span for span in spans if span is not None]
    if prediction.label is None or not known or len(known) < len(spans):
        return prediction.label
    return (context or "")[known[0].start : max(span.end for span in known)]


def _places(text: EncodedText) -> list[int]:
    """The positions of the context's tokens."""
    return [i for i, segment in enumerate(text.segments) if segment == CONTEXT]


def _best(ends: Tensor, places: Sequence[int]) -> tuple[int, int]:
    """The first and the last position of the answer with the largest probability: it does not end
    before it begins, and has at most LONGEST tokens. `ends` is `[2, context token]`."""
    sums = precise(ends[0])[:, None] + precise(ends[1])[None, :]
    allowed = torch.ones_like(sums).triu().tril(LONGEST - 1).bool()
    first, last = divmod(int(sums.where(allowed, -torch.inf).argmax()), len(places))
    return places[first], places[last]


def _of_span(ends: Tensor, text: EncodedText) -> Tensor:
    """The two values of the answer that `text` explains, or of its best one."""
    places = _places(text)
    positions = [step.position for step in text.steps] or list(_best(ends, places))
    missing = ends.new_tensor(LEFT_OUT)
    pairs = zip(ends, positions, strict=True)
    return torch.stack(
        [missing if at is None else values[places.index(at)] for values, at in pairs]
    )


def _reader(tried: TriedModule) -> AnswerReader | None:
    return AnswerReader(tried.tokenizer) if tried.returns("start_logits", "end_logits") else None


TASK = ModelTask(endings=("ForQuestionAnswering", "ForQuestionAnsweringSimple"), reader=_reader)
