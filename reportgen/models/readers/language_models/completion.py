"""Reads the log-probabilities of completions from a causal language model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from reportgen.models.device import precise
from reportgen.models.readers.language_models.next_token import NextTokenReader
from reportgen.models.readers.reader import OutputReader, TextPrediction, spell
from reportgen.models.tokens.completions import mark_last
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.trial_run import entries
from reportgen.results.info import OutputInfo


@dataclass(frozen=True, slots=True)
class CompletionReader(OutputReader):
    """Reads the log-probability of each token of a completion, given all tokens before it."""

    kind = "completion"
    scalar = "completion"
    described = "a completion"
    tokenizer: PreTrainedTokenizerBase
    is_narrowed: bool = False  # only logits of the positions in `logits_to_keep` come

    def beside(self, texts: Sequence[EncodedText]) -> dict[str, Tensor]:
        """The positions whose logits tell the completions of `texts`, each once, in order."""
        if not self.is_narrowed:
            return {}
        rows = sorted({i - 1 for text in texts for i in text.completion})
        return {"logits_to_keep": torch.tensor(rows)}

    def values(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> Tensor:
        """The log-probability of each token of the completions, or its lead over another token,
        `[text, token]`, 0 after the last one of a text."""
        return self._own(self._rows(returned, inputs, texts), texts)

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[TextPrediction]:
        """One prediction per text, with a score per token of its completion."""
        rows = [row.detach() for row in self._rows(returned, inputs, texts)]
        own = self._own(rows, texts)
        return [
            self._completion(self._ids(text), values, every)
            for text, values, every in zip(texts, own, rows, strict=True)
        ]

    def info(self, name: str | None) -> OutputInfo:
        """The description of the output for the report."""
        return OutputInfo("completion", name or "log-probability of the completion")

    def entry_name(self, index: int) -> str:
        """The token with the id `index`."""
        return spell(self.tokenizer, index)

    def sample(self, text: EncodedText) -> EncodedText:
        """`text` as trial runs need it: its last content token is its completion."""
        return mark_last(text)

    def _rows(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText]
    ) -> list[Tensor]:
        """Log-probabilities of every token at each token of the completions, `[token, vocabulary]`,
        given what stands before it; one tensor per text."""
        kept = inputs.get("logits_to_keep")
        found = []
        for own, text in zip(entries(returned)["logits"], texts, strict=True):
            before = [i - 1 for i in text.completion]
            rows = torch.tensor(before, device=own.device, dtype=torch.long)
            if kept is not None:
                rows = torch.searchsorted(kept, rows)
            found.append(own[rows].float().log_softmax(dim=-1))
        return found

    def _ids(self, text: EncodedText) -> tuple[int, ...]:
        """The tokens whose log-probabilities are read."""
        return tuple(text.ids[i] for i in text.completion)

    def _own(self, rows: Sequence[Tensor], texts: Sequence[EncodedText]) -> Tensor:
        """Of `rows`, those of the tokens that the completions have, or their leads,
        `[text, token]`."""
        values = [
            row.gather(1, torch.tensor(self._ids(text), device=row.device)[:, None]).squeeze(1)
            - (0.0 if text.against is None else row[:, text.against])
            for row, text in zip(rows, texts, strict=True)
        ]
        return torch.nn.utils.rnn.pad_sequence(values, batch_first=True)

    def _completion(self, ids: Sequence[int], own: Tensor, rows: Tensor) -> TextPrediction:
        """Of one text: `ids` `[token]` are its completion, `own` `[token]` the log-probabilities of
        that and maybe more, `rows` `[token, vocabulary]` those of every token."""
        own = own[: len(ids)]
        names = tuple(
            "" if best == given else spell(self.tokenizer, best)
            for best, given in zip(rows.argmax(dim=1).tolist(), ids, strict=True)
        )
        is_finite = bool(own.isfinite().all())
        return TextPrediction(
            float(precise(own).sum()), None, tuple(own.tolist()), names, is_finite
        )


def completion_reader(reader: NextTokenReader) -> CompletionReader:
    """The reader of completions, for the model of a `reader` of next tokens."""
    return CompletionReader(reader.tokenizer, reader.is_narrowed)
