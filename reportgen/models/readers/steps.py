"""Reads one prediction for each of some tokens of a text, such as the tag of each word."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from reportgen.models.readers.reader import OutputReader
from reportgen.models.tasks.target import LEFT_OUT
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.trial_run import Entry, entries


class StepReader(OutputReader):
    """Reads log-probabilities at the steps of a text, `EncodedText.steps`."""

    entry: Entry  # the part of what is returned that has a row of logits for each token

    def values(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText] = ()
    ) -> Tensor:
        """The log-probability of what is explained at each step, or its lead over another token,
        `[text, step]`: LEFT_OUT where its token was left out, 0 after the last step of a text."""
        values = [
            _targeted(row, text)
            for row, text in zip(self._rows(returned, texts), texts, strict=True)
        ]
        return torch.nn.utils.rnn.pad_sequence(values, batch_first=True)

    def aimed(
        self, returned: Any, inputs: Mapping[str, Tensor], texts: Sequence[EncodedText]
    ) -> list[EncodedText]:
        """`texts` that explain at each step what is predicted there, unless that is given."""
        found = []
        for text, row in zip(texts, self._rows(returned, texts), strict=True):
            best = row.argmax(dim=1).tolist()
            steps = (
                step if step.target is not None else replace(step, target=own)
                for step, own in zip(text.steps, best, strict=True)
            )
            found.append(replace(text, steps=tuple(steps)))
        return found

    def _rows(self, returned: Any, texts: Sequence[EncodedText]) -> list[Tensor]:
        """Log-probabilities at the steps of each text whose tokens are there, `[step, entry]`."""
        logits = entries(returned)[self.entry]
        return [
            own[places(text)].float().log_softmax(dim=-1)
            for own, text in zip(logits, texts, strict=True)
        ]


def places(text: EncodedText) -> list[int]:
    """The positions of the steps of `text` whose tokens are there, in order."""
    return [step.position for step in text.steps if step.position is not None]


def _targeted(row: Tensor, text: EncodedText) -> Tensor:
    """`[step]`: the log-probability of the target of each step, of `row` `[step that is there,
    entry]`; the largest where a step has no target. Its lead where the text has a token against
    it."""
    there = [i for i, step in enumerate(text.steps) if step.position is not None]
    targets = [text.steps[i].target for i in there]
    best = row.argmax(dim=1).tolist() if None in targets else targets
    chosen = [own if own is not None else top for own, top in zip(targets, best, strict=True)]
    index = torch.tensor(chosen, device=row.device, dtype=torch.long)
    values = torch.full((len(text.steps),), LEFT_OUT, device=row.device)
    own = row.gather(1, index[:, None]).squeeze(1)
    if text.against is not None:
        own = own - row[:, text.against]
    return values.index_put((torch.tensor(there, device=row.device, dtype=torch.long),), own)
