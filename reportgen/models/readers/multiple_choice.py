"""Reads which of several choices a model picks for a text, each read with the text by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from reportgen.models.readers.reader import OutputReader, Prediction
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.tokens.multiple_choice import put_together
from reportgen.models.tokens.padding import pad
from reportgen.models.tokens.perturbed_texts import without
from reportgen.results.info import OutputInfo

# Inputs of the texts with the other choices are called like those of a text, behind this.
OTHERS = "other_"
_CHOICE = 1  # the segment of a choice
_NO_CHOICE = -torch.inf  # in place of the logit of one that a text does not have
_INPUTS = frozenset(("input_ids", "attention_mask", "token_type_ids"))


@dataclass(frozen=True, slots=True)
class ChoiceReader(OutputReader):
    """Reads the logit of each choice: of the text with one choice, and of it with each other."""

    kind = "choice"
    scalar = "choice"
    described = "one of the choices that each text has"
    pad_token_id: int
    names: tuple[str, ...] = ()  # of the columns that the choices are from

    def beside(self, texts: Sequence[EncodedText]) -> dict[str, Tensor]:
        """The texts with their other choices, one below another and padded on the right; for each
        row its text, and for each token the position that it is a copy of, -1 for none."""
        others = [other for text in texts for other in text.others]
        padded = pad(others, self.pad_token_id, _INPUTS, torch.device("cpu"))
        size = padded["input_ids"].shape[1]
        copies = [
            [-1 if copy is None else copy for copy in other.copies] + [-1] * (size - len(other.ids))
            for other in others
        ]
        rows = [row for row, text in enumerate(texts) for _ in text.others]
        found = {f"{OTHERS}{name}": value for name, value in padded.items()}
        return found | {"other_texts": torch.tensor(rows), "other_copies": torch.tensor(copies)}

    def values(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> Tensor:
        """The logit of each choice, `[text, choice]`, -inf where a text has fewer."""
        own, other = returned["own"].float(), returned["others"].float()
        rows, start = [], 0
        for logit, text in zip(own, texts, strict=True):
            rest = other[start : start + len(text.others)]
            start += len(text.others)
            rows.append(torch.cat([rest[: text.choice], logit[None], rest[text.choice :]]))
        return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=_NO_CHOICE)

    def read(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> list[Prediction]:
        """One prediction per text, with the logits of its choices."""
        values = self.values(returned, inputs, texts).detach()
        found = []
        for row, text in zip(values, texts, strict=True):
            scores = row[: text.n_sequences]
            found.append(
                Prediction(None, None, tuple(scores.tolist()), (), bool(scores.isfinite().all()))
            )
        return found

    def sample(self, text: EncodedText) -> EncodedText:
        """`text` as trial runs need it: its first content token is the text, the rest a choice; the
        other choice lacks the last of these."""
        content = [i for i, role in enumerate(text.roles) if role is None]
        segments = tuple(
            _CHOICE if i in content[1:] else own for i, own in enumerate(text.segments)
        )
        own = replace(text, segments=segments)
        return put_together([own, without(own, content[2:][-1:])], 0)

    def info(self, name: str | None) -> OutputInfo:
        """The description of the output for the report."""
        return OutputInfo("choice", name or "choice", self.names)
